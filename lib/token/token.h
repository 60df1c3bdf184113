/*
 * token.h - bearer tokens for calls to others: asked for, kept until they expire.
 *
 *	tokens_ask -> a good one is kept ---------------------------> done
 *	        `---> one fetch for all who wait: gcloud, metadata -> done
 *
 * Where tokens come from is chosen once, by name:
 *
 *	fake      always TOKENS_FAKE: for services that look for a token and not into it
 *	gcloud    `gcloud auth print-identity-token` and `print-access-token`, as the account that is logged in
 *	metadata  the metadata server of a Google Cloud machine, as its service account; GCE_METADATA_HOST
 *	          (host[:port]) in the environment names another one
 *
 * A token is given out until 60 seconds before its end, then fetched anew. Four fetches run at a time, each
 * at most 30 seconds; the loop never waits. A token is a secret: nothing here writes one anywhere, and no
 * message holds one.
 *
 * One loop, its thread. Depends on lib/{mem,text,diag,json,clock,proc,http}, libcrypto (base64), libuv.
 */
#ifndef LIB_TOKEN_TOKEN_H
#define LIB_TOKEN_TOKEN_H

#include "lib/text/text.h"

#include <uv.h>

#define TOKENS_FAKE "lexflow-local"

enum token_kind {
	TOKEN_IDENTITY, /* who calls, signed for one audience (OpenID Connect) */
	TOKEN_ACCESS,   /* what the caller may do: a list of scopes (OAuth 2.0) */
};

/* The token, or NULL and one line on why there is none. Both lent for the call. */
typedef void token_done(void *ctx, const char *token, const char *message);

struct tokens; /* opaque */

/* NULL when there is no source of this name. */
struct tokens *tokens_new(uv_loop_t *loop, const char *source);
/* Ends what is under way without its callback. The loop must run once more to close handles. Not from inside
 * `done`. NULL is fine. */
void tokens_free(struct tokens *tokens);

/* `target` is the audience of an identity token, or the scopes of an access token, separated by blanks; it is
 * copied. `done` is called exactly once, from inside when a good token is kept, else from the loop. `ctx`
 * names the asker for tokens_cancel and asks for one token at a time. */
void tokens_ask(struct tokens *tokens, enum token_kind kind, struct slice target, token_done *done,
		void *ctx);
void tokens_cancel(struct tokens *tokens, const void *ctx); /* its `done` will not be called */

#endif
