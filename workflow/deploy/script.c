/* script.c - actions as lines of shell: for people, for review, for a machine without lexflow. */
#include "workflow/deploy/deploy_private.h"

#include <ctype.h>
#include <string.h>

/* ---- ${NAME} */

bool deploy_next_name(struct slice text, size_t *at, struct slice *before, struct slice *name)
{
	size_t start = slice_find(text, SLICE("${"), *at), end;

	*name = (struct slice){0};
	end = start == SIZE_MAX ? SIZE_MAX : slice_find(text, SLICE("}"), start);
	if (end == SIZE_MAX) {
		*before = slice_sub(text, *at, text.len);
		*at = text.len;
		return false;
	}
	*before = slice_sub(text, *at, start);
	*name = slice_sub(text, start + 2, end);
	*at = end + 1;
	return true;
}

bool deploy_expand(const char *text, struct value known, struct buf *out)
{
	struct slice before, name;
	bool complete = true, more;
	size_t at = 0;

	do {
		more = deploy_next_name(slice_of(text), &at, &before, &name);
		buf_add_slice(out, before);
		if (more) {
			const struct value *value = value_map_get(known, name);

			if (value)
				buf_add_slice(out, value_text(*value));
			else
				buf_printf(out, "${%.*s}", SLICE_ARG(name));
			complete = complete && value;
		}
	} while (more);
	return complete;
}

/* ---- words of shell */

static bool is_plain(struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (!isalnum((unsigned char)text.ptr[i]) && !strchr("-_=./:,@%+", text.ptr[i]))
			return false;
	}
	return text.len > 0;
}

/* In single quotes nothing is special but the quote itself. */
static void add_quoted(struct slice text, struct buf *out)
{
	if (!text.len)
		return;
	if (is_plain(text)) {
		buf_add_slice(out, text);
		return;
	}
	buf_add_char(out, '\'');
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '\'')
			buf_add_text(out, "'\\''");
		else
			buf_add_char(out, text.ptr[i]);
	}
	buf_add_char(out, '\'');
}

static void add_word(const char *word, struct buf *out)
{
	struct slice before, name;
	size_t at = 0;
	bool more;

	if (!*word)
		buf_add_text(out, "''");
	do {
		more = deploy_next_name(slice_of(word), &at, &before, &name);
		add_quoted(before, out);
		if (more)
			buf_printf(out, "\"$%.*s\"", SLICE_ARG(name));
	} while (more);
}

/* A long command goes on in the next line, behind a backslash. */
static void add_command(const char *const *argv, struct buf *out)
{
	enum { WIDTH = 100 };
	size_t line = out->len;
	struct buf word;

	buf_init(&word, 0);
	for (size_t i = 0; argv[i]; i++) {
		buf_clear(&word);
		add_word(argv[i], &word);
		if (i && out->len - line + word.len > WIDTH) {
			buf_add_text(out, " \\\n\t");
			line = out->len;
		} else if (i) {
			buf_add_char(out, ' ');
		}
		buf_add_slice(out, buf_slice(&word));
	}
	buf_release(&word);
}

/* ---- one action */

static void add_make(const struct action *action, struct buf *out)
{
	if (action->expects) {
		buf_add_text(out, "test \"$(");
		add_command(action->make, out);
		buf_printf(out, ")\" = %s", action->expects);
	} else if (action->look && !action->repeats) {
		add_command(action->look, out);
		buf_add_text(out, " >/dev/null 2>&1 ||\n\t");
		add_command(action->make, out);
	} else {
		add_command(action->make, out);
	}
	buf_add_char(out, '\n');
}

/* What is there already is brought up to date by a command of its own. */
static void add_remake(const struct action *action, struct buf *out)
{
	buf_add_text(out, "if ");
	add_command(action->look, out);
	buf_add_text(out, " >/dev/null 2>&1; then\n\t");
	add_command(action->remake, out);
	buf_add_text(out, "\nelse\n\t");
	add_command(action->make, out);
	buf_add_text(out, "\nfi\n");
}

static void add_change(const struct action *action, struct buf *out)
{
	buf_printf(out, "\n# %s\n", action->title);
	if (action->remake)
		add_remake(action, out);
	else if (action->make)
		add_make(action, out);
	if (action->read) {
		buf_printf(out, "%s=$(", action->learns);
		add_command(action->read, out);
		buf_add_text(out, ")\n");
	}
}

/* ---- all */

void actions_print(const struct actions *actions, FILE *out)
{
	struct buf text;

	buf_init(&text, 0);
	for (size_t i = 0; i < actions->count; i++) {
		const struct action *action = &actions->at[i];
		const char *const *argv = action->make ? action->make : action->read;

		buf_clear(&text);
		buf_printf(&text, "%s# %s\n", i ? "\n" : "", action->title);
		add_command(argv, &text);
		fprintf(out, "%s\n", buf_text(&text));
	}
	buf_release(&text);
}

void actions_print_script(const struct deployment *d, const struct actions *actions, FILE *out)
{
	struct buf text;

	buf_init(&text, 0);
	buf_printf(&text, "#!/bin/sh\n# Deploys %s to %s in %s: makes what is missing, brings the rest up to date.\nset -eu\n",
		   d->name, d->project, d->region);
	for (size_t i = 0; i < actions->count; i++)
		add_change(&actions->at[i], &text);
	fwrite(buf_text(&text), 1, text.len, out);
	buf_release(&text);
}
