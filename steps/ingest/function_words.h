/*
 * function_words.h - the little words of six languages, for language.c alone.
 *
 * Articles, prepositions, conjunctions and auxiliary verbs that head the frequency lists of each language. A
 * word of several languages counts for each. In order of bytes; letters with accents are lower case UTF-8.
 */
#ifndef STEPS_INGEST_FUNCTION_WORDS_H
#define STEPS_INGEST_FUNCTION_WORDS_H

#include <stdint.h>

enum {
	WORD_EN = 1 << 0,
	WORD_FR = 1 << 1,
	WORD_DE = 1 << 2,
	WORD_ES = 1 << 3,
	WORD_IT = 1 << 4,
	WORD_NL = 1 << 5,
	WORD_LANGUAGES = 6,
};

static const char *const word_language[WORD_LANGUAGES] = {"en", "fr", "de", "es", "it", "nl"};

struct function_word {
	const char *word;
	uint8_t languages;
};

static const struct function_word function_words[] = {
	{"aan", WORD_NL}, {"ai", WORD_IT}, {"ainsi", WORD_FR}, {"al", WORD_ES | WORD_IT},
	{"alla", WORD_IT}, {"alle", WORD_IT}, {"als", WORD_DE | WORD_NL}, {"an", WORD_EN | WORD_DE},
	{"anche", WORD_IT}, {"and", WORD_EN}, {"any", WORD_EN}, {"are", WORD_EN}, {"as", WORD_EN},
	{"at", WORD_EN}, {"au", WORD_FR}, {"auch", WORD_DE}, {"auf", WORD_DE}, {"aus", WORD_DE},
	{"aux", WORD_FR}, {"avec", WORD_FR}, {"be", WORD_EN}, {"been", WORD_EN}, {"bei", WORD_DE},
	{"bij", WORD_NL}, {"by", WORD_EN}, {"ce", WORD_FR}, {"ces", WORD_FR}, {"cette", WORD_FR},
	{"che", WORD_IT}, {"come", WORD_IT}, {"como", WORD_ES}, {"con", WORD_ES | WORD_IT},
	{"cuando", WORD_ES}, {"da", WORD_IT}, {"dal", WORD_IT}, {"dalla", WORD_IT}, {"dans", WORD_FR},
	{"das", WORD_DE}, {"dass", WORD_DE}, {"dat", WORD_NL}, {"de", WORD_FR | WORD_ES | WORD_NL},
	{"dei", WORD_IT}, {"del", WORD_ES | WORD_IT}, {"della", WORD_IT}, {"delle", WORD_IT},
	{"dello", WORD_IT}, {"dem", WORD_DE}, {"den", WORD_DE}, {"der", WORD_DE},
	{"des", WORD_FR | WORD_DE}, {"deze", WORD_NL}, {"di", WORD_IT}, {"die", WORD_DE | WORD_NL},
	{"dit", WORD_NL}, {"dont", WORD_FR}, {"door", WORD_NL}, {"du", WORD_FR}, {"durch", WORD_DE},
	{"e", WORD_IT}, {"een", WORD_NL}, {"ein", WORD_DE}, {"eine", WORD_DE}, {"einer", WORD_DE},
	{"eines", WORD_DE}, {"el", WORD_ES}, {"elle", WORD_FR}, {"en", WORD_FR | WORD_ES | WORD_NL},
	{"entre", WORD_ES}, {"er", WORD_NL}, {"es", WORD_DE | WORD_ES}, {"est", WORD_FR},
	{"esta", WORD_ES}, {"este", WORD_ES}, {"et", WORD_FR}, {"for", WORD_EN}, {"from", WORD_EN},
	{"fue", WORD_ES}, {"für", WORD_DE}, {"gli", WORD_IT}, {"ha", WORD_ES | WORD_IT}, {"han", WORD_ES},
	{"has", WORD_EN}, {"hat", WORD_DE}, {"have", WORD_EN}, {"heeft", WORD_NL}, {"het", WORD_NL},
	{"hij", WORD_NL}, {"il", WORD_FR | WORD_IT}, {"ils", WORD_FR}, {"im", WORD_DE},
	{"in", WORD_EN | WORD_DE | WORD_IT | WORD_NL}, {"is", WORD_EN | WORD_NL}, {"ist", WORD_DE},
	{"it", WORD_EN}, {"its", WORD_EN}, {"la", WORD_FR | WORD_ES | WORD_IT}, {"las", WORD_ES},
	{"le", WORD_FR | WORD_IT}, {"les", WORD_FR}, {"leur", WORD_FR}, {"lo", WORD_ES | WORD_IT},
	{"los", WORD_ES}, {"ma", WORD_IT}, {"maar", WORD_NL}, {"mais", WORD_FR}, {"met", WORD_NL},
	{"mit", WORD_DE}, {"más", WORD_ES}, {"naar", WORD_NL}, {"nach", WORD_DE}, {"ne", WORD_FR},
	{"nel", WORD_IT}, {"nella", WORD_IT}, {"nicht", WORD_DE}, {"niet", WORD_NL}, {"no", WORD_ES},
	{"non", WORD_IT}, {"not", WORD_EN}, {"o", WORD_ES | WORD_IT}, {"oder", WORD_DE},
	{"of", WORD_EN | WORD_NL}, {"om", WORD_NL}, {"on", WORD_EN}, {"ont", WORD_FR}, {"ook", WORD_NL},
	{"op", WORD_NL}, {"or", WORD_EN}, {"ou", WORD_FR}, {"over", WORD_NL}, {"par", WORD_FR},
	{"para", WORD_ES}, {"pas", WORD_FR}, {"per", WORD_IT}, {"pero", WORD_ES}, {"più", WORD_IT},
	{"plus", WORD_FR}, {"por", WORD_ES}, {"pour", WORD_FR}, {"pursuant", WORD_EN},
	{"que", WORD_FR | WORD_ES}, {"questa", WORD_IT}, {"questo", WORD_IT}, {"qui", WORD_FR},
	{"sa", WORD_FR}, {"se", WORD_ES}, {"selon", WORD_FR}, {"ser", WORD_ES}, {"ses", WORD_FR},
	{"shall", WORD_EN}, {"si", WORD_IT}, {"sich", WORD_DE}, {"sin", WORD_ES}, {"sind", WORD_DE},
	{"sobre", WORD_ES}, {"son", WORD_FR | WORD_ES}, {"sono", WORD_IT}, {"sont", WORD_FR},
	{"su", WORD_ES | WORD_IT}, {"such", WORD_EN}, {"sur", WORD_FR}, {"sus", WORD_ES}, {"te", WORD_NL},
	{"ten", WORD_NL}, {"that", WORD_EN}, {"the", WORD_EN}, {"their", WORD_EN}, {"this", WORD_EN},
	{"to", WORD_EN}, {"tot", WORD_NL}, {"uit", WORD_NL}, {"un", WORD_FR | WORD_ES | WORD_IT},
	{"una", WORD_ES | WORD_IT}, {"und", WORD_DE}, {"under", WORD_EN}, {"une", WORD_FR},
	{"van", WORD_NL}, {"von", WORD_DE}, {"voor", WORD_NL}, {"was", WORD_EN}, {"werd", WORD_NL},
	{"werden", WORD_DE}, {"were", WORD_EN}, {"which", WORD_EN}, {"will", WORD_EN}, {"wird", WORD_DE},
	{"with", WORD_EN}, {"worden", WORD_NL}, {"wordt", WORD_NL}, {"wurde", WORD_DE}, {"y", WORD_ES},
	{"zij", WORD_NL}, {"zijn", WORD_NL}, {"zu", WORD_DE}, {"zum", WORD_DE}, {"zur", WORD_DE},
	{"è", WORD_IT}, {"été", WORD_FR}, {"être", WORD_FR}, {"über", WORD_DE},
};

#endif
