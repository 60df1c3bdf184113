/*
 * child_private.h - runs that runs start, as the three files about them see one another.
 *
 *	child.c          those that go on here: started, gone on with, waited for, gone
 *	child_make.c     a fresh one: its id, its definition, its row
 *	child_answer.c   what the run that asked for one gets
 *
 * Errors of these functions become HttpErrors of the run that asked (child_refuse).
 */
#ifndef WORKFLOW_ENGINE_CHILD_PRIVATE_H
#define WORKFLOW_ENGINE_CHILD_PRIVATE_H

#include "workflow/engine/world_private.h"

struct child {
	struct world *world;
	struct journal_run row; /* file: below */
	char *file;
	struct plan *plan;     /* owned */
	struct run *run;       /* owned; NULL while another process has it */
	bool is_owned;         /* its lock is ours */
	struct effect *effect; /* that waits for the end; lent by the parent, or NULL */
	bool is_starting;      /* the effect waits for no end: it gets the execution object, once it has begun */
	uv_timer_t poll;
	struct child *next;
};

struct run_ids {
	char (*items)[64]; /* mem_free them */
	size_t count, capacity;
};

/* ---- child.c */
void run_ids_add(struct run_ids *ids, const struct journal_run *row);
struct child *child_find(const struct world *world, const char *id); /* of those that go on here; or NULL */
struct child *child_add(struct world *world, const struct journal_run *row);
/* The run goes from memory; in the journal it is as it is. */
void child_drop(struct child *child);

/* ---- child_make.c */
enum { CHILD_ID_SIZE = 16 };
/* The id of the run that this effect starts, always the same one. */
void child_id(const struct effect *effect, char id[CHILD_ID_SIZE]);
/* A run of its own under `id`, not begun, or NULL with *err. */
struct child *child_make(struct world *world, const struct effect *effect, const char *id, struct value *connectors,
			 struct error *err);
/* *connectors: what the parent has, and what the plan needs beyond. The caller's, whatever comes of it. */
int child_prepare(struct world *world, const struct effect *effect, const struct plan *plan, struct value *connectors,
		  struct error *err);
/* A child, its row made or found without an event: give it its run. */
void child_launch(struct child *child, const struct effect *effect, struct value connectors);
/* NULL with *err, the first mistake. */
struct plan *child_compile(const char *file, struct slice source, struct error *err);

/* ---- child_answer.c: each ends the effect */
void child_answer(struct world *world, struct effect *effect, const char *member, struct value taken);
void child_refuse(struct world *world, struct effect *effect, const struct error *err);
void child_answer_end(struct world *world, struct effect *effect, const struct journal_run *row);
void child_answer_object(struct world *world, struct effect *effect, const char *id); /* of an execution */
void child_list(struct world *world, struct effect *effect);
struct value child_object(const struct child *child); /* the execution object; owned by the caller */

#endif
