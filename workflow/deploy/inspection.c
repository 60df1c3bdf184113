/*
 * inspection.c - what is there already, what is to be made, and making it.
 *
 * gcloud is started without a shell, one command at a time. Whatever a command learns (the digest of an image, the
 * address of a service) is known to the commands behind it.
 */
#include "workflow/deploy/deploy_private.h"

#include "lib/clock/clock.h"
#include "lib/json/json.h"
#include "lib/proc/proc.h"

#include <string.h>

enum { LOOK_MS = 120 * 1000, MAKE_MS = 60 * 60 * 1000, OUTPUT_BYTES = 16 << 20 };

/* ---- one command */

/* Its words with what is known in them, in the arena; NULL when something in them is not known yet. */
static const char *const *expand(struct arena *arena, const char *const *argv, struct value known)
{
	const char **words;
	size_t count = 0;
	struct buf word;
	bool complete = true;

	while (argv[count])
		count++;
	words = arena_alloc(arena, (count + 1) * sizeof(*words));
	buf_init(&word, 0);
	for (size_t i = 0; i < count && complete; i++) {
		buf_clear(&word);
		complete = deploy_expand(argv[i], known, &word);
		words[i] = arena_strndup(arena, buf_text(&word), word.len);
	}
	buf_release(&word);
	return complete ? words : NULL;
}

/* 0 and its output; 1 when it failed or cannot be asked yet, with the end of what it said, or the reason, in `tail`; -1
 * when gcloud cannot be started at all. */
static int ask(const char *const *argv, struct value known, int64_t deadline_ms, struct buf *output, struct buf *tail,
	       struct error *err)
{
	struct proc_command command = {.deadline_ms = deadline_ms,
				       .output_limit = OUTPUT_BYTES,
				       .limits = {.file_bytes = -1}};
	struct arena arena;
	int status = 1, result = 0;

	arena_init(&arena);
	command.argv = expand(&arena, argv, known);
	if (command.argv) {
		result = proc_run(&command, output, tail, &status, err);
		if (result < 0 && err->kind == ERROR_NOT_FOUND)
			error_hint(err, "install the Google Cloud CLI, https://cloud.google.com/sdk");
	} else {
		buf_add_text(tail, "it needs a value that an earlier command did not tell");
	}
	arena_release(&arena);
	return result < 0 ? -1 : status != 0;
}

static int learn(const struct action *action, struct inspection *inspection, struct buf *tail, struct error *err)
{
	struct buf output;
	int result;

	buf_init(&output, OUTPUT_BYTES);
	result = ask(action->read, inspection->learnt, LOOK_MS, &output, tail, err);
	if (result == 0 && slice_trim(buf_slice(&output)).len)
		value_put(&inspection->learnt, action->learns, value_string_repaired(slice_trim(buf_slice(&output))));
	else if (result == 0)
		result = 1;
	buf_release(&output);
	return result;
}

/* ---- what is there */

static void compare(const struct action *action, struct slice told, struct inspection *inspection, size_t i)
{
	struct buf differences;

	if (json_read(told, &inspection->before[i], NULL) < 0) {
		inspection->findings[i] = FOUND_OTHER;
		return;
	}
	buf_init(&differences, 0);
	if (settings_compare(action->settings, inspection->before[i], inspection->learnt, &differences) > 0) {
		inspection->findings[i] = FOUND_OTHER;
		inspection->differences[i] = buf_take(&differences);
	}
	buf_release(&differences);
}

static int look(const struct action *action, struct inspection *inspection, size_t i, struct error *err)
{
	struct buf output, tail;
	struct slice told;
	int result;

	buf_init(&output, OUTPUT_BYTES);
	buf_init(&tail, 0);
	result = ask(action->look, inspection->learnt, LOOK_MS, &output, &tail, err);
	told = slice_trim(buf_slice(&output));
	if (result == 0 && told.len) {
		inspection->findings[i] = FOUND_SAME;
		if (action->settings)
			compare(action, told, inspection, i);
	} else {
		inspection->findings[i] = FOUND_NOTHING;
	}
	buf_release(&output);
	buf_release(&tail);
	return result < 0 ? -1 : 0;
}

/* Without a project that one may see, nothing would be found and all of it be made in vain. */
static int see_project(const struct deployment *d, struct error *err)
{
	const char *const argv[] = {"gcloud", "projects", "describe", d->project, "--format=value(projectId)", NULL};
	struct buf output, tail;
	struct slice said;
	int result;

	buf_init(&output, OUTPUT_BYTES);
	buf_init(&tail, 0);
	result = ask(argv, value_null(), LOOK_MS, &output, &tail, err);
	if (result > 0) {
		said = slice_trim(buf_slice(&tail));
		error_set(err, ERROR_INPUT, "project %s cannot be seen: %.*s", d->project,
			  (int)(said.len < 400 ? said.len : 400), said.ptr ? said.ptr : "");
		error_hint(err, "gcloud auth login; gcloud projects list");
	}
	buf_release(&output);
	buf_release(&tail);
	return result == 0 ? 0 : -1;
}

int inspection_take(const struct deployment *d, const struct actions *actions, struct inspection *inspection, struct error *err)
{
	struct buf tail;
	int result;

	*inspection = (struct inspection){.count = actions->count, .learnt = value_map_new()};
	inspection->findings = mem_new(actions->count * sizeof(*inspection->findings) + 1);
	inspection->differences = mem_new(actions->count * sizeof(*inspection->differences) + 1);
	inspection->before = mem_new(actions->count * sizeof(*inspection->before) + 1);
	result = see_project(d, err);
	buf_init(&tail, 0);
	for (size_t i = 0; result == 0 && i < actions->count; i++) {
		const struct action *action = &actions->at[i];

		inspection->findings[i] = FOUND_UNASKED;
		if (action->look)
			result = look(action, inspection, i, err);
		if (result == 0 && action->read && inspection->findings[i] != FOUND_NOTHING)
			result = learn(action, inspection, &tail, err) < 0 ? -1 : 0;
	}
	buf_release(&tail);
	return result;
}

/* ---- for people */

static bool is_to_do(const struct action *action, enum finding finding)
{
	return action->make && finding != FOUND_SAME;
}

size_t inspection_wanted(const struct actions *actions, const struct inspection *inspection)
{
	size_t wanted = 0;

	for (size_t i = 0; i < actions->count; i++)
		wanted += is_to_do(&actions->at[i], inspection->findings[i]) && inspection->findings[i] != FOUND_UNASKED;
	return wanted;
}

void inspection_print(const struct actions *actions, const struct inspection *inspection, FILE *out)
{
	static const char marks[] = {[FOUND_SAME] = '=', [FOUND_OTHER] = '~', [FOUND_NOTHING] = '+', [FOUND_UNASKED] = '.'};

	for (size_t i = 0; i < actions->count; i++) {
		const char *line = inspection->differences[i];

		if (!actions->at[i].make)
			continue;
		fprintf(out, "%c %s\n", marks[inspection->findings[i]], actions->at[i].title);
		for (; line && *line; line += strcspn(line, "\n") + 1)
			fprintf(out, "    %.*s\n", (int)strcspn(line, "\n"), line);
	}
	fputs("  + is made, ~ is changed, = is there, . is done every time\n", out);
}

void inspection_print_rollback(const struct actions *actions, const struct inspection *inspection, FILE *out)
{
	bool is_first = true;

	for (size_t i = 0; i < actions->count; i++) {
		const struct action *action = &actions->at[i];
		const struct value *old = action->undo ? settings_at(&inspection->before[i], action->old) : NULL;
		struct value known;
		struct buf text;

		if (!old || inspection->findings[i] != FOUND_OTHER)
			continue;
		known = value_map_new();
		value_put(&known, "OLD", value_ref(*old));
		buf_init(&text, 0);
		deploy_expand(action->undo, known, &text);
		fprintf(out, "%s%s\n", is_first ? "back to what was there before:\n" : "", buf_text(&text));
		is_first = false;
		buf_release(&text);
		value_unref(known);
	}
}

/* ---- making it */

static int fail(const struct action *action, struct slice said, struct error *err)
{
	said = slice_trim(said);
	error_set(err, ERROR_IO, "%s: gcloud failed: %.*s", action->title, (int)(said.len < 700 ? said.len : 700),
		  said.ptr ? said.ptr : "");
	error_hint(err, "what was made before stays; once the cause is gone, deploy again goes on from here");
	return -1;
}

static int make(const struct action *action, struct inspection *inspection, size_t i, struct error *err)
{
	const char *const *argv = action->remake && inspection->findings[i] == FOUND_OTHER ? action->remake : action->make;
	struct buf output, tail;
	int result;

	buf_init(&output, OUTPUT_BYTES);
	buf_init(&tail, 0);
	result = ask(argv, inspection->learnt, MAKE_MS, &output, &tail, err);
	if (result > 0) {
		result = fail(action, buf_slice(&tail), err);
	} else if (result == 0 && action->expects && !slice_is(slice_trim(buf_slice(&output)), action->expects)) {
		result = error_set(err, ERROR_IO, "%s: it ended as %.*s, not %s", action->title,
				   (int)slice_trim(buf_slice(&output)).len, slice_trim(buf_slice(&output)).ptr, action->expects);
		error_hint(err, "gcloud workflows executions list %s shows the runs", action->resource->name);
	}
	buf_release(&output);
	buf_release(&tail);
	return result;
}

static int read_again(const struct action *action, struct inspection *inspection, struct error *err)
{
	struct buf tail;
	int result;

	buf_init(&tail, 0);
	result = learn(action, inspection, &tail, err);
	if (result > 0)
		result = fail(action, buf_slice(&tail), err);
	buf_release(&tail);
	return result;
}

int inspection_apply(const struct actions *actions, struct inspection *inspection, FILE *out, struct error *err)
{
	for (size_t i = 0; i < actions->count; i++) {
		const struct action *action = &actions->at[i];
		bool to_do = is_to_do(action, inspection->findings[i]);
		int64_t begin_ms = clock_monotonic_ms();

		if (to_do) {
			fprintf(out, "%s ...\n", action->title);
			if (make(action, inspection, i, err) < 0)
				return -1;
		}
		if (action->read && (to_do || !value_get(inspection->learnt, action->learns)) &&
		    read_again(action, inspection, err) < 0)
			return -1;
		if (to_do)
			fprintf(out, "%s: done in %.1f s\n", action->title, (double)(clock_monotonic_ms() - begin_ms) / 1000);
	}
	return 0;
}

void inspection_release(struct inspection *inspection)
{
	for (size_t i = 0; i < inspection->count; i++) {
		mem_free(inspection->differences[i]);
		value_unref(inspection->before[i]);
	}
	mem_free(inspection->findings);
	mem_free(inspection->differences);
	mem_free(inspection->before);
	value_unref(inspection->learnt);
	*inspection = (struct inspection){0};
}
