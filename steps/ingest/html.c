/*
 * html.c - a page to the text of its decision, by libxml2's HTML parser.
 *
 * A page of a regulator is one part decision and nine parts site. What is the site's (navigation, banner,
 * footer, side bars, forms' controls) is left out by the meaning that HTML and ARIA give to elements, then by
 * a short list of class names. Where a page marks its main part, that part alone is taken. Pages lie, so each
 * choice is made only if enough text remains; else the next wider one is.
 */
#include "steps/ingest/parsed.h"

#include "steps/ingest/heading.h"
#include "steps/ingest/lines.h"

#include <libxml/HTMLparser.h>
#include <string.h>
#include <strings.h>

/* How much is left out. */
enum scope {
	SCOPE_MAIN,       /* all but the main part, and the site's parts in it */
	SCOPE_BODY,       /* the site's parts */
	SCOPE_EVERYTHING, /* only what is not text at all */
	SCOPES,
};

enum { ENOUGH_BYTES = 200 };

static bool is_one_of(const char *word, const char *const *list)
{
	for (; *list; list++)
		if (strcasecmp(word, *list) == 0)
			return true;
	return false;
}

static const char *name_of(const xmlNode *node)
{
	return node->name ? (const char *)node->name : "";
}

/* An attribute's text, copied into `room`; "" when missing. */
static const char *attribute(const xmlNode *node, const char *name, char *room, size_t size)
{
	xmlChar *text = xmlGetProp((xmlNode *)(uintptr_t)node, (const xmlChar *)name);

	room[0] = '\0';
	if (text) {
		strncpy(room, (const char *)text, size - 1);
		room[size - 1] = '\0';
	}
	xmlFree(text);
	return room;
}

/* ---- what is no text, and what is the site's */

static const char *const not_text[] = {"script", "style",    "noscript", "template", "head",   "iframe",
				       "object", "embed",    "applet",   "svg",      "math",   "canvas",
				       "audio",  "video",    "map",      "button",   "select", "textarea",
				       "input",  "datalist", "title",    NULL};
static const char *const site_elements[] = {"nav", "aside", "footer", "menu", "dialog", NULL};
static const char *const site_roles[] = {"navigation",    "banner",  "contentinfo", "search",
					 "complementary", "menu",    "menubar",     "dialog",
					 "alertdialog",   "toolbar", "alert",       NULL};
static const char *const site_classes[] = {"breadcrumb",
					   "breadcrumbs",
					   "nav",
					   "navbar",
					   "navigation",
					   "menu",
					   "sidebar",
					   "footer",
					   "site-footer",
					   "site-header",
					   "skip-link",
					   "skiplink",
					   "skip-nav",
					   "sr-only",
					   "visually-hidden",
					   "cookie-banner",
					   "cookie-consent",
					   "cookies",
					   "share",
					   "sharing",
					   "share-links",
					   "social",
					   "social-share",
					   "social-media",
					   "related-content",
					   "usa-banner",
					   "pager",
					   "pagination",
					   "hidden",
					   "d-none",
					   NULL};
/* A class on one of these is about lay-out. */
static const char *const never_site[] = {"html", "body", "main", "article", "h1", "h2", NULL};

/* Does a list of words hold one of the site's class names? Changes `words`. */
static bool holds_site_class(char *words)
{
	while (*words) {
		char *end = words + strcspn(words, " \t\r\n\f");
		bool last = *end == '\0';

		*end = '\0';
		if (is_one_of(words, site_classes))
			return true;
		words = last ? end : end + 1;
	}
	return false;
}

static bool has_site_class(const xmlNode *node)
{
	char text[512];

	attribute(node, "class", text, sizeof(text));
	return holds_site_class(text) || is_one_of(attribute(node, "id", text, sizeof(text)), site_classes);
}

static bool is_within(const xmlNode *node, const char *name)
{
	for (node = node->parent; node && node->type == XML_ELEMENT_NODE; node = node->parent)
		if (strcasecmp(name_of(node), name) == 0)
			return true;
	return false;
}

static bool is_hidden(const xmlNode *node)
{
	char text[256];

	return xmlHasProp((xmlNode *)(uintptr_t)node, (const xmlChar *)"hidden") != NULL ||
	       strcasecmp(attribute(node, "aria-hidden", text, sizeof(text)), "true") == 0 ||
	       strcasestr(attribute(node, "style", text, sizeof(text)), "display:none") != NULL;
}

static bool is_site(const xmlNode *node)
{
	const char *name = name_of(node);
	char role[64];

	if (is_one_of(name, never_site))
		return false;
	/* A header in an article is its heading; elsewhere it is the banner of the site. */
	if (strcasecmp(name, "header") == 0)
		return !is_within(node, "main") && !is_within(node, "article");
	return is_one_of(name, site_elements) ||
	       is_one_of(attribute(node, "role", role, sizeof(role)), site_roles) || is_hidden(node) ||
	       has_site_class(node);
}

/* ---- the walk */

/* The next node in document order, below `root`; `enter`: go into this node's children first. */
static xmlNode *following(xmlNode *node, const xmlNode *root, bool enter)
{
	if (enter && node->children)
		return node->children;
	while (node != root && !node->next)
		node = node->parent;
	return node == root ? NULL : node->next;
}

static const char *const paragraphs[] = {"p",       "h1", "h2",      "h3",     "h4",         "h5",  "h6",
					 "ul",      "ol", "dl",      "table",  "blockquote", "pre", "section",
					 "article", "hr", "address", "figure", "fieldset",   NULL};
static const char *const single_lines[] = {"div",        "li",      "tr",      "dt",     "dd",     "caption",
					   "figcaption", "center",  "main",    "header", "footer", "form",
					   "legend",     "summary", "details", "option", "thead",  "tbody",
					   "body",       "title",   NULL};

static void break_around(struct text_lines *lines, const xmlNode *node)
{
	const char *name = name_of(node);

	if (is_one_of(name, paragraphs))
		text_lines_break(lines, 2);
	else if (is_one_of(name, single_lines))
		text_lines_break(lines, 1);
}

/* Blocks that end here: the node's own, and those of the parents whose last child it is. */
static void leave(struct text_lines *lines, const xmlNode *node, const xmlNode *root)
{
	for (;; node = node->parent) {
		if (node->type == XML_ELEMENT_NODE) {
			break_around(lines, node);
			if (strcasecmp(name_of(node), "pre") == 0)
				lines->verbatim = false;
		}
		if (node == root || node->next)
			return;
	}
}

static int write_text(xmlNode *root, enum scope scope, struct buf *out)
{
	struct text_lines lines = {.out = out};
	bool enter;

	for (xmlNode *node = root; node; node = following(node, root, enter)) {
		const char *name = name_of(node);

		enter = node->type == XML_ELEMENT_NODE;
		if (enter && (is_one_of(name, not_text) ||
			      (scope != SCOPE_EVERYTHING && node != root && is_site(node))))
			enter = false;
		else if (enter && strcasecmp(name, "br") == 0)
			text_lines_line(&lines);
		else if (enter && (strcasecmp(name, "td") == 0 || strcasecmp(name, "th") == 0))
			text_lines_tab(&lines);
		else if (enter)
			break_around(&lines, node);
		else if ((node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE) &&
			 node->content && text_lines_add(&lines, slice_of((const char *)node->content)) < 0)
			return -1;
		if (enter && strcasecmp(name, "pre") == 0)
			lines.verbatim = true;
		if (!enter || !node->children)
			leave(&lines, node, root);
	}
	return 0;
}

/* ---- choosing the part */

/* The one element of this name, or of the role `role`; NULL when there is none or several. */
static xmlNode *only_element(xmlNode *root, const char *wanted, const char *role)
{
	xmlNode *found = NULL;
	char room[64];

	for (xmlNode *node = root; node; node = following(node, root, true)) {
		if (node->type != XML_ELEMENT_NODE ||
		    (strcasecmp(name_of(node), wanted) != 0 &&
		     (!role || strcasecmp(attribute(node, "role", room, sizeof(room)), role) != 0)))
			continue;
		if (found && !is_within(node, name_of(found)))
			return NULL;
		if (!found)
			found = node;
	}
	return found;
}

static int choose_text(xmlNode *root, struct buf *out, struct error *err)
{
	struct buf texts[SCOPES];
	xmlNode *main_part = only_element(root, "main", "main");
	enum scope chosen = SCOPE_MAIN;
	int status = 0;

	if (!main_part)
		main_part = only_element(root, "article", NULL);
	for (int i = 0; i < SCOPES; i++)
		buf_init(&texts[i], out->limit);
	if (main_part)
		status = write_text(main_part, SCOPE_MAIN, &texts[SCOPE_MAIN]);
	if (status == 0)
		status = write_text(root, SCOPE_BODY, &texts[SCOPE_BODY]);
	if (status == 0)
		status = write_text(root, SCOPE_EVERYTHING, &texts[SCOPE_EVERYTHING]);
	if (texts[SCOPE_MAIN].len < ENOUGH_BYTES || texts[SCOPE_MAIN].len < texts[SCOPE_BODY].len / 4)
		chosen = SCOPE_BODY;
	if (chosen == SCOPE_BODY && texts[SCOPE_BODY].len < ENOUGH_BYTES &&
	    texts[SCOPE_BODY].len < texts[SCOPE_EVERYTHING].len / 4)
		chosen = SCOPE_EVERYTHING;
	if (status == 0)
		status = buf_add_slice(out, buf_slice(&texts[chosen]));
	for (int i = 0; i < SCOPES; i++)
		buf_release(&texts[i]);
	return status < 0 ? error_set(err, ERROR_LIMIT, "the text of the page is too long") : 0;
}

/* ---- title and dates */

static void take_title(xmlNode *root, struct buf *title)
{
	static const char *const names[] = {"title", "h1"};
	struct buf text;

	for (size_t i = 0; i < 2 && title->len == 0; i++)
		for (xmlNode *node = root; node && title->len == 0; node = following(node, root, true))
			if (node->type == XML_ELEMENT_NODE && strcasecmp(name_of(node), names[i]) == 0 &&
			    !is_within(node, "svg")) {
				xmlChar *content = xmlNodeGetContent(node);
				struct text_lines lines = {.out = &text};

				buf_init(&text, PARSED_TITLE_LIMIT);
				text_lines_add(&lines, slice_of((const char *)content));
				heading_clean(buf_slice(&text), title);
				buf_release(&text);
				xmlFree(content);
			}
}

/* Names under which pages give dates: Open Graph (article), Dublin Core, and the plain ones in use. */
static const struct {
	const char *meta, *date;
} date_names[] = {
	{"article:published_time", "published"},
	{"dcterms.issued", "published"},
	{"dc.date.issued", "published"},
	{"dcterms.date", "published"},
	{"dc.date", "published"},
	{"date", "published"},
	{"publication_date", "published"},
	{"pubdate", "published"},
	{"datepublished", "published"},
	{"article:modified_time", "modified"},
	{"dcterms.modified", "modified"},
	{"dc.date.modified", "modified"},
	{"last-modified", "modified"},
	{"dcterms.created", "created"},
	{"dc.date.created", "created"},
};

static void take_meta_date(const xmlNode *node, struct parsed *parsed)
{
	static const char *const keys[] = {"property", "name", "itemprop"};
	char name[64];
	char content[64];

	attribute(node, "content", content, sizeof(content));
	for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {
		attribute(node, keys[k], name, sizeof(name));
		for (size_t i = 0; name[0] && i < sizeof(date_names) / sizeof(date_names[0]); i++)
			if (strcasecmp(name, date_names[i].meta) == 0)
				parsed_date(parsed, date_names[i].date, slice_of(content));
	}
}

static void take_dates(xmlNode *root, struct parsed *parsed)
{
	char text[64];

	for (xmlNode *node = root; node; node = following(node, root, true))
		if (node->type == XML_ELEMENT_NODE && strcasecmp(name_of(node), "meta") == 0)
			take_meta_date(node, parsed);
	for (xmlNode *node = root; node; node = following(node, root, true))
		if (node->type == XML_ELEMENT_NODE && strcasecmp(name_of(node), "time") == 0 &&
		    !is_within(node, "aside") && !is_within(node, "nav") && !is_within(node, "footer"))
			parsed_date(parsed, "published",
				    slice_of(attribute(node, "datetime", text, sizeof(text))));
}

/* ---- */

/* Servers say "not found" with a page, and whoever fetched it saved that. */
static bool is_error_page(const struct parsed *parsed)
{
	static const char *const said[] = {"404 ",
					   "403 ",
					   "401 ",
					   "500 ",
					   "502 ",
					   "503 ",
					   "504 ",
					   "Error 404",
					   "Not Found",
					   "Page not found",
					   "Access Denied",
					   "Forbidden",
					   "Service Unavailable",
					   "Bad Gateway",
					   "Internal Server Error"};
	const char *title = buf_text(&parsed->title);

	if (parsed->text.len > 1500)
		return false;
	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++)
		if (strncasecmp(title, said[i], strlen(said[i])) == 0)
			return true;
	return false;
}

static int read_page(xmlNode *root, struct parsed *parsed, struct error *err)
{
	take_title(root, &parsed->title);
	take_dates(root, parsed);
	if (choose_text(root, &parsed->text, err) < 0)
		return -1;
	if (is_error_page(parsed))
		return error_set(err, ERROR_INPUT, "not a document: an error page (\"%s\")",
				 buf_text(&parsed->title));
	return 0;
}

int html_parse(struct slice html, struct parsed *parsed, struct error *err)
{
	htmlParserCtxt *context = htmlNewParserCtxt();
	htmlDocPtr document = NULL;
	xmlNode *root = NULL;
	int status = -1;

	if (context && html.len <= INT32_MAX) {
		htmlCtxtUseOptions(context, HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING |
						    HTML_PARSE_NONET | HTML_PARSE_COMPACT);
		/* Old pages open <font> hundreds deep without closing; nothing here recurses. */
		context->options |= XML_PARSE_HUGE;
		document =
			htmlCtxtReadMemory(context, html.ptr, (int)html.len, NULL, "UTF-8", context->options);
	}
	if (document)
		root = xmlDocGetRootElement(document);
	if (root)
		status = read_page(root, parsed, err);
	else
		error_set(err, ERROR_INPUT, "not readable as HTML");
	xmlFreeDoc(document);
	htmlFreeParserCtxt(context);
	return status;
}
