/*
 * sink.h - where records go: a database of decisions, or a URL that takes them by POST.
 *
 * Written as sqlite:PATH or http[s]://…; the name of a sink in the outbox and in answers is
 * sqlite:///absolute/path or the URL. A URL with a user name or password is refused, since names are shown:
 * a token is given apart.
 *
 * Depends on lib/{mem,text,diag}, libcurl's URL parser.
 */
#ifndef STEPS_STORE_SINK_H
#define STEPS_STORE_SINK_H

#include "lib/diag/error.h"
#include "lib/text/text.h"

#include <stddef.h>

enum sink_kind { SINK_SQLITE, SINK_HTTP };

struct sink {
	enum sink_kind kind;
	char *name; /* owned */
	char *path; /* SINK_SQLITE: absolute; owned */
};

/* 0, or -1 with ERROR_INPUT and nothing to release. */
int sink_init(struct sink *sink, const char *spec, struct error *err);
void sink_release(struct sink *sink);

/* Where this record can be found once delivered: NAME#ID. */
void sink_place(const struct sink *sink, struct slice id, struct buf *place);

/* The database of decisions when none is given: `path`, else $STORE_DATABASE, else
 * $XDG_STATE_HOME/lexflow/decisions.db. Absolute, owned by the caller; NULL on error. */
char *sink_database_path(const char *path, struct error *err);
/* The outbox that belongs to it; owned by the caller. */
char *sink_outbox_path(const char *database);

#endif
