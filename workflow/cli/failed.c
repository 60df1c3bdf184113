/* failed.c - which step a run failed at, from its last event and a survey; see failed.h. */
#include "workflow/cli/failed.h"

#include "workflow/cli/visit.h"

#include <stdio.h>
#include <string.h>

struct search {
	const struct recorded *recorded;
	const struct history *history;
	struct failed *failed;
	bool is_found;
	struct value known; /* names that were looked for: branches that do the same fail at the same step */
};

/* Visits come the last one first; steps in the order of the branches. */
static void keep_earliest(struct search *search, const char *step, const struct survey *survey, size_t visit)
{
	struct failed *failed = search->failed;
	size_t events = survey->visits[visit].events;
	bool is_same_step = search->is_found && strcmp(failed->step, step) == 0;

	if (search->is_found && (failed->events < events || (failed->events == events && !is_same_step)))
		return;
	snprintf(failed->step, sizeof(failed->step), "%s", step);
	failed->visit = visit;
	failed->events = events;
	search->is_found = true;
}

/* The last failure; of branches that of each iteration, and of these the earliest. */
static void choose(struct search *search, const char *step, const struct survey *survey, bool is_branch)
{
	struct value iterations = value_map_new();

	for (size_t i = survey->count; i-- > 0;) {
		char iteration[64];

		if (!survey->visits[i].has_failed)
			continue;
		visit_iteration(survey->visits[i].iteration, iteration, sizeof(iteration));
		if (!value_get(iterations, iteration))
			keep_earliest(search, step, survey, i);
		if (!is_branch)
			break;
		value_put(&iterations, iteration, value_bool(true));
	}
	value_unref(iterations);
}

static int consider(struct search *search, struct value report, bool is_branch, struct error *err)
{
	const struct value *stack = value_get(report, "stackTrace");
	const struct value *elements = stack ? value_get(*stack, "elements") : NULL;
	const struct plan *plan = search->recorded->plan;
	struct survey survey = {0};
	char name[sizeof(search->failed->step)];
	int step;

	if (!elements || elements->kind != VALUE_LIST || value_len(*elements) == 0)
		return 0;
	snprintf(name, sizeof(name), "%.*s.%.*s", SLICE_ARG(value_get_text(*value_list_at(*elements, 0), "routine")),
		 SLICE_ARG(value_get_text(*value_list_at(*elements, 0), "step")));
	step = plan_find_step(plan, name);
	if (step < 0 || value_get(search->known, name))
		return 0;
	value_put(&search->known, name, value_bool(true));
	if (survey_step(plan, search->history, search->recorded->row.id, step, &survey, err) < 0)
		return -1;
	choose(search, name, &survey, is_branch);
	survey_release(&survey);
	return 0;
}

static int consider_branches(struct search *search, struct value report, struct error *err)
{
	const struct value *payload = value_get(report, "payload");
	const struct value *branches = payload ? value_get(*payload, "branches") : NULL;

	for (size_t i = 0; branches && branches->kind == VALUE_LIST && i < value_len(*branches); i++) {
		const struct value *error = value_get(*value_list_at(*branches, i), "error");

		if (error && consider(search, *error, true, err) < 0)
			return -1;
	}
	return search->is_found ? 0 : consider(search, report, false, err);
}

static bool keep_end(void *ctx, const struct event *event)
{
	struct value *end = ctx;
	struct error ignored = {0};
	struct value content;

	if (event->kind == EVENT_ENDED && journal_decode(event->content, &content, &ignored) == 0)
		value_set(end, content);
	return true;
}

int failed_find(const struct recorded *recorded, const struct history *history, struct failed *failed, struct error *err)
{
	struct search search = {recorded, history, failed, false, value_map_new()};
	struct value end = value_null();
	const struct value *report;
	int status = journal_events(recorded->journal, &recorded->row, (int64_t)history->count, keep_end, &end, err);

	report = value_get(end, "error");
	if (status == 0 && report)
		status = consider_branches(&search, *report, err);
	value_unref(search.known);
	value_unref(end);
	return status < 0 ? -1 : search.is_found;
}
