/* load_test.c - libraries that nothing links work when their functions are called. */
#include "lib/load/crypto.h"
#include "lib/load/icu.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Is a shared library of this name mapped into the process? */
static bool is_loaded(const char *name)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[512];
	bool found = false;

	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps))
		found = found || strstr(line, name);
	fclose(maps);
	return found;
}

static void a_library_is_loaded_at_its_first_call(void **state)
{
	unsigned char text[5];

	(void)state;
	assert_false(is_loaded("libcrypto.so"));
	assert_int_equal(EVP_EncodeBlock(text, (const unsigned char *)"foo", 3), 4);
	assert_string_equal(text, "Zm9v"); /* RFC 4648, section 10 */
	assert_true(is_loaded("libcrypto.so"));
}

/* MD5 of the empty text: RFC 1321, A.5. */
static void a_digest_is_found_by_its_name(void **state)
{
	static const unsigned char expected[] = {0xd4, 0x1d, 0x8c, 0xd9, 0x8f, 0x00, 0xb2, 0x04,
						 0xe9, 0x80, 0x09, 0x98, 0xec, 0xf8, 0x42, 0x7e};
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	(void)state;
	assert_int_equal(EVP_Digest("", 0, sum, &len, EVP_get_digestbyname("MD5"), NULL), 1);
	assert_int_equal(len, sizeof(expected));
	assert_memory_equal(sum, expected, sizeof(expected));
}

static void icu_is_found_by_the_names_of_its_version(void **state)
{
	(void)state;
	assert_false(is_loaded("libicuuc.so"));
	assert_int_equal(u_charType('A'), U_UPPERCASE_LETTER);
	assert_int_equal(u_charType('1'), U_DECIMAL_DIGIT_NUMBER);
	assert_true(is_loaded("libicuuc.so"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_library_is_loaded_at_its_first_call),
		cmocka_unit_test(a_digest_is_found_by_its_name),
		cmocka_unit_test(icu_is_found_by_the_names_of_its_version),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
