/* A secret is in no event, and a run that read it can still be repeated from any prefix of its events (J4).
 */
#include "tests/harness/folder.h"
#include "tests/harness/play.h"

#include "lib/json/json.h"
#include "lib/mem/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define SECRET "correct horse \"battery\" staple"

static const char source[] = "- read:\n"
			     "    call: googleapis.secretmanager.v1.projects.secrets.versions.accessString\n"
			     "    args: {secret_id: api-key}\n"
			     "    result: key\n"
			     "- send:\n"
			     "    call: http.post\n"
			     "    args:\n"
			     "      url: http://x.test/\n"
			     "      headers: {X-Key: '${base64.encode(text.encode(\"user:\" + key))}'}\n"
			     "      body: {key: '${key}'}\n"
			     "    result: r\n"
			     "- note:\n"
			     "    call: sys.log\n"
			     "    args: {text: '${\"got \" + r.body.key}'}\n"
			     "- out:\n"
			     "    return: ['${key}', '${r.body.key}', '${r.body.key == key}']\n";

struct fixture {
	struct folder folder;
	struct plan *plan;
	struct value script, connectors;
	struct play first, again;
};

static struct value read_json(const char *text)
{
	struct error err = {0};
	struct value v;

	assert_int_equal(json_read(slice_of(text), &v, &err), 0);
	return v;
}

static int begin(void **state)
{
	struct fixture *f = mem_new(sizeof(*f));
	struct diags *diags = diags_new();
	struct value secrets = value_map_new();

	folder_make(&f->folder);
	value_put(&secrets, "api-key", value_string_z(folder_write(&f->folder, "key.txt", SECRET)));
	f->connectors = value_map_new();
	value_put(&f->connectors, "secrets", secrets);
	f->script = read_json("[{\"code\":200,\"body\":{\"key\":\"correct horse \\\"battery\\\" staple\"}}]");
	f->plan = plan_read("test.yaml", slice_of(source), diags);
	assert_non_null(f->plan);
	diags_free(diags);
	*state = f;
	return 0;
}

static int end(void **state)
{
	struct fixture *f = *state;

	play_release(&f->first);
	plan_free(f->plan);
	value_unref(f->script);
	value_unref(f->connectors);
	folder_remove(&f->folder);
	mem_free(f);
	return 0;
}

static enum run_status play(struct fixture *f, struct play *into, size_t past_count)
{
	struct play_world world = {.argument = value_null(),
				   .env = value_null(),
				   .connectors = f->connectors,
				   .script = f->script,
				   .limits = limits_default()};

	play_begin_in(into, f->plan, &world, past_count ? &f->first : NULL, past_count);
	return play_to_end(into);
}

static void no_event_and_no_log_line_holds_the_secret(void **state)
{
	struct fixture *f = *state;
	struct buf log;

	assert_int_equal(play(f, &f->first, 0), RUN_RETURNED);
	assert_true(f->first.event_count > 5);
	for (size_t i = 0; i < f->first.event_count; i++) {
		struct slice content = f->first.events[i].content;

		assert_int_equal(slice_find(content, SLICE("battery"), 0), SIZE_MAX);
		assert_int_equal(slice_find(content, SLICE("JyZWN0IGhvcnNl"), 0), SIZE_MAX);
	}
	/* the world was told the truth, people were not */
	assert_int_not_equal(slice_find(value_text(*value_get(*value_list_at(f->first.calls, 0), "body")),
					SLICE("battery"), 0),
			     SIZE_MAX);
	buf_init(&log, 0);
	json_write(&log, f->first.logs);
	assert_null(strstr(buf_text(&log), "battery"));
	assert_non_null(strstr(buf_text(&log), "got [secret api-key "));
	buf_release(&log);
}

static void it_can_be_repeated_from_every_prefix(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(play(f, &f->first, 0), RUN_RETURNED);
	for (size_t n = 1; n <= f->first.event_count; n++) {
		struct value result;

		assert_int_equal(play(f, &f->again, n), RUN_RETURNED);
		result = run_result(f->again.run);
		assert_true(slice_is(value_text(*value_list_at(result, 0)), SECRET));
		assert_true(slice_is(value_text(*value_list_at(result, 1)), SECRET));
		assert_true(value_list_at(result, 2)->as.boolean);
		play_release(&f->again);
	}
}

static void another_content_is_refused_by_name(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(play(f, &f->first, 0), RUN_RETURNED);
	folder_write(&f->folder, "key.txt", "another");
	assert_int_equal(play(f, &f->again, f->first.event_count), RUN_DIVERGED);
	assert_string_equal(run_divergence(f->again.run),
			    "secret api-key is not what it was when run play read it; give that content by "
			    "--secret api-key=FILE");
	play_release(&f->again);
}

static void a_file_that_is_gone_is_refused_too(void **state)
{
	struct fixture *f = *state;
	struct value secrets = value_map_new();

	assert_int_equal(play(f, &f->first, 0), RUN_RETURNED);
	value_put(&secrets, "api-key", value_string_z("/proc/nonexistent"));
	value_put(&f->connectors, "secrets", secrets);
	assert_int_equal(play(f, &f->again, f->first.event_count), RUN_DIVERGED);
	assert_non_null(strstr(run_divergence(f->again.run), "cannot be read again"));
	play_release(&f->again);
}

/* That it could not be read is what was seen: replay says so again, whatever is there by then. */
static void a_file_that_cannot_be_read_is_an_error_of_the_run(void **state)
{
	struct fixture *f = *state;
	struct value secrets = value_map_new();
	struct value payload;

	value_put(&secrets, "api-key", value_string_z("/proc/nonexistent"));
	value_put(&f->connectors, "secrets", secrets);
	assert_int_equal(play(f, &f->first, 0), RUN_RAISED);
	payload = *value_get(run_result(f->first.run), "payload");
	assert_non_null(strstr(value_get_text(payload, "message").ptr, "/proc/nonexistent"));
	assert_int_equal(play(f, &f->again, f->first.event_count), RUN_RAISED);
	play_release(&f->again);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(no_event_and_no_log_line_holds_the_secret, begin, end),
		cmocka_unit_test_setup_teardown(it_can_be_repeated_from_every_prefix, begin, end),
		cmocka_unit_test_setup_teardown(another_content_is_refused_by_name, begin, end),
		cmocka_unit_test_setup_teardown(a_file_that_is_gone_is_refused_too, begin, end),
		cmocka_unit_test_setup_teardown(a_file_that_cannot_be_read_is_an_error_of_the_run, begin,
						end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
