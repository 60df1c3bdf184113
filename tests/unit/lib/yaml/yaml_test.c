/* yaml_test.c - structure is kept with its places, and what the language refuses is refused where it stands.
 */
#include "lib/yaml/yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

struct fixture {
	struct arena arena;
	struct diags *diags;
	struct yaml_node *root;
};

static void read_text(struct fixture *f, const char *text)
{
	arena_init(&f->arena);
	f->diags = diags_new();
	f->root = yaml_read(&f->arena, "a.yaml", slice_of(text), f->diags);
}

static void release(struct fixture *f)
{
	diags_free(f->diags);
	arena_release(&f->arena);
}

static void assert_place(struct place at, int line, int column)
{
	assert_string_equal(at.file, "a.yaml");
	assert_int_equal(at.line, line);
	assert_int_equal(at.column, column);
}

/* The text gives exactly this one error. */
static void assert_refused(const char *text, int line, int column, const char *code, const char *hint)
{
	struct fixture f;
	struct diag diag;

	read_text(&f, text);
	assert_null(f.root);
	assert_int_equal(diags_count(f.diags), 1);
	diag = diags_at(f.diags, 0);
	assert_string_equal(diag.code, code);
	assert_place(diag.at, line, column);
	if (hint) {
		assert_non_null(diag.hint);
		if (!strstr(diag.hint, hint))
			fail_msg("hint \"%s\" lacks \"%s\"", diag.hint, hint);
	}
	release(&f);
}

static void nodes_know_where_they_stand(void **state)
{
	struct fixture f;
	struct yaml_node *steps;

	(void)state;
	read_text(&f, "# comment\nmain:\n  steps:\n    - one: 1\n    - two: [a, 'b']\n");
	assert_non_null(f.root);
	assert_int_equal(f.root->kind, YAML_MAP);
	assert_place(f.root->at, 2, 1);
	steps = yaml_get(yaml_get(f.root, "main"), "steps");
	assert_int_equal(steps->kind, YAML_LIST);
	assert_int_equal(steps->count, 2);
	assert_place(steps->at, 4, 5);
	assert_place(steps->items[0]->entries[0].key->at, 4, 7);
	assert_place(steps->items[0]->entries[0].value->at, 4, 12);
	assert_place(steps->items[1]->entries[0].value->at, 5, 12);
	assert_place(steps->items[1]->entries[0].value->items[1]->at, 5, 16);
	assert_int_equal(steps->items[1]->entries[0].value->items[1]->at.length, 3);
	assert_null(yaml_get(f.root, "other"));
	release(&f);
}

/* Columns count bytes: "ä" has two in UTF-8. */
static void columns_count_bytes(void **state)
{
	struct fixture f;

	(void)state;
	read_text(&f, "{\"\xc3\xa4\": \"\xe2\x82\xac\", b: c}");
	assert_place(f.root->entries[0].value->at, 1, 8);
	assert_int_equal(f.root->entries[0].value->at.length, 5);
	assert_place(f.root->entries[1].key->at, 1, 15);
	release(&f);
}

static void places_are_right_beyond_the_first_stride_and_in_crlf_files(void **state)
{
	struct fixture f;
	char text[2000];
	size_t len = 0;

	(void)state;
	for (int i = 0; i < 100; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "- \xc3\xa4%d\r\n", i);
	read_text(&f, text);
	assert_int_equal(f.root->count, 100);
	assert_place(f.root->items[99]->at, 100, 3);
	assert_true(slice_is(f.root->items[99]->text, "\xc3\xa4"
						      "99"));
	release(&f);
}

static void a_byte_order_mark_is_no_part_of_the_text(void **state)
{
	struct fixture f;

	(void)state;
	read_text(&f, "\xef\xbb\xbfkey: 1\n");
	assert_place(f.root->at, 1, 1);
	assert_true(slice_is(f.root->entries[0].key->text, "key"));
	release(&f);
}

static void json_is_read_the_same_way(void **state)
{
	struct fixture f;

	(void)state;
	read_text(&f, "{\n\t\"main\": {\"steps\": [{\"a\": {\"return\": \"\\u00e9\\n\"}}]}\n}\n");
	assert_non_null(f.root);
	assert_place(yaml_get(f.root, "main")->at, 2, 10);
	release(&f);
}

/* RFC 8259, section 7: two escapes make one character; what follows keeps its place. */
static void json_may_escape_a_character_in_two_parts(void **state)
{
	struct fixture f;
	struct yaml_node *list;

	(void)state;
	read_text(&f, "{\"a\": [\"x\\ud83d\\udcc4y\", \"\\uD83D\\uDCC4\", 7]}");
	assert_non_null(f.root);
	list = yaml_get(f.root, "a");
	assert_true(slice_is(list->items[0]->text, "x\xf0\x9f\x93\x84y"));
	assert_int_equal(yaml_place(list->items[0], 5, 1).column, 22);
	assert_true(slice_is(list->items[1]->text, "\xf0\x9f\x93\x84"));
	assert_place(list->items[1]->at, 1, 26);
	assert_place(list->items[2]->at, 1, 42);
	release(&f);
	read_text(&f, "a: 'x\\ud83d\\udcc4'\n");
	assert_true(slice_is(f.root->entries[0].value->text, "x\\ud83d\\udcc4"));
	release(&f);
}

static void an_alias_stands_for_its_anchor(void **state)
{
	struct fixture f;
	struct value v;

	(void)state;
	read_text(&f, "a: &x [1, 2]\nb: *x\n");
	assert_non_null(f.root);
	v = yaml_value(f.root);
	assert_true(value_equal(*value_get(v, "a"), *value_get(v, "b")));
	assert_int_equal(value_len(*value_get(v, "b")), 2);
	value_unref(v);
	release(&f);
}

static void an_anchor_is_not_part_of_the_scalar(void **state)
{
	struct fixture f;

	(void)state;
	read_text(&f, "a: &x hello\n");
	assert_place(f.root->entries[0].value->at, 1, 7);
	assert_true(f.root->entries[0].value->verbatim);
	release(&f);
}

/* Reference 1.5: tabs are an error. */
static void a_tab_is_refused_with_a_hint(void **state)
{
	(void)state;
	assert_refused("- a:\n\treturn: 1\n", 2, 1, "yaml-syntax", "spaces");
}

/* Reference 1.6: an unquoted colon and blank makes YAML see a map. */
static void an_unquoted_colon_in_an_expression_is_explained(void **state)
{
	(void)state;
	assert_refused("- a:\n    return: ${\"a: \" + b}\n", 2, 17, "yaml-syntax", "single quotes");
	assert_refused("x:\n  - ${\"a: \" + b}\n", 2, 11, "yaml-syntax", "single quotes");
}

/* Reference 1.6: braces are flow indicators. */
static void unquoted_expressions_in_a_flow_list_are_explained(void **state)
{
	(void)state;
	assert_refused("- a:\n    return: [${a}, ${b}]\n", 2, 15, "yaml-syntax", "${[a, b]}");
}

static void bad_indentation_is_named(void **state)
{
	(void)state;
	assert_refused("a:\n   b: 1\n  c: 2\n", 3, 3, "yaml-syntax", "indentation");
}

static void several_documents_are_refused(void **state)
{
	(void)state;
	assert_refused("a: 1\n---\nb: 2\n", 2, 1, "several-documents", NULL);
}

static void an_empty_text_is_refused(void **state)
{
	(void)state;
	assert_refused("", 1, 1, "yaml-empty", NULL);
	assert_refused("# nothing\n", 1, 1, "yaml-empty", NULL);
}

static void duplicate_keys_are_refused_at_the_second(void **state)
{
	(void)state;
	assert_refused("a: 1\nb: 2\n'a': 3\n", 3, 1, "duplicate-key", "line 1");
	assert_refused("1: x\n\"1\": y\n", 2, 1, "duplicate-key", "line 1");
}

static void merge_keys_and_tags_are_refused(void **state)
{
	(void)state;
	assert_refused("a: &x {k: 1}\nb:\n  <<: *x\n", 3, 3, "merge-key", "map.merge");
	assert_refused("a: !!binary aGk=\n", 1, 13, "yaml-tag", NULL);
	assert_refused("a: !mine {}\n", 1, 4, "yaml-tag", NULL);
}

static void a_str_tag_makes_a_string(void **state)
{
	struct fixture f;
	struct value v;

	(void)state;
	read_text(&f, "!!str 5");
	v = yaml_value(f.root);
	assert_int_equal(v.kind, VALUE_STRING);
	value_unref(v);
	release(&f);
}

/* Key trouble leaves a tree, so that a reader can report its own complaints too. */
static void duplicate_keys_still_give_a_tree_to_those_who_ask(void **state)
{
	struct fixture f;

	(void)state;
	arena_init(&f.arena);
	f.diags = diags_new();
	f.root = yaml_read_all(&f.arena, "a.yaml", SLICE("a: 1\na: 2\n"), f.diags);
	assert_non_null(f.root);
	assert_int_equal(diags_errors(f.diags), 1);
	release(&f);
}

static void an_open_quote_is_reported_where_it_opens(void **state)
{
	(void)state;
	assert_refused("a: 1\nb: \"text\nc: 2\n", 2, 4, "yaml-syntax", NULL);
}

static void an_alias_without_anchor_or_to_its_own_list_is_refused(void **state)
{
	(void)state;
	assert_refused("a: *nobody\n", 1, 4, "yaml-syntax", NULL);
	assert_refused("a: &x [1, *x]\n", 1, 11, "yaml-syntax", NULL);
}

/* Ten levels of ten aliases would be 10^10 nodes. */
static void a_small_text_cannot_unfold_without_bound(void **state)
{
	struct fixture f;
	char text[2000];
	size_t len = (size_t)snprintf(text, sizeof(text), "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");

	(void)state;
	for (int i = 1; i < 10; i++)
		len += (size_t)snprintf(
			text + len, sizeof(text) - len,
			"a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d]\n", i, i,
			i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
	read_text(&f, text);
	assert_null(f.root);
	assert_string_equal(diags_at(f.diags, 0).code, "yaml-limit");
	release(&f);
}

static void nesting_has_a_limit_aliases_included(void **state)
{
	struct fixture f;
	char deep[3 * YAML_MAX_DEPTH + 100];
	size_t len = 0;

	(void)state;
	memset(deep, '[', YAML_MAX_DEPTH + 1);
	memset(deep + YAML_MAX_DEPTH + 1, ']', YAML_MAX_DEPTH + 1);
	deep[2 * YAML_MAX_DEPTH + 2] = '\0';
	assert_refused(deep, 1, YAML_MAX_DEPTH + 1, "yaml-limit", NULL);
	deep[YAML_MAX_DEPTH] = ' ';
	deep[2 * YAML_MAX_DEPTH + 1] = '\0';
	read_text(&f, deep);
	assert_non_null(f.root);
	release(&f);

	len = (size_t)snprintf(deep, sizeof(deep), "- &x ");
	memset(deep + len, '[', YAML_MAX_DEPTH - 10);
	memset(deep + len + YAML_MAX_DEPTH - 10, ']', YAML_MAX_DEPTH - 10);
	len += 2 * (YAML_MAX_DEPTH - 10);
	snprintf(deep + len, sizeof(deep) - len, "\n- [[[[[[[[[[[[*x]]]]]]]]]]]]\n");
	assert_refused(deep, 2, 15, "yaml-limit", NULL);
}

static void bytes_that_are_no_text_are_refused(void **state)
{
	(void)state;
	assert_refused("a: \xff\xfe\n", 1, 4, "yaml-syntax", "UTF-8");
	assert_refused("a: b\x01\n", 1, 5, "yaml-syntax", "UTF-8");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nodes_know_where_they_stand),
		cmocka_unit_test(columns_count_bytes),
		cmocka_unit_test(places_are_right_beyond_the_first_stride_and_in_crlf_files),
		cmocka_unit_test(a_byte_order_mark_is_no_part_of_the_text),
		cmocka_unit_test(json_is_read_the_same_way),
		cmocka_unit_test(json_may_escape_a_character_in_two_parts),
		cmocka_unit_test(an_alias_stands_for_its_anchor),
		cmocka_unit_test(an_anchor_is_not_part_of_the_scalar),
		cmocka_unit_test(a_tab_is_refused_with_a_hint),
		cmocka_unit_test(an_unquoted_colon_in_an_expression_is_explained),
		cmocka_unit_test(unquoted_expressions_in_a_flow_list_are_explained),
		cmocka_unit_test(bad_indentation_is_named),
		cmocka_unit_test(several_documents_are_refused),
		cmocka_unit_test(an_empty_text_is_refused),
		cmocka_unit_test(duplicate_keys_are_refused_at_the_second),
		cmocka_unit_test(merge_keys_and_tags_are_refused),
		cmocka_unit_test(a_str_tag_makes_a_string),
		cmocka_unit_test(duplicate_keys_still_give_a_tree_to_those_who_ask),
		cmocka_unit_test(an_open_quote_is_reported_where_it_opens),
		cmocka_unit_test(an_alias_without_anchor_or_to_its_own_list_is_refused),
		cmocka_unit_test(a_small_text_cannot_unfold_without_bound),
		cmocka_unit_test(nesting_has_a_limit_aliases_included),
		cmocka_unit_test(bytes_that_are_no_text_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
