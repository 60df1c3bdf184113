/* list.c - store list and store show: what is in the database of decisions. */
#include "steps/store/decisions.h"
#include "steps/store/table.h"
#include "steps/store/verbs.h"

#include <stdio.h>

/* Where a row has fewer columns than this, the name of the database is left to the line below the table. */
enum { WIDE = 120 };

static const struct table_column columns[] = {
	{"DOCUMENT", 24, 14, false}, {"TYPE", 18, 8, false},  {"PARTIES", 22, 10, false},
	{"SANCTION", 38, 14, false}, {"DATE", 10, 10, false}, {"STORED", 25, 8, false},
};

struct listing {
	struct table *table;        /* NULL: JSON */
	struct slice database_name; /* empty on a narrow terminal */
	long count;
};

/* "Acme Trading LLC +2": the first, and how many more there are. */
static void add_parties(struct table *table, struct slice parties)
{
	size_t end = slice_find(parties, SLICE("; "), 0);
	struct buf cell;
	size_t more = 0;

	for (size_t at = end; at != SIZE_MAX; at = slice_find(parties, SLICE("; "), at + 2))
		more++;
	buf_init(&cell, 0);
	buf_add_slice(&cell, parties.len ? slice_sub(parties, 0, end) : SLICE("—"));
	if (more)
		buf_printf(&cell, " +%zu", more);
	table_add(table, buf_slice(&cell));
	buf_release(&cell);
}

static void add_place(struct table *table, struct slice database, struct slice id)
{
	struct buf cell;

	buf_init(&cell, 0);
	buf_printf(&cell, "%.*s#%.*s", SLICE_ARG(database),
		   SLICE_ARG(slice_sub(id, 0, utf8_offset(id, VERB_SHORT_ID))));
	table_add(table, buf_slice(&cell));
	buf_release(&cell);
}

static void print_row(const struct decisions_row *row)
{
	struct value map = value_map_new();

	value_put(&map, "id", value_string(row->id));
	value_put(&map, "source", value_string(row->source));
	value_put(&map, "type", verb_text_or_null(row->doc_type));
	value_put(&map, "title", verb_text_or_null(row->title));
	value_put(&map, "date", verb_text_or_null(row->doc_date));
	value_put(&map, "language", verb_text_or_null(row->language));
	value_put(&map, "parties", verb_text_or_null(row->parties));
	value_put(&map, "sanction", verb_text_or_null(row->sanction));
	value_put(&map, "stored_at", value_string(row->stored_at));
	verb_print_json(map);
}

static void add_row(void *ctx, const struct decisions_row *row)
{
	struct listing *listing = ctx;
	struct table *table = listing->table;

	listing->count++;
	if (!table) {
		print_row(row);
		return;
	}
	table_add(table, verb_base_name(row->source));
	table_add(table, row->doc_type.len ? row->doc_type : SLICE("—"));
	add_parties(table, row->parties);
	table_add(table, row->sanction.len ? row->sanction : SLICE("—"));
	table_add(table, row->doc_date.len ? row->doc_date : SLICE("—"));
	add_place(table, listing->database_name, row->id);
}

static void say_failure(void *ctx, const struct decisions_failure *failure)
{
	struct buf line;

	(void)ctx;
	buf_init(&line, 0);
	table_fit(&line, failure->source, 200);
	buf_add_text(&line, ": ");
	table_fit(&line, failure->message, 400);
	fprintf(stderr, "failed: %s\n", buf_text(&line));
	buf_release(&line);
}

static int print_list(struct decisions *decisions, const struct opts *opts, bool json, struct error *err)
{
	const char *path = db_path(decisions_db(decisions));
	const char *type = opt_text(opts, "type");
	size_t width = table_terminal_width(stdout);
	struct listing listing = {.database_name = verb_base_name(slice_of(width < WIDE ? "" : path))};
	int64_t all = decisions_count(decisions, type, err);
	int status;

	if (!json)
		listing.table = table_new(columns, sizeof(columns) / sizeof(columns[0]));
	status = all < 0 ? -1
			 : decisions_list(decisions, type, opt_number(opts, "limit"), add_row, &listing, err);
	if (status == 0 && listing.table) {
		table_print(listing.table, width, stdout);
		fflush(stdout);
		if (listing.count < all)
			fprintf(stderr, "%ld of %lld decisions in %s; --limit 0 prints all\n", listing.count,
				(long long)all, path);
		else
			fprintf(stderr, "%ld decision%s in %s\n", listing.count,
				listing.count == 1 ? "" : "s", path);
		status = decisions_failures(decisions, say_failure, NULL, err);
	}
	table_free(listing.table);
	return status;
}

int list_main(int argc, char **argv)
{
	static const struct opt_option *const tables[] = {verb_list_options, verb_options, NULL};
	static const struct opt_command command = {
		.name = "store list",
		.operands = "",
		.summary = "what is stored, as a table, newest document first",
		.example = "store list --type press_release --limit 20",
		.tables = tables,
	};

	return verb_look(&command, argc, argv, print_list);
}

int show_main(int argc, char **argv)
{
	static const struct opt_option *const tables[] = {verb_options, NULL};
	static const struct opt_command command = {
		.name = "store show",
		.operands = "ID",
		.summary = "the record with this id, as JSON; a unique beginning of the id will do",
		.example = "store show 1a2b3c4d5e6f",
		.tables = tables,
	};
	struct error err = {0};
	struct decisions *decisions = NULL;
	int status;
	struct opts *opts = verb_parse(&command, argc, argv, &status);
	struct buf json;

	if (!opts)
		return status;
	buf_init(&json, 0);
	if (opt_operands(opts) != 1)
		error_set(&err, ERROR_INPUT, "one ID is needed");
	else
		decisions = verb_open(opts, &err);
	if (decisions && decisions_get(decisions, opt_operand(opts, 0), &json, &err) == 0)
		status = puts(buf_text(&json)) < 0;
	else
		status = verb_fail(command.name, &err);
	buf_release(&json);
	decisions_close(decisions);
	opts_free(opts);
	return status;
}
