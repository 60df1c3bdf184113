/*
 * endpoint.h - a model that is served elsewhere: one question out, one JSON value back.
 *
 * Two forms of question, chosen by name or by the URL:
 *
 *	vertex	{"instances": [I]} -> {"predictions": [P]}	Vertex AI's :predict, and our own steps' POST /predict
 *	chat	messages and a JSON Schema -> text that is JSON	OpenAI's /v1/chat/completions and what imitates it
 *
 * What fails for the moment (no connection, broken, timed out, 408, 425, 429, 5xx) is asked again, after
 * Retry-After or lib/http/backoff.h, 30 seconds at most, up to `attempts` and never past the caller's deadline. After
 * some questions in a row that nobody answered the endpoint rests: with a fall-back the next ones are not sent for a
 * while.
 *
 * What comes back is a stranger's: bounded in size, parsed, and of the right outer shape; whether it means
 * anything is for the step to say. Nothing follows a redirect. A key is a secret: it is read from a file or the
 * environment, never sent in the clear to another machine, never written anywhere.
 *
 * Safe from any thread: each question under way has a loop and a connection of its own, kept for the next one.
 * Depends on lib/{mem,text,diag,value,json,clock,log,http,token,opt}, libuv.
 */
#ifndef LIB_ENDPOINT_ENDPOINT_H
#define LIB_ENDPOINT_ENDPOINT_H

#include "lib/diag/error.h"
#include "lib/log/log.h"
#include "lib/opt/opt.h"
#include "lib/value/value.h"

#include <stdbool.h>
#include <stdint.h>

/* Rows for a table of options. `PREFIX` begins the environment variables: "CLASSIFY_" gives CLASSIFY_ENDPOINT. */
/* clang-format off */
#define ENDPOINT_OPTIONS(PREFIX) \
	{"endpoint", 0, OPT_TEXT, "URL", NULL, PREFIX "ENDPOINT", "ask a model that is served there"}, \
	{"endpoint-kind", 0, OPT_TEXT, "vertex|chat", NULL, PREFIX "ENDPOINT_KIND", \
	 "form of question; told by the URL unless set"}, \
	{"endpoint-model", 0, OPT_TEXT, "NAME", NULL, PREFIX "ENDPOINT_MODEL", "model to ask for"}, \
	{"endpoint-key-file", 0, OPT_TEXT, "FILE", NULL, PREFIX "ENDPOINT_KEY_FILE", \
	 "holds the key to send; $" PREFIX "ENDPOINT_KEY is one too"}, \
	{"endpoint-auth", 0, OPT_TEXT, "SOURCE", NULL, PREFIX "ENDPOINT_AUTH", \
	 "gcloud or metadata: send an access token of Google Cloud"}, \
	{"endpoint-timeout", 0, OPT_COUNT, "SECONDS", "60", PREFIX "ENDPOINT_TIMEOUT", \
	 "time for one attempt"}, \
	{"endpoint-attempts", 0, OPT_COUNT, "N", "3", PREFIX "ENDPOINT_ATTEMPTS", \
	 "how often a question is asked"}, \
	{"endpoint-answer", 0, OPT_COUNT, "BYTES", "4194304", NULL, "largest answer"}, \
	{"endpoint-text", 0, OPT_COUNT, "BYTES", "400000", PREFIX "ENDPOINT_TEXT", \
	 "how much of a document is sent"}, \
	{"endpoint-fallback", 0, OPT_TEXT, "yes|no", "yes", PREFIX "ENDPOINT_FALLBACK", \
	 "when it gives no answer, use the embedded model"}
/* clang-format on */

enum endpoint_kind { ENDPOINT_VERTEX, ENDPOINT_CHAT };

struct endpoint; /* opaque */

/* By the options above; `key_variable` names the environment variable of the key. NULL without *err when no
 * endpoint is asked for, NULL with ERROR_INPUT or ERROR_NOT_FOUND (key file) when it cannot be. `log` is lent. */
struct endpoint *endpoint_open(const struct opts *opts, const char *key_variable, const struct logger *log,
			       struct error *err);
void endpoint_close(struct endpoint *endpoint); /* no question under way; NULL is fine */

enum endpoint_kind endpoint_kind(const struct endpoint *endpoint);
bool endpoint_falls_back(const struct endpoint *endpoint);
/* As much of a text as may be sent, cut at a character. *cut (may be NULL): is it less than all? */
struct slice endpoint_excerpt(const struct endpoint *endpoint, struct slice text, bool *cut);

/* Values and slices are lent for the call. */
struct endpoint_question {
	struct value instance; /* ENDPOINT_VERTEX */
	const char *name;      /* ENDPOINT_CHAT: of the schema, [A-Za-z0-9_-] */
	const char *task;      /* what the model is to do, ours alone */
	struct value schema;   /* of the answer */
	struct slice document; /* data, whatever it says; valid UTF-8 */
	int64_t deadline_ms;   /* clock_monotonic_ms at which the caller has given up; 0: none */
	struct slice trace;    /* header of the calling trace, or empty */
	const char *project;   /* for the trace in the log, or NULL */
};

struct endpoint_answer {
	struct value content; /* a map; owned by the caller: value_unref */
	char model[160];      /* NAME@HOST, printable ASCII */
	long retry_after_s;   /* after a failure with ERROR_BUSY; 0: not known */
};

/* 0, or -1 with *err: ERROR_BUSY when it may go better later, ERROR_INPUT when the answer is of no use for this
 * document, ERROR_IO when the endpoint refuses us. One log line says how long it took and what it cost. */
int endpoint_ask(struct endpoint *endpoint, const struct endpoint_question *question,
		 struct endpoint_answer *answer, struct error *err);

#endif
