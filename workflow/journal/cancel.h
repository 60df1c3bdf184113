/*
 * cancel.h - the wish that a run end, from one process to the one that owns it.
 *
 *	lexflow cancel ─ row in `cancellations` ─ touch DATABASE-runs ─▶ inotify ─ the owner's loop reads the rows
 *
 * No signal: a process owns many runs, and may be another user's. No polling either, where inotify works; where it
 * does not, the rows are read once a second. A wish whose owner dies before it sees it is met by the next owner.
 *
 * Depends on workflow/journal/journal.h, libuv. From the thread of the journal.
 */
#ifndef WORKFLOW_JOURNAL_CANCEL_H
#define WORKFLOW_JOURNAL_CANCEL_H

#include "workflow/journal/journal.h"

/* Write the wish down (committed) and wake the owner. Twice is once. */
int journal_ask_cancel(struct journal *journal, const struct journal_run *run, struct error *err);
/* It was met, or is no longer wished. */
int journal_forget_cancel(struct journal *journal, const struct journal_run *run, struct error *err);
/* End a run that the caller owns (journal_own) and that no replay can bring to its end, at once: a step done again, a
 * run that died before its first event. */
int journal_cancel(struct journal *journal, struct journal_run *run, struct error *err);
/* Look for wishes from some moments after this call on, until the journal is closed, as long as the loop runs for
 * other reasons. `asked` is called on the loop with the row of each run wished ended, perhaps more than once, and of
 * runs that others own. Once for a journal that has a loop. */
void journal_watch_cancels(struct journal *journal, void (*asked)(void *ctx, int64_t row), void *ctx);

#endif
