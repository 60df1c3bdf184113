/* parse_test.c - text -> tree: precedence, tokens, and each mistake at its place (reference, 3.1 to 3.4). */
#include "workflow/expr/expr.h"

#include "lib/json/json.h"

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
	const struct yaml_node *scalar;
};

/* `yaml` is the value of the key k in line 1: its text begins in column 4. */
static void setup(struct fixture *f, const char *yaml)
{
	char text[8000];
	const struct yaml_node *root;

	snprintf(text, sizeof(text), "k: %s\n", yaml);
	arena_init(&f->arena);
	f->diags = diags_new();
	root = yaml_read(&f->arena, "a.yaml", slice_of(text), f->diags);
	if (!root)
		fail_msg("not YAML: %s", text);
	f->scalar = yaml_get(root, "k");
}

static void teardown(struct fixture *f)
{
	diags_free(f->diags);
	arena_release(&f->arena);
}

/* As an S-expression, so that the shape shows: 1 + 2 * 3 is (+ 1 (* 2 3)). */
static void dump(struct buf *out, const struct expr *tree)
{
	switch (tree->kind) {
	case EXPR_LITERAL:
		json_write(out, tree->value);
		if (tree->value.kind == VALUE_DOUBLE)
			buf_add_char(out, 'd');
		return;
	case EXPR_NAME:
		buf_add_slice(out, tree->name);
		return;
	case EXPR_MEMBER:
		buf_add_text(out, "(.");
		break;
	case EXPR_INDEX:
		buf_add_text(out, "([]");
		break;
	case EXPR_CALL:
		buf_add_text(out, "(call");
		break;
	case EXPR_LIST:
		buf_add_text(out, "(list");
		break;
	case EXPR_MAP:
		buf_add_text(out, "(map");
		break;
	default:
		buf_printf(out, "(%s", expr_op_name(tree->op));
		break;
	}
	for (int i = 0; i < 2; i++) {
		const struct expr *part = i ? tree->right : tree->left;

		if (part) {
			buf_add_char(out, ' ');
			dump(out, part);
		}
	}
	if (tree->kind == EXPR_MEMBER)
		buf_printf(out, " %.*s", SLICE_ARG(tree->name));
	for (size_t i = 0; i < tree->count; i++) {
		buf_add_char(out, ' ');
		if (tree->kind == EXPR_MAP)
			buf_printf(out, "%.*s:", SLICE_ARG(tree->keys[i]));
		dump(out, tree->items[i]);
	}
	buf_add_char(out, ')');
}

/* The tree of ${EXPR}; what is printed of it gives the same tree again. */
static void assert_tree(const char *expression, const char *expected)
{
	char yaml[4000];
	struct buf shape;
	struct buf printed;

	snprintf(yaml, sizeof(yaml), "|-\n  ${%s}", expression);
	buf_init(&shape, 0);
	buf_init(&printed, 0);
	for (int round = 0; round < 2; round++) {
		struct fixture f;
		struct expr *tree;

		setup(&f, yaml);
		assert_true(expr_is(f.scalar));
		tree = expr_parse(&f.arena, f.scalar, f.diags);
		if (!tree)
			fail_msg("%s: %s", yaml, diags_at(f.diags, 0).message);
		buf_clear(&shape);
		buf_clear(&printed);
		dump(&shape, tree);
		expr_print(&printed, tree);
		assert_string_equal(buf_text(&shape), expected);
		expr_release(tree);
		teardown(&f);
		snprintf(yaml, sizeof(yaml), "|-\n  ${%s}", buf_text(&printed));
	}
	buf_release(&printed);
	buf_release(&shape);
}

static void assert_height(const char *expression, int height)
{
	char yaml[4000];
	struct fixture f;
	struct expr *tree;

	snprintf(yaml, sizeof(yaml), "|-\n  ${%s}", expression);
	setup(&f, yaml);
	tree = expr_parse(&f.arena, f.scalar, f.diags);
	assert_non_null(tree);
	assert_int_equal(tree->height, height);
	expr_release(tree);
	teardown(&f);
}

/* What EXPR_MAX_HEIGHT bounds: every way to put a tree upon a tree. */
static void the_height_of_a_tree_is_counted(void **state)
{
	(void)state;
	assert_height("a", 1);
	assert_height("((a))", 1);
	assert_height("a + b", 2);
	assert_height("a + b + c + d", 4);
	assert_height("a + (b + (c + d))", 4);
	assert_height("a + b * c", 3);
	assert_height("- - - a", 4);
	assert_height("not a", 2);
	assert_height("a.b.c", 3);
	assert_height("a[0][b.c]", 3);
	assert_height("a[b[c[d]]]", 4);
	assert_height("len(a)", 2);
	assert_height("text.split(a, b + c)", 3);
	assert_height("[]", 1);
	assert_height("[a, [b, [c]]]", 4);
	assert_height("{\"k\": {\"k\": 1}}", 3);
}

static void multiplication_binds_tighter_than_addition(void **state)
{
	(void)state;
	assert_tree("1 + 2 * 3", "(+ 1 (* 2 3))");
	assert_tree("(1 + 2) * 3", "(* (+ 1 2) 3)");
	assert_tree("c * 9/5 + 32", "(+ (/ (* c 9) 5) 32)");
	assert_tree("a - b - c", "(- (- a b) c)");
	assert_tree("a - (b - c)", "(- a (- b c))");
	assert_tree("7 // 2 % 3", "(% (// 7 2) 3)");
}

/* The levels of 3.3. */
static void the_levels_are_those_of_the_reference(void **state)
{
	(void)state;
	assert_tree("a or b and c", "(or a (and b c))");
	assert_tree("(a or b) and c", "(and (or a b) c)");
	assert_tree("a + 1 < b * 2 and c", "(and (< (+ a 1) (* b 2)) c)");
	assert_tree("a < b == c", "(== (< a b) c)");
	assert_tree("\"k\" in m == true", "(== (in \"k\" m) true)");
	assert_tree("not a == b", "(== (not a) b)");
	assert_tree("not \"k\" in m", "(in (not \"k\") m)");
	assert_tree("not(\"k\" in m)", "(not (in \"k\" m))");
	assert_tree("not not a", "(not (not a))");
	assert_tree("-a * b", "(* (- a) b)");
	assert_tree("a - -b", "(- a (- b))");
	assert_tree("--5", "(- (- 5))");
	assert_tree("not -x", "(not (- x))");
	assert_tree("-m.k", "(- (. m k))");
}

static void access_and_calls_chain(void **state)
{
	(void)state;
	assert_tree("a.b[0][\"c\"].d", "(. ([] ([] (. a b) 0) \"c\") d)");
	assert_tree("text.split(s, \"-\")[0]", "([] (call (. text split) s \"-\") 0)");
	assert_tree("f()", "(call f)");
	assert_tree("f(g(1), [2, 3])", "(call f (call g 1) (list 2 3))");
	assert_tree("e.in.not", "(. (. e in) not)");
	assert_tree("(a)[0]", "([] a 0)");
	assert_tree("[1, [], \"x\"][0]", "([] (list 1 (list) \"x\") 0)");
	assert_tree("{\"k\": 1 + 2, \"l\": {}}", "(map k:(+ 1 2) l:(map))");
}

static void literals(void **state)
{
	(void)state;
	assert_tree("4.1", "4.1d");
	assert_tree("2.0", "2d");
	assert_tree("1e3", "1000d");
	assert_tree("9223372036854775807", "9223372036854775807");
	assert_tree("-9223372036854775808", "-9223372036854775808");
	assert_tree("[true, True, TRUE, false, False, FALSE, null]",
		    "(list true true true false false false null)");
	assert_tree("a AND b OR NOT c IN d", "(or (and a b) (in (not c) d))");
	assert_tree("'single'", "\"single\"");
	assert_tree("\"it's\"", "\"it's\"");
	assert_tree("\"a\\\"b\\\\c\\n\\t\\/\"", "\"a\\\"b\\\\c\\n\\t/\"");
	assert_tree("\"\\u00e9\\ud83d\\udcc4\"", "\"\xc3\xa9\xf0\x9f\x93\x84\"");
	assert_tree("\"a: b # {c}\"", "\"a: b # {c}\"");
	assert_tree("Nulls + Trues", "(+ Nulls Trues)");
	assert_tree("_a1", "_a1");
}

/* One error, at this place of "k: EXPRESSION". */
static void assert_mistake(const char *yaml, int line, int column, const char *code, const char *hint)
{
	struct fixture f;
	struct diag diag;

	setup(&f, yaml);
	assert_true(expr_is(f.scalar));
	assert_null(expr_parse(&f.arena, f.scalar, f.diags));
	assert_int_equal(diags_count(f.diags), 1);
	diag = diags_at(f.diags, 0);
	assert_string_equal(diag.code, code);
	if (diag.at.line != line || diag.at.column != column)
		fail_msg("%s: %s at %d:%d", yaml, diag.message, diag.at.line, diag.at.column);
	if (hint && (!diag.hint || !strstr(diag.hint, hint)))
		fail_msg("%s: hint \"%s\" lacks \"%s\"", yaml, diag.hint ? diag.hint : "", hint);
	teardown(&f);
}

static void mistakes_are_reported_where_they_stand(void **state)
{
	(void)state;
	assert_mistake("${1 +}", 1, 9, "expression-syntax", NULL);
	assert_mistake("${a b}", 1, 8, "expression-syntax", NULL);
	assert_mistake("${(a}", 1, 8, "expression-syntax", NULL);
	assert_mistake("${f(a,)}", 1, 10, "expression-syntax", NULL);
	assert_mistake("${a.}", 1, 8, "expression-syntax", NULL);
	assert_mistake("${a.\"b\"}", 1, 8, "expression-syntax", "[\"...\"]");
	assert_mistake("${a[0}", 1, 9, "expression-syntax", NULL);
	assert_mistake("${1abc}", 1, 6, "expression-syntax", NULL);
	assert_mistake("'${\"abc}'", 1, 7, "expression-syntax", NULL);
}

static void what_other_languages_write_is_explained(void **state)
{
	(void)state;
	assert_mistake("${a && b}", 1, 8, "expression-syntax", "\"and\"");
	assert_mistake("${a || b}", 1, 8, "expression-syntax", "\"or\"");
	assert_mistake("${!a}", 1, 6, "expression-syntax", "\"not\"");
	assert_mistake("${m[a!b]}", 1, 9, "expression-syntax", "m[\"a!b\"]");
	assert_mistake("${m[a@b]}", 1, 9, "expression-syntax", "m[\"a!b\"]");
	assert_mistake("${a = b}", 1, 8, "expression-syntax", "\"==\"");
	assert_mistake("'${a ? b : c}'", 1, 9, "expression-syntax", "if(");
	assert_mistake("${ ${x} }", 1, 7, "expression-syntax", "nest");
	assert_mistake("${a not in b}", 1, 8, "expression-syntax", "not(x in y)");
	assert_mistake("${a And b}", 1, 8, "expression-syntax", NULL);
	assert_mistake("${a} and ${b}", 1, 7, "expression-syntax", "one expression");
	assert_mistake("${\"\\d\"}", 1, 7, "expression-syntax", "\\\\");
	assert_mistake("${a.b()()}", 1, 11, "expression-syntax", NULL);
	assert_mistake("${m[0](1)}", 1, 10, "expression-syntax", NULL);
	assert_mistake("${9223372036854775808}", 1, 6, "expression-syntax", NULL);
	assert_mistake("${99999999999999999999}", 1, 6, "expression-syntax", "double");
	assert_mistake("${1e999}", 1, 6, "expression-syntax", NULL);
}

static void empty_unclosed_and_long_expressions_are_refused(void **state)
{
	char longest[600];

	(void)state;
	assert_mistake("${}", 1, 6, "expression-empty", NULL);
	assert_mistake("${  }", 1, 6, "expression-empty", NULL);
	assert_mistake("${a + b", 1, 4, "expression-unclosed", NULL);
	assert_mistake("'${f(\"}\")'", 1, 5, "expression-unclosed", NULL);
	snprintf(longest, sizeof(longest), "${\"%0*d\"}", EXPR_MAX_LENGTH - 1, 0);
	assert_mistake(longest, 1, 6, "expression-length", NULL);
	snprintf(longest, sizeof(longest), "\"%0*d\"", EXPR_MAX_LENGTH - 2, 0);
	assert_tree(longest, longest);
}

static void nesting_has_a_limit(void **state)
{
	char text[EXPR_MAX_LENGTH + 20];

	(void)state;
	snprintf(text, sizeof(text), "${%0*d1%0*d}", EXPR_MAX_DEPTH, 0, EXPR_MAX_DEPTH, 0);
	memset(text + 2, '(', EXPR_MAX_DEPTH);
	memset(text + 3 + EXPR_MAX_DEPTH, ')', EXPR_MAX_DEPTH);
	text[strlen(text) - 1] = '\0';
	assert_tree(text + 2, "1");

	memset(text, 0, sizeof(text));
	memcpy(text, "${", 2);
	memset(text + 2, '-', EXPR_MAX_DEPTH + 1);
	memcpy(text + 3 + EXPR_MAX_DEPTH, "1}", 2);
	assert_mistake(text, 1, 6 + EXPR_MAX_DEPTH, "expression-syntax", NULL);
}

/* Reference 1.6. */
static void only_a_whole_value_is_an_expression(void **state)
{
	static const struct {
		const char *yaml;
		bool is;
	} cases[] = {
		{"${a}", true},
		{"'  ${a}  '", true},
		{"hello-${name}", false},
		{"${a} text", false},
		{"$a", false},
		{"'$ {a}'", false},
		{"${a", true},
		{"\"${\\\"}\\\"\"", true},
		{"plain", false},
		{"''", false},
		{"${a} and ${b}", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fixture f;

		setup(&f, cases[i].yaml);
		if (expr_is(f.scalar) != cases[i].is)
			fail_msg("%s", cases[i].yaml);
		teardown(&f);
	}
}

static void places_name_the_construct(void **state)
{
	struct fixture f;
	struct expr *tree;

	(void)state;
	setup(&f, "${a.b + text.len(x)}");
	tree = expr_parse(&f.arena, f.scalar, f.diags);
	assert_int_equal(tree->at.column, 10);
	assert_int_equal(tree->at.length, 1);
	assert_int_equal(tree->left->at.column, 8);
	assert_int_equal(tree->right->at.column, 12);
	assert_int_equal(tree->right->at.length, 8);
	teardown(&f);
}

static void dotted_names_are_joined(void **state)
{
	struct fixture f;
	struct expr *tree;

	(void)state;
	setup(&f, "${http.default.retry}");
	tree = expr_parse(&f.arena, f.scalar, f.diags);
	assert_true(slice_is(expr_dotted(&f.arena, tree), "http.default.retry"));
	teardown(&f);
	setup(&f, "${a[0].b}");
	tree = expr_parse(&f.arena, f.scalar, f.diags);
	assert_int_equal(expr_dotted(&f.arena, tree).len, 0);
	teardown(&f);
}

static void a_bare_expression_begins_where_it_is_told(void **state)
{
	struct fixture f;
	struct expr *tree;

	(void)state;
	setup(&f, "m.k[i + 1]");
	tree = expr_parse_bare(&f.arena, f.scalar, 0, f.diags);
	assert_int_equal(tree->kind, EXPR_INDEX);
	tree = expr_parse_bare(&f.arena, f.scalar, 2, f.diags);
	assert_int_equal(tree->left->at.column, 6);
	teardown(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_height_of_a_tree_is_counted),
		cmocka_unit_test(multiplication_binds_tighter_than_addition),
		cmocka_unit_test(the_levels_are_those_of_the_reference),
		cmocka_unit_test(access_and_calls_chain),
		cmocka_unit_test(literals),
		cmocka_unit_test(mistakes_are_reported_where_they_stand),
		cmocka_unit_test(what_other_languages_write_is_explained),
		cmocka_unit_test(empty_unclosed_and_long_expressions_are_refused),
		cmocka_unit_test(nesting_has_a_limit),
		cmocka_unit_test(only_a_whole_value_is_an_expression),
		cmocka_unit_test(places_name_the_construct),
		cmocka_unit_test(dotted_names_are_joined),
		cmocka_unit_test(a_bare_expression_begins_where_it_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
