/* verbs.c - what the verbs of classify have in common; see verbs.h. */
#include "steps/classify/verbs.h"

#include "lib/json/json.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

const struct opt_option verb_source_options[] = {
	{"labels", 0, OPT_MANY, "INDEX", NULL, NULL, "labelled records, JSON Lines; - is standard input"},
	{"texts", 0, OPT_TEXT, "DIR", NULL, NULL, "folder of the files that records name"},
	{"split", 0, OPT_TEXT, "NAME", NULL, NULL, "leave out records of other splits"},
	{"rules", 0, OPT_TEXT, "FILE", NULL, NULL, "YAML: labels that fold into others, or signs of labels"},
	{"label-member", 0, OPT_TEXT, "NAME", "doc_type", NULL, "member with the label, or a list of labels"},
	{"text-member", 0, OPT_TEXT, "NAME", "text", NULL, "member with the text itself"},
	{"file-member", 0, OPT_TEXT, "NAME", "file", NULL, "member with the file of the text"},
	{"group-member", 0, OPT_TEXT, "NAME", "case_group", NULL,
	 "member whose equals stay together in a fold"},
	{"split-member", 0, OPT_TEXT, "NAME", "split", NULL, "member that --split looks at"},
	{"json", 0, OPT_FLAG, NULL, NULL, NULL, "one JSON value instead of tables"},
	{"report", 0, OPT_TEXT, "SVG", NULL, NULL, "draw into this file whether probabilities hold"},
	{"help", 'h', OPT_FLAG, NULL, NULL, NULL, "print this"},
	{0},
};

int verb_examples(const struct opts *opts, const struct rules *rules, struct examples *examples,
		  struct error *err)
{
	struct examples_source source = {
		.folder = opt_text(opts, "texts"),
		.split = opt_text(opts, "split"),
		.split_member = opt_text(opts, "split-member"),
		.label_member = opt_text(opts, "label-member"),
		.text_member = opt_text(opts, "text-member"),
		.file_member = opt_text(opts, "file-member"),
		.group_member = opt_text(opts, "group-member"),
		.rules = rules,
	};
	const char *index;

	if (!opt_many(opts, "labels", 0))
		return error_set(err, ERROR_INPUT, "--labels is needed: the labelled records");
	for (size_t i = 0; (index = opt_many(opts, "labels", i)) != NULL; i++) {
		if (examples_read(examples, index, &source, err) < 0)
			return -1;
	}
	examples_sort(examples);
	return 0;
}

int verb_failed(const char *verb, const struct error *err)
{
	fprintf(stderr, "classify %s: %s\n", verb, err->message);
	if (err->hint[0])
		fprintf(stderr, "  hint: %s\n", err->hint);
	return error_exit_status(err);
}

void verb_print(struct value value)
{
	struct buf line;

	buf_init(&line, 0);
	json_write(&line, value);
	puts(buf_text(&line));
	buf_release(&line);
}

int verb_draw(const struct opts *opts, const struct report *report, struct error *err)
{
	const char *path = opt_text(opts, "report");
	struct buf svg;
	FILE *file;
	bool written;

	if (!path)
		return 0;
	file = fopen(path, "we");
	if (!file)
		return error_set(err, ERROR_IO, "cannot write %s: %s", path, strerror(errno));
	buf_init(&svg, 0);
	report_draw(report, &svg);
	written = fwrite(svg.data, 1, svg.len, file) == svg.len;
	written = fclose(file) == 0 && written;
	buf_release(&svg);
	return written ? 0 : error_set(err, ERROR_IO, "cannot write %s: %s", path, strerror(errno));
}
