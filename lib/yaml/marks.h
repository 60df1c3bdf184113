/*
 * marks.h - from libyaml's marks to places.
 *
 * libyaml counts characters from the start of the text; editors and our diagnostics count lines and
 * bytes within a line. Two tables, made once per text, give both in logarithmic time.
 *
 * Private to lib/yaml. Depends on lib/{mem,text,diag}. One owner, read-only after init.
 */
#ifndef LIB_YAML_MARKS_H
#define LIB_YAML_MARKS_H

#include "lib/diag/diag.h"
#include "lib/text/text.h"

struct marks {
	const char *file;  /* borrowed, as in struct place */
	struct slice text; /* borrowed */
	bool has_pairs;    /* libyaml reads it rewritten: surrogates.h */
	bool is_ascii;     /* a character is a byte: no strides are needed */
	size_t *strides;   /* owned: byte offset of every MARKS_STRIDE-th character */
	size_t stride_count, stride_capacity;
	size_t *lines; /* owned: byte offset of the start of each line */
	size_t line_count, line_capacity;
};

enum { MARKS_STRIDE = 256 };

void marks_init(struct marks *marks, const char *file, struct slice text, bool has_pairs);
void marks_release(struct marks *marks);

/* Byte offset of a character, clamped to the end of the text. */
size_t marks_byte(const struct marks *marks, size_t character);
/* The place of a byte; `length` in bytes is put into it as it is. */
struct place marks_place(const struct marks *marks, size_t byte, size_t length);
/* The line a byte is on, without its line break. */
struct slice marks_line(const struct marks *marks, size_t byte);

#endif
