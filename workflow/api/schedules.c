/*
 * schedules.c - executions that begin by themselves, at the moments of their schedules.
 *
 * Each second what is due is begun. An execution's id is a hash of schedule and moment: one that is there was begun by an
 * earlier process, which died before it could say so. Only when the execution is on disk is its moment noted as dealt
 * with. Of several servers on one database one starts them; when that ends, another one takes over.
 */
#include "workflow/api/api_private.h"

#include "lib/clock/clock.h"
#include "lib/cron/cron.h"
#include "lib/mem/mem.h"
#include "workflow/journal/schedules.h"

#include <string.h>

enum { TICK_MS = 1000, BEGUN_AT_ONCE = 100 };
static const int64_t on_time_us = 60 * 1000000LL; /* later than that, a moment was missed */

/* A schedule that was read, and up to where it was dealt with here, which may not be on disk yet. */
struct planned {
	int64_t row, done_us;
	struct cron *cron;	       /* NULL: cannot be read, which was told */
	bool is_there;		       /* still in the table */
	struct planned *next;
};

struct schedule_watch {
	struct api *api;
	uv_timer_t timer;
	struct planned *all;
	bool is_owner;
};

/* ---- what is known of each */

static void planned_free(struct planned *planned)
{
	cron_free(planned->cron);
	mem_free(planned);
}

static void complain(const struct schedule_watch *watch, const struct schedule *schedule, const char *why)
{
	struct value fields = value_map_new();

	value_put(&fields, "schedule", value_ref(schedule->name));
	log_write(watch->api->options.log, LOG_ERROR, fields, "schedule %.*s: %s", SLICE_ARG(value_text(schedule->name)), why);
	value_unref(fields);
}

static struct planned *plan_for(struct schedule_watch *watch, const struct schedule *schedule)
{
	struct planned *planned = watch->all;
	struct error err = {0};

	while (planned && planned->row != schedule->row)
		planned = planned->next;
	if (!planned) {
		planned = mem_new(sizeof(*planned));
		planned->row = schedule->row;
		planned->cron = cron_new(value_text(schedule->cron), value_text(schedule->zone), &err);
		if (!planned->cron)
			complain(watch, schedule, err.message);
		planned->next = watch->all;
		watch->all = planned;
	}
	planned->is_there = true;
	if (planned->done_us < schedule->done_us)
		planned->done_us = schedule->done_us;
	return planned;
}

static void forget_deleted(struct schedule_watch *watch)
{
	for (struct planned **link = &watch->all; *link;) {
		struct planned *planned = *link;

		if (planned->is_there) {
			planned->is_there = false;
			link = &planned->next;
		} else {
			*link = planned->next;
			planned_free(planned);
		}
	}
}

/* ---- beginning one */

/* Noted when the execution is on disk. */
struct note {
	struct journal *journal;
	struct schedule schedule; /* row, done_us, execution and trouble are its own */
	const struct logger *log;
};

static void note_down(void *ctx, bool is_recorded)
{
	struct note *note = ctx;
	struct error err = {0};

	if (is_recorded && journal_put_schedule(note->journal, &note->schedule, &err) < 0)
		log_write(note->log, LOG_ERROR, value_null(), "%s", err.message);
	schedule_release(&note->schedule);
	mem_free(note);
}

static void dealt_with(struct schedule_watch *watch, struct planned *planned, const struct schedule *schedule, int64_t due_us,
		       const char *execution, const char *trouble)
{
	struct note *note = mem_new(sizeof(*note));

	planned->done_us = due_us;
	*note = (struct note){.journal = watch->api->journal, .log = watch->api->options.log};
	note->schedule.row = schedule->row;
	note->schedule.done_us = due_us;
	note->schedule.execution = execution ? value_string_z(execution) : value_ref(schedule->execution);
	note->schedule.trouble = value_string_repaired(slice_of(trouble));
	world_when_recorded(watch->api->options.world, note_down, note);
}

/* False: there is no room at present; it is tried again. */
static bool begin(struct schedule_watch *watch, struct planned *planned, const struct schedule *schedule, int64_t due_us)
{
	struct api *api = watch->api;
	struct journal_execution execution = {0};
	struct status status = {0};
	struct launch what = {.parent = value_text(schedule->parent),
			      .workflow = value_text(schedule->workflow),
			      .argument = value_text(schedule->argument),
			      .fields = value_map_new(),
			      .may_wait = true};
	const char *trouble = "";
	char id[64];

	schedule_execution_id(schedule, due_us, id);
	what.id = id;
	if (!is_begun(api, id)) {
		if (launch(api, &what, &execution, &status) < 0)
			trouble = status.message;
		else
			journal_execution_release(&execution);
	}
	value_unref(what.fields);
	if (*trouble && (status.code == STATUS_RESOURCE_EXHAUSTED || status.code == STATUS_UNAVAILABLE))
		return false;
	if (*trouble)
		complain(watch, schedule, trouble);
	dealt_with(watch, planned, schedule, due_us, *trouble ? NULL : id, trouble);
	return true;
}

/* ---- what is due */

/* The last moment at or before `now`, after `done_us`; 0: none. Sought backwards, for a year of minutes is long. */
static int64_t last_due(struct planned *planned, int64_t now_us)
{
	static const int64_t hour_us = 3600 * 1000000LL;
	int64_t last = 0;

	for (int64_t hours = 1; !last; hours *= 24) {
		int64_t from_us = now_us - hours * hour_us;
		int64_t due;

		if (from_us < planned->done_us || hours > 24 * 24 * 24 * 24)
			from_us = planned->done_us;
		for (due = cron_next(planned->cron, from_us); due && due <= now_us; due = cron_next(planned->cron, due))
			last = due;
		if (from_us == planned->done_us)
			break;
	}
	return last;
}

static void begin_all(struct schedule_watch *watch, struct planned *planned, const struct schedule *schedule, int64_t now_us)
{
	int64_t due = cron_next(planned->cron, planned->done_us);

	for (int i = 0; i < BEGUN_AT_ONCE && due && due <= now_us; i++) {
		if (!begin(watch, planned, schedule, due))
			return;
		due = cron_next(planned->cron, due);
	}
}

static void begin_due(struct schedule_watch *watch, const struct schedule *schedule, int64_t now_us)
{
	struct planned *planned = plan_for(watch, schedule);
	int64_t due;

	if (!planned->cron || schedule->is_paused)
		return;
	if (schedule->catch_up == CATCH_UP_ALL) {
		begin_all(watch, planned, schedule, now_us);
		return;
	}
	due = last_due(planned, now_us);
	if (!due)
		return;
	if (schedule->catch_up == CATCH_UP_LAST || now_us - due <= on_time_us)
		begin(watch, planned, schedule, due);
	else
		dealt_with(watch, planned, schedule, due, NULL, "");
}

/* ---- each second */

struct reading {
	struct schedule *all;
	size_t count, capacity;
};

static bool keep(void *ctx, const struct schedule *schedule)
{
	struct reading *reading = ctx;
	struct schedule *copy;

	if (reading->count == reading->capacity)
		reading->all = mem_grow(reading->all, &reading->capacity, sizeof(*reading->all));
	copy = &reading->all[reading->count++];
	*copy = *schedule;
	copy->name = value_ref(schedule->name);
	copy->parent = value_ref(schedule->parent);
	copy->workflow = value_ref(schedule->workflow);
	copy->cron = value_ref(schedule->cron);
	copy->zone = value_ref(schedule->zone);
	copy->argument = value_ref(schedule->argument);
	copy->execution = value_ref(schedule->execution);
	copy->trouble = value_ref(schedule->trouble);
	return true;
}

static void on_tick(uv_timer_t *timer)
{
	struct schedule_watch *watch = timer->data;
	struct reading reading = {0};
	int64_t now_us = clock_wall_us();
	struct error err = {0};

	if (!watch->is_owner)
		watch->is_owner = journal_own_schedules(watch->api->journal, &err) == 1;
	if (!watch->is_owner)
		return;
	if (journal_schedules(watch->api->journal, keep, &reading, &err) < 0)
		log_write(watch->api->options.log, LOG_ERROR, value_null(), "schedules: %s", err.message);
	for (size_t i = 0; i < reading.count; i++) {
		begin_due(watch, &reading.all[i], now_us);
		schedule_release(&reading.all[i]);
	}
	if (err.kind == ERROR_NONE)
		forget_deleted(watch);
	mem_free(reading.all);
}

struct schedule_watch *schedules_open(struct api *api)
{
	struct schedule_watch *watch = mem_new(sizeof(*watch));

	watch->api = api;
	uv_timer_init(api->options.loop, &watch->timer);
	watch->timer.data = watch;
	uv_timer_start(&watch->timer, on_tick, 0, TICK_MS);
	uv_unref((uv_handle_t *)&watch->timer);
	return watch;
}

static void on_closed(uv_handle_t *handle)
{
	mem_free(handle->data);
}

void schedules_close(struct schedule_watch *watch)
{
	if (!watch)
		return;
	if (watch->is_owner)
		journal_disown_schedules(watch->api->journal);
	while (watch->all) {
		struct planned *planned = watch->all;

		watch->all = planned->next;
		planned_free(planned);
	}
	uv_close((uv_handle_t *)&watch->timer, on_closed);
}
