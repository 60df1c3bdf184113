/* bytes_test.c - base64.* and hash.* (reference, 5.1 and 5.4). */
#include "tests/unit/workflow/stdlib/library.h"

/* RFC 4648, section 10, and the page of base64.decode. */
static void base64_goes_both_ways(void **state)
{
	static const struct library_case cases[] = {
		{"base64.encode", "[\"b:\"]", "\"\""},
		{"base64.encode", "[\"b:f\"]", "\"Zg==\""},
		{"base64.encode", "[\"b:fo\"]", "\"Zm8=\""},
		{"base64.encode", "[\"b:foobar\"]", "\"Zm9vYmFy\""},
		{"base64.encode", "[\"b:a\", false]", "\"YQ\""},
		{"base64.decode", "[\"\"]", "\"b:\""},
		{"base64.decode", "[\"Zg==\"]", "\"b:f\""},
		{"base64.decode", "[\"Zm9vYmE=\"]", "\"b:fooba\""},
		{"base64.decode", "[\"Zm9v\\r\\nYmFy\\n\"]", "\"b:foobar\""},
		{"base64.decode", "[\"YQ\", false]", "\"b:a\""},
	};

	(void)state;
	CHECK_ALL(cases);
}

static void base64_is_strict(void **state)
{
	static const struct library_case cases[] = {
		{"base64.decode", "[\"YQ\"]", "!ValueError"},
		{"base64.decode", "[\"Y-_A\"]", "!ValueError"},
		{"base64.decode", "[\"YQ =\"]", "!ValueError"},
		{"base64.decode", "[\"Y===\"]", "!ValueError"},
		{"base64.decode", "[\"=\"]", "!ValueError"},
		{"base64.decode", "[\"YQ==YQ==\"]", "!ValueError"},
		{"base64.decode", "[\"YQ==\", false]", "!ValueError"},
		{"base64.decode", "[\"Y\", false]", "!ValueError"},
		{"base64.decode", "[\"b:YQ==\"]", "!TypeError"},
		{"base64.decode", "[null]", "!TypeError"},
		{"base64.decode", "[\"YQ==\", 1]", "!TypeError"},
		{"base64.encode", "[\"text\"]", "!TypeError"},
		{"base64.encode", "[5]", "!TypeError"},
	};

	(void)state;
	CHECK_ALL(cases);
}

static void assert_hash(const char *name, const char *args, const char *base64)
{
	struct value out = value_null();
	struct value raised;
	struct value text;
	struct value given[2] = {value_null(), value_bool(true)};

	assert_int_equal(call_library(name, args, &out, &raised), 0);
	given[0] = out;
	assert_int_equal(stdlib_find(SLICE("base64.encode"))->call(NULL, given, &text, &raised), 0);
	assert_true(slice_is(value_text(text), base64));
	value_unref(text);
	value_unref(out);
}

/* Check values: reference, 5.4; the rest from RFC 1321 (MD5) and FIPS 180 examples of "abc". */
static void hashes_have_their_published_values(void **state)
{
	(void)state;
	assert_hash("hash.compute_checksum", "[\"b:Hello World\", \"SHA256\"]",
		    "pZGm1Av0IEBKARczz7exkNYsZb8LzaMrV7J32a2fFG4=");
	assert_hash("hash.compute_hmac", "[\"b:key\", \"b:Hello World\", \"SHA256\"]",
		    "QidPcoCDkuWLV9co1+PA5RY+rwfRZdwDEF9iq74afRE=");
	assert_hash("hash.compute_checksum", "[\"b:abc\", \"MD5\"]", "kAFQmDzST7DWlj99KOF/cg==");
	assert_hash("hash.compute_checksum", "[\"b:abc\", \"SHA1\"]", "qZk+NkcGgWq6PiVxeFDCbJzQ2J0=");
}

static void unknown_algorithms_and_wrong_types_are_refused(void **state)
{
	static const struct library_case cases[] = {
		{"hash.compute_checksum", "[\"b:x\", \"CRC32\"]", "!ValueError"},
		{"hash.compute_checksum", "[\"b:x\", \"sha256\"]", "!ValueError"},
		{"hash.compute_checksum", "[\"text\", \"SHA256\"]", "!TypeError"},
		{"hash.compute_checksum", "[\"b:x\", 256]", "!TypeError"},
		{"hash.compute_hmac", "[\"key\", \"b:x\", \"SHA256\"]", "!TypeError"},
		{"hash.compute_hmac", "[\"b:key\", \"x\", \"SHA256\"]", "!TypeError"},
		{"hash.compute_hmac", "[\"b:key\", \"b:x\", \"none\"]", "!ValueError"},
	};

	(void)state;
	CHECK_ALL(cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(base64_goes_both_ways),
		cmocka_unit_test(base64_is_strict),
		cmocka_unit_test(hashes_have_their_published_values),
		cmocka_unit_test(unknown_algorithms_and_wrong_types_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
