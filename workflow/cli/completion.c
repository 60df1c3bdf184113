/*
 * completion.c - lexflow completion: what a shell needs to complete our command lines, from the same tables
 * that parse them.
 *
 * Everything printed into a script is quoted for its shell: the tables are ours, their apostrophes are not
 * the shell's.
 */
#include "workflow/cli/cli.h"

#include <stdio.h>
#include <string.h>

static const struct opt_option *const tables[] = {(const struct opt_option[]){{0}}, NULL};

const struct opt_command cli_completion_command = {
	.name = "lexflow completion",
	.operands = "bash|zsh|fish",
	.summary = "print what a shell needs to complete command lines",
	.example = "source <(lexflow completion bash)\n"
		   "lexflow completion zsh > ~/.zfunc/_lexflow\n"
		   "lexflow completion fish > ~/.config/fish/completions/lexflow.fish",
	.tables = tables,
};

/* Inside single quotes; `also` are characters that the place gives a meaning, escaped by a backslash. */
static void put_quoted(const char *text, const char *also, FILE *out)
{
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\''", out);
		else if (strchr(also, *text))
			fprintf(out, "\\%c", *text);
		else
			fputc(*text, out);
	}
}

/* ---- bash */

static void print_bash_words(const struct opt_command *command, FILE *out)
{
	const struct opt_option *option;

	for (size_t i = 0; (option = opt_at(command, i)); i++) {
		fprintf(out, "--%s ", option->name);
		if (option->letter)
			fprintf(out, "-%c ", option->letter);
	}
	fputs("--help", out);
}

static void print_bash(FILE *out)
{
	fputs("# bash completion of lexflow: source <(lexflow completion bash)\n"
	      "_lexflow() {\n"
	      "\tlocal word=${COMP_WORDS[COMP_CWORD]} words=''\n"
	      "\tif [ \"$COMP_CWORD\" -eq 1 ] || { [ \"$COMP_CWORD\" -eq 2 ] && [ \"${COMP_WORDS[1]}\" = help ]; }; then\n"
	      "\t\twords='",
	      out);
	for (const struct subcommand *s = cli_subcommands; s->name; s++)
		fprintf(out, "%s ", s->name);
	fputs("version'\n"
	      "\telse\n"
	      "\t\tcase \"${COMP_WORDS[1]}:$word\" in\n",
	      out);
	for (const struct subcommand *s = cli_subcommands; s->name; s++) {
		fprintf(out, "\t\t%s:-*) words='", s->name);
		print_bash_words(s->command, out);
		fputs("' ;;\n", out);
	}
	fputs("\t\tesac\n"
	      "\tfi\n"
	      "\tif [ -n \"$words\" ]; then\n"
	      "\t\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
	      "\telse\n"
	      "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
	      "\tfi\n"
	      "}\n"
	      "complete -o filenames -F _lexflow lexflow\n",
	      out);
}

/* ---- zsh */

static void print_zsh_option(const struct opt_option *option, FILE *out)
{
	fprintf(out, " \\\n\t\t\t'%s--%s%s[", option->kind == OPT_MANY ? "*" : "", option->name,
		option->kind == OPT_FLAG ? "" : "=");
	put_quoted(option->help, "[]\\:", out);
	fputc(']', out);
	if (option->kind != OPT_FLAG) {
		fputc(':', out);
		put_quoted(option->value ? option->value : "VALUE", "[]\\:", out);
		fputs(":_files", out);
	}
	fputc('\'', out);
}

static void print_zsh(FILE *out)
{
	const struct opt_option *option;

	fputs("#compdef lexflow\n"
	      "_lexflow() {\n"
	      "\tlocal -a commands\n"
	      "\tcommands=(\n",
	      out);
	for (const struct subcommand *s = cli_subcommands; s->name; s++) {
		fprintf(out, "\t\t'%s:", s->name);
		put_quoted(s->command->summary, ":\\", out);
		fputs("'\n", out);
	}
	fputs("\t)\n"
	      "\tif (( CURRENT == 2 )); then\n"
	      "\t\t_describe command commands\n"
	      "\t\treturn\n"
	      "\tfi\n"
	      "\tcase $words[2] in\n",
	      out);
	for (const struct subcommand *s = cli_subcommands; s->name; s++) {
		fprintf(out, "\t%s)\n\t\tshift words; (( CURRENT-- ))\n\t\t_arguments", s->name);
		for (size_t i = 0; (option = opt_at(s->command, i)); i++)
			print_zsh_option(option, out);
		fputs(" \\\n\t\t\t'*:operand:_files'\n\t\t;;\n", out);
	}
	fputs("\tesac\n"
	      "}\n"
	      "_lexflow \"$@\"\n",
	      out);
}

/* ---- fish */

static void print_fish(FILE *out)
{
	const struct opt_option *option;

	fputs("# fish completion of lexflow\n", out);
	for (const struct subcommand *s = cli_subcommands; s->name; s++) {
		fprintf(out, "complete -c lexflow -n __fish_use_subcommand -f -a %s -d '", s->name);
		put_quoted(s->command->summary, "\\", out);
		fputs("'\n", out);
	}
	for (const struct subcommand *s = cli_subcommands; s->name; s++) {
		for (size_t i = 0; (option = opt_at(s->command, i)); i++) {
			fprintf(out, "complete -c lexflow -n '__fish_seen_subcommand_from %s' -l %s", s->name,
				option->name);
			if (option->letter)
				fprintf(out, " -s %c", option->letter);
			fprintf(out, "%s -d '", option->kind == OPT_FLAG ? "" : " -r");
			put_quoted(option->help, "\\", out);
			fputs("'\n", out);
		}
	}
}

int cli_completion(const struct opts *opts)
{
	const char *shell = opt_operand(opts, 0) ? opt_operand(opts, 0) : "";

	if (strcmp(shell, "bash") == 0) {
		print_bash(stdout);
	} else if (strcmp(shell, "zsh") == 0) {
		print_zsh(stdout);
	} else if (strcmp(shell, "fish") == 0) {
		print_fish(stdout);
	} else {
		fprintf(stderr, "lexflow: completion %s%s\n  hint: lexflow completion bash, zsh or fish\n",
			*shell ? "is not known for " : "needs a shell", shell);
		return EXIT_USAGE;
	}
	return 0;
}
