/*
 * main.c - lexflow: finds the subcommand, reads its options, runs it.
 */
#include "workflow/cli/cli.h"

#include "lib/mem/mem.h"

#include <stdio.h>
#include <string.h>

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
		cli_overview(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
		name = "help";
	if (strcmp(name, "version") == 0 || strcmp(name, "--version") == 0) {
		puts("lexflow " LEXFLOW_VERSION);
		return 0;
	}
	subcommand = cli_find_subcommand(name);
	return subcommand ? dispatch(subcommand, argc - 1, argv + 1) : cli_unknown_command(name);
}
