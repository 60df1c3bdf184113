/*
 * metadata.c - tokens of a machine's service account, from its metadata server.
 *
 * Source: Google Cloud, "Authenticate workloads to other workloads"/"Get tokens": the paths below
 * /computeMetadata/v1/instance/service-accounts/default/, the header Metadata-Flavor: Google on the request,
 * and on the answer, which tells the metadata server from another that happens to listen there.
 */
#include "lib/json/json.h"
#include "lib/mem/mem.h"
#include "lib/token/token_private.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DEFAULT_HOST "metadata.google.internal"
#define ACCOUNT_PATH "/computeMetadata/v1/instance/service-accounts/default/"

enum { TIMEOUT_MS = 10000, ANSWER_LIMIT = 64 << 10 };

struct metadata {
	struct token *token;
	struct http_call *call; /* under way, or NULL */
};

static void add_encoded(struct buf *out, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (isalnum(c) || strchr("-._~", c))
			buf_add_char(out, *text);
		else
			buf_printf(out, "%%%02X", c);
	}
}

static void make_url(struct buf *url, const struct token *token)
{
	const char *host = getenv("GCE_METADATA_HOST");
	char *target = mem_strdup(token->target);

	buf_printf(url, "http://%s" ACCOUNT_PATH, host && *host ? host : DEFAULT_HOST);
	if (token->kind == TOKEN_IDENTITY) {
		buf_add_text(url, "identity?format=full&audience=");
	} else {
		buf_add_text(url, "token?scopes=");
		for (char *c = target; *c; c++)
			*c = *c == ' ' ? ',' : *c;
	}
	add_encoded(url, target);
	mem_free(target);
}

static bool is_metadata_server(const struct http_response *response)
{
	for (size_t i = 0; i < response->header_count; i++) {
		if (strcmp(response->headers[i].name, "Metadata-Flavor") == 0)
			return strcasecmp(response->headers[i].value, "Google") == 0;
	}
	return false;
}

static void take_access_token(struct token *token, struct slice body)
{
	struct value v;

	if (json_read(body, &v, NULL) < 0) {
		token_refused(token, "the metadata server's answer is not JSON");
		return;
	}
	token_fetched(token, value_get_text(v, "access_token"), value_get_int(v, "expires_in", 0));
	value_unref(v);
}

static void answered(void *ctx, const struct http_response *response)
{
	struct metadata *metadata = ctx;
	struct token *token = metadata->token;
	char message[300];

	metadata->call = NULL;
	if (response->outcome != HTTP_ANSWERED) {
		snprintf(message, sizeof(message), "the metadata server does not answer (%.200s)",
			 response->message);
		token_refused(token, message);
	} else if (!is_metadata_server(response)) {
		token_refused(token, "what answers is no metadata server");
	} else if (response->status != 200) {
		snprintf(message, sizeof(message), "the metadata server answered with status %d",
			 response->status);
		token_refused(token, message);
	} else if (token->kind == TOKEN_ACCESS) {
		take_access_token(token, response->body);
	} else {
		token_fetched(token, response->body, token_lifetime_s(response->body));
	}
}

static void *begin(struct token *token, struct error *err)
{
	static const struct http_header flavor = {"Metadata-Flavor", "Google"};
	struct metadata *metadata = mem_new(sizeof(*metadata));
	struct http_request request = {.method = "GET",
				       .headers = &flavor,
				       .header_count = 1,
				       .timeout_ms = TIMEOUT_MS,
				       .response_limit = ANSWER_LIMIT};
	struct buf url;

	(void)err;
	buf_init(&url, 0);
	make_url(&url, token);
	request.url = buf_text(&url);
	metadata->token = token;
	metadata->call = http_client_send(tokens_http(token->tokens), &request, answered, metadata);
	buf_release(&url);
	return metadata;
}

static void end(void *fetch)
{
	struct metadata *metadata = fetch;

	if (metadata->call)
		http_call_cancel(metadata->call);
	mem_free(metadata);
}

const struct token_source token_metadata = {"metadata", begin, end};
