/*
 * sources.h - what a source names: a file, a folder with all below it, or a glob.
 *
 * The files of a source come in the order of their paths' bytes, which is the same every time: so a page can
 * begin behind the last path of the one before, whatever was added in between. Hidden files and folders are
 * left out, and so is what is neither file nor folder. A link counts as what it leads to; a loop is not
 * walked. What cannot be looked at (no permission, a link to nothing) is an entry: reading it says why.
 *
 * A name need not be UTF-8, but JSON is: such a path travels as a file:/// URI, so the file can be had again.
 *
 * Depends on lib/mem, lib/text, lib/diag, lib/value, lib/docstore/location. No state; safe from any thread.
 */
#ifndef STEPS_INGEST_SOURCES_H
#define STEPS_INGEST_SOURCES_H

#include "lib/diag/error.h"
#include "lib/text/text.h"
#include "lib/value/value.h"

#include <stdbool.h>

struct sources {
	char **paths; /* owned; sorted, each once */
	size_t count, capacity;
};

enum { SOURCES_MAX = 1000000 };

/* `source` is a path, a file:/// URL or a glob. `root` NULL: any place; else the folder outside of which
 * nothing is read (links resolved). ERROR_NOT_FOUND when there is nothing, ERROR_INPUT for a scheme or a
 * place that is not served, ERROR_LIMIT beyond SOURCES_MAX files. A file whose name is given may be hidden.
 */
int sources_list(struct sources *sources, struct slice source, const char *root, struct error *err);
void sources_release(struct sources *sources);

/* The page token that names an entry (owned by the caller), and the first entry behind it (empty token: the first
 * of all). A token is the path, percent-encoded: no two paths share one. */
struct value sources_token(const struct sources *sources, size_t i);
size_t sources_after(const struct sources *sources, struct slice token);

/* The path as a "source": itself, or where it is not UTF-8 its file:/// URI. Owned by the caller. */
struct value sources_name(const char *path);

/* Is this path, links resolved, in the folder `root`? Asked again when a file is opened. */
bool sources_is_within(const char *path, const char *root);

#endif
