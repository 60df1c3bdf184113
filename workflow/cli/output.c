/* output.c - how answers and faults look. */
#include "workflow/cli/cli.h"

#include "lib/json/json.h"
#include "lib/log/log.h"
#include "lib/mem/mem.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static void print_plain(const char *before, const char *text, FILE *out)
{
	struct buf line;

	buf_init(&line, 0);
	log_add_plain(&line, slice_of(text));
	fprintf(out, "%s%s\n", before, buf_text(&line));
	buf_release(&line);
}

int cli_fault(const struct error *err)
{
	print_plain("lexflow: ", err->message, stderr);
	if (err->hint[0])
		print_plain("  hint: ", err->hint, stderr);
	return error_exit_status(err);
}

void cli_add_lines(struct buf *out, struct slice text, const char *indent)
{
	size_t from = 0, end;

	while ((end = slice_find(text, SLICE("\n"), from)) != SIZE_MAX) {
		log_add_plain(out, slice_sub(text, from, end));
		buf_printf(out, "\n%s", indent);
		from = end + 1;
	}
	log_add_plain(out, slice_sub(text, from, text.len));
}

void cli_add_word(struct buf *command, struct slice word)
{
	bool is_plain = word.len > 0;

	for (size_t i = 0; i < word.len; i++)
		is_plain = is_plain && (isalnum((unsigned char)word.ptr[i]) || strchr(i ? "_-./:@%+,#" : "_./", word.ptr[i]));
	if (is_plain) {
		buf_add_slice(command, word);
		return;
	}
	buf_add_char(command, '\'');
	for (size_t i = 0; i < word.len; i++) {
		if (word.ptr[i] == '\'')
			buf_add_text(command, "'\\'");
		buf_add_char(command, word.ptr[i]);
	}
	buf_add_char(command, '\'');
}

void cli_add_state(struct buf *command, const struct opts *opts)
{
	if (!opt_given(opts, "state"))
		return;
	buf_add_text(command, " --state ");
	cli_add_word(command, slice_of(opt_text(opts, "state")));
}

/* Plain JSON; what has no such form (bytes) as the journal writes it. */
static struct value with_json_form(struct value v)
{
	struct error ignored = {0};
	struct value plain = value_null();
	struct buf text;

	buf_init(&text, 0);
	if (json_write(&text, v) == 0) {
		plain = value_ref(v);
	} else {
		buf_clear(&text);
		if (journal_encode(&text, v) == 0)
			json_read(buf_slice(&text), &plain, &ignored);
	}
	buf_release(&text);
	return plain;
}

void cli_print_json(struct value v, bool indented)
{
	struct value plain = with_json_form(v);
	struct buf text;

	buf_init(&text, 0);
	if (indented)
		json_write_indented(&text, plain, SLICE(""), SLICE("  "));
	else
		json_write(&text, plain);
	printf("%s\n", buf_text(&text));
	buf_release(&text);
	value_unref(plain);
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

const char *cli_state_name(struct journal *journal, const struct journal_run *run)
{
	if (run->state == RUN_ACTIVE && !journal_is_owned(journal, run))
		return "INTERRUPTED";
	return run_state_name(run->state);
}

struct journal *cli_open_journal(const struct opts *opts, struct error *err)
{
	char *path = opt_text(opts, "state") ? mem_strdup(opt_text(opts, "state")) : journal_default_path();
	struct journal *journal = journal_open(path, DB_FULL, NULL, NULL, err);

	mem_free(path);
	return journal;
}

/* ---- differences */

struct comparison {
	struct buf path; /* of what is being compared: "variables.r.body" */
	int depth;
	FILE *out; /* NULL: only count */
};

static void print_value(const struct value *v, FILE *out)
{
	struct buf text;

	if (!v) {
		fputs("(absent)", out);
		return;
	}
	buf_init(&text, 0);
	if (json_write(&text, *v) < 0)
		fputs("(no JSON form)", out);
	else
		fputs(buf_text(&text), out);
	buf_release(&text);
}

static size_t compare(struct comparison *c, const struct value *a, const struct value *b);

/* When an answer was given is no difference in what it says. */
static bool is_date_header(const struct comparison *c, struct slice key)
{
	return slice_is(key, "Date") && slice_ends(buf_slice(&c->path), SLICE(".headers"));
}

static size_t compare_member(struct comparison *c, struct slice key, const struct value *a,
			     const struct value *b)
{
	size_t length = c->path.len;
	size_t count;

	if (is_date_header(c, key))
		return 0;
	buf_printf(&c->path, "%s%.*s", length && key.ptr[0] != '[' ? "." : "", SLICE_ARG(key));
	c->depth++;
	count = compare(c, a, b);
	c->depth--;
	c->path.len = length;
	c->path.data[length] = '\0';
	return count;
}

static size_t compare_maps(struct comparison *c, struct value a, struct value b)
{
	size_t count = 0;

	for (size_t i = 0; i < value_len(a); i++)
		count += compare_member(c, value_map_key(a, i), value_map_at(a, i),
					value_map_get(b, value_map_key(a, i)));
	for (size_t i = 0; i < value_len(b); i++) {
		if (!value_map_get(a, value_map_key(b, i)))
			count += compare_member(c, value_map_key(b, i), NULL, value_map_at(b, i));
	}
	return count;
}

static size_t compare_lists(struct comparison *c, struct value a, struct value b)
{
	size_t longer = value_len(a) > value_len(b) ? value_len(a) : value_len(b);
	size_t count = 0;

	for (size_t i = 0; i < longer; i++) {
		char index[24];

		snprintf(index, sizeof(index), "[%zu]", i);
		count += compare_member(c, slice_of(index), i < value_len(a) ? value_list_at(a, i) : NULL,
					i < value_len(b) ? value_list_at(b, i) : NULL);
	}
	return count;
}

/* What is nested deeper than JSON may be is taken for different as a whole. */
static size_t compare(struct comparison *c, const struct value *a, const struct value *b)
{
	bool descends = a && b && a->kind == b->kind && c->depth < JSON_MAX_DEPTH;

	if (descends && a->kind == VALUE_MAP)
		return compare_maps(c, *a, *b);
	if (descends && a->kind == VALUE_LIST)
		return compare_lists(c, *a, *b);
	if (a && b && a->kind != VALUE_MAP && a->kind != VALUE_LIST && value_equal(*a, *b))
		return 0;
	if (c->out) {
		fprintf(c->out, "  %s: ", c->path.len ? buf_text(&c->path) : "value");
		print_value(a, c->out);
		fputs(" -> ", c->out);
		print_value(b, c->out);
		fputc('\n', c->out);
	}
	return 1;
}

size_t cli_difference(struct value old_value, struct value new_value, FILE *out)
{
	struct comparison comparison = {.out = out};
	size_t count;

	buf_init(&comparison.path, 0);
	count = compare(&comparison, &old_value, &new_value);
	buf_release(&comparison.path);
	return count;
}
