/*
 * document.h - one file -> one record.
 *
 *	bytes -> format -> parser or charset -> text in UTF-8 -> document store
 *	                                            └-> title, language, pages, length
 *
 * Depends on lib/{mem,text,diag,value,docstore}, and the parsers of this folder. A reader is shared by all
 * threads.
 */
#ifndef STEPS_INGEST_DOCUMENT_H
#define STEPS_INGEST_DOCUMENT_H

#include "lib/docstore/docstore.h"
#include "lib/value/value.h"
#include "steps/ingest/language.h"
#include "steps/ingest/parsers.h"

#include <stdbool.h>

struct reader {
	struct docstore *documents;
	struct parsers *parsers;
	struct languages *languages;
	size_t max_bytes; /* of a file */
	const char *root; /* or NULL: see sources.h */
};

/* The record of a file (README.md has its members), owned by the caller. `sync`: it is on disk on return;
 * otherwise after a docstore_sync. -1: ERROR_INPUT, ERROR_LIMIT or ERROR_NOT_FOUND (this document), ERROR_IO
 * (the machine: the next one will fare no better). Messages do not name the file: they go beside its path. */
int document_read(const struct reader *reader, const char *path, bool sync, struct value *record,
		  struct error *err);

#endif
