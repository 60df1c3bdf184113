/* describe.c - the table of functions as text; see describe.h. */
#include "workflow/stdlib/describe.h"

#include "lib/json/json.h"

#include <string.h>

/* ---- signatures */

void stdlib_types_text(unsigned types, struct buf *out)
{
	bool is_first = true;

	if (types == TYPE_ANY) {
		buf_add_text(out, "any");
		return;
	}
	for (int kind = VALUE_NULL; kind <= VALUE_MAP; kind++) {
		const char *name = value_kind_name((enum value_kind)kind);

		if (!(types & (1U << kind)))
			continue;
		if (kind == VALUE_INT && (types & TYPE_NUMBER) == TYPE_NUMBER)
			name = "number";
		if (kind == VALUE_DOUBLE && (types & TYPE_NUMBER) == TYPE_NUMBER)
			continue;
		buf_printf(out, "%s%s", is_first ? "" : "|", name);
		is_first = false;
	}
}

static void add_default(const struct stdlib_param *param, struct buf *out)
{
	if (param->meaning)
		buf_add_text(out, param->meaning);
	else
		json_write(out, param->fallback);
}

static void add_param(const struct stdlib_param *param, struct buf *out)
{
	bool has_default = param->optional && (param->meaning || !value_is_null(param->fallback));

	buf_printf(out, "%s%s: ", param->name, param->optional && !has_default ? "?" : "");
	stdlib_types_text(param->types, out);
	if (!has_default)
		return;
	buf_add_text(out, " = ");
	add_default(param, out);
}

void stdlib_signature(const struct stdlib_function *function, struct buf *out)
{
	buf_printf(out, "%s(", function->name);
	for (size_t i = 0; i < function->param_count; i++) {
		if (i)
			buf_add_text(out, ", ");
		add_param(&function->params[i], out);
	}
	buf_add_text(out, ") -> ");
	stdlib_types_text(function->returns, out);
}

const char *stdlib_kind_text(const struct stdlib_function *function)
{
	switch (function->kind) {
	case STDLIB_PURE:
		return "pure: in expressions and call steps";
	case STDLIB_OBSERVE:
	case STDLIB_ENDPOINT:
	case STDLIB_SECRET:
		return "asks the world in passing, and the answer is recorded: in expressions and call steps";
	default:
		return "blocking: in call steps alone";
	}
}

/* ---- errors: "TAG: when; TAG: when" */

static bool checks_types(const struct stdlib_function *function)
{
	for (size_t i = 0; i < function->param_count; i++) {
		if (function->params[i].types != TYPE_ANY)
			return true;
	}
	return false;
}

static bool next_error(struct slice *rest, struct slice *tag, struct slice *when)
{
	size_t end = slice_find(*rest, SLICE("; "), 0);
	struct slice one = slice_sub(*rest, 0, end);
	size_t colon = slice_find(one, SLICE(": "), 0);

	if (!one.len)
		return false;
	*tag = slice_sub(one, 0, colon);
	*when = colon == SIZE_MAX ? (struct slice){0} : slice_sub(one, colon + 2, one.len);
	*rest = end == SIZE_MAX ? (struct slice){0} : slice_sub(*rest, end + 2, rest->len);
	return true;
}

typedef void print_error(struct slice tag, struct slice when, FILE *out);

static void print_error_plain(struct slice tag, struct slice when, FILE *out)
{
	fprintf(out, "  %-22.*s %.*s\n", SLICE_ARG(tag), SLICE_ARG(when));
}

static void print_error_item(struct slice tag, struct slice when, FILE *out)
{
	fprintf(out, "- `%.*s`: %.*s\n", SLICE_ARG(tag), SLICE_ARG(when));
}

static void print_errors(const struct stdlib_function *function, print_error *print, FILE *out)
{
	struct slice rest = slice_of(function->errors);
	struct slice tag, when;

	if (checks_types(function))
		print(SLICE("TypeError"), SLICE("an argument has a type that is not said above"), out);
	while (next_error(&rest, &tag, &when))
		print(tag, when, out);
}

/* ---- one function */

static void print_lines(const char *text, const char *before, FILE *out)
{
	while (*text) {
		size_t length = strcspn(text, "\n");

		fprintf(out, "%s%.*s\n", before, (int)length, text);
		text += length + (text[length] == '\n');
	}
}

void stdlib_describe(const struct stdlib_function *function, FILE *out)
{
	struct buf signature;

	buf_init(&signature, 0);
	stdlib_signature(function, &signature);
	fprintf(out, "%s\n\n  %s\n  %s\n", buf_text(&signature), function->summary,
		stdlib_kind_text(function));
	if (function->errors || checks_types(function)) {
		fputs("\nErrors:\n", out);
		print_errors(function, print_error_plain, out);
	}
	if (function->example) {
		fputs(stdlib_is_blocking(function) ? "\nExample, the body of a step:\n" : "\nExample:\n",
		      out);
		print_lines(function->example, "  ", out);
	}
	if (function->section)
		fprintf(out, "\nLanguage reference, section %s.\n", function->section);
	buf_release(&signature);
}

void stdlib_list_all(FILE *out)
{
	const struct stdlib_function *function;

	for (size_t i = 0; (function = stdlib_at(i)); i++)
		fprintf(out, "  %-42s %s\n", function->name, function->summary);
}

/* ---- the page */

static struct slice module_of(const struct stdlib_function *function)
{
	struct slice name = slice_of(function->name);
	size_t dot = SIZE_MAX;

	for (size_t at = 0; (at = slice_find(name, SLICE("."), at)) != SIZE_MAX; at++)
		dot = at;
	return dot == SIZE_MAX ? (struct slice){0} : slice_sub(name, 0, dot);
}

/* Of a table's cell: a bar would end it. */
static void print_cell(const char *text, FILE *out)
{
	for (; *text; text++) {
		if (*text == '|')
			fputc('\\', out);
		fputc(*text, out);
	}
}

static void print_params(const struct stdlib_function *function, FILE *out)
{
	struct buf text;

	if (!function->param_count)
		return;
	fputs("| parameter | type | default |\n|---|---|---|\n", out);
	buf_init(&text, 0);
	for (size_t i = 0; i < function->param_count; i++) {
		const struct stdlib_param *param = &function->params[i];

		buf_clear(&text);
		stdlib_types_text(param->types, &text);
		fprintf(out, "| `%s` | ", param->name);
		print_cell(buf_text(&text), out);
		buf_clear(&text);
		if (param->optional)
			add_default(param, &text);
		fprintf(out, " | %s |\n", param->optional ? buf_text(&text) : "required");
	}
	fputc('\n', out);
	buf_release(&text);
}

static void print_entry(const struct stdlib_function *function, FILE *out)
{
	struct buf signature;

	buf_init(&signature, 0);
	stdlib_signature(function, &signature);
	fprintf(out, "### %s\n\n```\n%s\n```\n\n%s (%s)\n\n", function->name, buf_text(&signature),
		function->summary, stdlib_kind_text(function));
	buf_release(&signature);
	print_params(function, out);
	print_errors(function, print_error_item, out);
	if (function->errors || checks_types(function))
		fputc('\n', out);
	if (function->example) {
		fprintf(out, "```%s\n", stdlib_is_blocking(function) ? "yaml" : "");
		print_lines(function->example, "", out);
		fputs("```\n\n", out);
	}
	fprintf(out, "Language reference, section %s.\n", function->section ? function->section : "5");
}

void stdlib_describe_all(FILE *out)
{
	struct slice module = {0};
	const struct stdlib_function *function;

	fputs("# The library of the language\n\n"
	      "Written by `lexflow help functions --markdown` from the table of this room; the examples are "
	      "evaluated by a test.\nA call step gives arguments by name or position, an expression by position "
	      "alone.\n",
	      out);
	for (size_t i = 0; (function = stdlib_at(i)); i++) {
		struct slice next = module_of(function);

		if (i == 0 || !slice_equal(module, next))
			fprintf(out, "\n## %.*s\n", SLICE_ARG(next.len ? next : SLICE("without a module")));
		module = next;
		fputc('\n', out);
		print_entry(function, out);
	}
}
