/*
 * disk.h - a disk that loses what was not synced: a VFS of SQLite that remembers every write.
 *
 *	disk_record ─ a program works, its own files are as they always are ─ disk_stop
 *	disk_step ─▶ deed by deed ─▶ disk_build: the files as a power failure at that point leaves them
 *
 * Of what a file's last sync does not cover, nothing is there, all of it, or some sectors of 512 bytes, in another order.
 * That a name itself can be lost is tried elsewhere (tests/fault/power_loss.py).
 *
 * Writes may come from any thread; all else is the test's own. Depends on SQLite, lib/{mem,text}.
 */
#ifndef TESTS_HARNESS_DISK_H
#define TESTS_HARNESS_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum disk_rest { DISK_NOTHING, DISK_ALL, DISK_SOME };

enum disk_deed { DISK_WROTE, DISK_CUT, DISK_SYNCED, DISK_DELETED, DISK_MARK };

/* Once in a process, before SQLite is used: from now on this is its usual VFS. */
void disk_install(void);
/* Remember what happens to the files of a folder; what was remembered is forgotten. */
void disk_record(const char *folder);
void disk_mark(int64_t mark); /* a deed of the test's own, at its place among the others */
void disk_stop(void);

/* Go one deed on, from the first; false past the last. *mark is set for DISK_MARK. */
bool disk_step(enum disk_deed *deed, int64_t *mark);
/* Write the files into `folder`, which has none of them; one without content is not there. `seed` is for DISK_SOME, and
 * moved on. */
void disk_build(const char *folder, enum disk_rest rest, uint64_t *seed);

#endif
