/* heading_test.c - the title among stamps, letterheads and captions. */
#include "steps/ingest/heading.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

static void heads(const char *text, const char *expected)
{
	struct buf heading;

	buf_init(&heading, 0);
	heading_find(slice_of(text), &heading);
	assert_string_equal(buf_text(&heading), expected);
	buf_release(&heading);
}

static void a_release_is_named_by_its_headline(void **state)
{
	(void)state;
	heads("Press Release\n\nFOR IMMEDIATE RELEASE\n2031-17\n\nRegulator Charges Acme Freight\nWith "
	      "Bribery Violations\n\n"
	      "Washington D.C., Oct. 22, 2031 — The regulator today charged …",
	      "Regulator Charges Acme Freight With Bribery Violations");
	heads("Release Number 9001-31\n\nMarch 9, 2031\n\nRegulator Orders Acme Grain to Pay $1 "
	      "Million\n\nText.",
	      "Regulator Orders Acme Grain to Pay $1 Million");
}

static void a_date_ends_the_headline(void **state)
{
	(void)state;
	heads("Regulator Fines Acme Bank for Late Reports\nMarch 9, 2031\nThe regulator today …",
	      "Regulator Fines Acme Bank for Late Reports");
}

static void a_paper_is_named_by_what_it_is(void **state)
{
	(void)state;
	heads("UNITED STATES OF AMERICA\nBefore the\nGRAIN COMMISSION\n\nIn the Matter of:      )\nAcme "
	      "Grain, LLC, )\n"
	      "   Respondent. )\n\nORDER INSTITUTING PROCEEDINGS )\nAND IMPOSING SANCTIONS\n\nI.\nThe "
	      "Commission deems it",
	      "ORDER INSTITUTING PROCEEDINGS AND IMPOSING SANCTIONS");
	heads("Case 1:31-cv-00001 Document 1 Filed 01/02/31 Page 1 of 9\n\nUNITED STATES DISTRICT "
	      "COURT\nDISTRICT OF UTAH\n\n"
	      "John Doe, Plaintiff,\nv.\nAcme LLC\n\nCOMPLAINT FOR INJUNCTIVE RELIEF\n\nPlaintiff alleges",
	      "COMPLAINT FOR INJUNCTIVE RELIEF");
}

static void the_paper_may_stand_beside_the_parties(void **state)
{
	(void)state;
	heads("UNITED STATES DISTRICT COURT\n\nGRAIN COMMISSION,          )\n            Plaintiff,     )  "
	      "No. 31-1\n"
	      "      v.                   )  COMPLAINT FOR\nACME LLC and               )  CIVIL PENALTIES\n"
	      "JOHN DOE,                  )\n            Defendants.    )\n\nPlaintiff alleges",
	      "COMPLAINT FOR CIVIL PENALTIES");
}

static void brackets_of_a_section_are_kept(void **state)
{
	(void)state;
	heads("UNITED STATES OF AMERICA\nBefore the\nGRAIN COMMISSION\n\nORDER PURSUANT TO SECTION 6(c) AND "
	      "(d)  )\n"
	      "OF THE GRAIN ACT (AS AMENDED)\n\nI.",
	      "ORDER PURSUANT TO SECTION 6(c) AND (d) OF THE GRAIN ACT (AS AMENDED)");
}

static void french_letterheads_are_no_title(void **state)
{
	(void)state;
	heads("RÉPUBLIQUE FRANÇAISE\nAU NOM DU PEUPLE FRANÇAIS\n\nAUTORITÉ DES GRAINS\n\n"
	      "Décision de sanction à l'encontre de la société Acme\n\nVu le code",
	      "Décision de sanction à l'encontre de la société Acme");
}

static void small_words_of_a_sentence_are_no_paper(void **state)
{
	(void)state;
	heads("UNITED STATES DISTRICT COURT\n\nThe parties to this order agreed\n\ntext",
	      "The parties to this order agreed");
}

static void a_long_paragraph_is_cut_between_words(void **state)
{
	char text[2000] = "";
	struct buf heading;

	(void)state;
	while (strlen(text) < 1500)
		strcat(text, "numéro ");
	buf_init(&heading, 0);
	heading_find(slice_of(text), &heading);
	assert_true(heading.len <= HEADING_BYTES && heading.len > HEADING_BYTES - 20);
	assert_true(slice_ends(buf_slice(&heading), SLICE(" numéro")));
	buf_release(&heading);
}

static void an_endless_word_is_cut_at_a_character(void **state)
{
	char text[2000] = "a";
	struct buf heading;

	(void)state;
	while (strlen(text) < 1500)
		strcat(text, "é"); /* "a" first: the limit falls inside a character */
	buf_init(&heading, 0);
	heading_clean(slice_of(text), &heading);
	assert_true(heading.len > 0 && heading.len <= HEADING_BYTES);
	assert_true(utf8_is_valid(buf_slice(&heading)));
	buf_release(&heading);
}

static void nothing_that_could_be_a_title_gives_none(void **state)
{
	(void)state;
	heads("", "");
	heads("12\n\n13\n\n- - -\n", "");
}

static void white_space_collapses(void **state)
{
	struct buf heading;

	(void)state;
	buf_init(&heading, 0);
	heading_clean(slice_of("  one \n\t two\xC2\xA0\xC2\xA0three "), &heading);
	assert_string_equal(buf_text(&heading), "one two three");
	buf_release(&heading);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_release_is_named_by_its_headline),
		cmocka_unit_test(a_date_ends_the_headline),
		cmocka_unit_test(a_paper_is_named_by_what_it_is),
		cmocka_unit_test(the_paper_may_stand_beside_the_parties),
		cmocka_unit_test(brackets_of_a_section_are_kept),
		cmocka_unit_test(french_letterheads_are_no_title),
		cmocka_unit_test(small_words_of_a_sentence_are_no_paper),
		cmocka_unit_test(a_long_paragraph_is_cut_between_words),
		cmocka_unit_test(an_endless_word_is_cut_at_a_character),
		cmocka_unit_test(nothing_that_could_be_a_title_gives_none),
		cmocka_unit_test(white_space_collapses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
