/*
 * text.h - borrowed bytes (slice), growing bytes (buf), and UTF-8.
 *
 * A slice is a pointer and a length into memory that somebody else owns; it need not end in NUL.
 * A buf owns its bytes, is always NUL-terminated, and has a limit given at birth: an append beyond
 * the limit fails, leaves the content as it was and sets `full`, so that a writer may check once at
 * the end.
 *
 * Depends on lib/mem (and ICU's header-only UTF-8 macros). One owner, no locks.
 */
#ifndef LIB_TEXT_TEXT_H
#define LIB_TEXT_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slice {
	const char *ptr;
	size_t len; /* bytes */
};

/* For printf: printf("%.*s", SLICE_ARG(s)) */
#define SLICE_ARG(s) (int)(s).len, (s).ptr
#define SLICE(literal) ((struct slice){(literal), sizeof(literal) - 1})

struct slice slice_of(const char *text); /* NULL gives an empty slice */
bool slice_equal(struct slice a, struct slice b);
bool slice_is(struct slice a, const char *text);
int slice_compare(struct slice a, struct slice b); /* by bytes, which is by code point in UTF-8 */
bool slice_starts(struct slice text, struct slice prefix);
bool slice_ends(struct slice text, struct slice suffix);
struct slice slice_trim(struct slice text);			   /* without ASCII white space at both ends */
struct slice slice_sub(struct slice text, size_t start, size_t end); /* clamped */
/* Offset of the first occurrence at or after `from`, or SIZE_MAX. */
size_t slice_find(struct slice text, struct slice what, size_t from);

struct buf {
	char *data;   /* owned, NUL after len; NULL while empty and never written */
	size_t len;   /* bytes */
	size_t cap;   /* bytes allocated */
	size_t limit; /* bytes */
	bool full;    /* an append was refused */
};

enum { BUF_DEFAULT_LIMIT = 64 << 20 };

void buf_init(struct buf *buf, size_t limit); /* limit 0: BUF_DEFAULT_LIMIT */
void buf_release(struct buf *buf);
void buf_clear(struct buf *buf); /* empties, keeps the memory */
/* 0, or -1 when the limit would be passed. */
int buf_add(struct buf *buf, const void *bytes, size_t size);
int buf_add_text(struct buf *buf, const char *text);
int buf_add_slice(struct buf *buf, struct slice text);
int buf_add_char(struct buf *buf, char byte);
int buf_add_utf8(struct buf *buf, int32_t code_point);
int buf_printf(struct buf *buf, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int buf_vprintf(struct buf *buf, const char *fmt, va_list args) __attribute__((format(printf, 2, 0)));
struct slice buf_slice(const struct buf *buf); /* borrowed until the next change */
const char *buf_text(const struct buf *buf);   /* never NULL; borrowed */
char *buf_take(struct buf *buf);	       /* hands over the bytes (free with mem_free), empties the buf */

/* UTF-8. A code point is what the language calls a character. */
bool utf8_is_valid(struct slice text);
size_t utf8_count(struct slice text);				/* code points; each bad byte counts as one */
size_t utf8_offset(struct slice text, size_t characters);	/* bytes before that many code points, clamped */
int32_t utf8_next(struct slice text, size_t *offset);		/* -1 for a bad sequence; advances offset */
/* Append `text` with every ill-formed sequence replaced by U+FFFD. */
int utf8_repair(struct buf *out, struct slice text);

#endif
