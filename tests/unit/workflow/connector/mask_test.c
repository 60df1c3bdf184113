/* What is hidden of a secret, and that showing undoes it exactly. */
#include "workflow/connector/mask.h"

#include "lib/json/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define NONCE "0123456789abcdef0123456789abcdef"

static struct mask *mask_of(const char *secret)
{
	struct mask *mask = mask_new();

	mask_add(mask, SLICE("key"), SLICE(NONCE), slice_of(secret));
	return mask;
}

/* `text` is hidden as `wanted` (NULL: as anything without `plain`), and shown again as it was. */
static void expect(const struct mask *mask, const char *text, const char *wanted, const char *plain)
{
	struct value v = value_string_z(text);
	struct value hidden = mask_hide(mask, v);
	struct value shown = mask_show(mask, hidden);

	if (wanted)
		assert_string_equal(value_text(hidden).ptr, wanted);
	if (plain)
		assert_null(strstr(value_text(hidden).ptr, plain));
	assert_string_equal(value_text(shown).ptr, text);
	value_unref(v);
	value_unref(hidden);
	value_unref(shown);
}

static void a_secret_becomes_a_token_that_names_it(void **state)
{
	struct mask *mask = mask_of("s3cr3t!");

	(void)state;
	expect(mask, "Bearer s3cr3t!, s3cr3t!", "Bearer [secret key t-" NONCE "], [secret key t-" NONCE "]",
	       NULL);
	expect(mask, "nothing", "nothing", NULL);
	expect(mask, "", "", NULL);
	mask_free(mask);
}

static void its_forms_in_json_and_urls_are_found(void **state)
{
	struct mask *mask = mask_of("a \"b\" c~");

	(void)state;
	expect(mask, "{\"k\":\"a \\\"b\\\" c~\"}", NULL, "\\\"b");
	expect(mask, "?k=a+%22b%22+c%7E", NULL, "%22b");
	expect(mask, "?k=a%20%22b%22%20c%7E", NULL, "%22b");
	expect(mask, "/a%20%22b%22%20c~", NULL, "%22b");
	mask_free(mask);
}

/* "user:hunter2hunter2", "xhunter2hunter2", "xyhunter2hunter2" in base64 (RFC 4648); the digits in the
 * middle. */
static void base64_is_found_at_each_alignment(void **state)
{
	struct mask *mask = mask_of("hunter2hunter2");

	(void)state;
	expect(mask, "Basic dXNlcjpodW50ZXIyaHVudGVyMg==", NULL, "50ZXIyaHVudG");
	expect(mask, "aHVudGVyMmh1bnRlcjI=", NULL, "dGVyMmh1bnRl");
	expect(mask, "eGh1bnRlcjJodW50ZXIy", NULL, "bnRlcjJodW50");
	expect(mask, "eHlodW50ZXIyaHVudGVyMg==", NULL, "W50ZXIyaHVu");
	mask_free(mask);
}

static void the_line_break_at_the_end_may_be_cut_off(void **state)
{
	struct mask *mask = mask_of("s3cr3t!\n");

	(void)state;
	expect(mask, "s3cr3t!\n", "[secret key t-" NONCE "]", NULL);
	expect(mask, "<s3cr3t!>", "<[secret key t-" NONCE "-line]>", NULL);
	mask_free(mask);
}

static void one_secret_in_another_is_undone_too(void **state)
{
	struct mask *mask = mask_new();

	(void)state;
	mask_add(mask, SLICE("long"), SLICE("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), SLICE("open sesame"));
	mask_add(mask, SLICE("short"), SLICE("bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"), SLICE("sesame"));
	/* one that stands in the tokens themselves */
	mask_add(mask, SLICE("tiny"), SLICE("cccccccccccccccccccccccccccccccc"), SLICE("e"));
	expect(mask, "open sesame, sesame, secret", NULL, "sesame");
	mask_free(mask);
}

static void lists_maps_keys_and_bytes_are_searched(void **state)
{
	struct mask *mask = mask_of("s3cr3t!");
	struct value v, hidden, shown, bytes;
	struct error err = {0};
	struct buf text;

	(void)state;
	assert_int_equal(
		json_read(SLICE("{\"a\":[1,{\"s3cr3t!\":\"x s3cr3t!\"}],\"b\":null,\"c\":1.5}"), &v, &err),
		0);
	bytes = value_bytes((struct slice){"\xff s3cr3t! \x00", 11});
	value_put(&v, "d", value_ref(bytes));
	hidden = mask_hide(mask, v);
	shown = mask_show(mask, hidden);
	assert_true(value_equal(v, shown));
	assert_int_equal(slice_find(value_text(*value_get(hidden, "d")), SLICE("s3cr3t"), 0), SIZE_MAX);
	value_map_delete(&hidden, SLICE("d"));
	buf_init(&text, 0);
	assert_int_equal(json_write(&text, hidden), 0);
	assert_null(strstr(buf_text(&text), "s3cr3t"));
	buf_release(&text);
	value_unref(bytes);
	value_unref(v);
	value_unref(hidden);
	value_unref(shown);
	mask_free(mask);
}

static void without_secrets_nothing_changes(void **state)
{
	struct mask *mask = mask_of("  \n");
	struct value v = value_string_z("text");
	struct value hidden = mask_hide(NULL, v);
	struct value same = mask_hide(mask, v);

	(void)state;
	assert_true(value_equal(hidden, v) && value_equal(same, v));
	value_unref(v);
	value_unref(hidden);
	value_unref(same);
	mask_free(mask);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_secret_becomes_a_token_that_names_it),
		cmocka_unit_test(its_forms_in_json_and_urls_are_found),
		cmocka_unit_test(base64_is_found_at_each_alignment),
		cmocka_unit_test(the_line_break_at_the_end_may_be_cut_off),
		cmocka_unit_test(one_secret_in_another_is_undone_too),
		cmocka_unit_test(lists_maps_keys_and_bytes_are_searched),
		cmocka_unit_test(without_secrets_nothing_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
