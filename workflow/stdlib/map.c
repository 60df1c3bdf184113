/* map.c - map.* (reference, 5.7). */
#include "workflow/stdlib/stdlib_private.h"

#include "workflow/expr/expr.h"

/* Never raises for what is missing; a key that is no string is a mistake all the same. */
static int get(const struct stdlib_context *context, const struct value *args, struct value *out,
	       struct value *raised)
{
	const struct value *found = &args[0];
	struct value keys = args[1];
	bool many = keys.kind == VALUE_LIST;
	size_t count = many ? value_len(keys) : 1;

	(void)context;
	if (!many && keys.kind != VALUE_STRING)
		return raise_argument(raised, "map.get", "keys", "a string or a list of strings", keys);
	for (size_t i = 0; many && i < count; i++) {
		if (want_string(*value_list_at(keys, i), "map.get", "keys", raised) < 0)
			return -1;
	}
	for (size_t i = 0; found && i < count; i++)
		found = value_map_get(*found, value_text(many ? *value_list_at(keys, i) : keys));
	if (!found || args[0].kind != VALUE_MAP)
		return give(out, value_null());
	return give(out, value_ref(*found));
}

static int delete (const struct stdlib_context *context, const struct value *args, struct value *out,
		   struct value *raised)
{
	(void)context;
	if (want_map(args[0], "map.delete", "map", raised) < 0 ||
	    want_string(args[1], "map.delete", "key", raised) < 0)
		return -1;
	*out = value_ref(args[0]);
	value_map_delete(out, value_text(args[1]));
	return 0;
}

static struct value take_second(struct value first, struct value second)
{
	(void)first;
	return value_ref(second);
}

/* Which of two keys comes first, as slice_compare says it. The end of a map comes after everything. */
static int compare_keys(struct value first, size_t i, struct value second, size_t j)
{
	if (i == value_len(first))
		return 1;
	if (j == value_len(second))
		return -1;
	return slice_compare(value_map_key(first, i), value_map_key(second, j));
}

/* The entries of both, walked in the order of their keys: each is appended, so large maps merge in linear
 * time. `meet` says what becomes of two values under one key. */
static struct value merge_sorted(struct value first, struct value second,
				 struct value (*meet)(struct value, struct value))
{
	struct value result = value_map_new();
	size_t i = 0;
	size_t j = 0;

	while (i < value_len(first) || j < value_len(second)) {
		int order = compare_keys(first, i, second, j);

		if (order < 0)
			value_map_set(&result, value_map_key(first, i), value_ref(*value_map_at(first, i)));
		else if (order > 0)
			value_map_set(&result, value_map_key(second, j), value_ref(*value_map_at(second, j)));
		else
			value_map_set(&result, value_map_key(first, i),
				      meet(*value_map_at(first, i), *value_map_at(second, j)));
		i += order <= 0;
		j += order >= 0;
	}
	return result;
}

/* A few entries more are put into a copy, whose keys need not be made again. */
static struct value merge_few(struct value first, struct value second,
			      struct value (*meet)(struct value, struct value))
{
	struct value result = value_ref(first);

	for (size_t i = 0; i < value_len(second); i++) {
		struct slice key = value_map_key(second, i);
		const struct value *ours = value_map_get(first, key);
		struct value theirs = *value_map_at(second, i);

		value_map_set(&result, key, ours ? meet(*ours, theirs) : value_ref(theirs));
	}
	return result;
}

enum { FEW_ENTRIES = 8 };

static struct value merge_maps(struct value first, struct value second,
			       struct value (*meet)(struct value, struct value))
{
	return value_len(second) <= FEW_ENTRIES ? merge_few(first, second, meet)
						: merge_sorted(first, second, meet);
}

/* Recurses as deep as both are nested, which the caller has bounded. */
static struct value merge_deep(struct value first, struct value second)
{
	if (first.kind != VALUE_MAP || second.kind != VALUE_MAP)
		return value_ref(second);
	return merge_maps(first, second, merge_deep);
}

static int merge(const struct stdlib_context *context, const struct value *args, struct value *out,
		 struct value *raised)
{
	(void)context;
	if (want_map(args[0], "map.merge", "first", raised) < 0 ||
	    want_map(args[1], "map.merge", "second", raised) < 0)
		return -1;
	return give(out, merge_maps(args[0], args[1], take_second));
}

static int merge_nested(const struct stdlib_context *context, const struct value *args, struct value *out,
			struct value *raised)
{
	(void)context;
	if (want_map(args[0], "map.merge_nested", "first", raised) < 0 ||
	    want_map(args[1], "map.merge_nested", "second", raised) < 0)
		return -1;
	if (expr_is_too_deep(args[0]) && expr_is_too_deep(args[1]))
		return raise_error(raised, "ResourceLimitError",
				   "map.merge_nested: maps nested deeper than %d levels",
				   EXPR_MAX_VALUE_DEPTH);
	return give(out, merge_deep(args[0], args[1]));
}

static const struct stdlib_param get_params[] = {
	{"map", .types = TYPE_ANY},
	{"keys", .types = TYPE_STRING | TYPE_LIST},
};
static const struct stdlib_param delete_params[] = {
	{"map", .types = TYPE_MAP},
	{"key", .types = TYPE_STRING},
};
static const struct stdlib_param merge_params[] = {
	{"first", .types = TYPE_MAP},
	{"second", .types = TYPE_MAP},
};

static const struct stdlib_function functions[] = {
	{"map.get", STDLIB_PURE, STDLIB_PARAMS(get_params), get,
	 "the value under a key or a path of keys, or null", TYPE_ANY, NULL,
	 "map.get({\"a\": {\"b\": 7}}, [\"a\", \"b\"]) => 7\nmap.get({\"a\": 1}, \"b\") => null", "5.7"},
	{"map.delete", STDLIB_PURE, STDLIB_PARAMS(delete_params), delete, "a copy without a key", TYPE_MAP,
	 NULL, "map.delete({\"a\": 1, \"b\": 2}, \"a\") => {\"b\": 2}", "5.7"},
	{"map.merge", STDLIB_PURE, STDLIB_PARAMS(merge_params), merge, "both maps in one; the second wins",
	 TYPE_MAP, NULL, "map.merge({\"a\": 1}, {\"a\": 2, \"b\": 3}) => {\"a\": 2, \"b\": 3}", "5.7"},
	{"map.merge_nested", STDLIB_PURE, STDLIB_PARAMS(merge_params), merge_nested,
	 "both maps in one, maps under one key merged as well", TYPE_MAP, NULL,
	 "map.merge_nested({\"m\": {\"a\": 1}}, {\"m\": {\"b\": 2}}) => {\"m\": {\"a\": 1, \"b\": 2}}",
	 "5.7"},
};

STDLIB_MODULE(stdlib_map, functions);
