/* courts_test.c - courts by their names; the short names are those of public registers (PACER, CourtListener). */

#include "steps/extract/courts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void assert_court(const char *name, const char *want)
{
	struct court court;

	if (!court_named(slice_of(name), &court))
		fail_msg("no court: %s", name);
	if (strcmp(court.id[0], want) != 0)
		fail_msg("%s is %s, not %s", name, court.id[0], want);
}

/* Every court that the text names, as "short name=words", between bars. */
static void assert_spotted(const char *text, const char *want)
{
	struct court court;
	struct buf out;

	buf_init(&out, 0);
	for (size_t from = 0; court_next(slice_of(text), from, &court); from = court.end) {
		struct slice quote = slice_sub(slice_of(text), court.start, court.end);

		buf_printf(&out, "%s%s=%.*s", out.len ? "|" : "", court.id[0], SLICE_ARG(quote));
		assert_true(court.start >= from && court.end > court.start);
	}
	assert_string_equal(buf_text(&out), want);
	buf_release(&out);
}

static void federal_districts_by_words_and_initials(void **state)
{
	(void)state;
	assert_court("United States District Court for the Southern District of New York", "nysd");
	assert_court("S.D.N.Y.", "nysd");
	assert_court("U.S. District Court, N.D. Ill.", "ilnd");
	assert_court("United States District Court for the District of Columbia", "dcd");
	assert_court("District Court, D. Kansas", "ksd");
	assert_court("United States Bankruptcy Court, Middle District of Florida", "flmb");
	assert_court("United States District Court, Fort Worth Division", "txnd");
}

static void federal_courts_of_appeals(void **state)
{
	(void)state;
	assert_court("United States Court of Appeals for the Ninth Circuit", "ca9");
	assert_court("2d Cir.", "ca2");
	assert_court("U.S. Court of Appeals for the District of Columbia Circuit", "cadc");
	assert_court("Supreme Court of the United States", "scotus");
	assert_court("United States Tax Court", "tax");
}

static void slips_of_the_pen_are_set_right(void **state)
{
	(void)state;
	assert_court("Untied States Distrcit Court for the Estern District of Michigan", "mied");
	assert_court("Unted States Court of Apeals, Forth Circuit", "ca4");
	assert_court("Supreem Court of Nevada", "nev");
}

static void courts_of_states_and_counties(void **state)
{
	struct court court;

	(void)state;
	assert_court("Supreme Court of California", "cal");
	assert_court("Indiana Court of Appeals", "indctapp");
	assert_court("Delaware Court of Chancery", "delch");
	assert_court("Summit County Court of Common Pleas", "ohctcomplsummit");
	assert_court("Court of Appeals of Ohio, Ninth District, Summit County", "ohctapp9summit");
	assert_court("Orphans' Court of Lehigh County", "paorphctlehigh");
	assert_court("Surrogate's Court, Albany County", "nysurctalbany");
	/* Ohio and Pennsylvania each have a Fayette County. */
	assert_true(court_named(SLICE("Fayette County Court of Common Pleas"), &court));
	assert_int_equal(court.choices, 2);
	assert_string_equal(court.id[0], "ohctcomplfayett");
	assert_string_equal(court.id[1], "pactcomplfayett");
}

static void french_courts(void **state)
{
	(void)state;
	assert_court("Cour de cassation", "fr-cass");
	assert_court("Cour d'appel de Paris", "fr-ca-paris");
	assert_court("Cour d’appel de Versailles", "fr-ca-versailles");
	assert_court("tribunal judiciaire de Nanterre", "fr-tj-nanterre");
	assert_court("Conseil d'État", "fr-ce");
	assert_court("Jugement du Tribunal de Grande Instance", "fr-tj");
	assert_spotted("par arrêt de la Cour d'appel de Lyon du 3 mai", "fr-ca-lyon=Cour d'appel de Lyon");
	assert_spotted("devant le tribunal de commerce de Nantes, puis la cour d’appel de Rennes a jugé",
		       "fr-tcom-nantes=tribunal de commerce de Nantes|fr-ca-rennes=cour d’appel de Rennes");
	assert_spotted("la cour, le tribunal et le conseil", "");
}

static void names_in_running_text(void **state)
{
	(void)state;
	assert_spotted("Judge Jane Doe of the U.S. District Court for the District of New Jersey entered it.",
		       "njd=U.S. District Court for the District of New Jersey");
	assert_spotted("Foo v. Bar (S.D.N.Y. 2004), aff'd (2d Cir. 2005)", "nysd=S.D.N.Y.|ca2=2d Cir.");
	assert_spotted("IN THE UNITED STATES DISTRICT COURT\nFOR THE DISTRICT OF ARIZONA\n\nPlaintiff",
		       "azd=UNITED STATES DISTRICT COURT\nFOR THE DISTRICT OF ARIZONA");
	assert_spotted("The Court finds that the Regional Office in New York has courts in mind.", "");
	assert_spotted("", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(federal_districts_by_words_and_initials),
		cmocka_unit_test(federal_courts_of_appeals),
		cmocka_unit_test(slips_of_the_pen_are_set_right),
		cmocka_unit_test(courts_of_states_and_counties),
		cmocka_unit_test(french_courts),
		cmocka_unit_test(names_in_running_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
