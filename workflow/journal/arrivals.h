/*
 * arrivals.h - files of a watched folder that an execution was begun for.
 *
 * An execution's id is a hash of the watch, the file's name and its content (arrival_execution_id), so one that is there
 * is not begun again; and a row here, written when the execution is on disk, stays when the execution is deleted. The
 * row also says which state of the file was read last: a file that has not changed since need not be read again.
 *
 * Whoever begins executions for a watch holds a lock of the database for it (journal_own_watch).
 *
 * Depends on workflow/journal/journal.h. From the thread of the journal.
 */
#ifndef WORKFLOW_JOURNAL_ARRIVALS_H
#define WORKFLOW_JOURNAL_ARRIVALS_H

#include "workflow/journal/journal.h"

struct file_arrival {
	struct slice watch, name; /* lent; `watch` says which workflow and which folder */
	char execution[64];
	int64_t size;	    /* bytes */
	int64_t changed_ns; /* the file's last change of status (st_ctim) since 1970, which no program can set back */
};

/* In the form of a UUID. `hash`: SHA-256 of the content, in hex. */
void arrival_execution_id(struct slice watch, struct slice name, const char *hash, char id[64]);

/* Was this state of the file (watch, name, size, changed_ns) dealt with? 1, 0, -1. */
int journal_knows_file(struct journal *journal, const struct file_arrival *arrival, struct error *err);
/* Was its content (execution) dealt with? 1, 0, -1. */
int journal_knows_arrival(struct journal *journal, const struct file_arrival *arrival, struct error *err);
/* It was dealt with; or it is known, and the file's state is another now. On disk when it returns 0. */
int journal_put_arrival(struct journal *journal, const struct file_arrival *arrival, struct error *err);

/* 1: this process begins executions for the watch, until journal_disown_watch or its end; 0: another one does, or this
 * one already; -1. */
int journal_own_watch(struct journal *journal, struct slice watch, struct error *err);
void journal_disown_watch(struct journal *journal, struct slice watch);

#endif
