/*
 * yaml.c - libyaml's events -> nodes; see yaml.h.
 *
 * Recursion follows the nesting of the text and stops at YAML_MAX_DEPTH. A node's size (nodes below it,
 * aliases unfolded) and height are kept for anchors alone: an alias adds both to where it stands, which
 * bounds the unfolded tree without unfolding it.
 */
#include "lib/yaml/yaml.h"

#include "lib/yaml/marks.h"
#include "lib/yaml/surrogates.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct anchor {
	char *name; /* owned */
	struct yaml_node *node;
	size_t size; /* nodes, this one included */
	int height;  /* levels below the node */
};

struct reader {
	yaml_parser_t parser;
	struct arena *arena; /* borrowed */
	struct diags *diags; /* borrowed */
	struct marks marks;
	size_t nodes;    /* made so far, aliases unfolded */
	size_t last_end; /* byte behind the last scalar, alias or closing bracket */
	struct anchor *anchors;
	size_t anchor_count, anchor_capacity;
};

/* ---- what libyaml complains about */

static bool line_has(struct reader *reader, size_t byte, const char *what)
{
	return slice_find(marks_line(&reader->marks, byte), slice_of(what), 0) != SIZE_MAX;
}

/* Is there a tab among the blanks that open the line, or at the byte itself? */
static bool is_tab_trouble(struct reader *reader, size_t byte)
{
	struct slice line = marks_line(&reader->marks, byte);

	if (byte < reader->marks.text.len && reader->marks.text.ptr[byte] == '\t')
		return true;
	for (size_t i = 0; i < line.len && (line.ptr[i] == ' ' || line.ptr[i] == '\t'); i++) {
		if (line.ptr[i] == '\t')
			return true;
	}
	return false;
}

/* The traps of reference 1.6, told apart by what stands on the line. */
static void hint_at(struct reader *reader, size_t byte)
{
	const char *problem = reader->parser.problem ? reader->parser.problem : "";
	const char *context = reader->parser.context ? reader->parser.context : "";
	struct diags *diags = reader->diags;

	if (is_tab_trouble(reader, byte))
		diags_hint(diags, "indent with spaces: YAML takes no tabs there");
	else if (strstr(context, "flow") && line_has(reader, byte, "${"))
		diags_hint(diags,
			   "inside [ ] and { } put each expression in quotes, ['${a}', '${b}'], or make "
			   "the list one expression, ${[a, b]}");
	else if (strstr(problem, "mapping values") && line_has(reader, byte, "${"))
		diags_hint(diags,
			   "put the whole expression in single quotes, '${...}': an unquoted \": \" begins "
			   "a map");
	else if (strstr(problem, "mapping values"))
		diags_hint(diags,
			   "put the text in quotes if the \": \" belongs to it, else check the indentation");
	else if (strstr(context, "block"))
		diags_hint(diags, "check the indentation: this line does not fit the lines above it");
	else if (strstr(problem, "cannot start any token"))
		diags_hint(diags, "put the text in quotes");
}

/* Where the list or map that is being read began, for "while parsing ...". */
static int context_line(struct reader *reader)
{
	const yaml_mark_t *mark = &reader->parser.context_mark;

	return reader->parser.context
		       ? marks_place(&reader->marks, marks_byte(&reader->marks, mark->index), 0).line
		       : 0;
}

/* A quote that nothing closes is found at the end of the text; the place that helps is its beginning. */
static bool is_open_quote(const yaml_parser_t *parser)
{
	return parser->context && parser->problem && strstr(parser->context, "quoted scalar") &&
	       strstr(parser->problem, "end of stream");
}

static void report_open_quote(struct reader *reader)
{
	size_t byte = marks_byte(&reader->marks, reader->parser.context_mark.index);

	diags_error(reader->diags, marks_place(&reader->marks, byte, 1), "yaml-syntax",
		    "this quote is never closed");
	if (line_has(reader, byte, "${"))
		diags_hint(reader->diags,
			   "put the whole expression in single quotes, '${...}': an unquoted \": \" "
			   "begins a map");
}

static void report_syntax(struct reader *reader)
{
	const yaml_parser_t *parser = &reader->parser;
	const char *problem = parser->problem ? parser->problem : "cannot be read";
	size_t byte = marks_byte(&reader->marks, parser->problem_mark.index);
	struct place at;

	if (parser->error == YAML_READER_ERROR) {
		byte = parser->problem_offset < reader->marks.text.len ? parser->problem_offset
								       : reader->marks.text.len;
		diags_error(reader->diags, marks_place(&reader->marks, byte, 0), "yaml-syntax", "%s",
			    problem);
		diags_hint(reader->diags, "the text must be UTF-8 without control characters");
		return;
	}
	if (is_open_quote(parser)) {
		report_open_quote(reader);
		return;
	}
	at = marks_place(&reader->marks, byte, 0);
	if (is_tab_trouble(reader, byte))
		diags_error(reader->diags, at, "yaml-syntax", "a tab where YAML wants spaces");
	else if (context_line(reader) && context_line(reader) != at.line)
		diags_error(reader->diags, at, "yaml-syntax", "%s %s that began in line %d", problem,
			    parser->context, context_line(reader));
	else
		diags_error(reader->diags, at, "yaml-syntax", "%s%s%s", problem, parser->context ? " " : "",
			    parser->context ? parser->context : "");
	hint_at(reader, byte);
}

static int next_event(struct reader *reader, yaml_event_t *event)
{
	if (yaml_parser_parse(&reader->parser, event))
		return 0;
	if (reader->parser.error == YAML_MEMORY_ERROR)
		abort(); /* as in lib/mem: no mistake of who wrote the text */
	report_syntax(reader);
	return -1;
}

static struct place mark_place(struct reader *reader, yaml_mark_t mark)
{
	return marks_place(&reader->marks, marks_byte(&reader->marks, mark.index), 0);
}

/* ---- anchors */

static struct anchor *find_anchor(struct reader *reader, const char *name)
{
	for (size_t i = reader->anchor_count; i > 0; i--) { /* the newest of a name counts */
		if (strcmp(reader->anchors[i - 1].name, name) == 0)
			return &reader->anchors[i - 1];
	}
	return NULL;
}

static int add_anchor(struct reader *reader, const char *name, struct yaml_node *node, size_t size,
		      int height)
{
	enum { MAX_ANCHORS = 1000 };

	if (reader->anchor_count == MAX_ANCHORS)
		return diags_error(reader->diags, node->at, "yaml-limit", "more than %d anchors",
				   MAX_ANCHORS);
	if (reader->anchor_count == reader->anchor_capacity)
		reader->anchors =
			mem_grow(reader->anchors, &reader->anchor_capacity, sizeof(*reader->anchors));
	reader->anchors[reader->anchor_count++] = (struct anchor){mem_strdup(name), node, size, height};
	return 0;
}

static int count_nodes(struct reader *reader, size_t more, struct place at)
{
	reader->nodes += more;
	if (reader->nodes <= YAML_MAX_NODES)
		return 0;
	return diags_error(reader->diags, at, "yaml-limit", "more than %d values", YAML_MAX_NODES);
}

static struct yaml_node *read_alias(struct reader *reader, const yaml_event_t *event, int depth, int *height)
{
	struct place at = mark_place(reader, event->start_mark);
	struct anchor *anchor = find_anchor(reader, (const char *)event->data.alias.anchor);

	if (!anchor) {
		diags_error(reader->diags, at, "yaml-syntax", "no anchor \"&%s\" before this alias",
			    (const char *)event->data.alias.anchor);
		return NULL;
	}
	if (count_nodes(reader, anchor->size, at) < 0)
		return NULL;
	if (depth + anchor->height > YAML_MAX_DEPTH) {
		diags_error(reader->diags, at, "yaml-limit", "nested deeper than %d levels", YAML_MAX_DEPTH);
		return NULL;
	}
	*height = anchor->height;
	return anchor->node;
}

/* ---- scalars */

/* With an anchor or a tag the event begins there; the text itself begins behind them. */
static size_t skip_properties(struct slice text, size_t from, size_t end)
{
	while (from < end && (text.ptr[from] == '&' || text.ptr[from] == '!')) {
		while (from < end && !strchr(" \t\r\n", text.ptr[from]))
			from++;
		while (from < end && strchr(" \t\r\n", text.ptr[from]))
			from++;
	}
	return from;
}

static bool is_verbatim(struct slice raw, struct slice text, yaml_scalar_style_t style)
{
	if (style == YAML_PLAIN_SCALAR_STYLE)
		return slice_equal(raw, text);
	if (style == YAML_SINGLE_QUOTED_SCALAR_STYLE || style == YAML_DOUBLE_QUOTED_SCALAR_STYLE)
		return raw.len == text.len + 2 && memcmp(raw.ptr + 1, text.ptr, text.len) == 0;
	return false;
}

static void check_tag(struct reader *reader, struct place at, const yaml_char_t *tag, const char *allowed)
{
	if (!tag || strcmp((const char *)tag, allowed) == 0 || strcmp((const char *)tag, "!") == 0)
		return;
	diags_error(reader->diags, at, "yaml-tag", "tag \"%s\" is not supported", (const char *)tag);
	diags_hint(reader->diags,
		   "leave it out: quotes make a string, plain text has the type it looks like");
}

static struct yaml_node *read_scalar(struct reader *reader, const yaml_event_t *event)
{
	struct yaml_node *node = arena_alloc(reader->arena, sizeof(*node));
	struct slice source = reader->marks.text;
	size_t start = marks_byte(&reader->marks, event->start_mark.index);
	size_t end = marks_byte(&reader->marks, event->end_mark.index);
	struct slice raw;

	if (event->data.scalar.anchor || event->data.scalar.tag)
		start = skip_properties(source, start, end);
	raw = slice_sub(source, start, end);
	node->kind = YAML_SCALAR;
	node->at = marks_place(&reader->marks, start, end - start);
	node->length = end - start;
	reader->last_end = end;
	node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE || event->data.scalar.tag;
	node->text.len = event->data.scalar.length;
	node->text.ptr = arena_strndup(reader->arena, (const char *)event->data.scalar.value, node->text.len);
	node->verbatim = is_verbatim(raw, node->text, event->data.scalar.style);
	if (!node->verbatim)
		node->raw = (struct slice){arena_strndup(reader->arena, raw.ptr, raw.len), raw.len};
	check_tag(reader, node->at, event->data.scalar.tag, YAML_STR_TAG);
	return node;
}

/* ---- lists and maps */

static struct yaml_node *read_node(struct reader *reader, yaml_event_t *event, int depth, int *height);

/* The children of a list or map up to its end event; keys and values of a map alternate. */
struct children {
	struct yaml_node **items; /* owned until moved to the arena */
	size_t count, capacity;
};

static int read_children(struct reader *reader, struct children *children, yaml_event_type_t end, int depth,
			 int *height)
{
	yaml_event_t event;

	for (;;) {
		struct yaml_node *node;
		int below = 0;

		if (next_event(reader, &event) < 0)
			return -1;
		if (event.type == end)
			break;
		node = read_node(reader, &event, depth + 1, &below);
		yaml_event_delete(&event);
		if (!node)
			return -1;
		if (below + 1 > *height)
			*height = below + 1;
		if (children->count == children->capacity)
			children->items =
				mem_grow(children->items, &children->capacity, sizeof(*children->items));
		children->items[children->count++] = node;
	}
	if (event.end_mark.index > event.start_mark.index) /* a bracket; a block ends with its last child */
		reader->last_end = marks_byte(&reader->marks, event.end_mark.index);
	yaml_event_delete(&event);
	return 0;
}

static int by_key(const void *left, const void *right)
{
	const struct yaml_entry *a = *(const struct yaml_entry *const *)left;
	const struct yaml_entry *b = *(const struct yaml_entry *const *)right;
	int order = slice_compare(a->key->text, b->key->text);

	return order ? order : (a > b) - (a < b); /* one array: source order among equals */
}

/* Keys become strings (reference, 1.5), so 1 and "1" are the same key. */
static void check_keys(struct reader *reader, const struct yaml_node *map)
{
	struct yaml_entry **sorted = mem_alloc((map->count + 1) * sizeof(struct yaml_entry *));
	size_t count = 0;

	for (size_t i = 0; i < map->count; i++) {
		const struct yaml_node *key = map->entries[i].key;

		if (key->kind != YAML_SCALAR)
			continue;
		sorted[count++] = &map->entries[i];
		if (!key->quoted && slice_is(key->text, "<<")) {
			diags_error(reader->diags, key->at, "merge-key",
				    "merge keys (<<) are not part of the language");
			diags_hint(reader->diags, "write the keys out, or use map.merge in an expression");
		}
	}
	qsort(sorted, count, sizeof(struct yaml_entry *), by_key);
	for (size_t i = 1; i < count; i++) {
		const struct yaml_node *key = sorted[i]->key;

		if (!slice_equal(sorted[i - 1]->key->text, key->text))
			continue;
		diags_error(reader->diags, key->at, "duplicate-key", "key \"%.*s\" stands here twice",
			    SLICE_ARG(key->text));
		diags_hint(reader->diags, "the first one is in line %d", sorted[i - 1]->key->at.line);
	}
	mem_free(sorted);
}

static void fill_map(struct reader *reader, struct yaml_node *node, const struct children *children)
{
	node->count = children->count / 2;
	node->entries = arena_alloc(reader->arena, (node->count + 1) * sizeof(*node->entries));
	for (size_t i = 0; i < node->count; i++)
		node->entries[i] = (struct yaml_entry){children->items[2 * i], children->items[2 * i + 1]};
	check_keys(reader, node);
}

static void fill_list(struct reader *reader, struct yaml_node *node, const struct children *children)
{
	node->count = children->count;
	node->items = arena_alloc(reader->arena, (node->count + 1) * sizeof(struct yaml_node *));
	if (node->count)
		memcpy(node->items, children->items, node->count * sizeof(struct yaml_node *));
}

static struct yaml_node *read_container(struct reader *reader, const yaml_event_t *event, int depth,
					int *height)
{
	bool is_map = event->type == YAML_MAPPING_START_EVENT;
	struct yaml_node *node = arena_alloc(reader->arena, sizeof(*node));
	struct children children = {0};
	size_t start = marks_byte(&reader->marks, event->start_mark.index);
	int result;

	node->kind = is_map ? YAML_MAP : YAML_LIST;
	node->at = marks_place(&reader->marks, start, 0);
	if (depth >= YAML_MAX_DEPTH) {
		diags_error(reader->diags, node->at, "yaml-limit", "nested deeper than %d levels",
			    YAML_MAX_DEPTH);
		return NULL;
	}
	if (is_map)
		check_tag(reader, node->at, event->data.mapping_start.tag, YAML_MAP_TAG);
	else
		check_tag(reader, node->at, event->data.sequence_start.tag, YAML_SEQ_TAG);
	result = read_children(reader, &children, is_map ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT,
			       depth, height);
	if (result == 0 && is_map)
		fill_map(reader, node, &children);
	else if (result == 0)
		fill_list(reader, node, &children);
	mem_free(children.items);
	node->length = reader->last_end > start ? reader->last_end - start : 0;
	return result < 0 ? NULL : node;
}

static const yaml_char_t *event_anchor(const yaml_event_t *event)
{
	if (event->type == YAML_SCALAR_EVENT)
		return event->data.scalar.anchor;
	if (event->type == YAML_MAPPING_START_EVENT)
		return event->data.mapping_start.anchor;
	return event->data.sequence_start.anchor;
}

/* `*height` is 0 on entry; NULL after an error beyond which there is no going on. */
static struct yaml_node *read_node(struct reader *reader, yaml_event_t *event, int depth, int *height)
{
	const yaml_char_t *anchor;
	struct yaml_node *node;
	size_t before = reader->nodes;

	if (event->type == YAML_ALIAS_EVENT) {
		reader->last_end = marks_byte(&reader->marks, event->end_mark.index);
		return read_alias(reader, event, depth, height);
	}
	if (count_nodes(reader, 1, mark_place(reader, event->start_mark)) < 0)
		return NULL;
	if (event->type == YAML_SCALAR_EVENT)
		node = read_scalar(reader, event);
	else
		node = read_container(reader, event, depth, height);
	anchor = event_anchor(event);
	if (node && anchor &&
	    add_anchor(reader, (const char *)anchor, node, reader->nodes - before, *height) < 0)
		return NULL;
	return node;
}

/* ---- the one document */

/* The next event must be one that opens or closes stream or document: take it and say which. */
static int take_event(struct reader *reader, yaml_event_type_t *type, struct place *at)
{
	yaml_event_t event;

	if (next_event(reader, &event) < 0)
		return -1;
	*type = event.type;
	*at = mark_place(reader, event.start_mark);
	yaml_event_delete(&event);
	return 0;
}

static struct yaml_node *read_document(struct reader *reader)
{
	struct yaml_node *root;
	yaml_event_type_t type;
	yaml_event_t event;
	struct place at;
	int height = 0;

	if (take_event(reader, &type, &at) < 0 || take_event(reader, &type, &at) < 0)
		return NULL;
	if (type == YAML_STREAM_END_EVENT) {
		diags_error(reader->diags, marks_place(&reader->marks, 0, 0), "yaml-empty",
			    "there is nothing in it");
		return NULL;
	}
	if (next_event(reader, &event) < 0)
		return NULL;
	root = read_node(reader, &event, 0, &height);
	yaml_event_delete(&event);
	if (!root || take_event(reader, &type, &at) < 0 || take_event(reader, &type, &at) < 0)
		return NULL;
	if (type == YAML_STREAM_END_EVENT)
		return root;
	diags_error(reader->diags, at, "several-documents",
		    "a second document begins here; only one is allowed");
	diags_hint(reader->diags, "remove the \"---\" or put the second document into a file of its own");
	return NULL;
}

static struct yaml_node *read_text(struct reader *reader, const char *file, struct slice text)
{
	bool has_pairs = surrogates_are_in(text);
	struct yaml_node *root;
	struct buf rewritten;

	marks_init(&reader->marks, file, text, has_pairs);
	buf_init(&rewritten, YAML_MAX_BYTES);
	if (has_pairs) {
		surrogates_rewrite(&rewritten, text);
		text = buf_slice(&rewritten);
	}
	if (!yaml_parser_initialize(&reader->parser))
		abort(); /* out of memory, as in lib/mem */
	yaml_parser_set_encoding(&reader->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&reader->parser, (const unsigned char *)text.ptr, text.len);
	root = read_document(reader);
	yaml_parser_delete(&reader->parser);
	buf_release(&rewritten);
	for (size_t i = 0; i < reader->anchor_count; i++)
		mem_free(reader->anchors[i].name);
	mem_free(reader->anchors);
	marks_release(&reader->marks);
	return root;
}

struct yaml_node *yaml_read_all(struct arena *arena, const char *file, struct slice text, struct diags *diags)
{
	struct reader reader = {.arena = arena, .diags = diags};

	if (text.len > YAML_MAX_BYTES) {
		diags_error(diags, (struct place){.file = file}, "yaml-limit", "larger than %d MiB",
			    YAML_MAX_BYTES >> 20);
		return NULL;
	}
	if (!text.ptr)
		text = SLICE("");
	if (slice_starts(text, SLICE("\xef\xbb\xbf")))
		text = slice_sub(text, 3, text.len);
	return read_text(&reader, file, text);
}

struct yaml_node *yaml_read(struct arena *arena, const char *file, struct slice text, struct diags *diags)
{
	size_t errors = diags_errors(diags);
	struct yaml_node *root = yaml_read_all(arena, file, text, diags);

	return diags_errors(diags) == errors ? root : NULL;
}
