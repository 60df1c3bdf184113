/* recognise.c - every recogniser of extract on any bytes; see fuzz.h. */
#include "tests/fuzz/fuzz.h"

#include "lib/json/json.h"
#include "steps/extract/recognise.h"

/* Findings go forward, lie in the text, and have values that can be written. */
static void check_findings(const struct recogniser *recogniser, struct slice text, enum tongue tongue,
			   bool is_utf8)
{
	struct recognised found;
	size_t from = 0;

	while (recogniser->next(text, from, tongue, &found)) {
		struct buf out;

		if (found.start < from || found.end <= found.start || found.end > text.len)
			fuzz_fail("%s: %zu to %zu, from %zu of %zu", recogniser->name, found.start, found.end,
				  from, text.len);
		buf_init(&out, 0);
		if (is_utf8 && !utf8_is_valid(slice_sub(text, found.start, found.end)))
			fuzz_fail("%s: cuts a character at %zu to %zu", recogniser->name, found.start,
				  found.end);
		if (is_utf8 && json_write(&out, found.value) < 0)
			fuzz_fail("%s: a value that cannot be written", recogniser->name);
		buf_release(&out);
		value_unref(found.value);
		from = found.end;
	}
}

void fuzz_recognise(struct slice input)
{
	static const enum tongue tongues[] = {TONGUE_EN, TONGUE_FR, TONGUE_ANY};
	struct buf text;

	buf_init(&text, 0);
	utf8_repair(&text, input);
	for (const struct recogniser *r = recognisers; r->name; r++) {
		for (int i = 0; i < 3; i++) {
			check_findings(r, input, tongues[i], utf8_is_valid(input));
			check_findings(r, buf_slice(&text), tongues[i], true);
		}
		value_unref(recognise(r, buf_slice(&text), TONGUE_EN));
	}
	buf_release(&text);
}
