/*
 * parse.c - an expression's text -> tree (grammar: reference, 3.4).
 *
 * Recursive descent. What opens a level (brackets, arguments, a sign) is counted against EXPR_MAX_DEPTH, which
 * bounds the parser itself; a chain without brackets is a loop here and a tall tree for others, so the height of
 * every node is bounded too.
 */
#include "workflow/expr/expr.h"

#include "workflow/expr/lexer.h"
#include "workflow/expr/precedence.h"

#include <string.h>

struct parser {
	struct lexer lexer;
	struct arena *arena;
	int depth;
	struct expr **literals; /* with counted values, to be dropped when the tree is not finished; owned */
	size_t literal_count, literal_capacity;
};

static struct expr *parse_expression(struct parser *parser);

/* ---- helpers */

static struct expr *node_new(struct parser *parser, enum expr_kind kind, const struct token *token)
{
	struct expr *node = arena_alloc(parser->arena, sizeof(*node));

	node->kind = kind;
	node->height = 1;
	node->at = lexer_place(&parser->lexer, token->start, token->end);
	return node;
}

static struct expr *literal_new(struct parser *parser, struct value taken, const struct token *token)
{
	struct expr *node = node_new(parser, EXPR_LITERAL, token);

	node->value = taken;
	if (taken.kind != VALUE_STRING)
		return node;
	if (parser->literal_count == parser->literal_capacity)
		parser->literals =
			mem_grow(parser->literals, &parser->literal_capacity, sizeof(*parser->literals));
	parser->literals[parser->literal_count++] = node;
	return node;
}

static bool is_mark(const struct parser *parser, char mark)
{
	return parser->lexer.token.kind == TOKEN_MARK && parser->lexer.token.mark == mark;
}

static bool is_op(const struct parser *parser, enum expr_op op)
{
	return parser->lexer.token.kind == TOKEN_OP && parser->lexer.token.op == op;
}

/* Keywords are all lower or all upper case (reference, 3.2). */
static const char *mixed_case(struct slice word)
{
	static const char *const written[][2] = {
		{"And", "and"}, {"Or", "or"}, {"Not", "not"}, {"In", "in"}, {"Null", "null"}, {"NULL", "null"}};

	for (size_t i = 0; i < sizeof(written) / sizeof(written[0]); i++) {
		if (slice_is(word, written[i][0]))
			return written[i][1];
	}
	return NULL;
}

/* What the token looked at, or the word before it, may have been meant to be. */
static void hint_at(const struct parser *parser)
{
	const struct lexer *lexer = &parser->lexer;
	const char *keyword = mixed_case(lexer->token.text);

	if (!keyword && slice_ends(slice_trim(slice_sub(lexer->text, 0, lexer->token.start)), SLICE("Not")))
		keyword = "not";
	if (keyword)
		diags_hint(lexer->diags, "write \"%s\"", keyword);
	else if (is_op(parser, OP_NOT))
		diags_hint(lexer->diags, "write not(x in y); \"not in\" is no operator");
	else if (is_op(parser, OP_MULTIPLY))
		diags_hint(lexer->diags, "there is no operator \"**\"");
	else if (slice_is(lexer->token.text, "is"))
		diags_hint(lexer->diags, "write \"==\" to compare");
	else if (is_mark(parser, '}') && slice_find(lexer->text, SLICE("${"), lexer->token.end) != SIZE_MAX)
		diags_hint(lexer->diags, "the whole value is one expression: write ${a + b}, not ${a} ${b}");
}

/* Always NULL, so that a production can return it. */
static struct expr *complain(struct parser *parser, const char *wanted)
{
	struct lexer *lexer = &parser->lexer;
	const struct token *token = &lexer->token;
	struct slice source = lexer_source(lexer, token);
	struct place at = lexer_place(lexer, token->start, token->end);

	if (token->kind == TOKEN_BAD)
		return NULL;
	if (token->kind == TOKEN_END)
		diags_error(lexer->diags, at, "expression-syntax",
			    "the expression ends where %s should follow", wanted);
	else
		diags_error(lexer->diags, at, "expression-syntax", "expected %s, found \"%.*s\"", wanted,
			    SLICE_ARG(source));
	hint_at(parser);
	lexer->token.kind = TOKEN_BAD;
	return NULL;
}

/* `child` is a part of `node`; NULL, with an error, when the tree gets too tall. */
static struct expr *adopt(struct parser *parser, struct expr *node, const struct expr *child)
{
	if (child->height >= node->height)
		node->height = child->height + 1;
	if (node->height <= EXPR_MAX_HEIGHT)
		return node;
	if (parser->lexer.token.kind != TOKEN_BAD)
		diags_error(parser->lexer.diags, node->at, "expression-syntax",
			    "the expression joins more than %d parts", EXPR_MAX_HEIGHT);
	parser->lexer.token.kind = TOKEN_BAD;
	return NULL;
}

static bool take_mark(struct parser *parser, char mark)
{
	char wanted[] = {'"', mark, '"', '\0'};

	if (!is_mark(parser, mark)) {
		complain(parser, wanted);
		return false;
	}
	lexer_next(&parser->lexer);
	return true;
}

/* Entering a level that nests. */
static bool descend(struct parser *parser)
{
	const struct token *token = &parser->lexer.token;

	if (++parser->depth <= EXPR_MAX_DEPTH)
		return true;
	if (token->kind != TOKEN_BAD)
		diags_error(parser->lexer.diags, lexer_place(&parser->lexer, token->start, token->end),
			    "expression-syntax", "nested deeper than %d levels", EXPR_MAX_DEPTH);
	parser->lexer.token.kind = TOKEN_BAD;
	return false;
}

/* Elements of a list or map, arguments of a call: grown on the heap, kept in the arena. */
struct elements {
	struct expr **items;
	struct slice *keys;
	size_t count, capacity, key_capacity;
};

static void elements_add(struct elements *elements, struct slice key, struct expr *item)
{
	if (elements->count == elements->capacity)
		elements->items = mem_grow(elements->items, &elements->capacity, sizeof(*elements->items));
	if (elements->count == elements->key_capacity)
		elements->keys = mem_grow(elements->keys, &elements->key_capacity, sizeof(*elements->keys));
	elements->items[elements->count] = item;
	elements->keys[elements->count++] = key;
}

/* Into the node, in the arena; frees the heap part. */
static void elements_keep(struct parser *parser, struct elements *elements, struct expr *node)
{
	size_t count = elements->count;

	node->count = count;
	if (count) {
		node->items = arena_alloc(parser->arena, count * sizeof(*node->items));
		memcpy(node->items, elements->items, count * sizeof(*node->items));
	}
	if (count && node->kind == EXPR_MAP) {
		node->keys = arena_alloc(parser->arena, count * sizeof(*node->keys));
		memcpy(node->keys, elements->keys, count * sizeof(*node->keys));
	}
	mem_free(elements->items);
	mem_free(elements->keys);
}

/* A map's key and colon; an empty slice with a NULL pointer when it is not there. */
static struct slice parse_key(struct parser *parser)
{
	struct slice key = parser->lexer.token.text;

	if (parser->lexer.token.kind != TOKEN_STRING) {
		complain(parser, "a key in quotes");
		return (struct slice){0};
	}
	lexer_next(&parser->lexer);
	return take_mark(parser, ':') ? key : (struct slice){0};
}

/* What stands between an opening mark, already taken, and `close`. */
static struct expr *parse_elements(struct parser *parser, struct expr *node, char close)
{
	struct elements elements = {0};
	bool good = true;
	bool more = !is_mark(parser, close);

	while (good && more) {
		struct slice key = node->kind == EXPR_MAP ? parse_key(parser) : SLICE("");
		struct expr *item = key.ptr ? parse_expression(parser) : NULL;

		good = item && adopt(parser, node, item);
		if (good)
			elements_add(&elements, key, item);
		more = good && is_mark(parser, ',');
		if (more)
			lexer_next(&parser->lexer);
	}
	elements_keep(parser, &elements, node);
	return good && take_mark(parser, close) ? node : NULL;
}

/* ---- the grammar, innermost first */

static struct expr *parse_bracketed(struct parser *parser)
{
	struct token token = parser->lexer.token;
	struct expr *node;

	if (!descend(parser))
		return NULL;
	lexer_next(&parser->lexer);
	if (token.mark == '(') {
		node = parse_expression(parser);
		if (node && !take_mark(parser, ')'))
			node = NULL;
	} else {
		node = node_new(parser, token.mark == '[' ? EXPR_LIST : EXPR_MAP, &token);
		node = parse_elements(parser, node, token.mark == '[' ? ']' : '}');
	}
	parser->depth--;
	return node;
}

static struct expr *parse_primary(struct parser *parser)
{
	struct token token = parser->lexer.token;
	struct expr *node;

	switch (token.kind) {
	case TOKEN_NUMBER:
		if (token.is_minimum) {
			diags_error(parser->lexer.diags, lexer_place(&parser->lexer, token.start, token.end),
				    "expression-syntax", "an integer has at most 64 bits");
			parser->lexer.token.kind = TOKEN_BAD;
			return NULL;
		}
		node = literal_new(parser, token.value, &token);
		break;
	case TOKEN_WORD:
		node = literal_new(parser, token.value, &token);
		break;
	case TOKEN_STRING:
		node = literal_new(parser, value_string(token.text), &token);
		break;
	case TOKEN_NAME:
		node = node_new(parser, EXPR_NAME, &token);
		node->name = token.text;
		break;
	default:
		if (is_mark(parser, '(') || is_mark(parser, '[') || is_mark(parser, '{'))
			return parse_bracketed(parser);
		return complain(parser, "a value");
	}
	lexer_next(&parser->lexer);
	return node;
}

static struct expr *parse_member(struct parser *parser, struct expr *left)
{
	struct expr *node;
	const struct token *token = &parser->lexer.token;
	bool is_word;

	lexer_next(&parser->lexer);
	/* After the dot a keyword is a name like another: e.in, x.not. */
	is_word = token->kind == TOKEN_WORD ||
		  (token->kind == TOKEN_OP &&
		   (token->op == OP_AND || token->op == OP_OR || token->op == OP_NOT || token->op == OP_IN));
	if (token->kind != TOKEN_NAME && !is_word) {
		complain(parser, "a name after \".\"");
		if (token->kind == TOKEN_BAD &&
		    slice_starts(lexer_source(&parser->lexer, token), SLICE("\"")))
			diags_hint(parser->lexer.diags, "write [\"...\"] for a key in quotes");
		return NULL;
	}
	node = node_new(parser, EXPR_MEMBER, token);
	node->left = left;
	node->name = token->text;
	lexer_next(&parser->lexer);
	return adopt(parser, node, left);
}

static struct expr *parse_index(struct parser *parser, struct expr *left)
{
	struct expr *node = node_new(parser, EXPR_INDEX, &parser->lexer.token);

	if (!descend(parser))
		return NULL;
	lexer_next(&parser->lexer);
	node->left = left;
	node->right = parse_expression(parser);
	parser->depth--;
	if (!node->right || !adopt(parser, node, left) || !adopt(parser, node, node->right))
		return NULL;
	return take_mark(parser, ']') ? node : NULL;
}

static bool is_dotted(const struct expr *tree)
{
	while (tree->kind == EXPR_MEMBER)
		tree = tree->left;
	return tree->kind == EXPR_NAME;
}

static struct expr *parse_call(struct parser *parser, struct expr *left, size_t start, size_t end)
{
	struct token callee = {.start = start, .end = end};
	struct expr *node;

	if (!is_dotted(left)) {
		diags_error(parser->lexer.diags,
			    lexer_place(&parser->lexer, parser->lexer.token.start, end + 1),
			    "expression-syntax", "only functions can be called, by their name");
		parser->lexer.token.kind = TOKEN_BAD;
		return NULL;
	}
	if (!descend(parser))
		return NULL;
	node = node_new(parser, EXPR_CALL, &callee);
	lexer_next(&parser->lexer);
	node->left = left;
	node = adopt(parser, node, left);
	if (node)
		node = parse_elements(parser, node, ')');
	parser->depth--;
	return node;
}

static struct expr *parse_postfix(struct parser *parser)
{
	size_t start = parser->lexer.token.start;
	size_t end = parser->lexer.token.end;
	struct expr *node = parse_primary(parser);

	for (; node; end = parser->lexer.previous_end) {
		if (is_mark(parser, '.'))
			node = parse_member(parser, node);
		else if (is_mark(parser, '['))
			node = parse_index(parser, node);
		else if (is_mark(parser, '('))
			node = parse_call(parser, node, start, end);
		else
			break;
	}
	return node;
}

static struct expr *parse_unary(struct parser *parser)
{
	struct token token = parser->lexer.token;
	struct expr *node;

	if (!is_op(parser, OP_SUBTRACT) && !is_op(parser, OP_NOT))
		return parse_postfix(parser);
	if (!descend(parser))
		return NULL;
	lexer_next(&parser->lexer);
	if (token.op == OP_SUBTRACT && parser->lexer.token.is_minimum) {
		node = literal_new(parser, value_int(INT64_MIN), &token);
		lexer_next(&parser->lexer);
	} else {
		node = node_new(parser, EXPR_UNARY, &token);
		node->op = token.op == OP_NOT ? OP_NOT : OP_NEGATE;
		node->left = parse_unary(parser);
		node = node->left ? adopt(parser, node, node->left) : NULL;
	}
	parser->depth--;
	return node;
}

static struct expr *parse_level(struct parser *parser, int level)
{
	struct expr *left = level > PRECEDENCE_PRODUCT ? parse_unary(parser) : parse_level(parser, level + 1);

	while (left && level <= PRECEDENCE_PRODUCT && parser->lexer.token.kind == TOKEN_OP &&
	       precedence(parser->lexer.token.op) == level) {
		struct expr *node = node_new(parser, EXPR_BINARY, &parser->lexer.token);

		node->op = parser->lexer.token.op;
		node->left = left;
		lexer_next(&parser->lexer);
		node->right = parse_level(parser, level + 1);
		left = node->right && adopt(parser, node, left) ? adopt(parser, node, node->right) : NULL;
	}
	return left;
}

static struct expr *parse_expression(struct parser *parser)
{
	return parse_level(parser, 0);
}

/* ---- from scalars */

static struct expr *parse_text(struct arena *arena, const struct yaml_node *scalar, struct slice text,
			       struct diags *diags)
{
	struct parser parser = {.arena = arena};
	size_t offset = (size_t)(text.ptr - scalar->text.ptr);
	struct place at = yaml_place(scalar, offset, text.len);
	struct expr *tree;

	if (slice_trim(text).len == 0) {
		diags_error(diags, at, "expression-empty", "the expression is empty");
		return NULL;
	}
	if (utf8_count(text) > EXPR_MAX_LENGTH) {
		diags_error(diags, at, "expression-length",
			    "the expression has %zu characters; at most %d are allowed", utf8_count(text),
			    EXPR_MAX_LENGTH);
		diags_hint(diags, "assign its parts to variables first");
		return NULL;
	}
	lexer_init(&parser.lexer, arena, scalar, text, diags);
	tree = parse_expression(&parser);
	if (tree && parser.lexer.token.kind != TOKEN_END)
		tree = complain(&parser, "an operator or the end");
	for (size_t i = 0; !tree && i < parser.literal_count; i++)
		value_unref(parser.literals[i]->value);
	mem_free(parser.literals);
	return tree;
}

/* Is there a "}" outside of string literals? */
static bool is_closed(struct slice text)
{
	char quote = '\0';

	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (quote && c == '\\')
			i++;
		else if (quote)
			quote = c == quote ? '\0' : quote;
		else if (c == '"' || c == '\'')
			quote = c;
		else if (c == '}')
			return true;
	}
	return false;
}

bool expr_is(const struct yaml_node *scalar)
{
	struct slice text = slice_trim(scalar->text);

	if (scalar->kind != YAML_SCALAR || !slice_starts(text, SLICE("${")))
		return false;
	return slice_ends(text, SLICE("}")) || !is_closed(slice_sub(text, 2, text.len));
}

struct expr *expr_parse(struct arena *arena, const struct yaml_node *scalar, struct diags *diags)
{
	struct slice text = slice_trim(scalar->text);

	if (!slice_ends(text, SLICE("}"))) {
		diags_error(diags, yaml_place(scalar, (size_t)(text.ptr - scalar->text.ptr), 2),
			    "expression-unclosed", "this \"${\" is never closed by \"}\"");
		return NULL;
	}
	return parse_text(arena, scalar, slice_sub(text, 2, text.len - 1), diags);
}

struct expr *expr_parse_bare(struct arena *arena, const struct yaml_node *scalar, size_t skip,
			     struct diags *diags)
{
	return parse_text(arena, scalar, slice_sub(scalar->text, skip, scalar->text.len), diags);
}

/* ---- what one does with a tree */

void expr_release(struct expr *tree)
{
	if (!tree)
		return;
	if (tree->kind == EXPR_LITERAL)
		value_set(&tree->value, value_null());
	expr_release(tree->left);
	expr_release(tree->right);
	for (size_t i = 0; i < tree->count; i++)
		expr_release(tree->items[i]);
}

struct slice expr_dotted(struct arena *arena, const struct expr *tree)
{
	const struct expr *part = tree;
	size_t len = 0;
	char *text;

	for (; part->kind == EXPR_MEMBER; part = part->left)
		len += part->name.len + 1;
	if (part->kind != EXPR_NAME)
		return (struct slice){"", 0};
	len += part->name.len;
	text = arena_alloc(arena, len + 1);
	for (size_t end = len;; tree = tree->left) {
		end -= tree->name.len;
		memcpy(text + end, tree->name.ptr, tree->name.len);
		if (tree->kind == EXPR_NAME)
			break;
		text[--end] = '.';
	}
	return (struct slice){text, len};
}
