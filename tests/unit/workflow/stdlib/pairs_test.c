/*
 * pairs_test.c - tests/conformance/expr/pairs.table: every operator with every pair of types.
 *
 * Each cell is evaluated three ways, which must agree: a walk over the tree; as a definition whose constants
 * the plan folds; as a definition that finds the operands in variables and computes when it runs.
 */
#include "tests/harness/evaluate.h"
#include "tests/harness/play.h"
#include "tests/unit/workflow/stdlib/library.h"

#include <stdio.h>
#include <string.h>

#define TABLE "tests/conformance/expr/pairs.table"

enum { TYPES = 8, MAX_TEXT = 200 };

struct table {
	FILE *file;
	int line;
	char operands[TYPES][MAX_TEXT];
	char op[10];
	int rows_left; /* of this operator */
	int cells;     /* checked so far */
};

/* `got` is taken. A cell is JSON, or T for a TypeError. */
static void assert_cell(const char *what, const char *cell, bool has_raised, struct value got)
{
	struct value wanted = value_null();
	struct buf shown;
	bool good;

	buf_init(&shown, 0);
	json_write(&shown, got);
	if (strcmp(cell, "T") == 0) {
		good = has_raised && raised_has_tag(got, "TypeError");
	} else {
		wanted = read_json(cell);
		good = !has_raised && is_same(got, wanted);
	}
	if (!good)
		fail_msg("%s gives %s, not %s", what, buf_text(&shown), cell);
	value_unref(wanted);
	value_unref(got);
	buf_release(&shown);
}

static void check_walk(const char *expression, const char *cell)
{
	char source[3 * MAX_TEXT + 4];
	struct value raised = value_null();
	struct value out = value_null();
	int result;

	snprintf(source, sizeof(source), "${%s}", expression);
	result = evaluate_source(source, value_null(), &out, &raised);
	assert_cell(source, cell, result < 0, result < 0 ? raised : out);
}

/* Run a definition in JSON; what it returned or raised. */
static void check_definition(const char *what, struct slice source, const char *cell)
{
	struct play *play = mem_new(sizeof(*play));
	struct diags *diags = diags_new();
	struct plan *plan = plan_read("pairs.json", source, diags);
	struct value report;
	bool has_raised;

	if (!plan)
		fail_msg("%s is refused: %s", what, diags_at(diags, 0).message);
	play_begin(play, plan, value_null(), NULL, value_null(), NULL, 0);
	has_raised = play_to_end(play) == RUN_RAISED;
	report = run_result(play->run);
	assert_cell(what, cell, has_raised, value_ref(has_raised ? *value_get(report, "payload") : report));
	play_release(play);
	plan_free(plan);
	diags_free(diags);
	mem_free(play);
}

static void add_expression(struct buf *out, const char *before, const char *expression, const char *after)
{
	struct value text = value_stringf("${%s}", expression);

	buf_add_text(out, before);
	json_write(out, text);
	buf_add_text(out, after);
	value_unref(text);
}

/* `open` is the expression with its operands named l and r; `closed` holds them itself. */
static void check_cell(const char *left, const char *right, const char *open, const char *closed,
		       const char *cell)
{
	struct buf source;

	check_walk(closed, cell);
	buf_init(&source, 0);
	add_expression(&source, "[{\"out\": {\"return\": ", closed, "}}]");
	check_definition(closed, buf_slice(&source), cell);
	buf_clear(&source);
	add_expression(&source, "[{\"left\": {\"assign\": [{\"l\": ", left, "}]}},");
	add_expression(&source, "{\"right\": {\"assign\": [{\"r\": ", right, "}]}},");
	add_expression(&source, "{\"out\": {\"return\": ", open, "}}]");
	check_definition(closed, buf_slice(&source), cell);
	buf_release(&source);
}

static void read_operands(struct table *table, char *line)
{
	int count = 0;
	char *rest = line;
	char *part;

	while ((part = strsep(&rest, "|"))) {
		assert_true(count < TYPES);
		snprintf(table->operands[count++], MAX_TEXT, "%s", part);
	}
	assert_int_equal(count, TYPES);
}

/* A row of `op`: one left operand with each right one. The row of a unary operator has no left ones. */
static void check_row(struct table *table, char *line, bool is_unary)
{
	char open[2 * MAX_TEXT];
	char closed[3 * MAX_TEXT];
	const char *left = table->operands[TYPES - table->rows_left];
	int column = 0;
	char *rest = line;
	char *cell;

	while ((cell = strsep(&rest, " "))) {
		const char *right = table->operands[column++];

		assert_true(column <= TYPES);
		snprintf(open, sizeof(open), "%s %s r", is_unary ? "" : "l", table->op);
		snprintf(closed, sizeof(closed), "%s%s%s %s (%s)", is_unary ? "" : "(", is_unary ? "" : left,
			 is_unary ? "" : ")", table->op, right);
		check_cell(left, right, open, closed, cell);
		table->cells++;
	}
	if (column != TYPES)
		fail_msg(TABLE ":%d: %d cells", table->line, column);
}

static void read_line(struct table *table, char *line)
{
	if (strncmp(line, "operands ", 9) == 0) {
		read_operands(table, line + 9);
	} else if (sscanf(line, "op %9s", table->op) == 1) {
		table->rows_left = TYPES;
	} else if (sscanf(line, "unary %9s", table->op) == 1) {
		table->rows_left = -1;
	} else if (table->rows_left < 0) {
		table->rows_left = TYPES; /* some left operand that is not used */
		check_row(table, line, true);
		table->rows_left = 0;
	} else {
		if (table->rows_left == 0)
			fail_msg(TABLE ":%d: a row too many", table->line);
		check_row(table, line, false);
		table->rows_left--;
	}
}

static void every_pair_of_types_is_as_the_reference_says(void **state)
{
	struct table table = {.file = fopen(TABLE, "r")};
	char line[1000];

	(void)state;
	if (!table.file)
		fail_msg("cannot open " TABLE "; run from the root of the tree");
	while (fgets(line, sizeof(line), table.file)) {
		table.line++;
		line[strcspn(line, "\n")] = '\0';
		if (line[0] && line[0] != '#')
			read_line(&table, line);
	}
	fclose(table.file);
	assert_int_equal(table.cells, 2 * (15 * TYPES * TYPES + 2 * TYPES));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_pair_of_types_is_as_the_reference_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
