/* help_code.c - lexflow help CODE: what a diagnostic means, a wrong definition and the right one. */
#include "workflow/cli/cli.h"

#include "workflow/plan/complaints.h"

#include <stdio.h>
#include <string.h>

enum { TEXT_WIDTH = 96 };

/* Words of a text, broken between them. */
static void print_wrapped(const char *text)
{
	size_t column = 0;

	while (*text) {
		size_t length = strcspn(text, " ");

		if (column && column + 1 + length > TEXT_WIDTH)
			column = 0;
		printf("%s%.*s", column ? " " : "\n  ", (int)length, text);
		column += length + 1;
		text += length + strspn(text + length, " ");
	}
	putchar('\n');
}

static void print_example(const char *title, const char *definition)
{
	printf("\n%s\n", title);
	while (*definition) {
		size_t length = strcspn(definition, "\n");

		printf("    %.*s\n", (int)length, definition);
		definition += length + (definition[length] == '\n');
	}
}

bool cli_help_code(const char *code)
{
	const struct complaint *complaint = complaint_find(slice_of(code));

	if (!complaint)
		return false;
	printf("%s (%s)", complaint->code, complaint->is_warning ? "warning" : "error");
	print_wrapped(complaint->meaning);
	print_example("Wrong:", complaint->wrong);
	print_example("Right:", complaint->right);
	printf("\nLanguage reference, section %s.\n", complaint->source);
	return true;
}

void cli_list_codes(void)
{
	const struct complaint *complaint;

	for (size_t i = 0; (complaint = complaint_at(i)); i++) {
		const char *end = strstr(complaint->meaning, ". ");
		size_t length = end ? (size_t)(end - complaint->meaning) + 1 : strlen(complaint->meaning);

		printf("  %-22s %s%.*s\n", complaint->code, complaint->is_warning ? "Warning. " : "",
		       (int)length, complaint->meaning);
	}
}
