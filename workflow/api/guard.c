/*
 * guard.c - who may ask: beyond this machine a token, and never a page of another site.
 *
 * A browser names the page that asks in Origin; only one that came from this server may. Requests without it come from
 * programs, or from the address bar. A page that knows the address of a callback was told a secret, so callbacks
 * are not asked (listener.c).
 */
#include "workflow/api/api_private.h"

#include "lib/docstore/docstore.h"
#include "lib/load/crypto.h"

#include <string.h>

/* Their digests, in a time that says nothing of how much of it was right. */
static bool is_token(struct slice given, const char *token)
{
	char have[DOCSTORE_HASH_SIZE], want[DOCSTORE_HASH_SIZE];

	docstore_hash(given, have);
	docstore_hash(slice_of(token), want);
	return CRYPTO_memcmp(have, want, sizeof(want)) == 0;
}

static bool has_token(const struct http_incoming *incoming, const char *token)
{
	struct slice header = http_incoming_header(incoming, "Authorization");

	return slice_starts(header, SLICE("Bearer ")) && is_token(slice_sub(header, 7, header.len), token);
}

/* "http://HOST", HOST being what the request calls us. */
static bool is_own_origin(const struct http_incoming *incoming, struct slice origin)
{
	struct slice host = http_incoming_header(incoming, "Host");
	size_t start = slice_find(origin, SLICE("://"), 0);

	return start != SIZE_MAX && host.len && slice_equal(slice_sub(origin, start + 3, origin.len), host);
}

bool guard_admits(struct api_request *request)
{
	const struct http_incoming *incoming = request->incoming;
	const char *token = request->listener->options.token;
	struct slice origin = http_incoming_header(incoming, "Origin");

	if (origin.len && !is_own_origin(incoming, origin)) {
		api_refuse(request, STATUS_PERMISSION_DENIED, "pages of other sites may not call this server");
		return false;
	}
	if (token && !has_token(incoming, token)) {
		api_refuse(request, STATUS_UNAUTHENTICATED,
			   "this server asks for its token: Authorization: Bearer TOKEN");
		return false;
	}
	return true;
}
