/*
 * schedules.h - when which workflow is started by itself.
 *
 * A schedule says what is started (as executions.create would be asked), when, and up to which moment it was dealt with.
 * Whoever starts executions for schedules holds one lock of the database (journal_own_schedules), so each is started by
 * one process; that it is not started twice follows from its id, a hash of schedule and moment (schedule_execution_id):
 * one that is there already is not begun again.
 *
 * Depends on workflow/journal/journal.h. From the thread of the journal; records are the caller's to release.
 */
#ifndef WORKFLOW_JOURNAL_SCHEDULES_H
#define WORKFLOW_JOURNAL_SCHEDULES_H

#include "workflow/journal/journal.h"

/* What becomes of moments at which nobody was there. */
enum catch_up { CATCH_UP_NONE, CATCH_UP_LAST, CATCH_UP_ALL };

struct schedule {
	int64_t row;
	struct value name;     /* string, as all that follow up to `argument` */
	struct value parent;   /* "projects/P/locations/L" */
	struct value workflow; /* id */
	struct value cron, zone;
	struct value argument; /* JSON */
	enum catch_up catch_up;
	bool is_paused;
	int64_t create_us;
	int64_t done_us;	/* moments up to this one were dealt with */
	struct value execution; /* string: id of the one started last, or "" */
	struct value trouble;	/* string: why the last one was not started, or "" */
};

void schedule_release(struct schedule *schedule);

/* A new one (its row is set); ERROR_INPUT when there is one of this name. */
int journal_add_schedule(struct journal *journal, struct schedule *schedule, struct error *err);
/* Store done_us, execution, trouble. */
int journal_put_schedule(struct journal *journal, const struct schedule *schedule, struct error *err);
/* A paused one starts nothing, and its moments meanwhile are missed ones. ERROR_NOT_FOUND. */
int journal_pause_schedule(struct journal *journal, struct slice name, bool is_paused, struct error *err);
/* ERROR_NOT_FOUND. What it started stays. */
int journal_delete_schedule(struct journal *journal, struct slice name, struct error *err);
/* By name: 1, 0 when there is none, -1. */
int journal_schedule(struct journal *journal, struct slice name, struct schedule *out, struct error *err);
/* All, by name; what `each` gets is lent, it may call no function of the journal. */
int journal_schedules(struct journal *journal, bool (*each)(void *ctx, const struct schedule *schedule), void *ctx,
		      struct error *err);

/* 1: this process is now the one that starts them, until journal_disown_schedules or its end; 0: another one is, or this
 * one already; -1. */
int journal_own_schedules(struct journal *journal, struct error *err);
void journal_disown_schedules(struct journal *journal);

/* Of the execution of that moment, in the form of a UUID. */
void schedule_execution_id(const struct schedule *schedule, int64_t due_us, char id[64]);

#endif
