/* lists_test.c - lists of provisions and of names taken apart; eyecite's statutes and real captions as forms.
 */

#include "steps/extract/names.h"
#include "steps/extract/sections.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void assert_parts(const struct parts *parts, const char *want)
{
	struct buf joined;

	buf_init(&joined, 0);
	for (size_t i = 0; i < parts->count; i++)
		buf_printf(&joined, "%s%.*s", i ? " | " : "", SLICE_ARG(part_text(&parts->items[i])));
	assert_string_equal(buf_text(&joined), want);
	buf_release(&joined);
}

static void assert_sections(const char *text, const char *want)
{
	struct parts parts;

	sections_split(slice_of(text), &parts);
	assert_parts(&parts, want);
}

static void assert_names(const char *text, const char *want)
{
	struct parts parts;

	names_split(slice_of(text), &parts);
	assert_parts(&parts, want);
}

static void assert_name(const char *text, const char *want)
{
	struct buf out;

	buf_init(&out, 0);
	assert_true(name_normalise(slice_of(text), &out));
	assert_string_equal(buf_text(&out), want);
	buf_release(&out);
}

/* 17 C.F.R. 4.13(c)(2)(i) and 12 C.F.R. 1005.31(b)(2)(ii) as a scan gives them. */
static void figures_are_not_divided_into_figures(void **state)
{
	(void)state;
	assert_sections("4.13(c)(2)(1)", "4.13(c)(2)(i)");
	assert_sections("1005.31(b)(2)(i1)", "1005.31(b)(2)(ii)");
	assert_sections("310.3(a)(1)(viit)(B)", "310.3(a)(1)(viii)(B)");
	assert_sections("2(c)(2)(C)(1)", "2(c)(2)(C)(1)");
	assert_sections("5.2(a)(2)(12)", "5.2(a)(2)(12)");
}

static void sections_stand_for_themselves(void **state)
{
	(void)state;
	assert_sections("78m(b)(2)(A), 78m(b)(5), and 78ff(a)", "78m(b)(2)(A) | 78m(b)(5) | 78ff(a)");
	assert_sections("538.201 and 538.205", "538.201 | 538.205");
	assert_sections("12b-20, 13a-1, 13b2-1", "12b-20 | 13a-1 | 13b2-1");
	assert_sections("78dd-1 et seq.", "78dd-1");
	assert_sections("", "");
}

static void brackets_alone_lean_on_the_provision_before(void **state)
{
	(void)state;
	assert_sections("6b(a)(1)(A) and (C)", "6b(a)(1)(A) | 6b(a)(1)(C)");
	assert_sections("5(1)(f) and 32(1) and (2)", "5(1)(f) | 32(1) | 32(2)");
	assert_sections("6c(a), (b)", "6c(a) | 6c(b)");
	assert_sections("23.402(a)(1)(i) and (ii)", "23.402(a)(1)(i) | 23.402(a)(1)(ii)");
}

static void ranges_stay_and_years_are_editions(void **state)
{
	(void)state;
	assert_sections("6b(a)(2)(A)-(C), 6o(1)", "6b(a)(2)(A)-(C) | 6o(1)");
	assert_sections("6c(a) (2012)", "6c(a)");
	assert_sections("1.3(hh) (2014), 4.41(a)", "1.3(hh) | 4.41(a)");
}

static void blanks_of_ocr_are_dropped(void **state)
{
	(void)state;
	assert_sections("78f (c) (2) (A)", "78f(c)(2)(A)");
	assert_sections("6o(1 )(A)", "6o(1)(A)");
	assert_sections("78dd- 2(a) (3) (A), 78dd-\n3(a)", "78dd-2(a)(3)(A) | 78dd-3(a)");
	assert_sections("6m(1) - 6p", "6m(1) | 6p");
}

static void french_articles_keep_their_letter(void **state)
{
	(void)state;
	assert_sections("L. 8221-1, L. 8221-3 et 696-15", "L.8221-1 | L.8221-3 | 696-15");
	assert_sections("L123-11 et R.123-35", "L123-11 | R.123-35");
}

static void more_sections_than_fit_are_cut(void **state)
{
	char text[2000] = "";
	struct parts parts;

	(void)state;
	for (int i = 0; i < 100; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%d, ", 100 + i);
	sections_split(slice_of(text), &parts);
	assert_int_equal(parts.count, PARTS_MAX);
}

static void names_end_at_commas_and_conjunctions(void **state)
{
	(void)state;
	assert_names("Christopher Valois, Cynthia Wong, and Bertram Trade LLC",
		     "Christopher Valois | Cynthia Wong | Bertram Trade LLC");
	assert_names("Pinto and Muller", "Pinto | Muller");
	assert_names("Douglas A. Murphy; David G. Kay", "Douglas A. Murphy | David G. Kay");
}

static void a_legal_form_after_a_comma_belongs_to_the_name(void **state)
{
	(void)state;
	assert_names("Wells Fargo Bank, N.A. and KBR, Inc., John Smith, Jr.",
		     "Wells Fargo Bank, N.A. | KBR, Inc. | John Smith, Jr.");
	assert_names("Turner and Sons LLC", "Turner and Sons LLC");
}

static void other_names_roles_and_titles_come_off(void **state)
{
	(void)state;
	assert_names("SCOTT ALLENSWORTH, individually and d/b/a CAPITAL GROWTH", "SCOTT ALLENSWORTH");
	assert_name("Defendant Michael S. Wright", "Michael S. Wright");
	assert_name("Cottonwood Financial Ltd., d/b/a Cash Store", "Cottonwood Financial Ltd.");
	assert_name("Ng Lap Seng, a/k/a \"David Ng\"", "Ng Lap Seng");
	assert_name("KBR's", "KBR");
	assert_name("Paris-based Example, S.A.", "Example, S.A.");
	assert_name("Bank of America", "Bank of America");
}

static void names_in_capitals_become_ordinary(void **state)
{
	(void)state;
	assert_name("RAFAEL ENRIQUE PINTO", "Rafael Enrique Pinto");
	assert_name("WRIGHT TIME\nCAPITAL GROUP LLC", "Wright Time Capital Group LLC");
	assert_name("KERING CAPITAL LTD.", "Kering Capital Ltd.");
	assert_name("SEAN O'BRIEN-SMITH", "Sean O'Brien-Smith");
	assert_name("UBS", "UBS");
}

static void bodies_are_told_from_persons(void **state)
{
	(void)state;
	assert_true(name_is_entity(SLICE("Apollo Aviation Group, LLC")));
	assert_true(name_is_entity(SLICE("Nottinghamshire County Council")));
	assert_true(name_is_entity(SLICE("Technip")));
	assert_true(name_is_entity(SLICE("Goodyear Tire & Rubber")));
	assert_false(name_is_entity(SLICE("Robert M. McMahon")));
	assert_false(name_is_entity(SLICE("Wayne P. Weddington III")));
}

static void names_of_one_bearer_are_alike(void **state)
{
	(void)state;
	assert_true(names_alike(SLICE("KBR"), SLICE("KBR, Inc.")));
	assert_true(names_alike(SLICE("Wells Fargo Bank"), SLICE("WELLS FARGO BANK, N.A.")));
	assert_true(names_alike(SLICE("Perry"), SLICE("Kevin Perry")));
	assert_true(names_alike(SLICE("AML"), SLICE("AmeriFirst Management LLC")));
	assert_false(names_alike(SLICE("Kevin Perry"), SLICE("Katy Perry")));
	assert_false(names_alike(SLICE("Acme Trading"), SLICE("Acme Holdings")));
	assert_false(names_alike(SLICE("LLC"), SLICE("Acme LLC")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sections_stand_for_themselves),
		cmocka_unit_test(figures_are_not_divided_into_figures),
		cmocka_unit_test(brackets_alone_lean_on_the_provision_before),
		cmocka_unit_test(ranges_stay_and_years_are_editions),
		cmocka_unit_test(blanks_of_ocr_are_dropped),
		cmocka_unit_test(french_articles_keep_their_letter),
		cmocka_unit_test(more_sections_than_fit_are_cut),
		cmocka_unit_test(names_end_at_commas_and_conjunctions),
		cmocka_unit_test(a_legal_form_after_a_comma_belongs_to_the_name),
		cmocka_unit_test(other_names_roles_and_titles_come_off),
		cmocka_unit_test(names_in_capitals_become_ordinary),
		cmocka_unit_test(bodies_are_told_from_persons),
		cmocka_unit_test(names_of_one_bearer_are_alike),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
