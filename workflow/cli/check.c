/* check.c - lexflow check and lexflow plan: looking at definitions without running them. */
#include "workflow/cli/cli.h"

#include <stdio.h>

static const struct opt_option none[] = {{0}};
static const struct opt_option *const tables[] = {none, NULL};

const struct opt_command cli_check_command = {
	.name = "lexflow check",
	.operands = "FILE...",
	.summary = "print every mistake of a definition with its place and a hint",
	.example = "lexflow check workflow.yaml",
	.tables = tables,
};

const struct opt_command cli_plan_command = {
	.name = "lexflow plan",
	.operands = "FILE",
	.summary = "print the operations that a definition is compiled to",
	.example = "lexflow plan workflow.yaml",
	.tables = tables,
};

int cli_check(const struct opts *opts)
{
	int worst = 0;

	if (opt_operands(opts) == 0) {
		fputs("lexflow: check needs at least one FILE\n", stderr);
		return EXIT_USAGE;
	}
	for (size_t i = 0; i < opt_operands(opts); i++) {
		struct buf source;
		int status;

		buf_init(&source, 0);
		plan_free(cli_read_plan(opt_operand(opts, i), &source, &status));
		buf_release(&source);
		if (status > worst)
			worst = status;
	}
	return worst;
}

int cli_plan(const struct opts *opts)
{
	struct buf source;
	struct plan *plan;
	int status;

	if (opt_operands(opts) != 1) {
		fputs("lexflow: plan needs one FILE\n", stderr);
		return EXIT_USAGE;
	}
	buf_init(&source, 0);
	plan = cli_read_plan(opt_operand(opts, 0), &source, &status);
	if (plan)
		plan_print(plan, stdout);
	plan_free(plan);
	buf_release(&source);
	return status;
}
