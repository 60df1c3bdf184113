/*
 * forms_test.c - tests/conformance/stdlib/forms.table: each function called in every form, and with every
 * kind of value for every parameter. The table says what a row demands; definitions are made of it and run.
 */
#include "tests/harness/evaluate.h"
#include "tests/harness/play.h"
#include "tests/unit/workflow/stdlib/library.h"

#include <stdio.h>
#include <string.h>

#define TABLE "tests/conformance/stdlib/forms.table"

enum { MAX_PARAMS = 5, KINDS = 8 };

struct form_param {
	const char *name;
	const char *good;  /* an expression */
	const char *kinds; /* words */
	bool optional;
};

struct row {
	const char *function;
	bool waits;
	struct form_param params[MAX_PARAMS];
	int count;
	const char *show; /* an expression of r */
	const char *result;
};

static const struct {
	const char *name, *expression;
} kinds[KINDS] = {
	{"null", "null"},    {"boolean", "true"},   {"integer", "7"},
	{"double", "2.5"},   {"string", "\"ab\""},  {"bytes", "text.encode(\"xy\")"},
	{"list", "[\"a\"]"}, {"map", "{\"k\": 1}"},
};

/* ---- definitions */

static void add_expression(struct buf *out, const char *expression)
{
	struct value v = value_stringf("${%s}", expression);

	json_write(out, v);
	value_unref(v);
}

/* Steps that put the first `count` arguments in variables: one of them replaced when `replaced` is its index.
 */
static void add_arguments(struct buf *out, const struct row *row, int count, int replaced, const char *by)
{
	buf_add_text(out, "[");
	for (int i = 0; i < count; i++) {
		buf_printf(out, "{\"set%d\": {\"assign\": [{\"a%d\": ", i, i);
		add_expression(out, i == replaced ? by : row->params[i].good);
		buf_add_text(out, "}]}},");
	}
}

enum form { BY_NAME, BY_PLACE, IN_EXPRESSION };

/* The call of the first `count` parameters and what comes after it. */
static void add_call(struct buf *out, const struct row *row, enum form form, int count, const char *show)
{
	if (form == IN_EXPRESSION)
		buf_printf(out, "{\"go\": {\"assign\": [{\"r\": \"${%s(", row->function);
	else
		buf_printf(out, "{\"go\": {\"call\": \"%s\", \"args\": %s", row->function,
			   form == BY_NAME ? "{" : "[");
	for (int i = 0; i < count; i++) {
		buf_add_text(out, i ? ", " : "");
		if (form == BY_NAME)
			buf_printf(out, "\"%s\": ", row->params[i].name);
		buf_printf(out, form == IN_EXPRESSION ? "a%d" : "\"${a%d}\"", i);
	}
	if (form == IN_EXPRESSION)
		buf_add_text(out, ")}\"}]}},");
	else
		buf_printf(out, "%s, \"result\": \"r\"}},", form == BY_NAME ? "}" : "]");
	buf_add_text(out, "{\"out\": {\"return\": ");
	add_expression(out, show);
	buf_add_text(out, "}}]");
}

/* The result, or what was raised; owned. */
static struct value run_definition(struct slice source, bool *has_raised)
{
	struct play *play = mem_new(sizeof(*play));
	struct diags *diags = diags_new();
	struct plan *plan = plan_read("forms.json", source, diags);
	struct value report;

	if (!plan)
		fail_msg("%.*s is refused: %s", SLICE_ARG(source), diags_at(diags, 0).message);
	play_begin(play, plan, value_null(), NULL, value_null(), NULL, 0);
	*has_raised = play_to_end(play) == RUN_RAISED;
	report = run_result(play->run);
	report = value_ref(*has_raised ? *value_get(report, "payload") : report);
	play_release(play);
	plan_free(plan);
	diags_free(diags);
	mem_free(play);
	return report;
}

static void assert_refused(const struct buf *source, const char *code)
{
	struct diags *diags = diags_new();
	struct plan *plan = plan_read("forms.json", buf_slice(source), diags);

	if (plan || strcmp(diags_at(diags, 0).code, code) != 0)
		fail_msg("%s: %s, not %s", buf_text(source), plan ? "runs" : diags_at(diags, 0).code, code);
	diags_free(diags);
}

/* ---- what a row demands */

static int required(const struct row *row)
{
	int count = 0;

	while (count < row->count && !row->params[count].optional)
		count++;
	return count;
}

static void check_form(const struct row *row, enum form form, int count)
{
	struct value wanted = read_json(row->result);
	struct value got;
	struct buf source;
	bool has_raised;

	buf_init(&source, 0);
	add_arguments(&source, row, count, -1, NULL);
	add_call(&source, row, form, count, row->show);
	if (form == IN_EXPRESSION && row->waits) {
		assert_refused(&source, "blocking-call");
	} else {
		got = run_definition(buf_slice(&source), &has_raised);
		if (has_raised || !is_same(got, wanted)) {
			json_write(&source, got);
			fail_msg("not %s: %s", row->result, buf_text(&source));
		}
		value_unref(got);
	}
	value_unref(wanted);
	buf_release(&source);
}

static bool takes(const struct form_param *param, const char *kind)
{
	return strcmp(param->kinds, "any") == 0 || strstr(param->kinds, kind);
}

static void check_kind(const struct row *row, int param, int kind)
{
	bool is_taken = takes(&row->params[param], kinds[kind].name);
	struct buf source;
	struct value got;
	bool has_raised;

	buf_init(&source, 0);
	add_arguments(&source, row, row->count, param, kinds[kind].expression);
	add_call(&source, row, BY_PLACE, row->count, "null");
	got = run_definition(buf_slice(&source), &has_raised);
	if ((has_raised && raised_has_tag(got, "TypeError")) == is_taken)
		fail_msg("%s: %s as %s is %s", row->function, row->params[param].name, kinds[kind].name,
			 is_taken ? "a TypeError" : "no TypeError");
	value_unref(got);
	buf_release(&source);
}

static void check_refusals(const struct row *row)
{
	struct row wrong = *row;
	struct buf source;

	buf_init(&source, 0);
	wrong.params[wrong.count++] = (struct form_param){"no_such_name", "null", "any", false};
	add_arguments(&source, &wrong, wrong.count, -1, NULL);
	add_call(&source, &wrong, BY_PLACE, wrong.count, "null");
	assert_refused(&source, "too-many-arguments");
	buf_clear(&source);
	add_arguments(&source, &wrong, wrong.count, -1, NULL);
	add_call(&source, &wrong, BY_NAME, wrong.count, "null");
	assert_refused(&source, "unknown-argument");
	if (required(row) > 0) {
		buf_clear(&source);
		add_arguments(&source, row, required(row) - 1, -1, NULL);
		add_call(&source, row, BY_PLACE, required(row) - 1, "null");
		assert_refused(&source, "missing-argument");
	}
	buf_release(&source);
}

static void check_row(const struct row *row)
{
	for (int form = BY_NAME; form <= IN_EXPRESSION; form++) {
		for (int count = required(row); count <= row->count; count++)
			check_form(row, (enum form)form, count);
	}
	for (int param = 0; param < row->count; param++) {
		for (int kind = 0; kind < KINDS; kind++)
			check_kind(row, param, kind);
	}
	check_refusals(row);
}

/* ---- the table */

/* Cut `text` at the first `mark`; what follows, or NULL. */
static char *cut(char *text, const char *mark)
{
	char *found = strstr(text, mark);

	if (!found)
		return NULL;
	*found = '\0';
	return found + strlen(mark);
}

/* NAME: EXPRESSION: KINDS, where the expression may hold ": " itself. */
static struct form_param read_param(char *text)
{
	struct form_param param = {.name = text, .optional = text[0] == '['};
	char *rest = cut(text, ": ");
	char *last = NULL;

	assert_non_null(rest);
	if (param.optional) {
		param.name = text + 1;
		assert_non_null(cut(text, "]"));
	}
	param.good = rest;
	for (char *colon = strstr(rest, ": "); colon; colon = strstr(colon + 1, ": "))
		last = colon;
	assert_non_null(last);
	*last = '\0';
	param.kinds = last + 2;
	return param;
}

static struct row read_row(char *line)
{
	struct row row = {.function = line};
	char *show = cut(line, " => ");
	char *result = show ? cut(show, " => ") : NULL;
	char *part = cut(line, " | ");

	if (!result)
		fail_msg(TABLE ": not a row: %s", line);
	row.show = show;
	row.result = result;
	row.waits = cut(line, " B") != NULL;
	while (part) {
		char *next = cut(part, " | ");

		assert_true(row.count < MAX_PARAMS - 1); /* one is kept for a surplus argument */
		row.params[row.count++] = read_param(part);
		part = next;
	}
	return row;
}

static void every_function_is_called_in_every_form(void **state)
{
	FILE *file = fopen(TABLE, "r");
	char line[1000];
	int rows = 0;

	(void)state;
	if (!file)
		fail_msg("cannot open " TABLE "; run from the root of the tree");
	while (fgets(line, sizeof(line), file)) {
		struct row row;

		line[strcspn(line, "\n")] = '\0';
		if (!line[0] || line[0] == '#')
			continue;
		row = read_row(line);
		check_row(&row);
		rows++;
	}
	fclose(file);
	assert_true(rows > 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_function_is_called_in_every_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
