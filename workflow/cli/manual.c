/* manual.c - the manual page, in the language of man(7), from the tables of commands and options. */
#include "workflow/cli/cli.h"

#include <stdio.h>
#include <string.h>

/* A dot or a quote at the beginning of a line would be a request, a backslash an escape; a minus is one. */
static void put(const char *text, FILE *out)
{
	if (*text == '.' || *text == '\'')
		fputs("\\&", out);
	for (; *text; text++) {
		if (*text == '\\')
			fputs("\\e", out);
		else if (*text == '-')
			fputs("\\-", out);
		else
			fputc(*text, out);
		if (*text == '\n' && (text[1] == '.' || text[1] == '\''))
			fputs("\\&", out);
	}
}

static void print_option(const struct opt_option *option, FILE *out)
{
	fputs(".TP\n.B ", out);
	if (option->letter)
		fprintf(out, "\\-%c, ", option->letter);
	fputs("\\-\\-", out);
	put(option->name, out);
	if (option->kind != OPT_FLAG) {
		fputs(" \\fI", out);
		put(option->value ? option->value : "VALUE", out);
		fputs("\\fR", out);
	}
	fputc('\n', out);
	put(option->help, out);
	if (option->fallback) {
		fputs(" (default ", out);
		put(option->fallback, out);
		fputc(')', out);
	}
	if (option->env) {
		fputs(" (environment: ", out);
		put(option->env, out);
		fputc(')', out);
	}
	fputc('\n', out);
}

static void print_command(const struct opt_command *command, FILE *out)
{
	const struct opt_option *option;

	fputs(".SS ", out);
	put(command->name, out);
	fputc(' ', out);
	put(command->operands ? command->operands : "", out);
	fputc('\n', out);
	put(command->summary, out);
	fputs(".\n", out);
	if (command->example) {
		fputs(".PP\n.nf\n.RS\n", out);
		put(command->example, out);
		fputs("\n.RE\n.fi\n", out);
	}
	for (size_t i = 0; (option = opt_at(command, i)); i++)
		print_option(option, out);
}

void cli_print_manual(FILE *out)
{
	fputs(".TH LEXFLOW 1 \"\" \"lexflow " LEXFLOW_VERSION "\" \"User commands\"\n"
	      ".SH NAME\n"
	      "lexflow \\- run Google Cloud Workflows definitions on this machine, durably\n"
	      ".SH SYNOPSIS\n"
	      ".B lexflow\n"
	      ".I COMMAND\n"
	      "[\\fIOPTIONS\\fR] [\\fIOPERANDS\\fR]\n"
	      ".SH DESCRIPTION\n"
	      "A run is recorded event by event in a database, so that one that was interrupted goes on where "
	      "it was, and a\nsingle step of a past run can be done again. Answers go to stdout, talk to stderr. "
	      "An option beats its\nenvironment variable, which beats its default.\n"
	      ".SH COMMANDS\n",
	      out);
	for (const struct subcommand *s = cli_subcommands; s->name; s++)
		print_command(s->command, out);
	fputs(".SH EXIT STATUS\n"
	      ".TP\n.B 0\nsuccess; \\fBrun\\fR printed exactly the result, as JSON\n"
	      ".TP\n.B 1\nthe run failed; the last line on stderr is the error as JSON\n"
	      ".TP\n.B 2\nthe definition or the command line is wrong; nothing was executed\n"
	      ".TP\n.B 3\na fault of the machine\n"
	      ".TP\n.B 4\nnot found: file, run, step\n"
	      ".TP\n.B 130\ninterrupted; the run can be resumed\n"
	      ".SH FILES\n"
	      ".TP\n.I $XDG_STATE_HOME/lexflow/state.db\n"
	      "the runs; ~/.local/state where the variable is not set\n",
	      out);
}
