/* diag.c - a list of mistakes, printed in source order; see diag.h. */
#include "lib/diag/diag.h"

#include "lib/mem/mem.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct entry {
	struct diag diag; /* strings owned, but for the code and the file */
	size_t order;	  /* of arrival: keeps entries of one place stable */
};

struct source {
	char *file; /* owned */
	char *text; /* owned, NUL-terminated */
};

struct diags {
	struct entry *entries;
	size_t count, capacity;
	size_t errors;
	bool sorted;
	struct entry *last; /* the entry a hint belongs to; valid while unsorted */
	struct source *sources;
	size_t source_count, source_capacity;
};

struct diags *diags_new(void)
{
	return mem_new(sizeof(struct diags));
}

void diags_free(struct diags *list)
{
	if (!list)
		return;
	for (size_t i = 0; i < list->count; i++) {
		mem_free((char *)list->entries[i].diag.message);
		mem_free((char *)list->entries[i].diag.hint);
	}
	for (size_t i = 0; i < list->source_count; i++) {
		mem_free(list->sources[i].file);
		mem_free(list->sources[i].text);
	}
	mem_free(list->entries);
	mem_free(list->sources);
	mem_free(list);
}

void diags_source(struct diags *list, const char *file, const char *text, size_t size)
{
	if (list->source_count == list->source_capacity)
		list->sources = mem_grow(list->sources, &list->source_capacity, sizeof(*list->sources));
	list->sources[list->source_count++] = (struct source){mem_strdup(file), mem_strndup(text, size)};
}

static char *format_text(const char *fmt, va_list args)
{
	char *text = NULL;

	if (vasprintf(&text, fmt, args) < 0)
		abort(); /* out of memory, as in lib/mem */
	return text;
}

static void append(struct diags *list, struct place at, const char *code, bool warning, char *message)
{
	if (list->count == list->capacity)
		list->entries = mem_grow(list->entries, &list->capacity, sizeof(*list->entries));
	list->last = &list->entries[list->count];
	*list->last = (struct entry){{at, warning, code, message, NULL}, list->count};
	list->count++;
	list->errors += !warning;
	list->sorted = false;
}

int diags_error(struct diags *list, struct place at, const char *code, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	append(list, at, code, false, format_text(fmt, args));
	va_end(args);
	return -1;
}

void diags_warn(struct diags *list, struct place at, const char *code, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	append(list, at, code, true, format_text(fmt, args));
	va_end(args);
}

void diags_hint(struct diags *list, const char *fmt, ...)
{
	va_list args;

	if (!list->last || list->last->diag.hint)
		return;
	va_start(args, fmt);
	list->last->diag.hint = format_text(fmt, args);
	va_end(args);
}

size_t diags_errors(const struct diags *list)
{
	return list->errors;
}

size_t diags_warnings(const struct diags *list)
{
	return list->count - list->errors;
}

size_t diags_count(const struct diags *list)
{
	return list->count;
}

static int by_place(const void *left, const void *right)
{
	const struct entry *a = left;
	const struct entry *b = right;
	int file = strcmp(a->diag.at.file ? a->diag.at.file : "", b->diag.at.file ? b->diag.at.file : "");

	if (file)
		return file;
	if (a->diag.at.line != b->diag.at.line)
		return a->diag.at.line < b->diag.at.line ? -1 : 1;
	if (a->diag.at.column != b->diag.at.column)
		return a->diag.at.column < b->diag.at.column ? -1 : 1;
	return (a->order > b->order) - (a->order < b->order);
}

struct diag diags_at(struct diags *list, size_t i)
{
	if (!list->sorted && list->count)
		qsort(list->entries, list->count, sizeof(*list->entries), by_place);
	list->sorted = true;
	list->last = NULL;
	return list->entries[i].diag;
}

/* The line's first byte, or NULL. */
static const char *find_line(const struct diags *list, struct place at)
{
	const char *line = NULL;

	for (size_t i = 0; i < list->source_count; i++) {
		if (at.file && strcmp(list->sources[i].file, at.file) == 0)
			line = list->sources[i].text;
	}
	for (int n = 1; line && n < at.line; n++) {
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	return line;
}

/* A line longer than this is shown in part, around the place. */
enum { SHOWN_BEFORE = 60, SHOWN_AFTER = 40 };

static void print_line(const struct diags *list, struct place at, FILE *out)
{
	const char *line = at.line > 0 ? find_line(list, at) : NULL;
	size_t length = line ? strcspn(line, "\r\n") : 0;
	size_t column = at.column > 0 ? (size_t)at.column - 1 : 0;
	size_t from = 0;

	if (!length || column > length)
		return;
	if (column > SHOWN_BEFORE && length > SHOWN_BEFORE + SHOWN_AFTER)
		from = column - SHOWN_BEFORE;
	if (length - from > SHOWN_BEFORE + SHOWN_AFTER)
		length = from + SHOWN_BEFORE + SHOWN_AFTER;
	fprintf(out, "    %.*s\n    ", (int)(length - from), line + from);
	for (size_t i = from; i < column; i++)
		fputc(line[i] == '\t' ? '\t' : ' ', out);
	fputs("^\n", out);
}

void diags_print(struct diags *list, FILE *out)
{
	for (size_t i = 0; i < list->count; i++) {
		struct diag diag = diags_at(list, i);

		fprintf(out, "%s:", diag.at.file ? diag.at.file : "input");
		if (diag.at.line > 0)
			fprintf(out, "%d:%d:", diag.at.line, diag.at.column);
		fprintf(out, " %s: %s [%s]\n", diag.warning ? "warning" : "error", diag.message, diag.code);
		print_line(list, diag.at, out);
		if (diag.hint)
			fprintf(out, "  hint: %s\n", diag.hint);
	}
}
