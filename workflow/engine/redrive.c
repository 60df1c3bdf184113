/* redrive.c - histories cut and continued; see redrive.h. */
#include "workflow/engine/redrive.h"
#include "workflow/engine/engine_private.h"

/* ---- variables changed by hand, replayed (EVENT_CHANGED) */

struct change {
	int step; /* -1: the plan has no such step, so it is never come to */
	int64_t visits_before;
	size_t at; /* in the past */
	struct change *next;
};

void change_expect(struct run *run, struct value content)
{
	struct change **link = &run->changes;
	struct change *change = value_get(content, "env") ? NULL : mem_new(sizeof(*change));
	struct slice step = value_get_text(content, "step");
	char *name = mem_strndup(step.ptr ? step.ptr : "", step.len);

	if (!change) { /* of the environment: taken in where the strands wait */
		mem_free(name);
		return;
	}
	while (*link)
		link = &(*link)->next;
	*link = change;
	change->step = plan_find_step(run->plan, name);
	change->visits_before = value_get_int(content, "visit", 0);
	change->at = run->past_count - 1;
	mem_free(name);
}

static void apply(struct run *run, struct frame *frame, const struct change *change)
{
	const struct value *set;

	if (run->past_next != change->at) {
		diverge(run, "event %zu of run %s changes variables at a step that the definition comes to at another time",
			change->at + 1, run->id);
		return;
	}
	set = value_get(run->past[change->at].content, "set");
	for (size_t i = 0; set && i < value_len(*set); i++) {
		if (!frame_set(run, frame, value_map_key(*set, i), *value_map_at(*set, i)))
			diverge(run, "event %zu of run %s changes a variable \"%.*s\" that the definition does not have",
				change->at + 1, run->id, SLICE_ARG(value_map_key(*set, i)));
	}
	run->past_next++;
	run->next_event++;
}

void changes_apply(struct strand *strand, struct frame *frame, int step)
{
	struct run *run = strand->run;

	for (struct change *change = run->changes; change; change = change->next) {
		if (change->step == step && change->visits_before-- == 0 && run->status == RUN_GOES_ON)
			apply(run, frame, change);
	}
}

/* ---- the environment */

static void put_all(struct value *map, struct value given)
{
	for (size_t i = 0; i < value_len(given); i++)
		value_map_set(map, value_map_key(given, i), value_ref(*value_map_at(given, i)));
}

bool change_replay_env(struct run *run)
{
	const struct past *past = &run->past[run->past_next];
	const struct value *env = past->kind == EVENT_CHANGED ? value_get(past->content, "env") : NULL;

	if (!env)
		return false;
	put_all(&run->env, *env);
	run->past_next++;
	run->next_event++;
	return true;
}

void change_env(struct run *run)
{
	struct value content;
	int64_t time_us, ticket;

	if (value_is_null(run->new_env) || run->status != RUN_GOES_ON)
		return;
	content = value_map_new();
	value_put(&content, "env", value_ref(run->new_env));
	produce(run, EVENT_CHANGED, 0, 0, content, &time_us, &ticket);
	put_all(&run->env, run->new_env);
	value_unref(content);
}

void run_change_env(struct run *run, struct value env)
{
	value_set(&run->new_env, value_ref(env));
}

void changes_release(struct run *run)
{
	while (run->changes) {
		struct change *change = run->changes;

		run->changes = change->next;
		mem_free(change);
	}
	value_unref(run->new_env);
}

/* ---- the cut */

static void set_content(struct event *event, struct value content)
{
	struct buf text;

	buf_init(&text, 0);
	if (journal_encode(&text, content) < 0)
		assert(0 && "made of contents that were decoded");
	mem_free((char *)event->content.ptr);
	event->content.len = text.len;
	event->content.ptr = buf_take(&text);
}

int history_give_env(struct history *history, struct value given, struct error *err)
{
	put_all(&history->env, given);
	for (size_t i = 0; i < history->count && value_len(given) > 0; i++) {
		struct value content, env;

		if (history->events[i].kind != EVENT_CHANGED)
			continue;
		if (journal_decode(history->events[i].content, &content, err) < 0)
			return -1;
		if (value_get(content, "env")) {
			env = value_ref(*value_get(content, "env"));
			put_all(&env, given);
			value_put(&content, "env", env);
			set_content(&history->events[i], content);
		}
		value_unref(content);
	}
	return 0;
}

/* The start of the new run: where it comes from, and the variables of its environment. */
static int mark_start(struct history *history, const struct redrive *redrive, struct error *err)
{
	struct value content, origin;

	if (journal_decode(history->events[0].content, &content, err) < 0)
		return -1;
	origin = value_map_new();
	value_put(&origin, "run", value_string_z(redrive->parent));
	value_put(&origin, "step", value_string_z(redrive->step));
	value_put(&origin, "visit", value_int((int64_t)redrive->visit));
	value_put(&origin, "events", value_int((int64_t)redrive->events));
	value_put(&content, "redrive", origin);
	value_put(&content, "env", value_ref(history->env));
	set_content(&history->events[0], content);
	value_unref(content);
	return 0;
}

static void add_change(struct history *history, const struct redrive *redrive)
{
	struct value content = value_map_new();
	struct event *event;

	if (history->count == history->capacity)
		history->events = mem_grow(history->events, &history->capacity, sizeof(*history->events));
	event = &history->events[history->count++];
	*event = (struct event){
		.number = (int64_t)history->count, .kind = EVENT_CHANGED, .time_us = redrive->time_us};
	value_put(&content, "step", value_string_z(redrive->step));
	value_put(&content, "visit", value_int((int64_t)redrive->visit));
	value_put(&content, "set", value_ref(redrive->set));
	set_content(event, content);
	value_unref(content);
}

int history_redrive(struct history *history, const struct redrive *redrive, struct error *err)
{
	assert(redrive->events > 0 && redrive->events <= history->count);
	while (history->count > redrive->events)
		mem_free((char *)history->events[--history->count].content.ptr);
	if (mark_start(history, redrive, err) < 0)
		return -1;
	if (value_len(redrive->set) > 0)
		add_change(history, redrive);
	return 0;
}

/* ---- another definition */

static struct watch *watch_nothing(void)
{
	struct watch *watch = mem_new(sizeof(*watch));

	watch->step = -1;
	watch->visit_wanted = SIZE_MAX;
	return watch;
}

int history_fits(const struct plan *plan, const struct history *history, const char *id, size_t count, size_t *fits,
		 struct error *err)
{
	struct history part = *history;
	struct run *run;

	part.count = count;
	run = history_repeat(plan, &part, id, watch_nothing(), fits, err);
	if (!run)
		return -1;
	run_free(run);
	return 0;
}

static bool *common_steps(const struct plan *plan, const struct plan *changed)
{
	bool *is_common = mem_new(((size_t)plan->step_count + 1) * sizeof(*is_common));
	struct buf name;

	buf_init(&name, 0);
	for (int i = 0; i < plan->step_count; i++) {
		buf_clear(&name);
		plan_step_name(plan, i, &name);
		is_common[i] = plan_find_step(changed, buf_text(&name)) >= 0;
	}
	buf_release(&name);
	return is_common;
}

/* The event at which a plan differs may have been taken in before the difference was seen. */
static size_t surely_fits(const struct plan *changed, const struct history *history, const char *id, size_t fits)
{
	struct error ignored = {0};
	size_t less;

	if (fits > 1 && history_fits(changed, history, id, fits, &less, &ignored) < 0)
		fits--;
	return fits;
}

struct entry history_last_entry(const struct plan *plan, const struct plan *changed, const struct history *history,
				const char *id, size_t fits)
{
	bool *is_common = common_steps(plan, changed);
	size_t *visits = mem_new(((size_t)plan->step_count + 1) * sizeof(*visits));
	struct trail trail = {.bound = surely_fits(changed, history, id, fits),
			      .accepts = is_common,
			      .visits = visits,
			      .step = -1};
	struct watch *watch = watch_nothing();
	struct error ignored = {0};
	struct run *run;

	watch->trail = &trail;
	run = history_repeat(plan, history, id, watch, NULL, &ignored);
	run_free(run);
	mem_free(visits);
	mem_free(is_common);
	return (struct entry){trail.step, trail.visit, trail.events};
}
