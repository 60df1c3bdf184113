/* citations_test.c - citations as opinions, orders and French decisions write them. */

#include "steps/extract/citations.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* "kind volume|reporter|page|pin|year" of every citation, a line each. */
static void assert_citations(const char *text, const char *want)
{
	struct citation c;
	struct buf out;
	size_t from = 0;

	buf_init(&out, 0);
	while (citation_next(slice_of(text), from, &c)) {
		buf_printf(&out, "%s %.*s|%.*s|%.*s|%.*s|%d\n", citation_kind_name(c.kind),
			   SLICE_ARG(c.volume), SLICE_ARG(c.reporter), SLICE_ARG(c.page), SLICE_ARG(c.pin),
			   c.year);
		assert_true(c.end > from && c.end <= slice_of(text).len);
		from = c.end;
	}
	assert_string_equal(buf_text(&out), want);
	buf_release(&out);
}

static void assert_names(const char *text, const char *plaintiff, const char *defendant)
{
	struct citation c;

	assert_true(citation_next(slice_of(text), 0, &c));
	if (!slice_is(c.plaintiff, plaintiff) || !slice_is(c.defendant, defendant))
		fail_msg("%.*s v. %.*s", SLICE_ARG(c.plaintiff), SLICE_ARG(c.defendant));
}

static void decisions_by_volume_reporter_and_page(void **state)
{
	(void)state;
	assert_citations("SEC v. W.J. Howey Co., 328 U.S. 293, 298-99 (1946).",
			 "case 328|U.S.|293|298-99|1946\n");
	assert_citations("Upjohn, 449 U. S. 383; 101 S.Ct. 677",
			 "case 449|U. S.|383||0\ncase 101|S.Ct.|677||0\n");
	assert_citations("United States v. Kay, 359 F.3d 738, 756 (5th Cir. 2004)",
			 "case 359|F.3d|738|756|2004\n");
	assert_citations("2019 WL 1234567, at *4 (S.D.N.Y. Mar. 5, 2019)",
			 "case 2019|WL|1234567|at *4|2019\n");
	assert_citations("State v. Bodyke, 2010-Ohio-2424", "case 2010|Ohio|2424||0\n");
	assert_citations("T.C. Memo. 2015-42", "case 2015|T.C. Memo.|42||0\n");
}

static void an_address_and_a_count_are_no_decision(void **state)
{
	(void)state;
	assert_citations("at 20 N.W. 9th Street, 5 A 3, 12 P, Case 1 of 39, 10 Pa. counties", "");
	assert_citations("x1 U.S. 1, 1 U.S. 1x", "");
}

static void short_forms_point_back(void **state)
{
	(void)state;
	assert_citations("Howey, 328 U.S., at 299. Id. at 300. Ibid.",
			 "case 328|U.S.|299|299|0\nid |||at 300|0\nid ||||0\n");
	assert_citations("Basic, supra, at 231", "supra |||at 231|0\n");
	assert_citations("Foo v. Bar, 1 U.S. 12. In Foo at 14 and in May at 15",
			 "case 1|U.S.|12||0\nreference ||14|at 14|0\n");
}

static void laws_by_title_and_section(void **state)
{
	(void)state;
	assert_citations("15 U.S.C. § 78j(b) and 17 C.F.R. § 240.10b-5",
			 "law 15|U.S.C.|78j|(b)|0\nlaw 17|C.F.R.|240.10b-5||0\n");
	assert_citations("31 CFR Part 501; 18 U.S.C. 1344", "law 31|CFR|501||0\nlaw 18|U.S.C.|1344||0\n");
	assert_citations("Cal. Penal Code § 502(c)(1) (2015)", "law |Cal. Penal Code|502|(c)(1)|2015\n");
	assert_citations("48 Stat. 74, 85 Fed. Reg. 1234", "law 48|Stat.|74||0\nlaw 85|Fed. Reg.|1234||0\n");
	assert_citations("under § 12 of it", "section ||12||0\n");
	assert_citations("88 Harv. L. Rev. 1 (1974)", "journal 88|Harv. L. Rev.|1||1974\n");
}

static void french_articles_and_their_code(void **state)
{
	(void)state;
	assert_citations("« article L. 621-15 du code monétaire et financier »",
			 "law |code monétaire et financier|L. 621-15||0\n");
	assert_citations("les articles L. 561-2 et L. 561-5 du code monétaire et financier ont été",
			 "law |code monétaire et financier|L. 561-2||0\nlaw |code monétaire et financier|L. "
			 "561-5||0\n");
	assert_citations("l'article 1240 du code civil, l'article 5 de la loi n° 78-17 du 6 janvier 1978",
			 "law |code civil|1240||0\nlaw |loi n° 78-17 du 6 janvier 1978|5||0\n");
	assert_citations("article 3 de la loi du 1er juillet 1901", "law |loi du 1er juillet 1901|3||0\n");
	assert_citations("l'article 83 du RGPD ; l'article suivant", "law |RGPD|83||0\n");
	assert_citations("article L. 442-1 du code de commerce et le reste",
			 "law |code de commerce|L. 442-1||0\n");
}

static void the_parties_stand_before(void **state)
{
	(void)state;
	assert_names("See SEC v. W.J. Howey Co., 328 U.S. 293 (1946)", "SEC", "W.J. Howey Co.");
	assert_names("as held in Basic Inc. v. Levinson, 485 U.S. 224", "Basic Inc.", "Levinson");
	assert_names("In re Enron Corp., 235 F. Supp. 2d 549", "", "Enron Corp.");
	assert_names("cf. Bank of the West v. Doe (2007) 154 Cal.App.4th 547", "Bank of the West", "Doe");
	assert_names("before Howey, 328 U.S., at 299", "", "Howey");
}

static void any_bytes_end_somewhere(void **state)
{
	static const char *const odd[] = {"1 U.S. ",     "\xc2\xa7", "\xc2\xa7\xc2",  "1 U.S., at ",
					  "article L. ", "1-",       "(((1 F.2d 3((", "v. v. v. 1 F. 2",
					  "id.",         ", supra",  "[1 U.S. 1",     "\xff 1 U.S. 1 \xc2"};
	struct citation c;

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++)
		for (size_t from = 0; citation_next(slice_of(odd[i]), from, &c); from = c.end)
			assert_true(c.end > from && c.end <= slice_of(odd[i]).len);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decisions_by_volume_reporter_and_page),
		cmocka_unit_test(an_address_and_a_count_are_no_decision),
		cmocka_unit_test(short_forms_point_back),
		cmocka_unit_test(laws_by_title_and_section),
		cmocka_unit_test(french_articles_and_their_code),
		cmocka_unit_test(the_parties_stand_before),
		cmocka_unit_test(any_bytes_end_somewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
