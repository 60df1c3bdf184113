/* search.c - store search: full-text search in the database of decisions. */
#include "steps/store/table.h"
#include "steps/store/verbs.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The passage, hits in bold on a terminal and in [] elsewhere; text from documents cannot steer it. */
static void print_snippet(struct slice snippet, size_t width)
{
	bool bold = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
	size_t offset = 0;
	size_t start = 0;
	struct buf line;

	buf_init(&line, 0);
	for (; offset <= snippet.len; offset++) {
		char c = offset < snippet.len ? snippet.ptr[offset] : '\0';

		if (offset < snippet.len && c != 1 && c != 2)
			continue;
		table_fit(&line, slice_sub(snippet, start, offset), width);
		if (c == 1)
			buf_add_text(&line, bold ? "\033[1m" : "[");
		else if (c == 2)
			buf_add_text(&line, bold ? "\033[0m" : "]");
		start = offset + 1;
	}
	if (bold)
		buf_add_text(&line, "\033[0m"); /* the text itself may have held a marker */
	printf("    %s\n", buf_text(&line));
	buf_release(&line);
}

static void print_field(const char *before, struct slice text, size_t width)
{
	struct buf line;

	buf_init(&line, 0);
	table_fit(&line, text, width);
	printf("%s%s", before, buf_text(&line));
	buf_release(&line);
}

static void print_hit(void *ctx, const struct decisions_row *row)
{
	long *hits = ctx;

	if ((*hits)++)
		putchar('\n');
	print_field("", verb_base_name(row->source), 100);
	if (row->doc_type.len)
		print_field("  ", row->doc_type, 40);
	if (row->doc_date.len)
		print_field("  ", row->doc_date, 20);
	print_field("  ", slice_sub(row->id, 0, utf8_offset(row->id, VERB_SHORT_ID)), 40);
	putchar('\n');
	if (row->title.len) {
		print_field("    ", row->title, table_terminal_width(stdout) - 4);
		putchar('\n');
	}
	print_snippet(row->snippet, 1000);
}

static void print_hit_json(void *ctx, const struct decisions_row *row)
{
	long *hits = ctx;
	struct value map = value_map_new();
	struct buf passage;

	++*hits;
	buf_init(&passage, 0);
	for (size_t i = 0; i < row->snippet.len; i++) {
		char c = row->snippet.ptr[i];

		buf_add_char(&passage, c);
		if (c == 1 || c == 2)
			passage.data[passage.len - 1] = c == 1 ? '[' : ']';
	}
	value_put(&map, "id", value_string(row->id));
	value_put(&map, "source", value_string(row->source));
	value_put(&map, "type", verb_text_or_null(row->doc_type));
	value_put(&map, "title", verb_text_or_null(row->title));
	value_put(&map, "date", verb_text_or_null(row->doc_date));
	value_put(&map, "passage", value_string(buf_slice(&passage)));
	verb_print_json(map);
	buf_release(&passage);
}

static int search(struct decisions *decisions, const struct opts *opts, bool json, struct error *err)
{
	long hits = 0;
	struct buf query;
	int status;

	buf_init(&query, 0);
	for (size_t i = 0; i < opt_operands(opts); i++)
		decisions_query(&query, slice_of(opt_operand(opts, i)));
	if (!query.len) {
		status = error_set(err, ERROR_INPUT, "nothing to search for");
		error_hint(err, "store search WORDS…; quote words that must stand together");
	} else {
		status = decisions_search(decisions, buf_text(&query), opt_text(opts, "type"),
					  opt_number(opts, "limit"), json ? print_hit_json : print_hit, &hits,
					  err);
	}
	if (status == 0 && !hits)
		fprintf(stderr, "nothing found\n");
	buf_release(&query);
	return status;
}

int search_main(int argc, char **argv)
{
	static const struct opt_option *const tables[] = {verb_list_options, verb_options, NULL};
	static const struct opt_command command = {
		.name = "store search",
		.operands = "WORDS...",
		.summary =
			"documents that hold all the words, best first, with a passage; WORD* is a beginning",
		.example = "store search 'cease and desist' swap*",
		.tables = tables,
	};

	return verb_look(&command, argc, argv, search);
}
