/*
 * token_private.h - a token and the sources it can come from; for lib/token alone.
 *
 * token.c keeps tokens and those who wait for them; a source only knows how to fetch one. A new source is a
 * file with a struct token_source and a row in token.c's table.
 */
#ifndef LIB_TOKEN_TOKEN_PRIVATE_H
#define LIB_TOKEN_TOKEN_PRIVATE_H

#include "lib/diag/error.h"
#include "lib/http/client.h"
#include "lib/token/token.h"

#include <stdbool.h>
#include <stdint.h>

struct waiter {
	token_done *done;
	void *ctx;
	uint64_t round; /* the fetch it waits for */
	struct waiter *next;
};

struct token {
	struct tokens *tokens;
	enum token_kind kind;
	char *target;
	char *text;            /* NULL: none was fetched yet */
	int64_t good_until_ms; /* monotonic */
	struct waiter *first, **last;
	uint64_t round;
	void *fetch;       /* the source's, under way; or NULL */
	bool is_under_way; /* a fetch, or the failure of one that could not begin */
	bool is_telling;
	struct error failure; /* of one that could not begin */
	uv_timer_t timer;     /* the deadline of the fetch */
	struct token *next;
};

struct token_source {
	const char *name;
	/* Starts to fetch; token_fetched or token_refused is called later, once, from the loop. NULL with
	 * *err when that is impossible. A NULL `begin`: the token is TOKENS_FAKE, always. */
	void *(*begin)(struct token *token, struct error *err);
	void (*end)(void *fetch); /* over, or given up */
};

extern const struct token_source token_gcloud, token_metadata;

/* From a source. `text` is trimmed here; both are copied. The fetch is ended from inside. */
void token_fetched(struct token *token, struct slice text, int64_t lifetime_s);
void token_refused(struct token *token, const char *message);

/* Is this one the characters of a bearer token (RFC 6750, b64token)? */
bool token_is_sound(struct slice text);
/* Seconds that a signed token (RFC 7519) is still good for by its `exp`; 0 when it does not say. */
int64_t token_lifetime_s(struct slice jwt);
/* A client made at the first call of a source. */
struct http_client *tokens_http(struct tokens *tokens);
uv_loop_t *tokens_loop(struct tokens *tokens);

#endif
