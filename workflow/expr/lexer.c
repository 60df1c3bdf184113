/* lexer.c - an expression's text -> tokens; see lexer.h. */
#include "workflow/expr/lexer.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct place lexer_place(const struct lexer *lexer, size_t start, size_t end)
{
	return yaml_place(lexer->scalar, lexer->base + start, end - start);
}

struct slice lexer_source(const struct lexer *lexer, const struct token *token)
{
	return slice_sub(lexer->text, token->start, token->end);
}

static char byte_at(const struct lexer *lexer, size_t i)
{
	return i < lexer->text.len ? lexer->text.ptr[i] : '\0';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Report `length` bytes at `start`; the token becomes bad for good. Give the hint after it. */
static void complain(struct lexer *lexer, size_t start, size_t length, const char *message)
{
	diags_error(lexer->diags, lexer_place(lexer, start, start + length), "expression-syntax", "%s",
		    message);
	lexer->token.kind = TOKEN_BAD;
	lexer->token.end = lexer->text.len;
}

/* ---- numbers */

static size_t skip_digits(const struct lexer *lexer, size_t i)
{
	while (is_digit(byte_at(lexer, i)))
		i++;
	return i;
}

static void read_number(struct lexer *lexer)
{
	struct token *token = &lexer->token;
	size_t end = skip_digits(lexer, token->start);
	bool is_double = false;
	const char *digits;
	size_t exponent;

	if (byte_at(lexer, end) == '.' && is_digit(byte_at(lexer, end + 1))) {
		end = skip_digits(lexer, end + 1);
		is_double = true;
	}
	exponent = end + 1;
	if (byte_at(lexer, exponent) == '+' || byte_at(lexer, exponent) == '-')
		exponent++;
	if ((byte_at(lexer, end) == 'e' || byte_at(lexer, end) == 'E') &&
	    is_digit(byte_at(lexer, exponent))) {
		end = skip_digits(lexer, exponent);
		is_double = true;
	}
	token->kind = TOKEN_NUMBER;
	token->end = end;
	if (is_letter(byte_at(lexer, end))) {
		complain(lexer, token->start, end + 1 - token->start, "a name cannot begin with a digit");
		return;
	}
	digits = arena_strndup(lexer->arena, lexer->text.ptr + token->start, end - token->start);
	if (is_double) {
		token->value = value_double(strtod(digits, NULL));
		if (isinf(token->value.as.number))
			complain(lexer, token->start, end - token->start, "this number is too large");
		return;
	}
	errno = 0;
	token->value = value_int(strtoll(digits, NULL, 10));
	token->is_minimum =
		errno == ERANGE && strtoull(digits, NULL, 10) == (unsigned long long)INT64_MAX + 1;
	if (errno == ERANGE && !token->is_minimum) {
		complain(lexer, token->start, end - token->start, "an integer has at most 64 bits");
		diags_hint(lexer->diags, "add \".0\" to make it a double");
	}
}

/* ---- strings */

static int32_t read_hex(const struct lexer *lexer, size_t i)
{
	int32_t code = 0;

	for (size_t end = i + 4; i < end; i++) {
		char c = byte_at(lexer, i);

		if (is_digit(c))
			code = code * 16 + (c - '0');
		else if (c >= 'a' && c <= 'f')
			code = code * 16 + (c - 'a' + 10);
		else if (c >= 'A' && c <= 'F')
			code = code * 16 + (c - 'A' + 10);
		else
			return -1;
	}
	return code;
}

/* \uXXXX at `i`, or two of them for a character beyond U+FFFF. Bytes read, 0 when malformed. */
static size_t read_unicode(const struct lexer *lexer, size_t i, struct buf *out)
{
	int32_t code = read_hex(lexer, i + 2);
	size_t length = 6;

	if (code >= 0xd800 && code < 0xdc00 && byte_at(lexer, i + 6) == '\\' &&
	    byte_at(lexer, i + 7) == 'u') {
		int32_t low = read_hex(lexer, i + 8);

		if (low < 0xdc00 || low > 0xdfff)
			return 0;
		code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
		length = 12;
	}
	if (code < 0 || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	buf_add_utf8(out, code);
	return length;
}

/* The escape at `i`; bytes read, 0 when it is none (reference, 3.2). */
static size_t read_escape(const struct lexer *lexer, size_t i, struct buf *out)
{
	static const char names[] = "\"'\\/ntrbf";
	static const char meant[] = "\"'\\/\n\t\r\b\f";
	char c = byte_at(lexer, i + 1);
	const char *found = c ? strchr(names, c) : NULL;

	if (c == 'u')
		return read_unicode(lexer, i, out);
	if (!found)
		return 0;
	buf_add_char(out, meant[found - names]);
	return 2;
}

static void read_string(struct lexer *lexer)
{
	struct token *token = &lexer->token;
	char quote = byte_at(lexer, token->start);
	size_t i = token->start + 1;
	struct buf text;

	buf_init(&text, 0);
	token->kind = TOKEN_STRING;
	while (i < lexer->text.len && lexer->text.ptr[i] != quote) {
		size_t length = 1;

		if (lexer->text.ptr[i] == '\\') {
			length = read_escape(lexer, i, &text);
			if (length == 0) {
				complain(lexer, i, 2, "no such escape in a string");
				diags_hint(lexer->diags, "a backslash itself is written \\\\");
				goto done;
			}
		} else {
			buf_add_char(&text, lexer->text.ptr[i]);
		}
		i += length;
	}
	if (i >= lexer->text.len) {
		complain(lexer, token->start, 1, "this string has no closing quote");
		goto done;
	}
	token->end = i + 1;
	token->text = (struct slice){arena_strndup(lexer->arena, buf_text(&text), text.len), text.len};
done:
	buf_release(&text);
}

/* ---- words and marks */

struct keyword {
	const char *word;
	enum token_kind kind;
	enum expr_op op;
	struct value value;
};

static const struct keyword keywords[] = {
	{"and", TOKEN_OP, .op = OP_AND},
	{"AND", TOKEN_OP, .op = OP_AND},
	{"or", TOKEN_OP, .op = OP_OR},
	{"OR", TOKEN_OP, .op = OP_OR},
	{"not", TOKEN_OP, .op = OP_NOT},
	{"NOT", TOKEN_OP, .op = OP_NOT},
	{"in", TOKEN_OP, .op = OP_IN},
	{"IN", TOKEN_OP, .op = OP_IN},
	{"true", TOKEN_WORD, .value = {VALUE_BOOL, {.boolean = true}}},
	{"True", TOKEN_WORD, .value = {VALUE_BOOL, {.boolean = true}}},
	{"TRUE", TOKEN_WORD, .value = {VALUE_BOOL, {.boolean = true}}},
	{"false", TOKEN_WORD, .value = {VALUE_BOOL, {.boolean = false}}},
	{"False", TOKEN_WORD, .value = {VALUE_BOOL, {.boolean = false}}},
	{"FALSE", TOKEN_WORD, .value = {VALUE_BOOL, {.boolean = false}}},
	{"null", TOKEN_WORD, .value = {.kind = VALUE_NULL}},
};

static void read_word(struct lexer *lexer)
{
	struct token *token = &lexer->token;
	size_t end = token->start;

	while (is_letter(byte_at(lexer, end)) || is_digit(byte_at(lexer, end)))
		end++;
	token->end = end;
	token->kind = TOKEN_NAME;
	token->text = slice_sub(lexer->text, token->start, end);
	for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
		if (!slice_is(token->text, keywords[i].word))
			continue;
		token->kind = keywords[i].kind;
		token->op = keywords[i].op;
		token->value = keywords[i].value;
	}
}

struct symbol {
	const char *text; /* longer ones first */
	enum expr_op op;
};

static const struct symbol symbols[] = {
	{"//", OP_FLOOR_DIVIDE}, {"<=", OP_LESS_EQUAL}, {">=", OP_GREATER_EQUAL}, {"==", OP_EQUAL},
	{"!=", OP_NOT_EQUAL},    {"*", OP_MULTIPLY},    {"/", OP_DIVIDE},         {"%", OP_REMAINDER},
	{"+", OP_ADD},           {"-", OP_SUBTRACT},    {"<", OP_LESS},           {">", OP_GREATER},
};

/* What other languages write and this one does not have. `follows_name`: no blank before it. */
static const char *foreign_hint(struct slice rest, bool follows_name)
{
	if (slice_starts(rest, SLICE("&&")))
		return "write \"and\"";
	if (slice_starts(rest, SLICE("||")))
		return "write \"or\"";
	if (follows_name && (slice_starts(rest, SLICE("!")) || slice_starts(rest, SLICE("@"))))
		return "a key with other characters than letters stands in quotes: m[\"a!b\"]";
	if (slice_starts(rest, SLICE("!")))
		return "write \"not\"";
	if (slice_starts(rest, SLICE("=")))
		return "write \"==\" to compare";
	if (slice_starts(rest, SLICE("?")))
		return "write if(condition, then, otherwise)";
	if (slice_starts(rest, SLICE("$")))
		return "expressions do not nest: leave out the inner ${ }";
	return NULL;
}

static void read_symbol(struct lexer *lexer)
{
	struct token *token = &lexer->token;
	struct slice rest = slice_sub(lexer->text, token->start, lexer->text.len);
	const char *hint;
	size_t offset = 0;
	char before;

	for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
		if (!slice_starts(rest, slice_of(symbols[i].text)))
			continue;
		token->kind = TOKEN_OP;
		token->op = symbols[i].op;
		token->end = token->start + strlen(symbols[i].text);
		return;
	}
	if (rest.ptr[0] && strchr("()[]{},:.", rest.ptr[0])) {
		token->kind = TOKEN_MARK;
		token->mark = rest.ptr[0];
		token->end = token->start + 1;
		return;
	}
	utf8_next(rest, &offset);
	complain(lexer, token->start, offset, "this character means nothing in an expression");
	before = token->start > 0 ? byte_at(lexer, token->start - 1) : '\0';
	hint = foreign_hint(rest, is_letter(before) || is_digit(before));
	if (hint)
		diags_hint(lexer->diags, "%s", hint);
}

void lexer_init(struct lexer *lexer, struct arena *arena, const struct yaml_node *scalar, struct slice text,
		struct diags *diags)
{
	*lexer = (struct lexer){.arena = arena, .scalar = scalar, .diags = diags, .text = text};
	lexer->base = (size_t)(text.ptr - scalar->text.ptr);
	lexer_next(lexer);
}

void lexer_next(struct lexer *lexer)
{
	size_t start = lexer->position;
	char c;

	if (lexer->token.kind == TOKEN_BAD)
		return;
	while (is_blank(byte_at(lexer, start)))
		start++;
	lexer->previous_end = lexer->token.end;
	lexer->token = (struct token){.start = start, .end = start};
	if (start == lexer->text.len)
		return;
	c = lexer->text.ptr[start];
	if (is_digit(c))
		read_number(lexer);
	else if (is_letter(c))
		read_word(lexer);
	else if (c == '"' || c == '\'')
		read_string(lexer);
	else
		read_symbol(lexer);
	lexer->position = lexer->token.end;
}
