/* request.c - the functions that the routines call: arguments -> a request, a response -> what to do next. */
#include "workflow/connector/connector.h"
#include "workflow/connector/descriptor.h"
#include "workflow/connector/operation.h"
#include "workflow/connector/template.h"
#include "workflow/expr/expr.h"
#include "workflow/expr/raised.h"

#include <math.h>
#include <string.h>

/* connector_params and their defaults: reference, 7.1 */
enum { DEFAULT_TIMEOUT = 1800, MAX_TIMEOUT = 1800, MAX_TIMEOUT_LONG = 31536000 };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct value member_of(struct value map, const char *name)
{
	const struct value *found = value_get(map, name);

	return found ? *found : value_null();
}

/* ---- what is configured */

/* "googleapis.pubsub.v1.projects.topics.publish needs ...: how to get it" */
static int not_configured(struct slice name, struct value *raised)
{
	struct connector_name parts;

	if (!connector_name_split(name, &parts))
		return raise_plain(
			raised, "ValueError",
			"%.*s is not available here: call the cluster's API by http.request, for example "
			"through kubectl proxy",
			SLICE_ARG(name));
	return raise_plain(
		raised, "ValueError",
		"%.*s needs a discovery document: give --discovery FOLDER that holds %.*s.%.*s.json",
		SLICE_ARG(name), SLICE_ARG(parts.service), SLICE_ARG(parts.version));
}

static const struct value *find_descriptor(const struct stdlib_context *context, struct slice name)
{
	const struct value *methods = value_get(context->connectors, "methods");

	return methods ? value_map_get(*methods, name) : NULL;
}

static int is_configured(const struct stdlib_context *context, const struct value *args, struct value *out,
			 struct value *raised)
{
	(void)raised;
	*out = value_bool(find_descriptor(context, value_text(args[0])) != NULL);
	return 0;
}

static int unavailable(const struct stdlib_context *context, const struct value *args, struct value *out,
		       struct value *raised)
{
	(void)context;
	(void)out;
	return not_configured(value_text(args[0]), raised);
}

/* ---- connector_params */

static int known_members(struct value map, const char *const *known, size_t count, const char *where,
			 struct value *raised)
{
	for (size_t i = 0; i < value_len(map); i++) {
		bool found = false;

		for (size_t k = 0; k < count; k++)
			found = found || slice_is(value_map_key(map, i), known[k]);
		if (!found)
			return raise_error(raised, "ValueError", "%s has no member \"%.*s\"", where,
					   SLICE_ARG(slice_sub(value_map_key(map, i), 0, 100)));
	}
	return 0;
}

static int want_map(struct value v, const char *what, struct value *raised)
{
	if (v.kind == VALUE_MAP || value_is_null(v))
		return 0;
	return raise_error(raised, "TypeError", "%s must be a map; got: %s", what, value_kind_name(v.kind));
}

/* A number in (0, most], or the fallback when it is not given. */
static int take_number(struct value from, const char *name, struct value fallback, double most,
		       struct value *todo, struct value *raised)
{
	struct value given = member_of(from, name);
	struct value number = value_is_null(given) ? fallback : given;

	if (!value_is_number(number))
		return raise_error(raised, "TypeError", "%s must be a number; got: %s", name,
				   value_kind_name(number.kind));
	if (!(value_number(number) > 0 && value_number(number) <= most))
		return raise_error(raised, "ValueError", "%s must be above 0 and at most %.0f", name, most);
	value_put(todo, name, number);
	return 0;
}

static int read_polling(struct value policy, struct value *todo, struct value *raised)
{
	static const char *const known[] = {"initial_delay", "multiplier", "max_delay"};

	if (want_map(policy, "polling_policy", raised) < 0 ||
	    known_members(policy, known, COUNT(known), "polling_policy", raised) < 0)
		return -1;
	if (take_number(policy, "initial_delay", value_int(1), MAX_TIMEOUT_LONG, todo, raised) < 0 ||
	    take_number(policy, "multiplier", value_double(1.25), 1e9, todo, raised) < 0)
		return -1;
	return take_number(policy, "max_delay", value_int(60), MAX_TIMEOUT_LONG, todo, raised);
}

static int read_params(struct value params, struct value descriptor, struct value *todo, struct value *raised)
{
	static const char *const known[] = {"timeout", "polling_policy", "skip_polling", "scopes"};
	struct value operation = member_of(descriptor, "operation");
	struct value skip = member_of(params, "skip_polling");

	if (want_map(params, "connector_params", raised) < 0 ||
	    known_members(params, known, COUNT(known), "connector_params", raised) < 0)
		return -1;
	if (!value_is_null(skip) && skip.kind != VALUE_BOOL)
		return raise_error(raised, "TypeError", "skip_polling must be a boolean; got: %s",
				   value_kind_name(skip.kind));
	if (take_number(params, "timeout", value_int(DEFAULT_TIMEOUT),
			value_is_null(operation) ? MAX_TIMEOUT : MAX_TIMEOUT_LONG, todo, raised) < 0)
		return -1;
	if (skip.kind == VALUE_BOOL && skip.as.boolean)
		operation = value_null();
	value_put(todo, "operation", value_ref(operation));
	return read_polling(member_of(params, "polling_policy"), todo, raised);
}

/* The scopes as they are given: a text or a list of texts, which is what `auth` takes (reference, 5.5). */
static int make_auth(struct value params, struct value *request, struct value *raised)
{
	struct value scopes = member_of(params, "scopes");
	struct value auth;

	if (!value_is_null(scopes) && scopes.kind != VALUE_STRING && scopes.kind != VALUE_LIST)
		return raise_error(raised, "TypeError", "scopes must be a string or a list; got: %s",
				   value_kind_name(scopes.kind));
	auth = value_map_new();
	value_put(&auth, "type", value_string_z("OAuth2"));
	if (!value_is_null(scopes))
		value_put(&auth, "scopes", value_ref(scopes));
	value_put(request, "auth", auth);
	return 0;
}

/* ---- the request */

/* The map of query parameters that `query` is where the method has no parameter of that name; else null.
 * Borrowed. */
static struct value query_map(struct value descriptor, struct value args)
{
	if (value_map_get(member_of(descriptor, "params"), SLICE("query")))
		return value_null();
	return member_of(args, "query");
}

static bool is_given(struct value descriptor, struct value args, struct slice name)
{
	const struct value *given = value_map_get(args, name);
	struct value query = query_map(descriptor, args);

	if ((!given || value_is_null(*given)) && query.kind == VALUE_MAP &&
	    descriptor_param_is(descriptor, name, "query"))
		given = value_map_get(query, name);
	return given && !value_is_null(*given);
}

static int check_arguments(struct value descriptor, struct slice name, struct value args,
			   struct value *raised)
{
	struct slice required;

	for (size_t i = 0; i < value_len(args); i++) {
		struct slice key = value_map_key(args, i);

		if (!value_is_null(*value_map_at(args, i)) && !descriptor_has_argument(descriptor, key))
			return raise_error(raised, "ValueError", "%.*s has no argument \"%.*s\"",
					   SLICE_ARG(name), SLICE_ARG(slice_sub(key, 0, 100)));
	}
	if (want_map(query_map(descriptor, args), "query", raised) < 0)
		return -1;
	for (size_t i = 0; (required = descriptor_required(descriptor, i)).len; i++) {
		if (!is_given(descriptor, args, required))
			return raise_error(raised, "ValueError", "%.*s needs the argument \"%.*s\"",
					   SLICE_ARG(name), SLICE_ARG(required));
	}
	return 0;
}

static bool is_host_label(struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
			return false;
	}
	return text.len > 0 && text.len <= 63;
}

/* The regional address, LOCATION-HOST, where `location` or `region` is no parameter of the method itself
 * (reference, 7.1). An address of the user's own has no regions. */
static int add_root(struct buf *url, struct value descriptor, struct value args, struct value *raised)
{
	struct slice root = value_get_text(descriptor, "root");
	static const char *const names[] = {"location", "region"};

	for (size_t i = 0; i < COUNT(names); i++) {
		const struct value *given = value_get(args, names[i]);
		struct slice scheme = SLICE("https://");

		if (!given || value_is_null(*given) ||
		    value_map_get(member_of(descriptor, "params"), slice_of(names[i])))
			continue;
		if (!is_host_label(value_text(*given)))
			return raise_error(raised, "ValueError", "%s must be the name of a region", names[i]);
		if (!slice_ends(root, SLICE(".googleapis.com/")) || !slice_starts(root, scheme))
			break;
		buf_printf(url, "https://%.*s-", SLICE_ARG(value_text(*given)));
		buf_add_slice(url, slice_sub(root, scheme.len, root.len));
		return 0;
	}
	buf_add_slice(url, root);
	return 0;
}

static bool is_upload(struct value descriptor, struct value args)
{
	return value_get(descriptor, "upload") && slice_is(value_get_text(args, "uploadType"), "media");
}

static int make_url(struct value descriptor, struct value args, struct value *todo, struct value *request,
		    struct value *raised)
{
	struct slice path = value_get_text(descriptor, is_upload(descriptor, args) ? "upload" : "path");
	bool as_given = slice_is(value_get_text(descriptor, "service"), "storage");
	struct buf url;
	int result;

	buf_init(&url, 128 << 10);
	result = add_root(&url, descriptor, args, raised);
	if (result == 0) {
		value_put(todo, "root", value_string(buf_slice(&url)));
		result = template_fill(&url, path, args, as_given ? TEMPLATE_AS_GIVEN : TEMPLATE_ENCODED,
				       raised);
	}
	if (result == 0 && url.full)
		result = raise_error(raised, "ValueError", "the URL is too long");
	if (result == 0)
		value_put(request, "url", value_string(buf_slice(&url)));
	buf_release(&url);
	return result;
}

/* The members of `query` are the service's affair; what stands beside it wins. */
static struct value make_query(struct value descriptor, struct value args)
{
	struct value more = query_map(descriptor, args);
	struct value query = value_map_new();

	for (size_t i = 0; more.kind == VALUE_MAP && i < value_len(more); i++) {
		if (!value_is_null(*value_map_at(more, i)))
			value_map_set(&query, value_map_key(more, i), value_ref(*value_map_at(more, i)));
	}
	for (size_t i = 0; i < value_len(args); i++) {
		struct slice key = value_map_key(args, i);

		if (descriptor_param_is(descriptor, key, "query") && !value_is_null(*value_map_at(args, i)))
			value_map_set(&query, key, value_ref(*value_map_at(args, i)));
	}
	return query;
}

/* The message, or its fields that stand among the arguments; null when there are none. New. */
static struct value make_body(struct value descriptor, struct value args)
{
	struct value body = value_ref(member_of(args, "body"));

	for (size_t i = 0; value_is_null(member_of(args, "body")) && i < value_len(args); i++) {
		struct slice key = value_map_key(args, i);

		if (!descriptor_param_is(descriptor, key, "field") || value_is_null(*value_map_at(args, i)))
			continue;
		if (value_is_null(body))
			body = value_map_new();
		value_map_set(&body, key, value_ref(*value_map_at(args, i)));
	}
	return body;
}

/* Content that is uploaded goes as it is; a message is JSON whatever it holds. */
static void add_body(struct value descriptor, struct value args, struct value *request)
{
	struct value body = make_body(descriptor, args);
	struct value headers = value_map_new();

	if (is_upload(descriptor, args) && body.kind == VALUE_STRING)
		value_put(&headers, "Content-Type", value_string_z("text/plain; charset=utf-8"));
	value_put(request, "headers", headers);
	value_put(request, "body", body);
}

static int fill(struct value descriptor, struct slice name, struct value args, struct value *todo,
		struct value *request, struct value *raised)
{
	struct value params = member_of(args, "connector_params");

	if (check_arguments(descriptor, name, args, raised) < 0 ||
	    read_params(params, descriptor, todo, raised) < 0 || make_auth(params, request, raised) < 0 ||
	    make_url(descriptor, args, todo, request, raised) < 0)
		return -1;
	value_put(request, "method", value_string(value_get_text(descriptor, "method")));
	value_put(request, "query", make_query(descriptor, args));
	add_body(descriptor, args, request);
	return 0;
}

/* (name, args) -> {"request", "timeout", "operation": kind or null, "initial_delay", "multiplier",
 * "max_delay", "root", "version", "args"} */
static int prepare(const struct stdlib_context *context, const struct value *args, struct value *out,
		   struct value *raised)
{
	struct slice name = value_text(args[0]);
	const struct value *descriptor = find_descriptor(context, name);
	struct value request;

	if (!descriptor)
		return not_configured(name, raised);
	*out = value_map_new();
	request = value_map_new();
	if (fill(*descriptor, name, args[1], out, &request, raised) < 0) {
		value_unref(request);
		value_unref(*out);
		return -1;
	}
	value_put(out, "request", request);
	value_put(out, "version", value_string(value_get_text(*descriptor, "version")));
	value_put(out, "args", value_ref(args[1]));
	return 0;
}

/* (todo, response) -> {"done": bool, "request": of the next look} */
static int progress(const struct stdlib_context *context, const struct value *args, struct value *out,
		    struct value *raised)
{
	struct value todo = args[0];
	struct value asked = member_of(todo, "request");
	struct value request, url;
	bool done;

	(void)context;
	if (operation_progress(value_get_text(todo, "operation"), args[1], value_get_text(todo, "root"),
			       value_get_text(todo, "version"), member_of(todo, "args"), &done, &url,
			       raised) < 0)
		return -1;
	request = value_map_new();
	value_put(&request, "method", value_string_z("GET"));
	value_put(&request, "url", url);
	value_put(&request, "auth", value_ref(member_of(asked, "auth")));
	value_put(&request, "query", value_null());
	value_put(&request, "headers", value_null());
	value_put(&request, "body", value_null());
	*out = value_map_new();
	value_put(out, "done", value_bool(done));
	value_put(out, "request", request);
	return 0;
}

/* ---- executions and secrets: names in parts */

/* "projects/P/locations/L/workflows/W" -> its members; of a shorter name the last part alone. */
static int split_name(const struct stdlib_context *context, const struct value *args, struct value *out,
		      struct value *raised)
{
	static const char *const keys[] = {"projects",   "locations", "workflows",
					   "executions", "secrets",   "versions"};
	struct slice name = value_text(args[0]);
	struct slice key = {0};

	(void)context;
	if (args[0].kind != VALUE_STRING)
		return raise_error(raised, "TypeError", "a resource name must be a string; got: %s",
				   value_kind_name(args[0].kind));
	*out = value_map_new();
	for (size_t i = 0; i < COUNT(keys); i++)
		value_put(out, keys[i], value_null());
	for (size_t from = 0; from <= name.len;) {
		size_t slash = slice_find(name, SLICE("/"), from);
		struct slice part = slice_sub(name, from, slash == SIZE_MAX ? name.len : slash);

		if (key.len) {
			value_map_set(out, key, value_string(part));
			key = (struct slice){0};
		} else if (value_map_get(*out, part)) {
			key = part;
		}
		from = slash == SIZE_MAX ? name.len + 1 : slash + 1;
	}
	return 0;
}

/* (count) -> a list of as many nulls: places for results that come in any order */
static int places(const struct stdlib_context *context, const struct value *args, struct value *out,
		  struct value *raised)
{
	(void)context;
	if (args[0].kind != VALUE_LIST)
		return raise_error(raised, "TypeError",
				   "experimental.executions.map: arguments must be a list; got: %s",
				   value_kind_name(args[0].kind));
	*out = value_list_new(value_len(args[0]));
	for (size_t i = 0; i < value_len(args[0]); i++)
		value_list_push(out, value_null());
	return 0;
}

static const struct stdlib_param params[] = {/* the routines give all, by position */
					     {.name = "first", .types = TYPE_ANY},
					     {.name = "second", .types = TYPE_ANY},
					     {.name = "third", .types = TYPE_ANY}};

#define PURE(text, count, function)                                                            \
	{                                                                                      \
		.name = (text), .kind = STDLIB_PURE, .params = params, .param_count = (count), \
		.call = (function)                                                             \
	}

static const struct stdlib_function functions[] = {
	PURE("connector.prepare", 2, prepare),
	PURE("connector.progress", 2, progress),
	PURE("connector.is_configured", 1, is_configured),
	PURE("connector.unavailable", 1, unavailable),
	PURE("connector.split", 1, split_name),
	PURE("connector.places", 1, places),
	{.name = "connector.secret", .kind = STDLIB_SECRET, .params = params, .param_count = 3},
};

const struct stdlib_function *connector_function(struct slice name)
{
	for (size_t i = 0; i < COUNT(functions); i++) {
		if (slice_is(name, functions[i].name))
			return &functions[i];
	}
	return NULL;
}
