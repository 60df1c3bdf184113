/* output.c - how answers and faults look. */
#include "workflow/cli/cli.h"

#include "lib/json/json.h"
#include "lib/mem/mem.h"

#include <stdio.h>

int cli_fault(const struct error *err)
{
	fprintf(stderr, "lexflow: %s\n", err->message);
	if (err->hint[0])
		fprintf(stderr, "  hint: %s\n", err->hint);
	return error_exit_status(err);
}

void cli_print_json(struct value v, bool indented)
{
	struct buf text;

	buf_init(&text, 0);
	if (indented)
		json_write_indented(&text, v, SLICE(""), SLICE("  "));
	else
		json_write(&text, v);
	printf("%s\n", buf_text(&text));
	buf_release(&text);
}

void cli_format_duration(int64_t us, char text[32])
{
	if (us < 1000000)
		snprintf(text, 32, "%lld ms", (long long)(us / 1000));
	else if (us < 120 * 1000000LL)
		snprintf(text, 32, "%.2f s", (double)us / 1e6);
	else
		snprintf(text, 32, "%lld min %lld s", (long long)(us / 60000000),
			 (long long)(us / 1000000 % 60));
}

struct journal *cli_open_journal(const struct opts *opts, struct error *err)
{
	char *path = opt_text(opts, "state") ? mem_strdup(opt_text(opts, "state")) : journal_default_path();
	struct journal *journal = journal_open(path, DB_FULL, NULL, NULL, err);

	mem_free(path);
	return journal;
}

/* ---- differences */

static void print_value(const struct value *v, FILE *out)
{
	struct buf text;

	if (!v) {
		fputs("(absent)", out);
		return;
	}
	buf_init(&text, 0);
	if (json_write(&text, *v) < 0)
		fputs("(bytes)", out);
	else
		fputs(buf_text(&text), out);
	buf_release(&text);
}

static size_t compare(struct buf *path, const struct value *a, const struct value *b, FILE *out);

static size_t compare_member(struct buf *path, struct slice key, const struct value *a, const struct value *b,
			     FILE *out)
{
	size_t length = path->len;
	size_t count;

	buf_printf(path, "%s%.*s", length && key.ptr[0] != '[' ? "." : "", SLICE_ARG(key));
	count = compare(path, a, b, out);
	path->len = length;
	path->data[length] = '\0';
	return count;
}

static size_t compare_maps(struct buf *path, struct value a, struct value b, FILE *out)
{
	size_t count = 0;

	for (size_t i = 0; i < value_len(a); i++)
		count += compare_member(path, value_map_key(a, i), value_map_at(a, i),
					value_map_get(b, value_map_key(a, i)), out);
	for (size_t i = 0; i < value_len(b); i++) {
		if (!value_map_get(a, value_map_key(b, i)))
			count += compare_member(path, value_map_key(b, i), NULL, value_map_at(b, i), out);
	}
	return count;
}

static size_t compare_lists(struct buf *path, struct value a, struct value b, FILE *out)
{
	size_t longer = value_len(a) > value_len(b) ? value_len(a) : value_len(b);
	size_t count = 0;

	for (size_t i = 0; i < longer; i++) {
		char index[24];

		snprintf(index, sizeof(index), "[%zu]", i);
		count += compare_member(path, slice_of(index), i < value_len(a) ? value_list_at(a, i) : NULL,
					i < value_len(b) ? value_list_at(b, i) : NULL, out);
	}
	return count;
}

/* Both came from JSON or the engine, whose depth is bounded. */
static size_t compare(struct buf *path, const struct value *a, const struct value *b, FILE *out)
{
	if (a && b && value_equal(*a, *b))
		return 0;
	if (a && b && a->kind == VALUE_MAP && b->kind == VALUE_MAP)
		return compare_maps(path, *a, *b, out);
	if (a && b && a->kind == VALUE_LIST && b->kind == VALUE_LIST)
		return compare_lists(path, *a, *b, out);
	fprintf(out, "  %s: ", path->len ? buf_text(path) : "value");
	print_value(a, out);
	fputs(" -> ", out);
	print_value(b, out);
	fputc('\n', out);
	return 1;
}

size_t cli_print_difference(struct value old_value, struct value new_value, FILE *out)
{
	struct buf path;
	size_t count;

	buf_init(&path, 0);
	count = compare(&path, &old_value, &new_value, out);
	buf_release(&path);
	return count;
}
