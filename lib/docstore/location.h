/*
 * location.h - where documents are: folders and file:// URIs (RFC 8089).
 *
 * The store is named by a person (a path or a file:/// URL, or nothing for the default); a document is
 * named by a URI that travels through JSON, so every byte outside RFC 3986's unreserved set is
 * percent-encoded and a folder may have any name.
 *
 * Depends on lib/mem, lib/text, lib/diag. No state.
 */
#ifndef LIB_DOCSTORE_LOCATION_H
#define LIB_DOCSTORE_LOCATION_H

#include "lib/diag/error.h"
#include "lib/text/text.h"

/* The folder that `where` names; NULL or "" is $XDG_STATE_HOME/lexflow/documents, or under ~/.local/state.
 * Owned by the caller (mem_free). NULL with ERROR_INPUT for a scheme we cannot serve. */
char *location_folder(const char *where, struct error *err);

/* Appends the path with every other byte than RFC 3986's unreserved ones and "/" as %XX. 0, or -1: buf full. */
int location_encode(struct buf *out, const char *path);
/* The reverse. Owned by the caller (mem_free). NULL for a broken escape or a NUL. */
char *location_decode(struct slice encoded);

/* Appends file://<root>/<name>. 0, or -1 when the buf is full. */
int location_uri(struct buf *uri, const char *root, const char *name);

/* The path in a file:// URI, decoded. Owned by the caller. NULL with ERROR_INPUT. */
char *location_path(struct slice uri, struct error *err);

#endif
