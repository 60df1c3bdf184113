/*
 * catalog.h - the discovery documents that the user has, and the addresses he gives services.
 *
 *	--discovery FOLDER    SERVICE.VERSION.json, SERVICE-VERSION.json or SERVICE/VERSION/SERVICE-api.json in it
 *	--discovery URL       {service} and {version} in it are filled in; without them SERVICE.VERSION.json is appended
 *	--base-url SERVICE=URL   instead of the document's rootUrl: an emulator, a server of one's own
 *
 * A document is read when the first of its methods is asked for, once, before a run starts: replay has what
 * the run recorded (descriptor.h). It comes from outside, so its size, its depth and the time to fetch it are
 * bounded.
 *
 * Depends on lib/{http,json,value}, libuv (a loop of its own for a fetch). One thread.
 */
#ifndef WORKFLOW_CONNECTOR_CATALOG_H
#define WORKFLOW_CONNECTOR_CATALOG_H

#include "lib/diag/error.h"
#include "lib/value/value.h"

#include <stdbool.h>

enum { CATALOG_MAX_DOCUMENT = 32 << 20, CATALOG_TIMEOUT_MS = 30000 };

struct catalog; /* opaque */

struct catalog *catalog_new(void);
void catalog_free(struct catalog *catalog); /* NULL is fine */

/* A folder or URL. ERROR_NOT_FOUND when there is no such folder. */
int catalog_set_discovery(struct catalog *catalog, const char *where, struct error *err);
/* "pubsub=http://127.0.0.1:8085" */
int catalog_add_base_url(struct catalog *catalog, const char *assignment, struct error *err);
bool catalog_is_redirected(const struct catalog *catalog, struct slice service);

/* The descriptor of "googleapis.…" (owned), or null when there is no document for it. -1 with ERROR_NOT_FOUND
 * (and the nearest name as hint) when the document has no such method; other kinds when it cannot be had or
 * read. */
int catalog_describe(struct catalog *catalog, struct slice name, struct value *descriptor, struct error *err);
/* The first document that could not be fetched or read, or NULL. */
const struct error *catalog_fault(const struct catalog *catalog);

#endif
