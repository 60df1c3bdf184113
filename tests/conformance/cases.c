/* cases.c - reading .cases files; see cases.h. */
#include "tests/conformance/cases.h"

#include <fts.h>
#include <stdio.h>
#include <string.h>

/* Every part that a case may have; README.md says what each means. */
static const char *const part_names[] = {
	/* given */
	"source",
	"workflow",
	"workflow.json",
	"args",
	"env",
	"limits",
	"discovery",
	"http",
	"answers",
	/* demanded */
	"result",
	"error",
	"error-contains",
	"diags",
	"waits",
	"calls",
	"requests",
	"logs",
	"context",
	"trace",
	"steps",
};

struct reader {
	struct cases *cases;
	const char *file;
	struct slice text;
	size_t at; /* of the next line */
	int line;  /* number of the line just read */
	struct error *err;
};

static bool next_line(struct reader *reader, struct slice *line)
{
	size_t end = slice_find(reader->text, SLICE("\n"), reader->at);

	if (reader->at >= reader->text.len)
		return false;
	*line = slice_sub(reader->text, reader->at, end);
	reader->at = end == SIZE_MAX ? reader->text.len : end + 1;
	reader->line++;
	return true;
}

static int refuse(const struct reader *reader, const char *why, struct slice what)
{
	return error_set(reader->err, ERROR_INPUT, "%s:%d: %s %.*s", reader->file, reader->line, why,
			 SLICE_ARG(what));
}

static struct one_case *add_case(struct reader *reader, struct slice title)
{
	struct cases *cases = reader->cases;
	struct one_case *one;
	struct buf text;

	if (cases->count == cases->capacity)
		cases->items = mem_grow(cases->items, &cases->capacity, sizeof(*cases->items));
	one = &cases->items[cases->count++];
	*one = (struct one_case){.file = reader->file, .line = reader->line};
	buf_init(&text, 0);
	buf_printf(&text, "%s:%d %.*s", reader->file, reader->line, SLICE_ARG(title));
	one->title = arena_strndup(&cases->arena, text.data, text.len);
	buf_release(&text);
	return one;
}

static const char *part_name(struct slice name)
{
	for (size_t i = 0; i < sizeof(part_names) / sizeof(part_names[0]); i++) {
		if (slice_is(name, part_names[i]))
			return part_names[i];
	}
	return NULL;
}

static struct case_part *add_part(struct reader *reader, struct one_case *one, struct slice name)
{
	const char *known = part_name(name);

	if (!known || case_has(one, known) || one->part_count == CASE_MAX_PARTS) {
		refuse(reader, known ? "said twice, or too many parts:" : "no such part:", name);
		return NULL;
	}
	one->parts[one->part_count] = (struct case_part){.name = known, .line = reader->line + 1};
	return &one->parts[one->part_count++];
}

/* "name: text" above the first part with lines of its own. */
static int read_short_part(struct reader *reader, struct one_case *one, struct slice line)
{
	size_t colon = slice_find(line, SLICE(":"), 0);
	struct case_part *part;

	if (colon == SIZE_MAX)
		return refuse(reader, "neither \"name: text\" nor \"--- name\":", line);
	part = add_part(reader, one, slice_trim(slice_sub(line, 0, colon)));
	if (!part)
		return -1;
	part->line--;
	part->text = slice_trim(slice_sub(line, colon + 1, line.len));
	return 0;
}

static int check_parts(struct reader *reader, const struct one_case *one)
{
	static const char *const ends[] = {"result", "error", "error-contains", "diags"};
	bool has_end = false;

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		has_end = has_end || case_has(one, ends[i]);
	if (case_part(one, "source").len == 0)
		return refuse(reader, "the case above cites no source:", slice_of(one->title));
	if (case_has(one, "workflow") == case_has(one, "workflow.json"))
		return refuse(reader, "the case above needs one workflow:", slice_of(one->title));
	if (!has_end)
		return refuse(reader, "the case above demands nothing:", slice_of(one->title));
	return 0;
}

static int read_with_parts(struct reader *reader)
{
	struct one_case *one = NULL;
	struct case_part *part = NULL;
	struct slice line;

	while (next_line(reader, &line)) {
		if (slice_starts(line, SLICE("=== "))) {
			if (one && check_parts(reader, one) < 0)
				return -1;
			one = add_case(reader, slice_trim(slice_sub(line, 4, line.len)));
			part = NULL;
		} else if (one && slice_starts(line, SLICE("--- "))) {
			part = add_part(reader, one, slice_trim(slice_sub(line, 4, line.len)));
			if (!part)
				return -1;
		} else if (part) { /* texts are one piece of the file */
			part->text.ptr = part->text.ptr ? part->text.ptr : line.ptr;
			part->text.len = (size_t)(reader->text.ptr + reader->at - part->text.ptr);
		} else if (line.len && line.ptr[0] != '#') {
			if (!one)
				return refuse(reader, "text before the first case:", line);
			if (read_short_part(reader, one, line) < 0)
				return -1;
		}
	}
	return one ? check_parts(reader, one) : 0;
}

/* The next line that is neither empty nor a comment. */
static bool next_said(struct reader *reader, struct slice *line)
{
	while (next_line(reader, line)) {
		if (line->len && line->ptr[0] != '#')
			return true;
	}
	return false;
}

static int read_expressions(struct reader *reader)
{
	static const char *const names[] = {"expression", "vars", "expected"};
	struct one_case *one;
	struct slice line;

	while (next_said(reader, &line)) {
		one = add_case(reader, line);
		one->is_expression = true;
		for (size_t i = 0; i < 3; i++) {
			if (i > 0 && !next_said(reader, &line))
				return refuse(reader, "a case has three lines:", slice_of(one->title));
			one->parts[i] = (struct case_part){names[i], line, reader->line};
		}
		one->part_count = 3;
	}
	return 0;
}

static int read_file(struct cases *cases, const char *path, struct error *err)
{
	struct reader reader = {.cases = cases, .err = err};
	char chunk[4096];
	struct buf text;
	size_t size;
	FILE *in = fopen(path, "r");

	if (!in)
		return error_set(err, ERROR_NOT_FOUND, "%s: cannot be opened", path);
	buf_init(&text, 0);
	while ((size = fread(chunk, 1, sizeof(chunk), in)) > 0)
		buf_add(&text, chunk, size);
	fclose(in);
	reader.file = arena_strndup(&cases->arena, path, strlen(path));
	reader.text = (struct slice){arena_strndup(&cases->arena, buf_text(&text), text.len), text.len};
	buf_release(&text);
	if (slice_starts(reader.text, SLICE("=== ")) ||
	    slice_find(reader.text, SLICE("\n=== "), 0) != SIZE_MAX)
		return read_with_parts(&reader);
	return read_expressions(&reader);
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

int cases_read(struct cases *cases, const char *folder, struct error *err)
{
	char *const roots[] = {(char *)folder, NULL};
	FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
	FTSENT *entry;
	int result = 0;

	memset(cases, 0, sizeof(*cases));
	arena_init(&cases->arena);
	while (walk && result == 0 && (entry = fts_read(walk))) {
		if (entry->fts_info == FTS_F && slice_ends(slice_of(entry->fts_name), SLICE(".cases")))
			result = read_file(cases, entry->fts_path, err);
	}
	if (walk)
		fts_close(walk);
	if (result == 0 && cases->count == 0)
		result = error_set(err, ERROR_NOT_FOUND, "no cases below %s", folder);
	return result;
}

void cases_release(struct cases *cases)
{
	mem_free(cases->items);
	arena_release(&cases->arena);
}

bool case_has(const struct one_case *one, const char *name)
{
	for (size_t i = 0; i < one->part_count; i++) {
		if (strcmp(one->parts[i].name, name) == 0)
			return true;
	}
	return false;
}

struct slice case_part(const struct one_case *one, const char *name)
{
	for (size_t i = 0; i < one->part_count; i++) {
		if (strcmp(one->parts[i].name, name) == 0)
			return one->parts[i].text;
	}
	return (struct slice){NULL, 0};
}

void cases_filter(struct cases *cases, const char *filter)
{
	size_t kept = 0;

	for (size_t i = 0; filter && filter[0] && i < cases->count; i++) {
		if (strstr(cases->items[i].title, filter))
			cases->items[kept++] = cases->items[i];
	}
	if (filter && filter[0])
		cases->count = kept;
}
