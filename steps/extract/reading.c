/* reading.c - what is looked at once per document and asked for many times. */

#include "steps/extract/reading.h"
#include "lib/clock/clock.h"
#include "lib/mem/mem.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum {
	BLOCK = 512,         /* bytes of document per entry of counts */
	NEAR = 200,          /* bytes of "before" and "after" */
	SENTENCE_MAX = 700,  /* bytes to each side */
	PARAGRAPH_MAX = 3000 /* bytes to each side */
};

static bool is_continuation(char byte)
{
	return ((unsigned char)byte & 0xc0) == 0x80;
}

static uint32_t count_points(const char *bytes, size_t size)
{
	uint32_t count = 0;

	for (size_t i = 0; i < size; i++)
		count += !is_continuation(bytes[i]);
	return count;
}

void reading_init(struct reading *reading, const struct model *model, struct slice document,
		  int64_t deadline_ms)
{
	size_t blocks = document.len / BLOCK + 1;

	*reading = (struct reading){.model = model, .document = document, .deadline_ms = deadline_ms};
	reading->counts = mem_alloc((blocks + 1) * sizeof(*reading->counts));
	reading->counts[0] = 0;
	for (size_t i = 0; i + 1 < blocks; i++)
		reading->counts[i + 1] = reading->counts[i] + count_points(document.ptr + i * BLOCK, BLOCK);
}

void reading_release(struct reading *reading)
{
	for (int kind = 0; kind < VIEW_KINDS; kind++)
		if (reading->has_view[kind])
			view_release(&reading->views[kind]);
	mem_free(reading->counts);
	*reading = (struct reading){0};
}

bool reading_is_late(struct reading *reading)
{
	if (!reading->late)
		reading->late = clock_monotonic_ms() >= reading->deadline_ms;
	return reading->late;
}

const struct view *reading_view(struct reading *reading, enum view_kind kind)
{
	if (!reading->has_view[kind]) {
		if (kind == VIEW_FLOW && reading->has_view[VIEW_LINES])
			view_init_flow(&reading->views[kind], &reading->views[VIEW_LINES]);
		else
			view_init(&reading->views[kind], kind, reading->document);
		reading->has_view[kind] = true;
	}
	return &reading->views[kind];
}

/* Back to the start of a character. */
static size_t align(struct slice text, size_t at)
{
	while (at > 0 && at < text.len && is_continuation(text.ptr[at]))
		at--;
	return at;
}

/* First or last match of the region's `from`; SIZE_MAX without one. */
static size_t find_from(const struct region *region, struct slice text)
{
	struct regex_match match;
	size_t at = 0, found = SIZE_MAX;

	while (at <= text.len && regex_find(region->from.regex, text, at, &match)) {
		found = (size_t)(match.group[0].ptr - text.ptr);
		at = found + match.group[0].len + (match.group[0].len == 0);
		if (!region->last_from)
			break;
	}
	return found;
}

static struct extent find_region(const struct region *region, struct slice text)
{
	struct extent extent = {0, text.len, true};
	struct regex_match match;

	if (region->from.regex) {
		extent.start = find_from(region, text);
		if (extent.start == SIZE_MAX)
			return (struct extent){text.len, text.len, true};
	}
	if (region->to.regex && regex_find(region->to.regex, text, extent.start, &match))
		extent.end = (size_t)(match.group[0].ptr - text.ptr);
	if (region->first && extent.end - extent.start > region->first)
		extent.end = align(text, extent.start + region->first);
	if (region->last && extent.end - extent.start > region->last)
		extent.start = align(text, extent.end - region->last);
	return extent;
}

struct extent reading_region(struct reading *reading, enum view_kind kind, const struct region *region)
{
	struct slice text = reading_view(reading, kind)->text;
	struct extent *slot;

	if (!region)
		return (struct extent){0, text.len, true};
	if (region->number >= REGION_MAX)
		return find_region(region, text);
	slot = &reading->regions[kind][region->number];
	if (!slot->known)
		*slot = find_region(region, text);
	return *slot;
}

/* True when the dot at `at` belongs to an abbreviation: "Inc.", "No.", "U.S.", an initial. */
static bool is_abbreviation(struct slice text, size_t at)
{
	static const char *const known[] = {
		"inc",  "corp", "ltd", "no",   "nos",  "mr",  "mrs", "ms",   "dr",     "vs",  "sec", "art",
		"rel",  "cir",  "cal", "jan",  "feb",  "mar", "apr", "jun",  "jul",    "aug", "sep", "sept",
		"oct",  "nov",  "dec", "reg",  "dist", "fed", "civ", "supp", "pt",     "st",  "jr",  "sr",
		"bros", "llc",  "esq", "dept", "ex",   "cf",  "al",  "seq",  "approx", "co"};
	size_t start = at;

	while (start > 0 && isalpha((unsigned char)text.ptr[start - 1]))
		start--;
	if (at - start == 1)
		return true;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strlen(known[i]) == at - start && !strncasecmp(known[i], text.ptr + start, at - start))
			return true;
	return false;
}

/* True when a sentence ends with the byte at `at`. */
static bool ends_sentence(struct slice text, size_t at)
{
	char byte = text.ptr[at];

	if (byte == '\n')
		return true;
	if (byte != '.' && byte != '?' && byte != '!')
		return false;
	if (at + 2 >= text.len || (text.ptr[at + 1] != ' ' && text.ptr[at + 1] != '"'))
		return false;
	return byte != '.' || (!islower((unsigned char)text.ptr[at + 2]) && !is_abbreviation(text, at));
}

static struct slice sentence_around(struct slice text, size_t start, size_t end)
{
	size_t low = start > SENTENCE_MAX ? start - SENTENCE_MAX : 0;
	size_t high = text.len - end > SENTENCE_MAX ? end + SENTENCE_MAX : text.len;
	size_t from = start, to = end;

	while (from > low && !ends_sentence(text, from - 1))
		from--;
	while (to < high && !ends_sentence(text, to))
		to++;
	return slice_sub(text, align(text, from), align(text, to));
}

static struct slice paragraph_around(struct slice text, size_t start, size_t end)
{
	size_t low = start > PARAGRAPH_MAX ? start - PARAGRAPH_MAX : 0;
	size_t high = text.len - end > PARAGRAPH_MAX ? end + PARAGRAPH_MAX : text.len;

	while (start > low && text.ptr[start - 1] != '\n')
		start--;
	while (end < high && text.ptr[end] != '\n')
		end++;
	return slice_sub(text, align(text, start), align(text, end));
}

struct slice reading_context(struct reading *reading, enum view_kind kind, enum context context, size_t start,
			     size_t end)
{
	struct slice text = reading_view(reading, kind)->text;

	switch (context) {
	case CONTEXT_BEFORE:
		return slice_sub(text, align(text, start > NEAR ? start - NEAR : 0), start);
	case CONTEXT_AFTER:
		return slice_sub(text, end, text.len - end > NEAR ? align(text, end + NEAR) : text.len);
	case CONTEXT_SENTENCE:
		return sentence_around(text, start, end);
	case CONTEXT_PARAGRAPH:
		return paragraph_around(text, start, end);
	case CONTEXT_MATCH:
		return slice_sub(text, start, end);
	case CONTEXT_DOCUMENT:
		return text;
	case CONTEXT_FIELD:
	case CONTEXT_TEMPLATE:
		break; /* no place of the text */
	}
	return (struct slice){0};
}

static size_t point_of(const struct reading *reading, size_t at)
{
	size_t block = at / BLOCK;

	return reading->counts[block] +
	       count_points(reading->document.ptr + block * BLOCK, at - block * BLOCK);
}

struct span reading_span(const struct reading *reading, size_t document_start, size_t document_end)
{
	return (struct span){point_of(reading, document_start), point_of(reading, document_end)};
}
