/*
 * foreign.c - what the languages that people come from write, and what it is here.
 */
#include "workflow/plan/plan_private.h"

struct foreign {
	const char *theirs, *ours;
};

/* Words that are written otherwise here. */
static const struct foreign words[] = {
	{"And", "write \"and\" or \"AND\""},
	{"Or", "write \"or\" or \"OR\""},
	{"Not", "write \"not\" or \"NOT\""},
	{"In", "write \"in\" or \"IN\""},
	{"Null", "write null"},
	{"NULL", "write null"},
	{"None", "write null"},
	{"nil", "write null"},
	{"undefined", "write null"},
	{"yes", "write true"},
	{"no", "write false"},
};

/* What does the work of their functions here. */
static const struct foreign functions[] = {
	{"str", "string(x)"},
	{"toString", "string(x)"},
	{"to_string", "string(x)"},
	{"float", "double(x)"},
	{"integer", "int(x)"},
	{"bool", "there is no such conversion: compare, x == \"true\""},
	{"type", "get_type(x)"},
	{"typeof", "get_type(x)"},
	{"length", "len(x)"},
	{"size", "len(x)"},
	{"count", "len(x)"},
	{"list.length", "len(x)"},
	{"text.length", "len(x)"},
	{"print", "a step with call: sys.log"},
	{"log", "a step with call: sys.log"},
	{"env", "sys.get_env(\"NAME\")"},
	{"getenv", "sys.get_env(\"NAME\")"},
	{"now", "sys.now()"},
	{"time.now", "sys.now()"},
	{"uuid", "uuid.generate()"},
	{"uuid.new", "uuid.generate()"},
	{"uuid.v4", "uuid.generate()"},
	{"concat", "\"a\" + \"b\" joins text, list.concat(l, x) appends one element"},
	{"text.concat", "\"a\" + \"b\""},
	{"append", "list.concat(l, x)"},
	{"push", "list.concat(l, x)"},
	{"list.append", "list.concat(l, x)"},
	{"list.push", "list.concat(l, x)"},
	{"list.add", "list.concat(l, x)"},
	{"range", "a for step with range: [first, last]"},
	{"map.keys", "keys(m)"},
	{"map.put", "an assign step: - m.key: value"},
	{"map.set", "an assign step: - m.key: value"},
	{"map.has", "\"key\" in m"},
	{"map.contains", "\"key\" in m"},
	{"text.contains", "text.match_regex(source, pattern)"},
	{"text.join", "a loop: there is no function that joins a list"},
	{"text.replace", "text.replace_all(source, substr, repl)"},
	{"text.lower", "text.to_lower(source)"},
	{"text.upper", "text.to_upper(source)"},
	{"text.trim", "text.replace_all_regex(source, \"^\\\\s+|\\\\s+$\", \"\")"},
	{"json.parse", "json.decode(data)"},
	{"json.loads", "json.decode(data)"},
	{"json.stringify", "json.encode_to_string(data)"},
	{"json.dumps", "json.encode_to_string(data)"},
	{"abs", "math.abs(x)"},
	{"floor", "math.floor(x)"},
	{"round", "math.floor(x + 0.5)"},
	{"math.round", "math.floor(x + 0.5)"},
	{"math.ceil", "-math.floor(-x)"},
	{"min", "math.min(x, y)"},
	{"max", "math.max(x, y)"},
	{"coalesce", "default(x, y)"},
	{"sleep", "a step with call: sys.sleep"},
	{"http.head", "http.request with method: HEAD"},
	{"http.options", "http.request with method: OPTIONS"},
};

static const char *find(const struct foreign *table, size_t count, struct slice name)
{
	for (size_t i = 0; i < count; i++) {
		if (slice_is(name, table[i].theirs))
			return table[i].ours;
	}
	return NULL;
}

const char *foreign_word(struct slice name)
{
	return find(words, sizeof(words) / sizeof(words[0]), name);
}

const char *foreign_function(struct slice name)
{
	return find(functions, sizeof(functions) / sizeof(functions[0]), name);
}
