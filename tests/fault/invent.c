/* invent.c - random definitions; see invent.h. */
#include "tests/fault/invent.h"

#include <stdbool.h>

enum { BUDGET = 30, MAX_DEPTH = 5, VARIABLES = 3 };

struct inventor {
	struct buf *out;
	uint64_t *seed;
	int budget; /* steps that may still be made */
	int names;  /* given so far: each step and each variable of its own has a number */
	int depth, parallels;
	bool in_loop;	 /* break and continue are allowed */
	bool is_main;	 /* may call the subworkflow */
	bool in_branch;	 /* may not return */
};

uint64_t invent_number(uint64_t *seed)
{
	uint64_t x = *seed; /* xorshift64, Marsaglia 2003 */

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return *seed = x;
}

static int below(struct inventor *in, int limit)
{
	return (int)(invent_number(in->seed) >> 11 & 0xffffff) % limit;
}

static void say(struct inventor *in, const char *text)
{
	buf_add_text(in->out, text);
}

static int begin_step(struct inventor *in)
{
	buf_printf(in->out, "{\"s%d\": ", ++in->names);
	in->budget--;
	return in->names;
}

static void steps(struct inventor *in, int most);

static void nested(struct inventor *in, int most)
{
	in->depth++;
	say(in, "\"steps\": ");
	steps(in, most);
	in->depth--;
}

static void all_variables(struct inventor *in)
{
	say(in, "{");
	for (int i = 0; i < VARIABLES; i++)
		buf_printf(in->out, "%s\"v%d\": \"${v%d}\"", i ? ", " : "", i, i);
	say(in, "}");
}

static void log_step(struct inventor *in)
{
	begin_step(in);
	say(in, "{\"call\": \"sys.log\", \"args\": {\"json\": ");
	all_variables(in);
	say(in, "}}}");
}

/* ---- steps; a variable is a number or a list of what it was, never a map */

static void assign_step(struct inventor *in)
{
	int to = below(in, VARIABLES), from = below(in, VARIABLES);

	begin_step(in);
	buf_printf(in->out, "{\"assign\": [{\"v%d\": ", to);
	switch (below(in, 6)) {
	case 0:
		buf_printf(in->out, "%d", below(in, 100));
		break;
	case 1:
		buf_printf(in->out, "\"${v%d + %d}\"", from, below(in, 10));
		break;
	case 2:
		buf_printf(in->out, "\"${v%d %% %d}\"", from, below(in, 9)); /* now and then by zero */
		break;
	case 3:
		buf_printf(in->out, "\"${len(string(v%d)) * 2}\"", from);
		break;
	case 4:
		say(in, "\"${len(uuid.generate())}\"");
		break;
	default:
		say(in, "\"${if(sys.now() > 0, 1, 0)}\"");
	}
	say(in, "}]}}");
}

static void http_steps(struct inventor *in)
{
	int name = begin_step(in);

	buf_printf(in->out,
		   "{\"call\": \"http.post\", \"args\": {\"url\": \"http://peer.test/%d\", \"body\": \"${v%d}\"}, "
		   "\"result\": \"r%d\"}}, ",
		   name, below(in, VARIABLES), name);
	begin_step(in);
	buf_printf(in->out, "{\"assign\": [{\"v%d\": \"${r%d.body}\"}]}}", below(in, VARIABLES), name);
}

static void sleep_step(struct inventor *in)
{
	begin_step(in);
	buf_printf(in->out, "{\"call\": \"sys.sleep\", \"args\": {\"seconds\": %d}}}", below(in, 50));
}

static void switch_step(struct inventor *in)
{
	begin_step(in);
	buf_printf(in->out, "{\"switch\": [{\"condition\": \"${v%d > %d}\", ", below(in, VARIABLES),
		   below(in, 60));
	nested(in, 3);
	say(in, "}, {\"condition\": true, ");
	nested(in, 2);
	say(in, "}]}}");
}

static void for_step(struct inventor *in)
{
	bool outer = in->in_loop;
	int name = begin_step(in);

	in->in_loop = true;
	buf_printf(in->out, "{\"for\": {\"value\": \"i%d\", ", name);
	if (below(in, 2))
		buf_printf(in->out, "\"range\": [1, %d], ", 1 + below(in, 3));
	else
		say(in, "\"in\": [3, 5], ");
	nested(in, 3);
	say(in, "}}}");
	in->in_loop = outer;
}

static void jump_step(struct inventor *in)
{
	begin_step(in);
	buf_printf(in->out, "{\"switch\": [{\"condition\": \"${v%d > 20}\", \"next\": \"%s\"}]}}",
		   below(in, VARIABLES), below(in, 2) ? "break" : "continue");
}

static void parallel_step(struct inventor *in)
{
	bool loop = in->in_loop, branch = in->in_branch;
	int name = begin_step(in), branches = 2 + below(in, 2);

	in->in_loop = false;
	in->in_branch = true;
	in->parallels++;
	say(in, "{\"parallel\": {\"shared\": [\"v0\", \"v1\", \"v2\", \"text\"], ");
	if (below(in, 2))
		say(in, "\"exception_policy\": \"continueAll\", ");
	if (below(in, 3) == 0)
		buf_printf(in->out, "\"concurrency_limit\": %d, ", 1 + below(in, 2));
	if (below(in, 2)) {
		buf_printf(in->out, "\"for\": {\"value\": \"i%d\", \"range\": [1, %d], ", name, branches);
		nested(in, 3);
		say(in, "}}}}");
	} else {
		say(in, "\"branches\": [");
		for (int i = 0; i < branches; i++) {
			buf_printf(in->out, "%s{\"b%d_%d\": {", i ? ", " : "", name, i);
			nested(in, 2);
			say(in, "}}");
		}
		say(in, "]}}}");
	}
	in->parallels--;
	in->in_loop = loop;
	in->in_branch = branch;
}

static void try_step(struct inventor *in)
{
	int name = begin_step(in);

	say(in, "{\"try\": {");
	nested(in, 3);
	say(in, "}");
	if (below(in, 2))
		buf_printf(in->out,
			   ", \"retry\": {\"predicate\": \"${%s}\", \"max_retries\": %d, "
			   "\"backoff\": {\"initial_delay\": 1, \"max_delay\": 8, \"multiplier\": 2}}",
			   below(in, 2) ? "http.default_retry_predicate" : "judge", 1 + below(in, 3));
	buf_printf(in->out, ", \"except\": {\"as\": \"e%d\", ", name);
	nested(in, 2);
	say(in, "}}}");
}

static void raise_step(struct inventor *in)
{
	begin_step(in);
	buf_printf(in->out, "{\"switch\": [{\"condition\": \"${v%d > 80}\", \"raise\": {\"code\": %d}}]}}",
		   below(in, VARIABLES), below(in, 600));
}

static void return_step(struct inventor *in)
{
	begin_step(in);
	buf_printf(in->out, "{\"switch\": [{\"condition\": \"${v%d > 90}\", \"return\": \"${v0}\"}]}}",
		   below(in, VARIABLES));
}

static void call_step(struct inventor *in)
{
	begin_step(in);
	buf_printf(in->out,
		   "{\"call\": \"sub\", \"args\": {\"v0\": \"${v%d}\", \"v1\": %d}, \"result\": \"v%d\"}}",
		   below(in, VARIABLES), below(in, 50), below(in, VARIABLES));
}

/* The time may run out before a request comes: then the variable stays. */
static void callback_steps(struct inventor *in)
{
	int name = begin_step(in);

	buf_printf(in->out,
		   "{\"call\": \"events.create_callback_endpoint\", \"args\": {\"http_callback_method\": \"POST\"}, "
		   "\"result\": \"c%d\"}}, ",
		   name);
	begin_step(in);
	buf_printf(in->out,
		   "{\"try\": {\"steps\": [{\"await%d\": {\"call\": \"events.await_callback\", \"args\": {\"callback\": "
		   "\"${c%d}\", \"timeout\": %d}, \"result\": \"w%d\"}}, {\"take%d\": {\"assign\": [{\"v%d\": "
		   "\"${w%d.http_request.body}\"}]}}]}, \"except\": {\"as\": \"x%d\", \"steps\": [",
		   name, name, 1 + below(in, 100), name, name, below(in, VARIABLES), name, name);
	log_step(in);
	say(in, "]}}}");
}

static void child_step(struct inventor *in)
{
	begin_step(in);
	buf_printf(in->out,
		   "{\"call\": \"experimental.executions.run\", \"args\": {\"workflow_id\": \"child\", \"argument\": "
		   "\"${v%d}\"}, \"result\": \"v%d\"}}",
		   below(in, VARIABLES), below(in, VARIABLES));
}

/* Deeper than a limit now and then. */
static void recursion_step(struct inventor *in)
{
	begin_step(in);
	buf_printf(in->out, "{\"call\": \"deep\", \"args\": {\"n\": %d}, \"result\": \"v%d\"}}", below(in, 24),
		   below(in, VARIABLES));
}

static void growth_step(struct inventor *in)
{
	begin_step(in);
	say(in, "{\"assign\": [{\"text\": \"${text + text}\"}]}}");
}

static void composite_step(struct inventor *in)
{
	switch (below(in, 6)) {
	case 0:
		switch_step(in);
		break;
	case 1:
		for_step(in);
		break;
	case 2:
	case 3:
		if (in->parallels < 2) /* as deep as they may be nested */
			parallel_step(in);
		else
			log_step(in);
		break;
	default:
		try_step(in);
	}
}

static void simple_step(struct inventor *in)
{
	int pick = below(in, 21);

	if (pick < 5)
		http_steps(in);
	else if (pick < 9)
		assign_step(in);
	else if (pick < 11)
		sleep_step(in);
	else if (pick == 11)
		raise_step(in);
	else if (pick == 12 && in->in_loop)
		jump_step(in);
	else if (pick == 13 && !in->in_branch)
		return_step(in);
	else if (pick == 14 && in->is_main)
		call_step(in);
	else if (pick == 15 || pick == 16)
		callback_steps(in);
	else if (pick == 17)
		child_step(in);
	else if (pick == 18)
		recursion_step(in);
	else if (pick == 19)
		growth_step(in);
	else
		log_step(in);
}

static void steps(struct inventor *in, int most)
{
	int count = 1 + below(in, most);

	say(in, "[");
	for (int i = 0; i < count; i++) {
		if (i)
			say(in, ", ");
		if (in->depth < MAX_DEPTH && in->budget > 0 && below(in, 2))
			composite_step(in);
		else
			simple_step(in);
	}
	say(in, "]");
}

static void routine(struct inventor *in, int budget, int most)
{
	in->budget = budget;
	buf_printf(in->out, "{\"body\": {");
	nested(in, most);
	say(in, "}}, {\"tell\": {\"call\": \"sys.log\", \"args\": {\"json\": ");
	all_variables(in);
	say(in, "}}}, {\"out\": {\"return\": ");
	say(in, in->is_main ? "" : "\"${v0}\"");
	if (in->is_main)
		all_variables(in);
	say(in, "}}]}");
}

/* judge raises for what has no code, and for code 404; deep calls itself. */
static const char fixed_routines[] =
	", \"judge\": {\"params\": [\"e\"], \"steps\": ["
	"{\"note\": {\"call\": \"sys.log\", \"args\": {\"text\": \"judged\"}}}, "
	"{\"out\": {\"return\": \"${e.code % (e.code - 404) >= 0 and e.code > 428}\"}}]}, "
	"\"deep\": {\"params\": [\"n\"], \"steps\": ["
	"{\"bottom\": {\"switch\": [{\"condition\": \"${n <= 0}\", \"return\": 1}]}}, "
	"{\"down\": {\"call\": \"deep\", \"args\": {\"n\": \"${n - 1}\"}, \"result\": \"r\"}}, "
	"{\"out\": {\"return\": \"${r + 1}\"}}]}";

void invent_definition(struct buf *out, uint64_t *seed)
{
	struct inventor in = {.out = out, .seed = seed, .is_main = true};

	say(&in, "{\"main\": {\"steps\": [{\"init\": {\"assign\": [{\"v0\": 1}, {\"v1\": 2}, {\"v2\": 40}, "
		 "{\"text\": \"0123456789abcdef\"}]}}, ");
	routine(&in, BUDGET, 6);
	in.is_main = false;
	say(&in, ", \"sub\": {\"params\": [\"v0\", \"v1\"], \"steps\": [{\"init\": {\"assign\": [{\"v2\": 7}, "
		 "{\"text\": \"x\"}]}}, ");
	routine(&in, BUDGET / 4, 3);
	say(&in, fixed_routines);
	say(&in, "}");
}

static struct value child_answer(int64_t dice)
{
	struct value answer = value_map_new(), error;

	if (dice % 5) {
		value_put(&answer, "result", value_int(dice % 60));
		return answer;
	}
	error = value_map_new();
	value_put(&error, "message", value_string_z("the child failed"));
	value_put(&error, "tags", value_list_new(0));
	value_put(&answer, "raised", error);
	return answer;
}

/* To one of the first endpoints, whatever its sender is told. */
static struct value callback_request(struct value *line, int64_t dice)
{
	struct value request = value_map_new();

	value_put(line, "endpoint", value_int(dice % 4));
	value_put(line, "status", value_int(0));
	value_put(&request, "method", value_string_z(dice % 7 ? "POST" : "GET"));
	value_put(&request, "body", value_int(dice % 90));
	return request;
}

void invent_limits(struct limits *limits, uint64_t *seed)
{
	uint64_t dice = invent_number(seed) >> 20;

	*limits = limits_default();
	if (dice % 3)
		return;
	limits->steps = 5 + (int64_t)(dice >> 3 & 127);
	limits->memory_bytes = 100 + (int64_t)(dice >> 10 & 1023);
	limits->call_depth = 1 + (int64_t)(dice >> 20 & 15);
	limits->parallel_depth = (int64_t)(dice >> 24 & 1) + 1;
	limits->parallel_branches = 1 + (int64_t)(dice >> 25 & 3);
	limits->branch_errors = (int64_t)(dice >> 27 & 1) + 1;
	limits->string_bytes = 30 + (int64_t)(dice >> 28 & 255);
	limits->duration_seconds = 1 + (int64_t)(dice >> 36 & 127);
}

struct value invent_world(size_t lines, uint64_t *seed)
{
	static const int64_t codes[] = {200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 503, 429, 404, 200};
	struct value script = value_list_new(lines);

	for (size_t i = 0; i < lines; i++) {
		struct value line = value_map_new();
		int64_t dice = (int64_t)(invent_number(seed) >> 20 & 0xffff);

		if (dice % 17 == 0) {
			value_put(&line, "failure", value_string_z("ConnectionError"));
			value_put(&line, "message", value_string_z("reset"));
		} else {
			value_put(&line, "code", value_int(codes[dice % 16]));
			value_put(&line, "body", value_int(dice % 50));
		}
		value_put(&line, "child", child_answer(dice));
		value_put(&line, "timeout", value_int(0));
		if (dice % 3)
			value_put(&line, "callback", callback_request(&line, dice));
		value_list_push(&script, line);
	}
	return script;
}
