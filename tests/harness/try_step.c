/* try_step.c - see try_step.h. */
#include "tests/harness/try_step.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static int fail(struct step_call *call, struct slice how, struct error *err)
{
	static const struct {
		const char *name;
		enum error_kind kind;
	} kinds[] = {{"input", ERROR_INPUT},
		     {"limit", ERROR_LIMIT},
		     {"missing", ERROR_NOT_FOUND},
		     {"busy", ERROR_BUSY},
		     {"io", ERROR_IO}};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (slice_is(how, kinds[i].name))
			error_set(err, kinds[i].kind, "asked to fail: %s", kinds[i].name);
	error_hint(err, "ask for something else");
	if (err->kind == ERROR_BUSY)
		call->retry_after_s = 7;
	return -1;
}

static int apply(struct step_call *call, struct value request, struct value *response, struct error *err)
{
	int64_t sleep_ms = value_get_int(request, "sleep_ms", 0);
	struct timespec pause = {.tv_sec = (time_t)(sleep_ms / 1000),
				 .tv_nsec = (long)(sleep_ms % 1000) * 1000000};
	struct slice how = value_get_text(request, "fail");

	step_log(call, LOG_INFO, "begun %d", (int)value_get_int(request, "n", -1));
	nanosleep(&pause, NULL);
	if (how.len)
		return fail(call, how, err);
	*response = value_map_new();
	value_put(response, "n", value_int(value_get_int(request, "n", -1)));
	if (value_get_bool(request, "show", false)) {
		value_put(response, "key", value_string(call->idempotency_key));
		value_put(response, "trace", value_string(call->trace));
		value_put(response, "serving", value_bool(call->setup->serving));
	}
	if (value_get(request, "error"))
		value_put(response, "saw_error", value_bool(true));
	return 0;
}

/* Page tokens are the page's number; the token "1" is never passed on to the next, were "stuck" asked for. */
static int apply_page(struct step_call *call, struct value request, struct value *response, struct error *err)
{
	int64_t pages = value_get_int(request, "pages", 1);
	struct slice token = value_get_text(request, "page_token");
	int64_t page = token.len ? token.ptr[0] - '0' : 0;
	struct value items = value_list_new(2), failures = value_list_new(1);

	if (value_get_text(request, "fail").len) {
		value_unref(items);
		value_unref(failures);
		return fail(call, value_get_text(request, "fail"), err);
	}
	for (int i = 0; i < 2; i++) {
		struct value item = value_map_new();

		value_put(&item, "page", value_int(page));
		value_put(&item, "item", value_int(i));
		value_list_push(&items, item);
	}
	if (value_get_bool(request, "failures", false)) {
		struct value failure = value_map_new(), problem = value_map_new();

		value_put(&problem, "detail", value_string_z("no such thing"));
		value_put(&failure, "source", value_stringf("page-%d", (int)page));
		value_put(&failure, "error", problem);
		value_list_push(&failures, failure);
	}
	*response = value_map_new();
	value_put(response, "items", items);
	value_put(response, "failures", failures);
	if (page + 1 < pages)
		value_put(response, "next_page_token",
			  value_stringf("%d", value_get_bool(request, "stuck", false) ? 0 : (int)page + 1));
	return 0;
}

static int operand(const struct step_setup *setup, const char *text, struct value *requests,
		   struct error *err)
{
	struct value request;

	(void)setup;
	if (strcmp(text, "missing") == 0)
		return error_set(err, ERROR_NOT_FOUND, "%s: no such file", text);
	request = value_map_new();
	value_put(&request, "pages", value_int(atoi(text)));
	value_list_push(requests, request);
	return 0;
}

static void *open_well(const struct step_setup *setup, struct error *err)
{
	(void)err;
	return (void *)setup;
}

static void *open_badly(const struct step_setup *setup, struct error *err)
{
	(void)setup;
	error_set(err, ERROR_IO, "cannot read the model");
	error_hint(err, "make one");
	return NULL;
}

static void close_with_word(void *state)
{
	const struct step_setup *setup = state;

	log_write(setup->log, LOG_INFO, value_null(), "closed");
}

static int train(int argc, char **argv)
{
	return argc == 2 && strcmp(argv[0], "train") == 0 && strcmp(argv[1], "--serve") == 0 ? 42 : 1;
}

static const struct opt_option options[] = {
	{"model", 0, OPT_TEXT, "FILE", NULL, NULL, "a model"},
	{0},
};
static const struct step_verb verbs[] = {{"train", "make a model", train}, {0}};

const struct step try_step = {
	.name = "try",
	.summary = "do as told",
	.example = "try < requests.jsonl",
	.options = options,
	.open = open_well,
	.close = close_with_word,
	.apply = apply,
	.request_schema = "{\"type\": \"object\", \"title\": \"a wish\"}",
	.response_schema = "{\"type\": \"object\", \"title\": \"an answer\"}",
	.verbs = verbs,
};
const struct step try_page_step = {
	.name = "try",
	.summary = "do as told, in pages",
	.open = open_well,
	.close = close_with_word,
	.apply = apply_page,
	.operand = operand,
	.lines = "items",
};
const struct step try_broken_step = {.name = "try", .summary = "fail", .open = open_badly, .apply = apply};
const struct step try_error_step = {
	.name = "try",
	.summary = "see errors",
	.apply = apply,
	.takes_errors = true,
};

static int run(const void *program, int argc, char **argv)
{
	return step_main(program, argc, argv);
}

void try_start(struct forked *child, const struct step *step, const char *const *args, const char *const *env)
{
	unsetenv("PORT");
	unsetenv("HOST");
	unsetenv("K_SERVICE");
	setenv("LEXFLOW_LOG", "json", 1);
	forked_start(child, run, step, args, env);
}

int try_serve(struct forked *child, const struct step *step, const char *const *args, const char *const *env)
{
	enum { MOST = 16 };
	const char *all[MOST + 4] = {"--serve", "--port", "0"};
	const char *end;

	for (size_t i = 0; i < MOST && args && args[i]; i++)
		all[i + 3] = args[i];
	try_start(child, step, all, env);
	forked_wait_for(child, "\"port\":");
	forked_wait_for(child, "\n"); /* the line is whole */
	end = strstr(buf_text(&child->err_text), "\"port\":");
	return atoi(end + 7);
}
