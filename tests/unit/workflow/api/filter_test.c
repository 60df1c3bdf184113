/* filter_test.c - filters as AIP-160 and the reference, 9.5, have them. */
#include "workflow/api/filter.h"

#include "lib/json/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static const struct filter_field fields[] = {
	{"state", "state", FILTER_TEXT},	{"createTime", "createTime", FILTER_TIME},
	{"duration", "duration", FILTER_DURATION}, {"entryId", "entryId", FILTER_NUMBER},
	{"labels", "labels", FILTER_MAP},	{"label", "labels", FILTER_MAP},
	{"stepName", "steps", FILTER_TEXTS},	{"done", "done", FILTER_BOOL},
	{0},
};

static const char resource[] = "{\"state\": \"ACTIVE\", \"createTime\": \"2024-05-08T12:00:00.000000Z\", "
			       "\"duration\": \"10.500000s\", \"entryId\": \"12\", \"labels\": {\"env\": \"prod\"}, "
			       "\"steps\": [\"call\", \"wait\"], \"done\": true}";

static int result_of(const char *filter, struct status *status)
{
	struct value v;
	int result;

	assert_int_equal(json_read(slice_of(resource), &v, NULL), 0);
	result = filter_matches(slice_of(filter), fields, v, status);
	value_unref(v);
	return result;
}

static void expect(const char *filter, int wanted)
{
	struct status status = {0};
	int result = result_of(filter, &status);

	if (result != wanted)
		fail_msg("%s: %d instead of %d (%s)", filter, result, wanted, status.message);
	assert_int_equal(status.code, wanted < 0 ? STATUS_INVALID_ARGUMENT : STATUS_OK);
}

static void texts_are_compared(void **state)
{
	(void)state;
	expect("", 1);
	expect("state=\"ACTIVE\"", 1);
	expect("state = ACTIVE", 1);
	expect("state='ACTIVE'", 1);
	expect("state!=ACTIVE", 0);
	expect("state=\"ACT*\"", 1);
	expect("state=\"*IVE\"", 1);
	expect("state=\"*TIV*\"", 1);
	expect("state=\"*x\"", 0);
	expect("state:TIV", 1);
}

static void moments_and_durations_are_compared_as_such(void **state)
{
	(void)state;
	expect("createTime>\"2024-05-08\"", 1);
	expect("create_time>\"2024-05-09\"", 0);
	expect("createTime<\"2024-05-08T14:00:00+02:00\"", 0);
	expect("createTime>=\"2024-05-08T14:00:00+02:00\"", 1);
	expect("createTime>2024-05-08T11:59:59Z", 1);
	expect("duration>\"9s\"", 1);
	expect("duration>=\"10.6s\"", 0);
	expect("duration>9", -1);
	expect("createTime>soon", -1);
}

static void numbers_booleans_and_lists(void **state)
{
	(void)state;
	expect("entryId>9", 1); /* as texts, "12" would stand before "9" */
	expect("entryId=\"12\"", 1);
	expect("entryId>x", -1);
	expect("done=true", 1);
	expect("done=false", 0);
	expect("done=maybe", -1);
	expect("stepName=wait", 1);
	expect("stepName=other", 0);
	expect("stepName!=wait", 0);
}

static void labels_are_found_by_either_name(void **state)
{
	(void)state;
	expect("labels.env=\"prod\"", 1);
	expect("label.env=\"prod\"", 1);
	expect("labels.env:*", 1);
	expect("labels:env", 1);
	expect("label:other", 0);
	expect("labels.other=x", 0);
	expect("labels.other!=x", 1);
	expect("labels=x", -1);
}

/* AIP-160: "a AND b OR c" is "a AND (b OR c)". */
static void or_binds_tighter_than_and(void **state)
{
	(void)state;
	expect("state=NO AND state=NO OR state=ACTIVE", 0);
	expect("(state=NO AND state=NO) OR state=ACTIVE", 1);
	expect("state=ACTIVE AND state=NO OR done=true", 1);
	expect("state=ACTIVE done=true", 1);
	expect("state=ACTIVE done=false", 0);
	expect("NOT state=ACTIVE", 0);
	expect("-state=NO", 1);
	expect("NOT (state=NO OR done=false)", 1);
}

static void what_is_no_filter_is_refused(void **state)
{
	struct status status = {0};
	char deep[200];

	(void)state;
	expect("surprise=1", -1);
	expect("state", -1);
	expect("state=", -1);
	expect("state=\"open", -1);
	expect("(state=ACTIVE", -1);
	expect("state=ACTIVE)", -1);
	expect("AND state=ACTIVE", -1);
	expect("state.x=ACTIVE", -1);
	memset(deep, '(', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = '\0';
	assert_int_equal(result_of(deep, &status), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_compared),
		cmocka_unit_test(moments_and_durations_are_compared_as_such),
		cmocka_unit_test(numbers_booleans_and_lists),
		cmocka_unit_test(labels_are_found_by_either_name),
		cmocka_unit_test(or_binds_tighter_than_and),
		cmocka_unit_test(what_is_no_filter_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
