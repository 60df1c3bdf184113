/* json.c - the JSON reader on any bytes; see fuzz.h. */
#include "tests/fuzz/fuzz.h"

#include "lib/json/json.h"

#include <string.h>

/* A double without a fraction is written without a point (reference, 4.2) and so comes back as the integer that
 * its shortest digits name, which above 2^53 need not be its own. */
static bool same(struct value a, struct value b)
{
	if (a.kind == VALUE_DOUBLE && b.kind == VALUE_INT)
		return a.as.number == (double)b.as.integer;
	if (a.kind != b.kind || value_len(a) != value_len(b))
		return false;
	for (size_t i = 0; a.kind == VALUE_LIST && i < value_len(a); i++) {
		if (!same(*value_list_at(a, i), *value_list_at(b, i)))
			return false;
	}
	for (size_t i = 0; a.kind == VALUE_MAP && i < value_len(a); i++) {
		if (!slice_equal(value_map_key(a, i), value_map_key(b, i)) ||
		    !same(*value_map_at(a, i), *value_map_at(b, i)))
			return false;
	}
	return a.kind == VALUE_LIST || a.kind == VALUE_MAP || value_equal(a, b);
}

/* What was read can be written, reads back as the same value, and is then written the same; but the double -0
 * comes back as the integer 0. */
static void check_round(struct value v)
{
	struct error err = {0};
	struct buf first, second;
	struct value again;

	buf_init(&first, 0);
	buf_init(&second, 0);
	if (json_write(&first, v) < 0)
		fuzz_fail("what was read cannot be written: %s", buf_text(&first));
	if (json_read(buf_slice(&first), &again, &err) < 0)
		fuzz_fail("what was written cannot be read: %s: %s", err.message, buf_text(&first));
	if (!same(v, again))
		fuzz_fail("another value after writing and reading: %s", buf_text(&first));
	json_write(&second, again);
	if (!strstr(buf_text(&first), "-0") && !slice_equal(buf_slice(&first), buf_slice(&second)))
		fuzz_fail("written otherwise: %s, then %s", buf_text(&first), buf_text(&second));
	buf_clear(&second);
	json_write_indented(&second, v, SLICE("> "), SLICE("\t"));
	buf_release(&first);
	buf_release(&second);
	value_unref(again);
}

void fuzz_json(struct slice input)
{
	struct error err = {0};
	struct value v;

	if (json_read(input, &v, &err) < 0) {
		if (err.kind == ERROR_NONE || !err.message[0])
			fuzz_fail("refused without a reason");
		return;
	}
	if (value_size(v) > (64 << 20))
		fuzz_fail("%zu bytes of text became a value of %zu", input.len, value_size(v));
	check_round(v);
	value_unref(v);
}
