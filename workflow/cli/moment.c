/* moment.c - a past run at one moment; see moment.h. */
#include "workflow/cli/moment.h"
#include "workflow/cli/connectors.h"
#include "workflow/cli/visit.h"

#include "lib/clock/clock.h"
#include "workflow/engine/moment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int read_at(const struct recorded *recorded, const char *at, struct moment_wanted *wanted, struct error *err)
{
	char name[256];

	*wanted = (struct moment_wanted){.step = -1};
	if (*at && at[strspn(at, "0123456789")] == '\0') {
		wanted->event = (size_t)strtoull(at, NULL, 10);
		return 0;
	}
	if (visit_read(at, name, &wanted->visit, err) < 0)
		return -1;
	wanted->step = plan_find_step(recorded->plan, name);
	if (wanted->step >= 0)
		return 0;
	error_set(err, ERROR_NOT_FOUND, "there is no step %s in %s", name, buf_text(&recorded->file));
	error_hint(err, "lexflow show %s lists the steps that ran, with --events the events", recorded->row.id);
	return -1;
}

int cli_moment(const struct opts *opts, const struct recorded *recorded, const char *at, struct value *moment,
	       struct error *err)
{
	struct history history = {0};
	struct moment_wanted wanted;
	int status = -1;

	if (read_at(recorded, at, &wanted, err) == 0 &&
	    history_read(recorded->journal, &recorded->row, &history, err) == 0 &&
	    cli_give_secrets(opts, &history.connectors, err) == 0)
		status = moment_of(recorded->plan, &history, recorded->row.id, &wanted, moment, err);
	history_free(&history);
	return status;
}

/* ---- as text */

static void print_variables(struct value variables)
{
	for (size_t i = 0; i < value_len(variables); i++) {
		struct buf text;

		buf_init(&text, 0);
		if (journal_encode(&text, *value_map_at(variables, i)) == 0)
			printf("    %.*s = %s\n", SLICE_ARG(value_map_key(variables, i)), buf_text(&text));
		buf_release(&text);
	}
}

static void print_wait(struct value wait)
{
	const struct value *request = value_get(wait, "request");
	char since[CLOCK_TEXT_SIZE];

	printf(", waits for %.*s", SLICE_ARG(value_get_text(wait, "function")));
	if (request && value_get_text(*request, "url").len)
		printf(" %.*s %.*s", SLICE_ARG(value_get_text(*request, "method")),
		       SLICE_ARG(value_get_text(*request, "url")));
	printf(" since %s", clock_format_utc(value_get_int(wait, "since_us", 0), since));
}

static void print_strand(struct value strand)
{
	const struct value *wait = value_get(strand, "waits");
	const struct value *frames = value_get(strand, "frames");
	char iteration[64];

	visit_iteration(*value_get(strand, "iteration"), iteration, sizeof(iteration));
	printf("strand %lld", (long long)value_get_int(strand, "strand", 0));
	if (iteration[0])
		printf(", iteration %s", iteration);
	printf(", at %.*s", SLICE_ARG(value_get_text(strand, "step")));
	if (wait)
		print_wait(*wait);
	else if (slice_is(value_get_text(strand, "state"), "waiting"))
		printf(", waits for its branches");
	putchar('\n');
	for (size_t i = 0; frames && i < value_len(*frames); i++) {
		struct value frame = *value_list_at(*frames, i);

		printf("  %s of %.*s\n", value_get_bool(frame, "branch", false) ? "branch" : "variables",
		       SLICE_ARG(value_get_text(frame, "routine")));
		print_variables(*value_get(frame, "variables"));
	}
}

void cli_moment_print(struct value moment)
{
	const struct value *strands = value_get(moment, "strands");

	printf("event %lld%s\n", (long long)value_get_int(moment, "event", 0),
	       value_get_bool(moment, "ended", false) ? ": the run has ended" : "");
	for (size_t i = 0; strands && i < value_len(*strands); i++)
		print_strand(*value_list_at(*strands, i));
}
