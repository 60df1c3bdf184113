/* http_auth.c - the `auth` of a call, in the one form that who performs it knows (reference, 5.5 and 11.10).
 */
#include "workflow/stdlib/stdlib_private.h"

#define CLOUD_PLATFORM "https://www.googleapis.com/auth/cloud-platform"

/* "a b,c" -> "a b c" */
static void add_scopes(struct buf *out, struct slice text)
{
	bool apart = true;

	for (size_t i = 0; i < text.len; i++) {
		bool blank = text.ptr[i] == ' ' || text.ptr[i] == ',' || text.ptr[i] == '\t' ||
			     text.ptr[i] == '\n' || text.ptr[i] == '\r';

		if (!blank && apart && out->len)
			buf_add_char(out, ' ');
		if (!blank)
			buf_add_char(out, text.ptr[i]);
		apart = blank;
	}
}

/* A string of scopes, or a list of such strings; null is none. */
static int read_scopes(struct buf *out, const char *name, const struct value *given, struct value *raised)
{
	if (!given || value_is_null(*given))
		return 0;
	if (given->kind == VALUE_STRING) {
		add_scopes(out, value_text(*given));
		return 0;
	}
	if (given->kind != VALUE_LIST)
		return raise_argument(raised, "http", name, "a string or a list of strings", *given);
	for (size_t i = 0; i < value_len(*given); i++) {
		if (want_string(*value_list_at(*given, i), "http", name, raised) < 0)
			return -1;
		add_scopes(out, value_text(*value_list_at(*given, i)));
	}
	return 0;
}

static int access_auth(struct value auth, struct value *out, struct value *raised)
{
	struct buf scopes;
	int result;

	buf_init(&scopes, STDLIB_MAX_TEXT);
	result = read_scopes(&scopes, "auth.scope", value_get(auth, "scope"), raised);
	if (result == 0)
		result = read_scopes(&scopes, "auth.scopes", value_get(auth, "scopes"), raised);
	if (result == 0) {
		*out = value_map_new();
		value_put(out, "type", value_string_z("OAuth2"));
		value_put(out, "scopes",
			  scopes.len ? value_string(buf_slice(&scopes)) : value_string_z(CLOUD_PLATFORM));
	}
	buf_release(&scopes);
	return result;
}

static int identity_auth(struct value auth, struct value url, struct value *out, struct value *raised)
{
	const struct value *audience = value_get(auth, "audience");

	if (!audience || value_is_null(*audience))
		audience = &url;
	if (want_string(*audience, "http", "auth.audience", raised) < 0)
		return -1;
	if (value_text(*audience).len == 0)
		return raise_error(raised, "ValueError", "http: auth.audience is empty");
	*out = value_map_new();
	value_put(out, "type", value_string_z("OIDC"));
	value_put(out, "audience", value_ref(*audience));
	return 0;
}

int http_auth(struct value auth, struct value url, struct value *out, struct value *raised)
{
	const struct value *type = value_get(auth, "type");

	if (want_map(auth, "http", "auth", raised) < 0)
		return -1;
	if (!type)
		return raise_error(raised, "ValueError", "http: auth needs a type: \"OIDC\" or \"OAuth2\"");
	if (want_string(*type, "http", "auth.type", raised) < 0)
		return -1;
	if (slice_is(value_text(*type), "OIDC"))
		return identity_auth(auth, url, out, raised);
	if (slice_is(value_text(*type), "OAuth2"))
		return access_auth(auth, out, raised);
	return raise_error(raised, "ValueError",
			   "http: auth.type must be \"OIDC\" or \"OAuth2\", not \"%.*s\"",
			   SLICE_ARG(slice_sub(value_text(*type), 0, 100)));
}
