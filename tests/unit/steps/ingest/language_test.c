/* language_test.c - a sentence of about a hundred characters is enough for the six languages. */
#include "steps/ingest/language.h"

#include "steps/ingest/function_words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

static void is(const char *text, const char *expected)
{
	struct languages *languages = languages_new();
	char code[LANGUAGE_SIZE];

	language_of(languages, slice_of(text), code);
	assert_string_equal(code, expected);
	languages_free(languages);
}

static void a_sentence_tells_its_language(void **state)
{
	(void)state;
	is("The Commission finds that the respondent failed to supervise its employees and orders it to pay "
	   "a penalty.",
	   "en");
	is("La commission des sanctions prononce à l'encontre de la société une sanction pécuniaire de dix "
	   "mille euros.",
	   "fr");
	is("Die Aufsichtsbehörde hat gegen das Unternehmen ein Bußgeld verhängt, weil es die Daten nicht "
	   "gelöscht hat.",
	   "de");
	is("La Agencia impone a la empresa una multa por el tratamiento de los datos personales de sus "
	   "clientes sin consentimiento.",
	   "es");
	is("Il Garante ha ordinato alla società di pagare una sanzione per il trattamento illecito dei dati "
	   "dei clienti.",
	   "it");
	is("De toezichthouder legt het bedrijf een boete op omdat de gegevens van klanten niet goed zijn "
	   "beveiligd.",
	   "nl");
}

static void capitals_are_read_like_small_letters(void **state)
{
	(void)state;
	is("IT IS HEREBY ORDERED THAT THE RESPONDENT SHALL PAY A CIVIL PENALTY TO THE UNITED STATES OF "
	   "AMERICA",
	   "en");
}

static void other_languages_are_known_by_their_n_grams(void **state)
{
	(void)state;
	is("Prezes Urzędu Ochrony Danych Osobowych nałożył na spółkę administracyjną karę pieniężną w "
	   "wysokości stu tysięcy "
	   "złotych za naruszenie przepisów o ochronie danych osobowych, polegające na niezapewnieniu "
	   "bezpieczeństwa danych.",
	   "pl");
	is("Η Αρχή Προστασίας Δεδομένων επέβαλε στην εταιρεία "
	   "διοικητικό πρόστιμο για παραβίαση των διατάξεων του "
	   "κανονισμού και διέταξε τη διαγραφή των δεδομένων.",
	   "el");
}

static void what_is_no_running_text_is_undetermined(void **state)
{
	(void)state;
	is("", "und");
	is("2024-05-31 1,750,000.00 19-CV-8409", "und");
	is("Smith Jones Miller", "und");
	is("xqzt vrrp kjhw qwrt zxcv bnmk", "und");
}

static void the_middle_decides_when_the_start_does_not(void **state)
{
	static char text[20000];

	(void)state;
	text[0] = '\0';
	while (strlen(text) < 6000)
		strcat(text, "1 2 3 4 5 ) ) ) 10 11 12\n");
	while (strlen(text) < 19000)
		strcat(text, "La commission prononce à l'encontre de la société une sanction pécuniaire. ");
	is(text, "fr");
}

static void the_table_is_in_order(void **state)
{
	size_t count = sizeof(function_words) / sizeof(function_words[0]);

	(void)state; /* bsearch needs it */
	for (size_t i = 1; i < count; i++)
		assert_true(strcmp(function_words[i - 1].word, function_words[i].word) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sentence_tells_its_language),
		cmocka_unit_test(capitals_are_read_like_small_letters),
		cmocka_unit_test(other_languages_are_known_by_their_n_grams),
		cmocka_unit_test(what_is_no_running_text_is_undetermined),
		cmocka_unit_test(the_middle_decides_when_the_start_does_not),
		cmocka_unit_test(the_table_is_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
