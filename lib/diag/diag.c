/* diag.c - a list of mistakes, printed in source order; see diag.h. */
#include "lib/diag/diag.h"

#include "lib/mem/mem.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct entry {
	struct diag diag; /* strings owned, but for the code and the file */
	size_t order;     /* of arrival: keeps entries of one place stable */
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

/* Escape sequences, empty without colour. */
struct paint {
	const char *error, *warning, *caret, *plain;
};

static const struct paint no_paint = {"", "", "", ""};
static const struct paint terminal_paint = {"\033[1;31m", "\033[1;35m", "\033[1;32m", "\033[0m"};

static bool is_continuation(char byte)
{
	return ((unsigned char)byte & 0xc0) == 0x80;
}

/* Text of a stranger: control characters, those of two bytes (U+0080 to U+009F) included, become "?". */
static void print_safely(const char *text, size_t length, FILE *out)
{
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];
		unsigned char next = i + 1 < length ? (unsigned char)text[i + 1] : 0;

		if (c == 0xc2 && next >= 0x80 && next < 0xa0) {
			fputc('?', out);
			i++;
		} else {
			fputc((c < 0x20 && c != '\t') || c == 0x7f ? '?' : c, out);
		}
	}
}

/* One column for each character of the line in [from, end). */
static void print_columns(const char *line, size_t from, size_t end, char filler, FILE *out)
{
	for (size_t i = from; i < end; i++) {
		if (!is_continuation(line[i]))
			fputc(filler == ' ' && line[i] == '\t' ? '\t' : filler, out);
	}
}

static size_t character_start(const char *line, size_t i)
{
	while (i > 0 && is_continuation(line[i]))
		i--;
	return i;
}

static void print_line(const struct diags *list, struct place at, const struct paint *paint, FILE *out)
{
	const char *line = at.line > 0 ? find_line(list, at) : NULL;
	size_t length = line ? strcspn(line, "\r\n") : 0;
	size_t column = at.column > 0 ? (size_t)at.column - 1 : 0;
	size_t from = 0;
	size_t end = column + (at.length > 0 ? (size_t)at.length : 1);

	if (!length || column > length)
		return;
	if (column > SHOWN_BEFORE && length > SHOWN_BEFORE + SHOWN_AFTER)
		from = character_start(line, column - SHOWN_BEFORE);
	if (length - from > SHOWN_BEFORE + SHOWN_AFTER)
		length = character_start(line, from + SHOWN_BEFORE + SHOWN_AFTER);
	fputs("    ", out);
	print_safely(line + from, length - from, out);
	fputs("\n    ", out);
	print_columns(line, from, column, ' ', out);
	fprintf(out, "%s^", paint->caret);
	column++;
	while (column < length && is_continuation(line[column]))
		column++; /* the rest of the character that the caret stands for */
	print_columns(line, column, end < length ? end : length, '~', out);
	fprintf(out, "%s\n", paint->plain);
}

static void print_entry(const struct diags *list, const struct diag *diag, const struct paint *paint,
			FILE *out)
{
	fprintf(out, "%s:", diag->at.file ? diag->at.file : "input");
	if (diag->at.line > 0)
		fprintf(out, "%d:%d:", diag->at.line, diag->at.column);
	fprintf(out, " %s%s:%s ", diag->warning ? paint->warning : paint->error,
		diag->warning ? "warning" : "error", paint->plain);
	print_safely(diag->message, strlen(diag->message), out);
	fprintf(out, " [%s]\n", diag->code);
	print_line(list, diag->at, paint, out);
	if (diag->hint) {
		fputs("  hint: ", out);
		print_safely(diag->hint, strlen(diag->hint), out);
		fputc('\n', out);
	}
}

static bool is_same_file(struct place a, struct place b)
{
	return strcmp(a.file ? a.file : "", b.file ? b.file : "") == 0;
}

static void print_all(struct diags *list, const struct paint *paint, FILE *out)
{
	size_t first = 0; /* entry of the file being printed */

	for (size_t i = 0; i < list->count; i++) {
		struct diag diag = diags_at(list, i);
		bool is_last;

		if (!is_same_file(diag.at, list->entries[first].diag.at))
			first = i;
		if (i - first < DIAGS_SHOWN)
			print_entry(list, &diag, paint, out);
		is_last = i + 1 == list->count || !is_same_file(diag.at, list->entries[i + 1].diag.at);
		if (is_last && i - first >= DIAGS_SHOWN)
			fprintf(out, "%s: %zu more are not shown\n", diag.at.file ? diag.at.file : "input",
				i - first + 1 - DIAGS_SHOWN);
	}
}

void diags_print(struct diags *list, FILE *out)
{
	print_all(list, &no_paint, out);
}

void diags_print_coloured(struct diags *list, FILE *out)
{
	print_all(list, &terminal_paint, out);
}
