/* compare.c - settings as they shall be, beside what `gcloud ... describe --format=json` tells of them. */
#include "workflow/deploy/deploy_private.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

const struct value *settings_at(const struct value *told, const char *path)
{
	const struct value *at = told;

	while (at && *path) {
		struct slice key = {path, strcspn(path, " ")};

		if (at->kind == VALUE_LIST) {
			size_t index = strtoul(path, NULL, 10);

			at = index < value_len(*at) ? value_list_at(*at, index) : NULL;
		} else {
			at = value_map_get(*at, key);
		}
		path += key.len;
		path += strspn(path, " ");
	}
	return at;
}

/* ---- one setting */

/* Appends what is told, as text. */
static void add_told(const struct value *told, struct buf *out)
{
	if (told && told->kind == VALUE_STRING)
		buf_add_slice(out, value_text(*told));
	else if (told && told->kind == VALUE_INT)
		buf_printf(out, "%lld", (long long)told->as.integer);
	else
		buf_add_text(out, "default");
}

static bool is_level(struct slice told, const char *wanted)
{
	for (size_t i = 0; i < told.len; i++) {
		char c = told.ptr[i] == '_' ? '-' : (char)tolower((unsigned char)told.ptr[i]);

		if (c != wanted[i])
			return false;
	}
	return !wanted[told.len];
}

/* "projects/P/serviceAccounts/NAME" is NAME. */
static bool is_text(struct slice told, const char *wanted)
{
	struct slice want = slice_of(wanted);

	return slice_equal(told, want) || (slice_ends(told, want) && told.ptr[told.len - want.len - 1] == '/');
}

static bool is_file(struct slice told, const char *path)
{
	FILE *file = fopen(path, "re");
	char chunk[8192];
	size_t got, at = 0;
	bool same = file != NULL;

	while (same && (got = fread(chunk, 1, sizeof(chunk), file)) > 0) {
		same = got <= told.len - at && memcmp(told.ptr + at, chunk, got) == 0;
		at += got;
	}
	if (file)
		fclose(file);
	return same && at == told.len;
}

static void note(struct buf *out, const char *name, struct slice old_value, struct slice new_value)
{
	enum { SHOWN = 120 };

	buf_printf(out, "%s: %.*s -> %.*s\n", name, (int)(old_value.len < SHOWN ? old_value.len : SHOWN), old_value.ptr,
		   (int)(new_value.len < SHOWN ? new_value.len : SHOWN), new_value.ptr);
}

/* ---- variables */

/* The value of a variable in a map, or in a list of {"name", "value"}. */
static const struct value *told_variable(const struct value *told, struct slice name)
{
	if (told && told->kind == VALUE_MAP)
		return value_map_get(*told, name);
	for (size_t i = 0; told && told->kind == VALUE_LIST && i < value_len(*told); i++) {
		if (slice_equal(value_get_text(*value_list_at(*told, i), "name"), name))
			return value_get(*value_list_at(*told, i), "value");
	}
	return NULL;
}

/* What is there and not wanted shows by its number. */
static int compare_variables(struct slice wanted, const struct value *told, struct buf *out)
{
	int differences = 0;
	size_t count = 0;

	for (size_t at = 0; at < wanted.len; count++) {
		size_t end = slice_find(wanted, SLICE(DEPLOY_SEPARATOR), at);
		struct slice pair = slice_sub(wanted, at, end == SIZE_MAX ? wanted.len : end);
		size_t equals = slice_find(pair, SLICE("="), 0);
		struct slice name = slice_sub(pair, 0, equals), value = slice_sub(pair, equals + 1, pair.len);
		const struct value *old_value = told_variable(told, name);
		char title[80];

		at = end == SIZE_MAX ? wanted.len : end + 1;
		if (old_value && slice_equal(value_text(*old_value), value))
			continue;
		snprintf(title, sizeof(title), "%.*s", (int)(name.len < 79 ? name.len : 79), name.ptr);
		note(out, title, old_value ? value_text(*old_value) : slice_of("(none)"), value);
		differences++;
	}
	if (told && value_len(*told) > count && ++differences)
		buf_printf(out, "variables: %zu that are not wanted go\n", value_len(*told) - count);
	return differences;
}

/* ---- all */

static int compare(const struct setting *setting, struct value told, struct slice wanted, struct buf *out)
{
	const struct value *at = settings_at(&told, setting->path);
	struct buf old_value;
	bool same;

	if (setting->kind == SETTING_VARIABLES)
		return compare_variables(wanted, at, out);
	buf_init(&old_value, 0);
	add_told(at, &old_value);
	if (setting->kind == SETTING_FILE)
		same = is_file(buf_slice(&old_value), setting->value);
	else if (setting->kind == SETTING_LEVEL)
		same = is_level(buf_slice(&old_value), setting->value);
	else
		same = is_text(buf_slice(&old_value), wanted.ptr);
	if (!same && setting->kind == SETTING_FILE)
		buf_printf(out, "%s: another content than %s\n", setting->path, setting->value);
	else if (!same)
		note(out, setting->flag + 2, buf_slice(&old_value), wanted);
	buf_release(&old_value);
	return same ? 0 : 1;
}

int settings_compare(const struct setting *settings, struct value told, struct value known, struct buf *out)
{
	int differences = 0;

	for (const struct setting *s = settings; s->flag; s++) {
		struct buf wanted;

		if (s->kind == SETTING_UNTOLD)
			continue;
		buf_init(&wanted, 0);
		if (!deploy_expand(s->value, known, &wanted) && s->kind != SETTING_VARIABLES) {
			buf_clear(&wanted);
			buf_add_text(&wanted, "known when it is made");
		}
		differences += compare(s, told, buf_slice(&wanted), out);
		buf_release(&wanted);
	}
	return differences;
}
