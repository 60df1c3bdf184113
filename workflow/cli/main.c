/*
 * main.c - lexflow: one table of subcommands.
 */
#include "workflow/cli/cli.h"

#include "lib/mem/mem.h"

#include <stdio.h>
#include <string.h>

static const struct subcommand subcommands[] = {
	{"run", &cli_run_command, cli_run},
	{"check", &cli_check_command, cli_check},
	{"list", &cli_list_command, cli_list},
	{"show", &cli_show_command, cli_show},
	{"logs", &cli_logs_command, cli_logs},
	{"resume", &cli_resume_command, cli_resume},
	{"rerun", &cli_rerun_command, cli_rerun},
	{"plan", &cli_plan_command, cli_plan},
	{NULL, NULL, NULL},
};

static const struct subcommand *find(const char *name)
{
	for (const struct subcommand *s = subcommands; s->name; s++) {
		if (strcmp(s->name, name) == 0)
			return s;
	}
	return NULL;
}

static void overview(FILE *out)
{
	fputs("lexflow runs Google Cloud Workflows definitions on this machine, durably.\n\n"
	      "  lexflow run workflow.yaml --data '{\"source\": \"decisions\"}'\n"
	      "  lexflow rerun last main.extract --iteration 3\n\n",
	      out);
	for (const struct subcommand *s = subcommands; s->name; s++)
		fprintf(out, "  %-8s %s\n", s->name, s->command->summary);
	fputs("  version  print the version\n"
	      "  help     this text, or the help of one command: lexflow help run\n\n"
	      "Exit status: 0 success, 1 the run failed, 2 wrong definition or command line,\n"
	      "3 fault of the machine, 4 not found, 130 interrupted (the run can be resumed).\n",
	      out);
}

static int unknown(const char *name)
{
	fprintf(stderr, "lexflow: there is no command \"%s\"\n  hint: lexflow help lists them\n", name);
	return EXIT_USAGE;
}

static int help(int argc, char **argv)
{
	const struct subcommand *subcommand = argc > 1 ? find(argv[1]) : NULL;

	if (argc > 1 && !subcommand)
		return unknown(argv[1]);
	if (subcommand)
		opt_help(subcommand->command, stdout);
	else
		overview(stdout);
	return 0;
}

static int dispatch(const struct subcommand *subcommand, int argc, char **argv)
{
	struct error err = {0};
	struct opts *opts;
	int status;

	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			opt_help(subcommand->command, stdout);
			return 0;
		}
	}
	opts = opt_parse(subcommand->command, argc, argv, &err);
	if (!opts)
		return cli_fault(&err);
	status = subcommand->run(opts);
	opts_free(opts);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fputs("lexflow: cannot write the answer to stdout\n", stderr);
		return status ? status : EXIT_FAULT;
	}
	return status;
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : NULL;
	const struct subcommand *subcommand;

	mem_keep();
	if (!name) {
		overview(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(name, "help") == 0 || strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
		return help(argc - 1, argv + 1);
	if (strcmp(name, "version") == 0 || strcmp(name, "--version") == 0) {
		puts("lexflow " LEXFLOW_VERSION);
		return 0;
	}
	subcommand = find(name);
	return subcommand ? dispatch(subcommand, argc - 1, argv + 1) : unknown(name);
}
