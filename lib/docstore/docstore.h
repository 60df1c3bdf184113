/*
 * docstore.h - documents by the hash of their content: write once, read by reference.
 *
 * A store is a folder, named by a path or a file:/// URL ($DOCUMENT_STORE; default
 * $XDG_STATE_HOME/lexflow/documents). A document lies at <root>/ab/<sha256>, ab being the first two
 * digits of its hash; putting the same bytes twice keeps one copy.
 *
 * A write goes to a temporary name, is renamed, and is then synced: on Linux file systems a sync of a
 * file after its rename carries the new name and the folders above it as well, so one sync does what
 * otherwise takes three. A reader sees all of a document or nothing. A crash before the sync may leave a
 * document whose content was not written; nobody was told of it, docstore_get refuses it by its hash, and
 * the next docstore_put of the same content replaces it.
 *
 * The URI of a document is file://<absolute root>/ab/<sha256>, percent-encoded. Reading refuses a URI
 * outside the root and content whose hash is not the name.
 *
 * Depends on lib/mem, lib/text, lib/diag, lib/clock, OpenSSL. Safe from any thread.
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

/* Appends the document's URI to `uri`, its hash to `hash`. 0: the document is on disk; or -1. */
int docstore_put(struct docstore *store, struct slice content, struct buf *uri, char hash[DOCSTORE_HASH_SIZE],
		 struct error *err);
/* The same for one of many: on disk only when a docstore_sync that began later has returned 0. One sync of
 * the file system for a hundred documents costs about as much as ten syncs of a file. */
int docstore_put_later(struct docstore *store, struct slice content, struct buf *uri,
		       char hash[DOCSTORE_HASH_SIZE], struct error *err);
int docstore_sync(struct docstore *store, struct error *err);

/* Appends the content. ERROR_NOT_FOUND, ERROR_INPUT (a URI of another store), ERROR_LIMIT (buf's limit),
 * ERROR_IO (content that is not what was put, among others). */
int docstore_get(struct docstore *store, struct slice uri, struct buf *content, struct error *err);

void docstore_hash(struct slice content, char hash[DOCSTORE_HASH_SIZE]);

#endif
