/*
 * gc.h - deleting runs that have ended, and what nothing refers to any more.
 *
 * A run goes when it has ended before a moment and is not among the newest. It stays while a process owns it, while a
 * run that did one of its steps again stays (its history is the other half of that one), and while the run that
 * started it still goes on (and will ask for its result). With the last run that refers to them go contents and
 * definitions.
 *
 * Whole runs go in one transaction, at most GC_EVENTS events or one run in each, so that other processes which write
 * wait for one of these at the longest. Killed at any moment, what is left is a true journal.
 *
 * Depends on workflow/journal/journal.h. From the thread of the journal.
 */
#ifndef WORKFLOW_JOURNAL_GC_H
#define WORKFLOW_JOURNAL_GC_H

#include "workflow/journal/journal.h"

enum { GC_EVENTS = 5000 };

struct gc_rules {
	int64_t before_us; /* wall clock: runs that ended before it */
	int64_t keep;	   /* the newest so many runs stay whatever their age */
	bool is_dry;	   /* only count */
};

struct gc_report {
	int64_t runs, events, contents, definitions; /* deleted; dry: runs and their events that would be */
	int64_t runs_left;
	int64_t size_before, size_after; /* bytes of the database, without its WAL */
	int64_t free_bytes;		 /* within it, for later runs to use */
	bool is_packed;			 /* the file was written anew without its free pages */
};

/* 0, or -1 with *err and in *report what was deleted up to then. When at least a quarter of the file is free and no
 * other process is in the way, it is packed, which needs as much room on the disk once more. */
int journal_gc(struct journal *journal, const struct gc_rules *rules, struct gc_report *report, struct error *err);

#endif
