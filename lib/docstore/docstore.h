/*
 * docstore.h - documents by the hash of their content: write once, read by reference.
 *
 * A store is a folder, named by a path or a file:/// URL ($DOCUMENT_STORE; default
 * $XDG_STATE_HOME/lexflow/documents). A document lies at <root>/ab/cd/<sha256>; putting the same bytes
 * twice keeps one copy. A write goes to a temporary name, is synced, and is renamed, so a reader sees
 * all or nothing and a crash leaves no torn document.
 *
 * The URI of a document is file://<absolute root>/ab/cd/<sha256>. Reading refuses a URI outside the root and
 * content whose hash is not the name.
 *
 * Depends on lib/mem, lib/text, lib/diag, OpenSSL. Safe from any thread.
 */
#ifndef LIB_DOCSTORE_DOCSTORE_H
#define LIB_DOCSTORE_DOCSTORE_H

#include "lib/diag/error.h"
#include "lib/text/text.h"

enum { DOCSTORE_HASH_SIZE = 65 }; /* SHA-256 in hex and a NUL */

struct docstore; /* opaque */

/* `where` NULL or "": the default. Makes the folder. */
struct docstore *docstore_open(const char *where, struct error *err);
void docstore_close(struct docstore *store); /* NULL is fine */
const char *docstore_root(const struct docstore *store);

/* Appends the document's URI to `uri`, its hash to `hash`. 0 or -1. */
int docstore_put(struct docstore *store, struct slice content, struct buf *uri, char hash[DOCSTORE_HASH_SIZE],
		 struct error *err);
/* Appends the content. ERROR_NOT_FOUND, ERROR_INPUT (a URI of another store), ERROR_LIMIT (buf's limit). */
int docstore_get(struct docstore *store, struct slice uri, struct buf *content, struct error *err);

void docstore_hash(struct slice content, char hash[DOCSTORE_HASH_SIZE]);

#endif
