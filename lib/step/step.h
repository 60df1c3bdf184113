/*
 * step.h - the step contract in C: a step's main is a page.
 *
 * step_main gives a step both modes of design.md, section 4. Filter: requests as JSON Lines in, one
 * response line each, in input order, on -j threads. Service (--serve): POST / with JSON in and out on $PORT,
 * GET /healthz, GET /openapi.json, Vertex AI's :predict shape, SIGTERM drains. The prose is steps/README.md.
 *
 * A step gives an `apply`: a request in, a response out, safe from any thread, no stdin, no socket.
 * What is loaded once (a model) is the state, read-only after `open` or locked by the step itself.
 *
 * Depends on lib/{mem,text,diag,value,json,log,opt,http,docstore,clock}.
 */
#ifndef LIB_STEP_STEP_H
#define LIB_STEP_STEP_H

#include "lib/diag/error.h"
#include "lib/docstore/docstore.h"
#include "lib/log/log.h"
#include "lib/opt/opt.h"
#include "lib/value/value.h"

/* What `open` may use. Lent for the life of the process. */
struct step_setup {
	const struct opts *opts;
	struct step_documents *documents; /* opaque: step_documents() opens it */
	const struct logger *log;
	const char *project; /* $GOOGLE_CLOUD_PROJECT, for traces in logs; or NULL */
	int threads;         /* how many may call apply at once */
	bool serving;
};

/* One request under way. Lent for the call of apply. */
struct step_call {
	const struct step_setup *setup;
	void *state;                  /* what `open` gave */
	struct slice idempotency_key; /* header Idempotency-Key, or empty */
	struct slice trace;           /* header X-Cloud-Trace-Context or traceparent, or empty */
	int64_t deadline_ms;          /* clock_monotonic_ms at which the caller has given up */
	long retry_after_s;           /* set by apply together with ERROR_BUSY; 0: contract's default */
};

struct step {
	const char *name;
	const char *summary;  /* one line */
	const char *example;  /* for --help */
	const char *operands; /* of FILE operands in the help: "[FILE|FOLDER|GLOB]..."; NULL: "[FILE]..." */
	const struct opt_option *options; /* its own, ended by a NULL name; or NULL */

	/* State of the process, or NULL with *err; `open` NULL: no state. */
	void *(*open)(const struct step_setup *setup, struct error *err);
	void (*close)(void *state); /* called after the last apply; delivers what must be delivered */

	/* 0 and *response (owned by the caller), or -1 with *err: ERROR_INPUT and ERROR_LIMIT are 422,
	 * ERROR_NOT_FOUND 404, ERROR_BUSY 503 with Retry-After, ERROR_IO 500. Nothing of the request may
	 * be lost on error: the filter prints it back with an "error" member, so apply leaves it as it was.
	 */
	int (*apply)(struct step_call *call, struct value request, struct value *response, struct error *err);

	/* Filter mode. What FILE operands are: NULL means files of request lines; otherwise a function that
	 * turns one operand into requests (ingest: a path into {"source": path}), pushed to the list. */
	int (*operand)(const struct step_setup *setup, const char *operand, struct value *requests,
		       struct error *err);
	/* Name of a response member whose list items are the output lines; NULL: the response is the line.
	 * With it, the items of "failures" follow as error lines, and while the response has a
	 * "next_page_token" the request is applied again with it as "page_token". */
	const char *lines;
	/* Filter mode: apply gets records with an "error" member too (store keeps them as failures);
	 * otherwise they pass through unchanged. */
	bool takes_errors;
	int threads; /* default of -j; 0: one per core */

	/* JSON Schema texts (draft 2020-12), for --schema and /openapi.json. */
	const char *request_schema;
	const char *response_schema;

	/* Further verbs of the program, such as `classify train`: argv[1] is matched before anything else. */
	const struct step_verb *verbs; /* ended by a NULL name; or NULL */
};

struct step_verb {
	const char *name;
	const char *summary;
	int (*run)(int argc, char **argv); /* argv[0] is the verb; returns the exit status */
};

int step_main(const struct step *step, int argc, char **argv);

/* The document store of --documents or $DOCUMENT_STORE, opened when first asked for; lent. NULL with *err. */
struct docstore *step_documents(const struct step_setup *setup, struct error *err);

/* The text of the document that a record refers to: its "text" member if there is one, else by
 * "text_uri" from the document store. Appended to `text`; ERROR_INPUT when it has neither. */
int step_text(const struct step_call *call, struct value record, struct buf *text, struct error *err);

/* A log line with the trace of the call. */
void step_log(const struct step_call *call, enum log_severity severity, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
