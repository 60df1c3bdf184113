/* events.c - events.* (reference, 5.2, 8): callbacks, described here and kept by the engine. */
#include "workflow/stdlib/stdlib_private.h"

#include <math.h>

#define DEFAULT_TIMEOUT_S 43200.0 /* reference, section 10, "Callback wait" */

static int endpoint(const struct stdlib_context *context, const struct value *args, struct value *out,
		    struct value *raised)
{
	static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"};
	static const char *const name = "events.create_callback_endpoint";

	(void)context;
	if (!value_is_null(args[0]) && want_string(args[0], name, "http_callback_method", raised) < 0)
		return -1;
	for (size_t i = 0; i < STDLIB_COUNT(methods); i++) {
		if (!slice_is(value_is_null(args[0]) ? SLICE("POST") : value_text(args[0]), methods[i]))
			continue;
		*out = value_map_new();
		value_put(out, "method", value_string_z(methods[i]));
		return 0;
	}
	return raise_error(raised, "ValueError",
			   "%s: http_callback_method must be GET, HEAD, POST, PUT, DELETE, OPTIONS or PATCH; "
			   "got \"%.*s\"",
			   name, SLICE_ARG(slice_sub(value_text(args[0]), 0, 100)));
}

static int await(const struct stdlib_context *context, const struct value *args, struct value *out,
		 struct value *raised)
{
	static const char *const name = "events.await_callback";
	const struct value *url;
	double timeout;

	(void)context;
	if (want_map(args[0], name, "callback", raised) < 0 ||
	    want_number(args[1], name, "timeout", raised) < 0)
		return -1;
	url = value_get(args[0], "url");
	if (!url)
		return raise_error(
			raised, "ValueError",
			"%s: callback must be what events.create_callback_endpoint gave; it has no "
			"url",
			name);
	if (want_string(*url, name, "callback.url", raised) < 0)
		return -1;
	timeout = value_number(args[1]);
	if (!isfinite(timeout) || timeout < 0)
		return raise_error(raised, "ValueError",
				   "%s: timeout must be a number of seconds, not negative", name);
	*out = value_map_new();
	value_put(out, "url", value_ref(*url));
	value_put(out, "timeout", args[1]);
	return 0;
}

int stdlib_callback_path(struct buf *out, struct value env, const char *run, const char *id)
{
	static const char *const parts[][2] = {{"/v1/projects/", "GOOGLE_CLOUD_PROJECT_ID"},
					       {"/locations/", "GOOGLE_CLOUD_LOCATION"},
					       {"/workflows/", "GOOGLE_CLOUD_WORKFLOW_ID"}};

	for (size_t i = 0; i < STDLIB_COUNT(parts); i++) {
		struct slice name = value_get_text(env, parts[i][1]);

		buf_add_text(out, parts[i][0]);
		url_encode(out, name.len ? name : SLICE("-"), URL_PERCENT);
	}
	return buf_printf(out, "/executions/%s/callbacks/%s", run, id);
}

static const struct stdlib_param endpoint_params[] = {
	{"http_callback_method", true, {VALUE_NULL}, TYPE_STRING, "\"POST\""},
};
static const struct stdlib_param await_params[] = {
	{"callback", .types = TYPE_MAP},
	{"timeout", true, {VALUE_DOUBLE, {.number = DEFAULT_TIMEOUT_S}}, TYPE_NUMBER},
};

static const struct stdlib_function functions[] = {
	{"events.create_callback_endpoint", STDLIB_ENDPOINT, STDLIB_PARAMS(endpoint_params), endpoint,
	 "open an address that others can send a request to; a map with its url", TYPE_MAP,
	 "ValueError: the method is not known; SystemError: no address can be had",
	 "get_type(events.create_callback_endpoint(\"POST\")) => \"map\"", "5.2"},
	{"events.await_callback", STDLIB_AWAIT, STDLIB_PARAMS(await_params), await,
	 "wait for a request to such an address, for some seconds", TYPE_MAP,
	 "TimeoutError: none came in time; ValueError: not a callback of this execution, or the timeout is "
	 "negative",
	 "call: events.await_callback\nargs:\n  callback: ${callback}\n  timeout: 3600\nresult: request\n",
	 "5.2"},
};

STDLIB_MODULE(stdlib_events, functions);
