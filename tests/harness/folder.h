/*
 * folder.h - a folder of the test's own, gone with everything in it when the test is over.
 *
 * Depends on lib/mem, lib/text, cmocka.
 */
#ifndef TESTS_HARNESS_FOLDER_H
#define TESTS_HARNESS_FOLDER_H

struct folder {
	char path[64];
	char *joined[4]; /* what folder_path lent last; owned */
	int turn;
};

void folder_make(struct folder *folder); /* under $TMPDIR or /tmp */
void folder_remove(struct folder *folder);
/* The path of something in it; good for the next three calls. */
const char *folder_path(struct folder *folder, const char *name);
const char *folder_write(struct folder *folder, const char *name, const char *text); /* its path */

#endif
