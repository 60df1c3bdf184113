/* recognise_verb.c - extract recognise: the recognisers on the command line. */

#include "lib/json/json.h"
#include "lib/opt/opt.h"
#include "steps/extract/extract.h"
#include "steps/extract/recognise.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct opt_option options[] = {
	{"language", 0, OPT_TEXT, "en|fr", "en", NULL,
	 "how figures and words are read; a record's own language wins"},
	{"lines", 0, OPT_FLAG, NULL, NULL, NULL, "the input is JSON Lines: each record gets a member found"},
	{"help", 'h', OPT_FLAG, NULL, NULL, NULL, "show this"},
	{NULL},
};

static const struct opt_option *const tables[] = {options, NULL};

static const struct opt_command command = {
	.name = "extract recognise",
	.operands = "KIND [FILE]",
	.summary = "say what stands where in a text, one JSON object a finding",
	.example = "echo 'a fine of EUR 3.5 million' | extract recognise money",
	.tables = tables,
};

static enum tongue tongue_of(struct slice language)
{
	return slice_starts(language, SLICE("fr")) ? TONGUE_FR : TONGUE_EN;
}

static void print_line(struct value value)
{
	struct buf out;

	buf_init(&out, 0);
	if (json_write(&out, value) == 0) {
		fwrite(out.data, 1, out.len, stdout);
		putchar('\n');
	}
	buf_release(&out);
}

static int from_text(const struct recogniser *recogniser, enum tongue tongue, FILE *file)
{
	struct buf raw, text;
	struct value found;
	char chunk[8192];
	size_t got;
	bool fits;

	buf_init(&raw, EXTRACT_MAX_BYTES);
	buf_init(&text, (size_t)3 * EXTRACT_MAX_BYTES);
	while ((got = fread(chunk, 1, sizeof(chunk), file)) > 0 && buf_add(&raw, chunk, got) == 0)
		;
	fits = !raw.full && utf8_repair(&text, buf_slice(&raw)) == 0;
	if (fits) {
		found = recognise(recogniser, buf_slice(&text), tongue);
		for (size_t i = 0; i < value_len(found); i++)
			print_line(*value_list_at(found, i));
		value_unref(found);
	} else {
		fprintf(stderr, "extract: the text is longer than %d bytes\n", EXTRACT_MAX_BYTES);
	}
	buf_release(&text);
	buf_release(&raw);
	return fits ? 0 : 1;
}

static int from_lines(const struct recogniser *recogniser, enum tongue tongue, FILE *file)
{
	struct json_lines lines;
	struct value record;
	struct error err = {0};
	int got, status = 0;

	json_lines_init(&lines, file, (size_t)4 * EXTRACT_MAX_BYTES);
	while ((got = json_lines_next(&lines, &record, &err)) != 0) {
		struct slice language;

		if (got < 0) {
			fprintf(stderr, "extract: %s\n", err.message);
			err = (struct error){0};
			status = 1;
			continue;
		}
		if (record.kind == VALUE_MAP) {
			language = value_get_text(record, "language");
			value_put(&record, "found",
				  recognise(recogniser, value_get_text(record, "text"),
					    language.len ? tongue_of(language) : tongue));
		}
		print_line(record);
		value_unref(record);
	}
	json_lines_release(&lines);
	return status;
}

static void print_kinds(FILE *out)
{
	fprintf(out, "\nKIND:\n");
	for (const struct recogniser *r = recognisers; r->name; r++)
		fprintf(out, "  %-10s %s\n", r->name, r->about);
}

static int run(const struct opts *opts)
{
	const struct recogniser *recogniser = recogniser_named(slice_of(opt_operand(opts, 0)));
	const char *path = opt_operand(opts, 1);
	enum tongue tongue = tongue_of(slice_of(opt_text(opts, "language")));
	FILE *file = stdin;
	int status;

	if (!recogniser) {
		fprintf(stderr, "extract: recognise needs a KIND\n");
		print_kinds(stderr);
		return 2;
	}
	if (path && strcmp(path, "-") != 0 && !(file = fopen(path, "r"))) {
		fprintf(stderr, "extract: cannot read %s: %s\n", path, strerror(errno));
		return 4;
	}
	status = opt_flag(opts, "lines") ? from_lines(recogniser, tongue, file)
					 : from_text(recogniser, tongue, file);
	if (file != stdin)
		fclose(file);
	return status;
}

int recognise_verb(int argc, char **argv)
{
	struct error err = {0};
	struct opts *opts = opt_parse(&command, argc, argv, &err);
	int status = 0;

	if (!opts) {
		fprintf(stderr, "extract: %s%s%s\n", err.message, err.hint[0] ? "; " : "", err.hint);
		return 2;
	}
	if (opt_flag(opts, "help")) {
		opt_help(&command, stdout);
		print_kinds(stdout);
	} else {
		status = run(opts);
	}
	opts_free(opts);
	return status;
}
