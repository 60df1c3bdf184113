/* recognise_test.c - what stands where in a text; the forms are those of decisions, English and French. */

#include "lib/json/json.h"
#include "steps/extract/recognise.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* All findings as "quote=value" with `member` of the value, between bars. */
static void assert_found(const char *kind, enum tongue tongue, const char *member, const char *text,
			 const char *want)
{
	const struct recogniser *recogniser = recogniser_named(slice_of(kind));
	struct value found;
	struct buf out;

	assert_non_null(recogniser);
	buf_init(&out, 0);
	found = recognise(recogniser, slice_of(text), tongue);
	for (size_t i = 0; i < value_len(found); i++) {
		const struct value *item = value_list_at(found, i);
		const struct value *value = value_get(*value_get(*item, "value"), member);

		if (i)
			buf_add_char(&out, '|');
		buf_add_slice(&out, value_get_text(*item, "quote"));
		buf_add_char(&out, '=');
		if (value && value->kind == VALUE_STRING)
			buf_add_slice(&out, value_get_text(*value_get(*item, "value"), member));
		else if (value)
			json_write(&out, *value);
	}
	value_unref(found);
	assert_string_equal(buf_text(&out), want);
	buf_release(&out);
}

static void sums_in_english_sentences(void **state)
{
	(void)state;
	assert_found("money", TONGUE_EN, "amount",
		     "agreed to pay $2.5 million, of which US$ 300,000 is suspended.",
		     "$2.5 million=2500000|US$ 300,000=300000");
	assert_found("money", TONGUE_EN, "amount",
		     "a penalty of one hundred thousand dollars ($100,000) and costs",
		     "one hundred thousand dollars ($100,000)=100000");
	assert_found("money", TONGUE_EN, "amount", "$250,000 (two hundred fifty thousand dollars).",
		     "$250,000 (two hundred fifty thousand dollars)=250000");
	assert_found("money", TONGUE_EN, "amount", "settled for $2,4 53,077,327 in 2019",
		     "$2,4 53,077,327=2453077327");
	assert_found("money", TONGUE_EN, "amount", "Twelve million pounds sterling, then 3 pounds of gold",
		     "Twelve million pounds sterling=12000000");
	assert_found("money", TONGUE_EN, "amount", "$1,000 2,500 shares", "$1,000=1000");
	assert_found("money", TONGUE_EN, "amount", "5 days, 12 counts, 18 U.S.C. 1344", "");
}

static void sums_in_french_sentences(void **state)
{
	(void)state;
	assert_found("money", TONGUE_FR, "amount", "une sanction de 1 234 567,89 euros est prononcée",
		     "1 234 567,89 euros=1234567.89");
	assert_found("money", TONGUE_FR, "amount", "deux millions d'euros et 50 000 €",
		     "deux millions d'euros=2000000|50 000 €=50000");
	assert_found("money", TONGUE_FR, "amount", "un million cinq cent mille euros",
		     "un million cinq cent mille euros=1500000");
	assert_found("money", TONGUE_FR, "amount",
		     "quatre-vingt-dix mille francs suisses, 1,5 milliard d’euros",
		     "quatre-vingt-dix mille francs suisses=90000|1,5 milliard d’euros=1500000000");
	assert_found("money", TONGUE_FR, "amount", "10.000 € puis 12,50 EUR",
		     "10.000 €=10000|12,50 EUR=12.5");
}

static void the_currency_is_the_one_at_the_sum(void **state)
{
	(void)state;
	assert_found("money", TONGUE_EN, "currency", "£4 million ($5 million), HK$3 million and CHF 20",
		     "£4 million=GBP|$5 million=USD|HK$3 million=HKD|CHF 20=CHF");
	assert_found("money", TONGUE_EN, "currency", "$7 CAD, 42 Swiss francs, 10 dinars",
		     "$7 CAD=CAD|42 Swiss francs=CHF|10 dinars=null");
	assert_found("money", TONGUE_FR, "currency", "300 livres sterling ; 20 dollars canadiens",
		     "300 livres sterling=GBP|20 dollars canadiens=CAD");
}

static void bounds_and_ranges(void **state)
{
	(void)state;
	assert_found("money", TONGUE_EN, "bound", "a fine of not more than $250,000",
		     "not more than $250,000=under");
	assert_found("money", TONGUE_EN, "bound", "losses of at least $3 million",
		     "at least $3 million=above");
	assert_found("money", TONGUE_EN, "to", "between $10 million and $20 million",
		     "between $10 million and $20 million=20000000");
	assert_found("money", TONGUE_FR, "bound", "une amende de moins de 10 000 euros",
		     "moins de 10 000 euros=under");
	assert_found("money", TONGUE_EN, "to", "from $20 to $10", "$20=|$10="); /* a reduction is no range */
}

static void cents_behind_a_sum(void **state)
{
	(void)state;
	assert_found("money", TONGUE_EN, "amount", "twenty dollars and forty-three cents",
		     "twenty dollars and forty-three cents=20.43");
	assert_found("money", TONGUE_FR, "amount", "12 euros et 5 centimes", "12 euros et 5 centimes=12.05");
	assert_found("money", TONGUE_EN, "amount", "ten cents a share", "ten cents=0.1");
	assert_found("money", TONGUE_EN, "amount", "$500 and 12 months", "$500=500");
}

static void numbers_in_figures_and_words(void **state)
{
	(void)state;
	assert_found("number", TONGUE_EN, "number", "forty-five (45) days, 12 dozen",
		     "forty-five (45)=45|12 dozen=144");
	assert_found("number", TONGUE_EN, "number", "five, six and seven", "five=5|six=6|seven=7");
	assert_found("number", TONGUE_EN, "number", "two point two million", "two point two million=2200000");
	assert_found("number", TONGUE_EN, "number", "Rule 10b-5 on the 25th", "");
	assert_found("number", TONGUE_EN, "number", "minus 3.5", "minus 3.5=-3.5");
	assert_found("number", TONGUE_FR, "number", "vingt et un, soixante-dix-huit",
		     "vingt et un=21|soixante-dix-huit=78");
	assert_found("number", TONGUE_FR, "number", "quatre-vingt-dix-neuf mille deux cents",
		     "quatre-vingt-dix-neuf mille deux cents=99200");
	assert_found("number", TONGUE_FR, "number", "6.700,54", "6.700,54=6700.54");
	assert_found("number", TONGUE_EN, "number", "1/4 of it on 1/2/2013", "1/4=0.25|1=1|2=2|2013=2013");
}

static void dates_in_running_text(void **state)
{
	(void)state;
	assert_found("date", TONGUE_EN, "date", "On July 24, 2020 and 30 October 2020,",
		     "July 24, 2020=2020-07-24|30 October 2020=2020-10-30");
	assert_found("date", TONGUE_EN, "date", "FILED JUL 24 , 2020 CLERK", "JUL 24 , 2020=2020-07-24");
	assert_found("date", TONGUE_EN, "date", "this 16th day of January, 2015",
		     "16th day of January, 2015=2015-01-16");
	assert_found("date", TONGUE_EN, "date", "dated Friday, July 18, 2014.",
		     "Friday, July 18, 2014=2014-07-18");
	assert_found("date", TONGUE_EN, "date", "it may 5 times; May 5; in March 2013",
		     "May 5=XXXX-05-05|March 2013=2013-03");
	assert_found("date", TONGUE_EN, "date", "2020-02-30, 2020-02-29 and 7/4/20",
		     "2020-02-29=2020-02-29|7/4/20=2020-07-04");
	assert_found("date", TONGUE_FR, "date", "le 1er janvier 2020, le 04/07/2020",
		     "1er janvier 2020=2020-01-01|04/07/2020=2020-07-04");
	assert_found("date", TONGUE_FR, "date", "le quinze février 2022 et le 2 août",
		     "quinze février 2022=2022-02-15|2 août=XXXX-08-02");
}

static void places_count_characters(void **state)
{
	struct value found =
		recognise(recogniser_named(SLICE("money")), SLICE("Société « X » : 10 €."), TONGUE_FR);
	const struct value *item;

	(void)state;
	assert_int_equal(value_len(found), 1);
	item = value_list_at(found, 0);
	assert_int_equal(value_get(*item, "start")->as.integer, 16);
	assert_int_equal(value_get(*item, "end")->as.integer, 20);
	value_unref(found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_in_english_sentences),
		cmocka_unit_test(sums_in_french_sentences),
		cmocka_unit_test(the_currency_is_the_one_at_the_sum),
		cmocka_unit_test(bounds_and_ranges),
		cmocka_unit_test(cents_behind_a_sum),
		cmocka_unit_test(numbers_in_figures_and_words),
		cmocka_unit_test(dates_in_running_text),
		cmocka_unit_test(places_count_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
