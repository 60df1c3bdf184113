/* descriptor.c - a method of a discovery document -> a descriptor; see descriptor.h. */
#include "workflow/connector/descriptor.h"

#include "lib/mem/mem.h"
#include "workflow/connector/operation.h"
#include "workflow/expr/nearest.h"

enum { MAX_RESOURCES = 8 }; /* nested in each other */

static bool is_word(struct slice word)
{
	for (size_t i = 0; i < word.len; i++) {
		char c = word.ptr[i];

		if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		      c == '-' || c == '_'))
			return false;
	}
	return word.len > 0;
}

/* The first part of a dotted name; *rest is what follows its dot. */
static struct slice take_part(struct slice *rest)
{
	size_t dot = slice_find(*rest, SLICE("."), 0);
	struct slice part = slice_sub(*rest, 0, dot);

	*rest = dot == SIZE_MAX ? (struct slice){0} : slice_sub(*rest, dot + 1, rest->len);
	return part;
}

bool connector_name_split(struct slice name, struct connector_name *parts)
{
	struct slice rest = name;
	struct slice left;

	if (!slice_is(take_part(&rest), "googleapis"))
		return false;
	parts->service = take_part(&rest);
	parts->version = take_part(&rest);
	parts->path = rest;
	for (left = rest; left.len;) {
		if (!is_word(take_part(&left)))
			return false;
	}
	return is_word(parts->service) && is_word(parts->version) && parts->path.len;
}

/* ---- finding the method: by the names of its resources, which are those of its id */

static void offer_methods(struct value resource, const char *prefix, struct nearest *nearest,
			  struct arena *arena, int depth)
{
	const struct value *methods = value_get(resource, "methods");
	const struct value *resources = value_get(resource, "resources");

	for (size_t i = 0; methods && i < value_len(*methods) && methods->kind == VALUE_MAP; i++) {
		struct value path = value_stringf("%s%.*s", prefix, SLICE_ARG(value_map_key(*methods, i)));
		struct slice text = value_text(path);

		nearest_offer(nearest, (struct slice){arena_strndup(arena, text.ptr, text.len), text.len});
		value_unref(path);
	}
	for (size_t i = 0; resources && i < value_len(*resources) && resources->kind == VALUE_MAP; i++) {
		struct value path = value_stringf("%s%.*s.", prefix, SLICE_ARG(value_map_key(*resources, i)));
		struct slice text = value_text(path);

		if (depth < MAX_RESOURCES)
			offer_methods(*value_map_at(*resources, i), arena_strndup(arena, text.ptr, text.len),
				      nearest, arena, depth + 1);
		value_unref(path);
	}
}

static int unknown_method(struct value document, struct slice name, const struct connector_name *parts,
			  struct error *err)
{
	struct nearest nearest;
	struct slice best;
	struct arena arena;

	error_set(err, ERROR_NOT_FOUND, "there is no method \"%.*s\" in %.*s %.*s", SLICE_ARG(parts->path),
		  SLICE_ARG(parts->service), SLICE_ARG(parts->version));
	arena_init(&arena);
	nearest_init(&nearest, parts->path);
	offer_methods(document, "", &nearest, &arena, 0);
	best = nearest_best(&nearest);
	if (best.ptr)
		error_hint(err, "did you mean \"%.*s%.*s\"?", (int)(name.len - parts->path.len), name.ptr,
			   SLICE_ARG(best));
	arena_release(&arena);
	return -1;
}

static const struct value *find_method(struct value document, struct slice path)
{
	const struct value *at = &document;
	struct slice rest = path;

	for (;;) {
		struct slice part = take_part(&rest);
		const struct value *members = value_get(*at, rest.len ? "resources" : "methods");

		at = members ? value_map_get(*members, part) : NULL;
		if (!at || !rest.len)
			return at;
	}
}

/* ---- the parts that a call needs */

static const char *param_words(struct value param)
{
	bool is_path = slice_is(value_get_text(param, "location"), "path");
	bool is_required = value_get_bool(param, "required", false);

	if (is_path)
		return is_required ? "path required" : "path";
	if (value_get_bool(param, "repeated", false))
		return is_required ? "query required repeated" : "query repeated";
	return is_required ? "query required" : "query";
}

/* Of Cloud Translation v2 the fields of the request message are arguments: its methods take them in the query
 * too, though the document does not say so (Workflows documentation, googleapis.translate.v2). */
static void add_fields(struct value *words, struct value document, struct value method)
{
	const struct value *request = value_get(method, "request");
	const struct value *schemas = value_get(document, "schemas");
	const struct value *schema, *fields;

	if (!request || !schemas || schemas->kind != VALUE_MAP)
		return;
	schema = value_map_get(*schemas, value_get_text(*request, "$ref"));
	fields = schema ? value_get(*schema, "properties") : NULL;
	for (size_t i = 0; fields && fields->kind == VALUE_MAP && i < value_len(*fields); i++) {
		if (!value_map_get(*words, value_map_key(*fields, i)))
			value_map_set(words, value_map_key(*fields, i), value_string_z("field"));
	}
}

static void add_params(struct value *out, struct value document, struct value method,
		       const struct connector_name *name)
{
	const struct value *params = value_get(method, "parameters");
	struct value words = value_map_new();

	for (size_t i = 0; params && params->kind == VALUE_MAP && i < value_len(*params); i++)
		value_map_set(&words, value_map_key(*params, i),
			      value_string_z(param_words(*value_map_at(*params, i))));
	if (slice_is(name->service, "translate") && slice_is(name->version, "v2"))
		add_fields(&words, document, method);
	value_put(out, "params", words);
}

static void add_upload(struct value *out, struct value method)
{
	const struct value *media = value_get(method, "mediaUpload");
	const struct value *protocols = media ? value_get(*media, "protocols") : NULL;
	const struct value *simple = protocols ? value_get(*protocols, "simple") : NULL;
	const struct value *path = simple ? value_get(*simple, "path") : NULL;

	if (path && path->kind == VALUE_STRING) { /* it begins with a slash, and the root ends with one */
		struct slice text = value_text(*path);

		value_put(out, "upload",
			  value_string(slice_sub(text, slice_starts(text, SLICE("/")), text.len)));
	}
}

/* The root with its slash. */
static int add_root(struct value *out, struct value document, const char *base_url, struct error *err)
{
	struct slice root = base_url ? slice_of(base_url) : value_get_text(document, "rootUrl");

	if (!slice_starts(root, SLICE("https://")) && !slice_starts(root, SLICE("http://")))
		return error_set(err, ERROR_INPUT, "the document's rootUrl is no http or https URL");
	value_put(out, "root",
		  value_stringf("%.*s%s", SLICE_ARG(root), slice_ends(root, SLICE("/")) ? "" : "/"));
	return 0;
}

static void add_operation(struct value *out, struct value method, struct slice service)
{
	const struct value *response = value_get(method, "response");
	const char *operation;

	/* One that only looks is no call that waits: its answer is as it is now. */
	if (!response || slice_is(value_get_text(method, "httpMethod"), "GET"))
		return;
	operation = operation_kind(service, value_get_text(*response, "$ref"));
	if (operation)
		value_put(out, "operation", value_string_z(operation));
}

int descriptor_make(struct value document, struct slice name, const char *base_url, struct value *out,
		    struct error *err)
{
	struct connector_name parts;
	const struct value *method;
	struct slice path;

	if (!connector_name_split(name, &parts))
		return error_set(err, ERROR_INPUT,
				 "\"%.*s\" is no connector: googleapis.SERVICE.VERSION.METHOD",
				 SLICE_ARG(name));
	method = find_method(document, parts.path);
	if (!method)
		return unknown_method(document, name, &parts, err);
	path = value_get_text(*method, "path");
	if (!path.len || !value_get_text(*method, "httpMethod").len)
		return error_set(err, ERROR_INPUT, "the method \"%.*s\" has no path or no httpMethod",
				 SLICE_ARG(parts.path));
	*out = value_map_new();
	if (add_root(out, document, base_url, err) < 0) {
		value_unref(*out);
		return -1;
	}
	value_put(out, "service", value_string(parts.service));
	value_put(out, "version", value_string(parts.version));
	value_put(out, "method", value_string(value_get_text(*method, "httpMethod")));
	value_put(out, "path",
		  value_stringf("%.*s%.*s", SLICE_ARG(value_get_text(document, "servicePath")),
				SLICE_ARG(path)));
	add_params(out, document, *method, &parts);
	add_upload(out, *method);
	if (value_get(*method, "request"))
		value_put(out, "body", value_bool(true));
	add_operation(out, *method, parts.service);
	return 0;
}

/* ---- arguments */

/* Query parameters of every method (the document's own "parameters"), as far as a workflow has use for them.
 */
static const char *const everywhere[] = {"alt",       "fields",     "key",   "prettyPrint",
					 "quotaUser", "uploadType", "userIp"};

/* What the connector takes itself. `location` and `region` pick the regional address where the method has no
 * such parameter (reference, 7.1); `query` is a map of query parameters (sample connector_firestore). */
static const char *const own[] = {"connector_params", "location", "region", "query"};

static bool is_among(struct slice name, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (slice_is(name, words[i]))
			return true;
	}
	return false;
}

#define IS_AMONG(name, words) is_among((name), (words), sizeof(words) / sizeof((words)[0]))

bool descriptor_param_is(struct value descriptor, struct slice name, const char *word)
{
	const struct value *params = value_get(descriptor, "params");
	const struct value *words = params ? value_map_get(*params, name) : NULL;

	if (!words)
		return slice_is(slice_of(word), "query") && IS_AMONG(name, everywhere);
	return slice_find(value_text(*words), slice_of(word), 0) != SIZE_MAX;
}

bool descriptor_has_argument(struct value descriptor, struct slice name)
{
	const struct value *params = value_get(descriptor, "params");

	if (slice_is(name, "body"))
		return value_get_bool(descriptor, "body", false) || value_get(descriptor, "upload");
	return (params && value_map_get(*params, name)) || IS_AMONG(name, everywhere) || IS_AMONG(name, own);
}

struct slice descriptor_required(struct value descriptor, size_t i)
{
	const struct value *params = value_get(descriptor, "params");

	for (size_t p = 0; params && p < value_len(*params); p++) {
		if (!descriptor_param_is(descriptor, value_map_key(*params, p), "required"))
			continue;
		if (i-- == 0)
			return value_map_key(*params, p);
	}
	return (struct slice){0};
}

struct slice descriptor_nearest(struct value descriptor, struct slice name)
{
	const struct value *params = value_get(descriptor, "params");
	struct nearest nearest;

	nearest_init(&nearest, name);
	for (size_t p = 0; params && p < value_len(*params); p++)
		nearest_offer(&nearest, value_map_key(*params, p));
	if (value_get(descriptor, "body"))
		nearest_offer(&nearest, SLICE("body"));
	nearest_offer(&nearest, SLICE("connector_params"));
	return nearest_best(&nearest);
}
