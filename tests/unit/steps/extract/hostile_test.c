/* hostile_test.c - texts made to cost the recognisers time: all end, and what is found lies inside. */

#include "tests/fuzz/fuzz.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* A piece repeated: whatever looks ahead or back without a bound would not end here. */
static void pieces_repeated(void **state)
{
	static const char *const pieces[] = {
		"1",          "1 ",       "1,",        "$",          "$ 1 ",       "one ",
		"hundred ",   "million ", "(",         "§",          "§ 1 ",       "1 U.S. ",
		"v. ",        "Id. ",     "supra, ",   "Court ",     "of ",        "District of ",
		"A",          "A ",       "A. ",       "May ",       "2d Cir. ",   "L. 1-1, ",
		"article 1 ", "a ",       "- ",        "\xc3\xa9",   "\xff",       "Stat. ",
		"Foo at 1 ",  "1, 2, ",   "ch. 1, § ", "de la loi ", "1 F.2d 1, ", "[",
		"between ",   "and ",
	};
	struct buf text;

	(void)state;
	for (size_t i = 0; i < sizeof(pieces) / sizeof(*pieces); i++) {
		buf_init(&text, 0);
		while (text.len < 5000)
			buf_add_text(&text, pieces[i]);
		fuzz_recognise(buf_slice(&text));
		buf_release(&text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(pieces_repeated)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
