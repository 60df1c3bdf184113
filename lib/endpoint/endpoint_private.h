/*
 * endpoint_private.h - what the files of lib/endpoint share; see endpoint.h.
 *
 *	endpoint.c   options, lines kept for the next question, attempts and waits, the log
 *	exchange.c   a line: one loop, one client, one attempt at a time; tokens
 *	form.c       a question as a body, an answer's body as a value
 */
#ifndef LIB_ENDPOINT_ENDPOINT_PRIVATE_H
#define LIB_ENDPOINT_ENDPOINT_PRIVATE_H

#include "lib/endpoint/endpoint.h"

#include "lib/http/client.h"
#include "lib/text/text.h"

#include <pthread.h>

enum {
	ENDPOINT_MAX_KEY = 8192, /* bytes */
	ENDPOINT_MAX_BODY = 64 << 20,
};

struct endpoint {
	char *url; /* owned, like all texts here */
	char *model;
	char *host;
	char *key;          /* or NULL */
	char *token_source; /* name for lib/token, or NULL */
	enum endpoint_kind kind;
	int64_t timeout_ms;
	int attempts;
	size_t answer_limit, text_limit; /* bytes */
	bool falls_back;
	const struct logger *log;

	pthread_mutex_t lock; /* guards what follows */
	struct line *idle;    /* a stack */
	int failures;         /* questions in a row that nobody answered */
	int64_t rest_until_ms;
	pthread_mutex_t token_lock; /* guards the keeper, whose loop one thread at a time runs */
	struct keeper *keeper;      /* or NULL: no token was needed yet */
};

/* ---- exchange.c */

struct line; /* opaque: a loop with a client */

struct line *line_new(void);
void line_free(struct line *line);
struct line **line_next(struct line *line); /* for a stack of them */
/* Runs the loop for so long. */
void line_wait(struct line *line, int64_t ms);

struct exchange {
	enum http_outcome outcome;
	int status;
	struct buf body;        /* initialised by the caller, with the limit of the answer */
	int64_t retry_after_ms; /* -1: not said */
	char message[200];      /* what curl says when there is no answer */
};

/* One attempt. `authorization` is the header's value, or NULL. */
void line_exchange(struct line *line, const struct endpoint *endpoint, const char *authorization,
		   struct slice body, int64_t timeout_ms, struct exchange *exchange);

struct keeper; /* opaque: tokens of one source on a loop of its own */

/* An access token appended to `text`. -1 with ERROR_BUSY: the source may have one later. */
int endpoint_token(struct endpoint *endpoint, struct buf *text, struct error *err);
void keeper_free(struct keeper *keeper);

/* ---- form.c */

/* -1: larger than ENDPOINT_MAX_BODY. */
int form_write(const struct endpoint *endpoint, const struct endpoint_question *question, struct buf *body,
	       struct error *err);

struct form_answer {
	struct value content;                /* a map; owned */
	char model[100];                     /* as the answer names it, cleaned; or "" */
	int64_t input_tokens, output_tokens; /* -1: not said */
};

/* 0, or -1 with ERROR_INPUT: what is wrong with the answer. Numbers of tokens are filled in either case. */
int form_read(const struct endpoint *endpoint, struct slice body, struct form_answer *answer,
	      struct error *err);
/* One clean line of a stranger's text, at most `size` - 1 bytes. */
void form_quote(struct slice text, char *out, size_t size);

#endif
