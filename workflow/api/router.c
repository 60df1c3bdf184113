/*
 * router.c - which method a request is, and how its answer is written.
 *
 * The table holds all methods (reference, 9.3 and 9.4). A template's star stands for one segment of the path; a verb
 * of its own follows a colon in the last segment. Parameters that no method knows are ignored.
 */
#include "workflow/api/api_private.h"

#include "lib/json/json.h"
#include "lib/mem/mem.h"
#include "workflow/api/proto.h"

#include <ctype.h>
#include <string.h>

#define LOCATION "projects/*/locations/*"
#define WORKFLOW LOCATION "/workflows/*"
#define EXECUTION WORKFLOW "/executions/*"

enum { NAME_MAX_BYTES = 256 };

const struct method api_methods[] = {
	{"GET", EXECUTION, executions_get}, /* what is asked most stands first */
	{"POST", WORKFLOW "/executions", executions_create},
	{"GET", WORKFLOW "/executions", executions_list},
	{"POST", EXECUTION ":cancel", executions_cancel},
	{"GET", EXECUTION ":exportData", executions_export},
	{"POST", EXECUTION ":deleteExecutionHistory", executions_delete_history},
	{"GET", EXECUTION "/callbacks", callbacks_list},
	{"GET", EXECUTION "/stepEntries", entries_list},
	{"GET", EXECUTION "/stepEntries/*", entries_get},
	{"POST", WORKFLOW ":triggerPubsubExecution", executions_trigger},
	{"GET", WORKFLOW, workflows_get},
	{"PATCH", WORKFLOW, workflows_patch},
	{"DELETE", WORKFLOW, workflows_delete},
	{"GET", WORKFLOW ":listRevisions", workflows_list_revisions},
	{"GET", LOCATION "/workflows", workflows_list},
	{"POST", LOCATION "/workflows", workflows_create},
	{"GET", LOCATION "/operations", operations_list},
	{"GET", LOCATION "/operations/*", operations_get},
	{"DELETE", LOCATION "/operations/*", operations_delete},
	{"GET", "projects/*/locations", locations_list},
	{"GET", LOCATION, locations_get},
	{0},
};

/* ---- matching */

/* The next segment of a path, or of a template; false at its end. */
static bool next_segment(struct slice *rest, struct slice *segment)
{
	size_t slash = slice_find(*rest, SLICE("/"), 0);

	if (!rest->ptr)
		return false;
	*segment = slice_sub(*rest, 0, slash);
	*rest = slash == SIZE_MAX ? (struct slice){0} : slice_sub(*rest, slash + 1, rest->len);
	return true;
}

/* Without its custom verb, which begins at the last colon of the last segment. */
static struct slice without_verb(struct slice path, struct slice *verb)
{
	size_t at = path.len;

	while (at > 0 && path.ptr[at - 1] != ':' && path.ptr[at - 1] != '/')
		at--;
	if (at == 0 || path.ptr[at - 1] != ':') {
		*verb = SLICE("");
		return path;
	}
	*verb = slice_sub(path, at, path.len);
	return slice_sub(path, 0, at - 1);
}

static bool matches(struct slice wanted, struct slice path, struct slice variables[CALL_VARIABLES])
{
	struct slice want, have;
	size_t count = 0;

	for (;;) {
		bool more = next_segment(&wanted, &want);

		if (next_segment(&path, &have) != more)
			return false;
		if (!more)
			return true;
		if (slice_is(want, "*") && have.len && count < CALL_VARIABLES)
			variables[count++] = have;
		else if (!slice_equal(want, have))
			return false;
	}
}

/* The method of a path without the version, or NULL; *known: another HTTP method would be one. */
static const struct method *find_method(const char *verb, struct slice path, struct api_call *call, bool *known)
{
	struct slice given_verb, bare = without_verb(path, &given_verb);

	for (const struct method *method = api_methods; method->verb; method++) {
		struct slice wanted_verb, template = without_verb(slice_of(method->template), &wanted_verb);

		if (!slice_equal(wanted_verb, given_verb) || !matches(template, bare, call->variables))
			continue;
		*known = true;
		if (strcmp(verb, method->verb) == 0 || (strcmp(verb, "HEAD") == 0 && strcmp(method->verb, "GET") == 0)) {
			call->path = bare;
			return method;
		}
	}
	return NULL;
}

/* "/v1/" and "/v1beta/" are the same to us (reference, section 9). */
static struct slice behind_version(const char *path)
{
	const char *slash = strchr(path + 1, '/');

	return slice_of(slash ? slash + 1 : "");
}

static int check_names(struct api_call *call)
{
	for (size_t i = 0; i < CALL_VARIABLES; i++) {
		struct slice name = call->variables[i];

		for (size_t j = 0; j < name.len; j++) {
			if (name.len > NAME_MAX_BYTES || (!isalnum((unsigned char)name.ptr[j]) &&
							  !strchr("-_.:~", name.ptr[j])))
				return status_set(&call->status, STATUS_INVALID_ARGUMENT,
						  "\"%.*s\" cannot be part of a name",
						  SLICE_ARG(slice_sub(name, 0, 100)));
		}
	}
	return 0;
}

/* ---- reading */

struct slice call_parent(const struct api_call *call)
{
	const struct slice *last = &call->variables[1];

	return (struct slice){call->path.ptr, (size_t)(last->ptr + last->len - call->path.ptr)};
}

struct slice call_parameter(const struct api_call *call, const char *name)
{
	struct slice found = value_get_text(call->query, name);
	struct buf camel;

	for (size_t i = 0; !found.ptr && i < value_len(call->query); i++) {
		buf_init(&camel, 0);
		proto_camel(&camel, value_map_key(call->query, i));
		if (slice_is(buf_slice(&camel), name))
			found = value_text(*value_map_at(call->query, i));
		buf_release(&camel);
	}
	return found;
}

static int check_parameters(struct api_call *call)
{
	struct slice alt = call_parameter(call, "alt");

	if (!alt.len)
		alt = call_parameter(call, "$alt");
	if (alt.len && !slice_starts(alt, SLICE("json")))
		return status_set(&call->status, STATUS_UNIMPLEMENTED, "alt=%.*s: answers are JSON here",
				  SLICE_ARG(slice_sub(alt, 0, 20)));
	return 0;
}

static int read_body(struct api_call *call)
{
	struct slice body = slice_trim(call->request->incoming->body);
	struct error err = {0};

	if (!body.len || strcmp(call->request->incoming->method, "GET") == 0)
		return 0;
	if (json_read(body, &call->body, &err) == 0)
		return 0;
	return status_set(&call->status, STATUS_INVALID_ARGUMENT, "Invalid JSON payload received. %s", err.message);
}

/* ---- answering */

/* False when it is larger than an answer can be; the lists bound their pages far below. */
static bool write_answer(struct api_call *call)
{
	struct slice fields = call_parameter(call, "fields");
	struct value shown = proto_select(call->answer, fields);
	struct buf *body = &call->request->reply->body;
	int written;

	if (slice_is(call_parameter(call, "prettyPrint"), "false"))
		written = json_write(body, shown);
	else
		written = json_write_indented(body, shown, SLICE(""), SLICE("  "));
	buf_add_char(body, '\n');
	value_unref(shown);
	return written == 0 && !body->full;
}

void call_finish(struct api_call *call, int result)
{
	if (result == CALL_LATER)
		return;
	if (result >= 0 && !write_answer(call))
		result = status_set(&call->status, STATUS_INTERNAL, "the answer is too large or has no JSON form");
	if (result < 0)
		api_refuse(call->request, call->status.code, call->status.message);
	else
		api_answer(call->request);
	value_unref(call->query);
	value_unref(call->body);
	value_unref(call->answer);
	mem_free(call);
}

void call_begin(struct api *api, struct api_request *request)
{
	struct api_call *call = mem_new(sizeof(*call));
	const struct http_incoming *incoming = request->incoming;
	bool is_known = false;
	int result = -1;

	call->api = api;
	call->request = request;
	call->query = incoming_query(incoming);
	call->method = find_method(incoming->method, behind_version(incoming->path), call, &is_known);
	if (!call->method)
		status_set(&call->status, is_known ? STATUS_UNIMPLEMENTED : STATUS_NOT_FOUND,
			   "there is no method %s %.300s", incoming->method, incoming->path);
	else if (check_names(call) == 0 && check_parameters(call) == 0 && read_body(call) == 0)
		result = call->method->handle(call);
	call_finish(call, result);
}
