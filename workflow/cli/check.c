/* check.c - lexflow check and lexflow plan: looking at definitions without running them. */
#include "workflow/cli/cli.h"
#include "workflow/cli/connectors.h"
#include "workflow/cli/findings.h"

#include "lib/diag/diag.h"

#include <stdio.h>
#include <string.h>

static const struct opt_option check_options[] = {
	{"format", 0, OPT_TEXT, "text|json|sarif", "text", NULL,
	 "text for people on stderr; json and sarif 2.1.0 for machines on stdout"},
	{"strict", 0, OPT_FLAG, NULL, NULL, NULL, "warnings fail the check too"},
	{0},
};
static const struct opt_option *const check_tables[] = {check_options, cli_discovery_options, NULL};

static const struct opt_option none[] = {{0}};
static const struct opt_option *const tables[] = {none, NULL};

const struct opt_command cli_check_command = {
	.name = "lexflow check",
	.operands = "FILE...",
	.summary = "print every mistake of a definition with its place and a hint",
	.example = "lexflow check workflow.yaml",
	.tables = check_tables,
};

const struct opt_command cli_plan_command = {
	.name = "lexflow plan",
	.operands = "FILE",
	.summary = "print the operations that a definition is compiled to",
	.example = "lexflow plan workflow.yaml",
	.tables = tables,
};

/* What was found in all files. */
struct found {
	enum { FORMAT_TEXT, FORMAT_JSON, FORMAT_SARIF } format;
	bool is_strict;
	struct value findings; /* a list, for the formats of machines */
	size_t errors, warnings;
	int status; /* the worst so far */
};

static void worsen(struct found *found, int status)
{
	if (status > found->status)
		found->status = status;
}

static void check_file(struct found *found, const char *path, struct catalog *catalog)
{
	struct diags *diags = diags_new();
	struct error err = {0};
	struct buf source;

	buf_init(&source, 0);
	if (cli_read_file(path, CLI_SOURCE_LIMIT, &source, &err) < 0) {
		worsen(found, cli_fault(&err));
	} else {
		diags_source(diags, path, buf_text(&source), source.len);
		plan_free(plan_read_with(path, buf_slice(&source), catalog, diags));
		if (found->format == FORMAT_TEXT)
			cli_print_diags(diags);
		else
			findings_add(&found->findings, diags, buf_slice(&source));
	}
	found->errors += diags_errors(diags);
	found->warnings += diags_warnings(diags);
	if (diags_errors(diags) || (found->is_strict && diags_warnings(diags)))
		worsen(found, EXIT_USAGE);
	diags_free(diags);
	buf_release(&source);
}

static void print_counts(const struct found *found)
{
	if (found->errors || found->warnings)
		fprintf(stderr, "%zu error%s, %zu warning%s\n", found->errors, found->errors == 1 ? "" : "s",
			found->warnings, found->warnings == 1 ? "" : "s");
}

static void print_findings(const struct found *found)
{
	struct buf text;

	buf_init(&text, 0);
	if (found->format == FORMAT_JSON)
		findings_json(&text, found->findings);
	else
		findings_sarif(&text, found->findings);
	fwrite(buf_text(&text), 1, text.len, stdout);
	buf_release(&text);
}

static int read_format(const struct opts *opts, struct found *found)
{
	const char *format = opt_text(opts, "format");

	if (strcmp(format, "text") == 0)
		found->format = FORMAT_TEXT;
	else if (strcmp(format, "json") == 0)
		found->format = FORMAT_JSON;
	else if (strcmp(format, "sarif") == 0)
		found->format = FORMAT_SARIF;
	else
		return -1;
	return 0;
}

static int refuse(const char *why)
{
	fprintf(stderr, "lexflow: %s\n", why);
	return EXIT_USAGE;
}

int cli_check(const struct opts *opts)
{
	struct found found = {.is_strict = opt_flag(opts, "strict")};
	struct error err = {0};
	struct catalog *catalog;

	if (opt_operands(opts) == 0)
		return refuse("check needs at least one FILE");
	if (read_format(opts, &found) < 0)
		return refuse("--format is text, json or sarif");
	catalog = cli_open_catalog(opts, &err);
	if (!catalog)
		return cli_fault(&err);
	found.findings = value_list_new(0);
	for (size_t i = 0; i < opt_operands(opts); i++)
		check_file(&found, opt_operand(opts, i), catalog);
	if (catalog_fault(catalog))
		worsen(&found, cli_fault(catalog_fault(catalog)));
	if (found.format == FORMAT_TEXT)
		print_counts(&found);
	else
		print_findings(&found);
	value_unref(found.findings);
	catalog_free(catalog);
	return found.status;
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
