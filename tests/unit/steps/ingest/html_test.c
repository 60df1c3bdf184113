/* html_test.c - the decision in a page, and nothing of the site around it. */
#include "steps/ingest/parsed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

/* Long enough for a main part to be believed (html.c, ENOUGH_BYTES). */
#define BODY                                                                                                 \
	"The Commission finds that Acme Grain, LLC reported its positions late on ninety days and that its " \
	"supervisors knew of it. It orders Acme Grain to pay a civil penalty of $250,000 within ten days, "  \
	"and to cease and desist from further violations of the Act."

static int setup(void **state)
{
	struct parsed *parsed = malloc(sizeof(*parsed));

	parsed_init(parsed);
	*state = parsed;
	return 0;
}

static int teardown(void **state)
{
	parsed_release(*state);
	free(*state);
	return 0;
}

static const char *text_of(void **state, const char *html)
{
	struct parsed *parsed = *state;
	struct error err = {0};

	buf_clear(&parsed->text);
	buf_clear(&parsed->title);
	assert_int_equal(html_parse(slice_of(html), parsed, &err), 0);
	return buf_text(&parsed->text);
}

static void blocks_become_lines(void **state)
{
	assert_string_equal(
		text_of(state, "<h1>Order</h1><p>First\n  line<br>second</p><div>a</div><div>b <b>c</b></div>"
			       "<ul><li>one<li>two</ul>tail"),
		"Order\n\nFirst line\nsecond\n\na\nb c\n\none\ntwo\n\ntail");
}

static void cells_of_a_row_are_apart(void **state)
{
	assert_string_equal(text_of(state, "<table><tr><th>Party<th>Fine<tr><td>Acme<td>$1</table>"),
			    "Party\tFine\nAcme\t$1");
}

static void preformatted_text_keeps_its_shape(void **state)
{
	assert_string_equal(text_of(state, "<pre>Before the\n   COMMISSION\n<b>Order</b></pre><p>a  b"),
			    "Before the\n   COMMISSION\nOrder\n\na b");
}

static void entities_and_invisible_characters(void **state)
{
	assert_string_equal(
		text_of(state, "<p>caf&eacute; &amp; 10&nbsp;&euro; co&shy;operation &#8220;x&#x201D;</p>"),
		"café & 10 € cooperation “x”");
}

static void the_site_is_left_out(void **state)
{
	const char *html =
		"<html><head><title>T</title><style>p{}</style><script>var x = '<p>';</script></head><body>"
		"<header>Site banner</header><nav>Home About</nav><div role=navigation>Menu</div>"
		"<div class=\"x breadcrumbs\">You are here</div><div hidden>secret</div>"
		"<div style=\"display:none\">gone</div>"
		"<div><p>" BODY "</p></div>"
		"<aside>Related</aside><form><input value=q><button>Search</button></form>"
		"<footer>Contact</footer><noscript>Enable scripts</noscript></body></html>";

	assert_string_equal(text_of(state, html), BODY);
}

static void the_main_part_alone_is_taken(void **state)
{
	assert_string_equal(text_of(state, "<body><div>Latest news: other "
					   "things</div><main><header><h1>Order</h1></header><p>" BODY
					   "</p></main><div>More news</div></body>"),
			    "Order\n\n" BODY);
	assert_string_equal(
		text_of(state, "<body><div>Latest news</div><article><p>" BODY "</p></article></body>"),
		BODY);
}

static void an_empty_main_part_is_not_believed(void **state)
{
	assert_string_equal(text_of(state, "<body><main></main><div>" BODY "</div></body>"), BODY);
}

static void a_page_that_is_all_navigation_keeps_its_text(void **state)
{
	assert_string_equal(text_of(state, "<body><nav><p>" BODY "</p></nav></body>"), BODY);
}

static void of_several_articles_none_is_the_page(void **state)
{
	const char *text =
		text_of(state, "<body><article>" BODY "</article><article>Second</article></body>");

	assert_non_null(strstr(text, "cease and desist"));
	assert_non_null(strstr(text, "Second"));
}

static void title_and_dates_are_those_of_the_page(void **state)
{
	struct parsed *parsed = *state;

	text_of(state,
		"<head><title> Order\n against Acme | Regulator</title>"
		"<meta property=\"article:published_time\" content=\"2031-03-09T10:00:00Z\">"
		"<meta name=\"DCTERMS.modified\" content=\"2031-04-01\">"
		"<meta name=\"dcterms.created\" content=\"last year\"></head><body><h1>Order</h1>x</body>");
	assert_string_equal(buf_text(&parsed->title), "Order against Acme | Regulator");
	assert_true(slice_is(value_get_text(parsed->dates, "published"), "2031-03-09"));
	assert_true(slice_is(value_get_text(parsed->dates, "modified"), "2031-04-01"));
	assert_null(value_get(parsed->dates, "created"));
}

static void without_a_title_the_heading_is_it(void **state)
{
	struct parsed *parsed = *state;

	text_of(state,
		"<body><h1>Final <i>Order</i></h1><time datetime=\"2031-03-09\">9 March</time></body>");
	assert_string_equal(buf_text(&parsed->title), "Final Order");
	assert_true(slice_is(value_get_text(parsed->dates, "published"), "2031-03-09"));
}

static void an_error_page_is_refused(void **state)
{
	struct error err = {0};

	assert_int_equal(html_parse(SLICE("<title>404 Not Found</title><h1>Not Found</h1><p>The requested "
					  "URL was not found."),
				    *state, &err),
			 -1);
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_non_null(strstr(err.message, "404 Not Found"));
}

static void deep_nesting_neither_overflows_nor_loses_the_end(void **state)
{
	size_t depth = 20000;
	char *html = malloc(depth * 6 + 100);
	char *end = html;

	for (size_t i = 0; i < depth; i++)
		end = stpcpy(end, "<font>");
	stpcpy(end, "the end");
	assert_string_equal(text_of(state, html), "the end");
	free(html);
}

static void broken_markup_is_read_as_far_as_it_goes(void **state)
{
	assert_string_equal(text_of(state, "<p>one</div></p><p>two <b>three<p>four &bogus; <a href='x"),
			    "one\n\ntwo three\n\nfour &bogus;");
}

static void what_holds_no_element_is_an_error(void **state)
{
	struct error err = {0};

	assert_int_equal(html_parse(SLICE(""), *state, &err), -1);
	assert_int_equal(err.kind, ERROR_INPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(blocks_become_lines),
		TEST(cells_of_a_row_are_apart),
		TEST(preformatted_text_keeps_its_shape),
		TEST(entities_and_invisible_characters),
		TEST(the_site_is_left_out),
		TEST(the_main_part_alone_is_taken),
		TEST(an_empty_main_part_is_not_believed),
		TEST(a_page_that_is_all_navigation_keeps_its_text),
		TEST(of_several_articles_none_is_the_page),
		TEST(title_and_dates_are_those_of_the_page),
		TEST(without_a_title_the_heading_is_it),
		TEST(an_error_page_is_refused),
		TEST(deep_nesting_neither_overflows_nor_loses_the_end),
		TEST(broken_markup_is_read_as_far_as_it_goes),
		TEST(what_holds_no_element_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
