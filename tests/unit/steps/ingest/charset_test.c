/* charset_test.c - bytes of any charset become UTF-8, and double encoding is undone. */
#include "steps/ingest/charset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#define BYTES(literal) ((struct slice){literal, sizeof(literal) - 1})

static void decodes(struct slice bytes, const char *expected)
{
	struct error err = {0};
	struct slice text = {0};
	struct buf room;

	buf_init(&room, 0);
	assert_int_equal(charset_decode(bytes, &room, &text, &err), 0);
	assert_int_equal(text.len, strlen(expected));
	assert_memory_equal(text.ptr, expected, text.len);
	buf_release(&room);
}

static void refused(struct slice bytes)
{
	struct error err = {0};
	struct slice text;
	struct buf room;

	buf_init(&room, 0);
	assert_int_equal(charset_decode(bytes, &room, &text, &err), -1);
	assert_int_equal(err.kind, ERROR_INPUT);
	buf_release(&room);
}

static void utf8_is_handed_back_as_it_is(void **state)
{
	const char text[] = "Décision n° 2024-12\r\n\f  “amende” de 10 €\n";
	struct error err = {0};
	struct slice result;
	struct buf room;

	(void)state;
	buf_init(&room, 0);
	assert_int_equal(
		charset_decode(BYTES("Décision n° 2024-12\r\n\f  “amende” de 10 €\n"), &room, &result, &err),
		0);
	assert_int_equal(room.len, 0); /* no copy, so no offset moved */
	assert_int_equal(result.len, sizeof(text) - 1);
	assert_memory_equal(result.ptr, text, result.len);
	buf_release(&room);
}

static void byte_order_marks_decide(void **state)
{
	(void)state;
	decodes(BYTES("\xEF\xBB\xBF"
		      "order"),
		"order");
	decodes(BYTES("\xFF\xFE"
		      "o\0r\0\xE9\0"),
		"oré");
	decodes(BYTES("\xFE\xFF"
		      "\0o\0r\0\xE9"),
		"oré");
	decodes(BYTES("\xFF\xFE\0\0"
		      "o\0\0\0"),
		"o");
}

static void utf16_is_known_by_its_zeros(void **state)
{
	(void)state;
	decodes(BYTES("O\0r\0d\0e\0r\0 \0N\0o\0"), "Order No");
	decodes(BYTES("\0O\0r\0d\0e\0r\0 \0N\0o"), "Order No");
}

static void the_declared_charset_is_taken(void **state)
{
	(void)state;
	/* 0xA4 is the euro sign in ISO-8859-15 and the currency sign in ISO-8859-1 */
	decodes(BYTES("<meta charset=\"iso-8859-15\"><p>10 \xA4</p>"),
		"<meta charset=\"iso-8859-15\"><p>10 €</p>");
	decodes(BYTES("<?xml version='1.0' encoding='KOI8-R'?><p>\xC4\xC1</p>"),
		"<?xml version='1.0' encoding='KOI8-R'?><p>да</p>");
}

static void pages_that_say_latin1_mean_windows_1252(void **state)
{
	(void)state;
	decodes(BYTES("<meta charset=iso-8859-1>\x93order\x94"), "<meta charset=iso-8859-1>“order”");
}

static void an_unknown_declaration_does_not_make_it_unreadable(void **state)
{
	(void)state;
	decodes(BYTES("<meta charset=no-such-charset>La soci\xE9t\xE9 est condamn\xE9"
		      "e \xE0 payer une amende"),
		"<meta charset=no-such-charset>La société est condamnée à payer une amende");
}

static void undeclared_text_is_detected(void **state)
{
	(void)state;
	decodes(BYTES("La soci\xE9t\xE9 est condamn\xE9"
		      "e \xE0 payer une amende de 10 000 \x80 pour ces faits"),
		"La société est condamnée à payer une amende de 10 000 € pour ces faits");
}

static void binary_is_no_text(void **state)
{
	(void)state;
	refused(BYTES("\x7F"
		      "ELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3E\0"));
	refused(BYTES("\x01\x02\x03\x04 some text \x05\x06\x07 and more \x0E\x0F\x10"));
	refused(BYTES("text\0text"));
}

static void the_room_bounds_the_text(void **state)
{
	struct error err = {0};
	struct slice text;
	struct buf room;

	(void)state;
	buf_init(&room, 4);
	assert_int_equal(charset_decode(BYTES("\xFF\xFE"
					      "o\0r\0d\0e\0r\0"),
					&room, &text, &err),
			 -1);
	assert_int_equal(err.kind, ERROR_LIMIT);
	buf_release(&room);
}

/* ---- double encoding */

static void repairs(const char *text, const char *expected)
{
	struct buf out;

	buf_init(&out, 0);
	if (expected) {
		assert_true(charset_repair(slice_of(text), &out));
		assert_string_equal(buf_text(&out), expected);
	} else {
		assert_false(charset_repair(slice_of(text), &out));
	}
	buf_release(&out);
}

static void double_encoding_is_undone(void **state)
{
	(void)state;
	/* U+2019 is E2 80 99: read as windows-1252 "â€™", as ISO-8859-1 "â" and two controls */
	repairs("the bank\xC3\xA2\xE2\x82\xAC\xE2\x84\xA2s order", "the bank’s order");
	repairs("the bank\xC3\xA2\xC2\x80\xC2\x99s order", "the bank’s order");
	repairs("d\xC3\x83\xC2\xA9"
		"cision n\xC3\x82\xC2\xB0 3 de la soci\xC3\x83\xC2\xA9t\xC3\x83\xC2\xA9",
		"décision n° 3 de la société");
}

static void sound_text_is_left_alone(void **state)
{
	(void)state;
	repairs("no character beyond ASCII", NULL);
	repairs("La société est condamnée à payer 10 € — « décision » n° 3", NULL);
	repairs("Le CAFÉ»", NULL); /* C9 BB would be U+027B */
	repairs("Straße, Übung, Äußerung, “quoted” and ‘so’", NULL);
	repairs("Ð", NULL);
}

static void a_quoted_example_does_not_change_a_sound_text(void **state)
{
	(void)state;
	repairs("société, décision, à payer, “so” — and the string â€™ as an example", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(utf8_is_handed_back_as_it_is),
		cmocka_unit_test(byte_order_marks_decide),
		cmocka_unit_test(utf16_is_known_by_its_zeros),
		cmocka_unit_test(the_declared_charset_is_taken),
		cmocka_unit_test(pages_that_say_latin1_mean_windows_1252),
		cmocka_unit_test(an_unknown_declaration_does_not_make_it_unreadable),
		cmocka_unit_test(undeclared_text_is_detected),
		cmocka_unit_test(binary_is_no_text),
		cmocka_unit_test(the_room_bounds_the_text),
		cmocka_unit_test(double_encoding_is_undone),
		cmocka_unit_test(sound_text_is_left_alone),
		cmocka_unit_test(a_quoted_example_does_not_change_a_sound_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
