/*
 * complaints_test.c - the table of codes agrees with the sources and with itself.
 *
 * Every code that the sources give is a row, every row is given by the sources; a wrong example is told with
 * its code and nothing else, a right one not at all.
 */
#include "workflow/plan/complaints.h"

#include "lib/mem/mem.h"
#include "workflow/plan/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <string.h>

/* ---- examples */

static struct diags *read_definition(const char *text)
{
	struct diags *diags = diags_new();

	plan_free(plan_read("example.yaml", slice_of(text), diags));
	return diags;
}

/* A text that begins with "#" describes what is too large to show; a source of comments alone is one. */
static bool is_definition(const struct complaint *complaint)
{
	return complaint->wrong[0] != '#' || strcmp(complaint->code, "yaml-empty") == 0;
}

static void a_wrong_example_is_told_with_its_code(void **state)
{
	const struct complaint *complaint;

	(void)state;
	for (size_t i = 0; (complaint = complaint_at(i)); i++) {
		struct diags *diags;

		if (!is_definition(complaint))
			continue;
		diags = read_definition(complaint->wrong);
		if (diags_count(diags) != 1 || strcmp(diags_at(diags, 0).code, complaint->code) != 0 ||
		    diags_at(diags, 0).warning != complaint->is_warning) {
			diags_print(diags, stderr);
			fail_msg("%s: the wrong example", complaint->code);
		}
		diags_free(diags);
	}
}

static void a_right_example_is_not_told(void **state)
{
	const struct complaint *complaint;

	(void)state;
	for (size_t i = 0; (complaint = complaint_at(i)); i++) {
		struct diags *diags = read_definition(complaint->right);

		if (diags_count(diags)) {
			diags_print(diags, stderr);
			fail_msg("%s: the right example", complaint->code);
		}
		diags_free(diags);
	}
}

static void a_code_stands_once(void **state)
{
	const struct complaint *complaint;

	(void)state;
	for (size_t i = 0; (complaint = complaint_at(i)); i++) {
		assert_ptr_equal(complaint_find(slice_of(complaint->code)), complaint);
		assert_true(strlen(complaint->meaning) > 20);
		assert_true(strlen(complaint->source) > 0);
	}
	assert_null(complaint_find(SLICE("no-such-code")));
	assert_string_equal(complaint_nearest(SLICE("unknown-stpe"))->code, "unknown-step");
}

/* ---- the sources */

struct codes {
	char names[200][40];
	size_t count;
};

static void add_code(struct codes *codes, struct slice name)
{
	for (size_t i = 0; i < codes->count; i++) {
		if (slice_is(name, codes->names[i]))
			return;
	}
	assert_true(codes->count < sizeof(codes->names) / sizeof(codes->names[0]));
	snprintf(codes->names[codes->count++], sizeof(codes->names[0]), "%.*s", SLICE_ARG(name));
}

/* "like-this": small letters and digits with a hyphen among them. */
static bool is_code(struct slice text)
{
	bool has_hyphen = false;

	for (size_t i = 0; i < text.len; i++) {
		has_hyphen = has_hyphen || text.ptr[i] == '-';
		if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789-", text.ptr[i]))
			return false;
	}
	return has_hyphen;
}

/* The texts of a call of diags_error, diags_warn and the like that look like codes. */
static void read_call(struct codes *codes, struct slice call)
{
	size_t start = slice_find(call, SLICE("\""), 0);

	while (start != SIZE_MAX) {
		size_t end = slice_find(call, SLICE("\""), start + 1);
		struct slice text;

		if (end == SIZE_MAX)
			return;
		text = slice_sub(call, start + 1, end);
		if (is_code(text))
			add_code(codes, text);
		start = slice_find(call, SLICE("\""), end + 1);
	}
}

static void read_source(struct codes *codes, const char *path)
{
	static const char *const calls[] = {"diags_error(", "diags_warn(", "form_list_of(",
					    "report_duplicates("};
	struct buf text;
	char chunk[4096];
	size_t size;
	FILE *in = fopen(path, "r");

	assert_non_null(in);
	buf_init(&text, 0);
	while ((size = fread(chunk, 1, sizeof(chunk), in)) > 0)
		buf_add(&text, chunk, size);
	fclose(in);
	for (size_t c = 0; c < sizeof(calls) / sizeof(calls[0]); c++) {
		size_t at = 0;

		while ((at = slice_find(buf_slice(&text), slice_of(calls[c]), at)) != SIZE_MAX) {
			size_t end = slice_find(buf_slice(&text), SLICE(";"), at);

			read_call(codes, slice_sub(buf_slice(&text), at, end));
			at++;
		}
	}
	buf_release(&text);
}

static void read_room(struct codes *codes, const char *room)
{
	DIR *folder = opendir(room);
	struct dirent *entry;
	char path[600];

	assert_non_null(folder);
	while ((entry = readdir(folder))) {
		size_t length = strlen(entry->d_name);

		if (length < 3 || strcmp(entry->d_name + length - 2, ".c") != 0 ||
		    strcmp(entry->d_name, "complaints.c") == 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", room, entry->d_name);
		read_source(codes, path);
	}
	closedir(folder);
}

static void the_table_and_the_sources_have_the_same_codes(void **state)
{
	static const char *const rooms[] = {"lib/yaml", "workflow/expr", "workflow/syntax", "workflow/plan"};
	struct codes *codes = mem_new(sizeof(*codes));

	(void)state;
	for (size_t i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++)
		read_room(codes, rooms[i]);
	assert_true(codes->count > 50);
	for (size_t i = 0; i < codes->count; i++) {
		if (!complaint_find(slice_of(codes->names[i])))
			fail_msg("%s has no row in workflow/plan/complaints.c", codes->names[i]);
	}
	for (size_t i = 0; complaint_at(i); i++) {
		bool found = false;

		for (size_t j = 0; j < codes->count; j++)
			found = found || strcmp(codes->names[j], complaint_at(i)->code) == 0;
		if (!found)
			fail_msg("%s is given by no source", complaint_at(i)->code);
	}
	mem_free(codes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wrong_example_is_told_with_its_code),
		cmocka_unit_test(a_right_example_is_not_told),
		cmocka_unit_test(a_code_stands_once),
		cmocka_unit_test(the_table_and_the_sources_have_the_same_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
