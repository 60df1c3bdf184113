/* help.c - lexflow help: commands, functions of the language, codes of diagnostics; from their tables. */
#include "workflow/cli/cli.h"

#include "workflow/engine/limits.h"
#include "workflow/expr/nearest.h"
#include "workflow/plan/complaints.h"
#include "workflow/stdlib/describe.h"

#include <stdio.h>
#include <string.h>

static const struct opt_option options[] = {
	{"markdown", 0, OPT_FLAG, NULL, NULL, NULL, "with functions: all of them, as a page"},
	{"man", 0, OPT_FLAG, NULL, NULL, NULL, "the manual page, for man -l -"},
	{0},
};

static const struct opt_option *const tables[] = {options, NULL};

const struct opt_command cli_help_command = {
	.name = "lexflow help",
	.operands = "[COMMAND|FUNCTION|CODE|functions|codes|limits] [NAME]",
	.summary = "explain a command, a function of the language or the code of a diagnostic",
	.example = "lexflow help run\nlexflow help function text.split\nlexflow help unknown-step",
	.tables = tables,
};

void cli_overview(FILE *out)
{
	fputs("lexflow runs Google Cloud Workflows definitions on this machine, durably.\n\n"
	      "  lexflow run workflow.yaml --data '{\"source\": \"decisions\"}'\n"
	      "  lexflow rerun last main.extract --iteration 3\n\n",
	      out);
	for (const struct subcommand *s = cli_subcommands; s->name; s++)
		fprintf(out, "  %-10s %s\n", s->name, s->command->summary);
	fputs("  version    print the version\n\n"
	      "More: lexflow help COMMAND, lexflow help functions, lexflow help codes, lexflow help limits.\n"
	      "Exit status: 0 success, 1 the run failed, 2 wrong definition or command line,\n"
	      "3 fault of the machine, 4 not found, 130 interrupted (the run can be resumed).\n",
	      out);
}

/* ---- did you mean */

int cli_unknown_command(const char *name)
{
	struct nearest nearest;

	nearest_init(&nearest, slice_of(name));
	for (const struct subcommand *s = cli_subcommands; s->name; s++)
		nearest_offer(&nearest, slice_of(s->name));
	fprintf(stderr, "lexflow: there is no command \"%s\"\n", name);
	if (nearest_best(&nearest).ptr)
		fprintf(stderr, "  hint: did you mean \"%.*s\"?\n", SLICE_ARG(nearest_best(&nearest)));
	else
		fputs("  hint: lexflow help lists them\n", stderr);
	return EXIT_USAGE;
}

static int unknown_topic(const char *name)
{
	const struct stdlib_function *function = stdlib_nearest(slice_of(name));
	const struct complaint *complaint = complaint_nearest(slice_of(name));
	struct nearest nearest;

	nearest_init(&nearest, slice_of(name));
	for (const struct subcommand *s = cli_subcommands; s->name; s++)
		nearest_offer(&nearest, slice_of(s->name));
	if (function)
		nearest_offer(&nearest, slice_of(function->name));
	if (complaint)
		nearest_offer(&nearest, slice_of(complaint->code));
	fprintf(stderr, "lexflow: \"%s\" is no command, no function and no code of a diagnostic\n", name);
	if (nearest_best(&nearest).ptr)
		fprintf(stderr, "  hint: did you mean \"%.*s\"?\n", SLICE_ARG(nearest_best(&nearest)));
	else
		fputs("  hint: lexflow help, lexflow help functions and lexflow help codes list them\n",
		      stderr);
	return EXIT_USAGE;
}

/* ---- topics */

static int help_function(const char *name)
{
	const struct stdlib_function *function = stdlib_find(slice_of(name));

	if (function) {
		stdlib_describe(function, stdout);
		return 0;
	}
	fprintf(stderr, "lexflow: there is no function \"%s\"\n", name);
	function = stdlib_nearest(slice_of(name));
	if (function)
		fprintf(stderr, "  hint: did you mean \"%s\"?\n", function->name);
	else
		fputs("  hint: lexflow help functions lists them\n", stderr);
	return EXIT_USAGE;
}

static int help_functions(bool as_page)
{
	if (as_page) {
		stdlib_describe_all(stdout);
		return 0;
	}
	fputs("Functions of the language; lexflow help function NAME says more.\n\n", stdout);
	stdlib_list_all(stdout);
	return 0;
}

static int help_codes(void)
{
	fputs("Codes of diagnostics; lexflow help CODE says more.\n\n", stdout);
	cli_list_codes();
	return 0;
}

static int help_topic(const char *topic, const char *name, bool as_page)
{
	const struct subcommand *subcommand = cli_find_subcommand(topic);
	bool is_function = strcmp(topic, "function") == 0 || strcmp(topic, "functions") == 0;

	if (is_function && name)
		return help_function(name);
	if (is_function)
		return help_functions(as_page);
	if (strcmp(topic, "codes") == 0)
		return help_codes();
	if (strcmp(topic, "limits") == 0) {
		limits_print(stdout);
		return 0;
	}
	if (subcommand) {
		opt_help(subcommand->command, stdout);
		return 0;
	}
	if (cli_help_code(topic))
		return 0;
	return stdlib_find(slice_of(topic)) ? help_function(topic) : unknown_topic(topic);
}

int cli_help(const struct opts *opts)
{
	const char *topic = opt_operand(opts, 0);

	if (opt_flag(opts, "man"))
		cli_print_manual(stdout);
	else if (topic)
		return help_topic(topic, opt_operand(opts, 1), opt_flag(opts, "markdown"));
	else
		cli_overview(stdout);
	return 0;
}
