/*
 * executions.c - the methods of executions: create, get, list, cancel, export, the trigger of Pub/Sub (reference, 9.4).
 *
 * What changes an execution is answered when that is on disk; what only reads reads what is.
 */
#include "workflow/api/api_private.h"

#include "lib/json/json.h"
#include "lib/mem/mem.h"
#include "workflow/api/filter.h"
#include "workflow/api/page.h"
#include "workflow/api/proto.h"
#include "workflow/engine/execution.h"
#include "workflow/journal/cancel.h"

#include <string.h>

enum {
	EXECUTIONS_PAGE = 100,
	EXECUTIONS_MOST = 1000, /* BASIC */
	EXECUTIONS_MOST_FULL = 100,
	PAGE_BYTES = 8 << 20, /* a page of large results ends before */
	SCAN_MOST = 20000, /* executions looked at for one page: a filter that none passes must not hold up the rest */
	ARGUMENT_MAX = 1 << 20,
	EXPORT_MAX = 16 << 20,
};

static const struct proto_field execution_fields[] = {
	{.name = "argument", .kind = PROTO_TEXT},
	{.name = "callLogLevel", .kind = PROTO_ENUM, .names = proto_call_log_levels},
	{.name = "labels", .kind = PROTO_TEXTS},
	{.name = "disableConcurrencyQuotaOverflowBuffering", .kind = PROTO_BOOL},
	{.name = "executionHistoryLevel", .kind = PROTO_ENUM, .names = proto_history_levels},
	{.name = "name", .kind = PROTO_OUTPUT},
	{.name = "createTime", .kind = PROTO_OUTPUT},
	{.name = "startTime", .kind = PROTO_OUTPUT},
	{.name = "endTime", .kind = PROTO_OUTPUT},
	{.name = "duration", .kind = PROTO_OUTPUT},
	{.name = "state", .kind = PROTO_OUTPUT},
	{.name = "result", .kind = PROTO_OUTPUT},
	{.name = "error", .kind = PROTO_OUTPUT},
	{.name = "workflowRevisionId", .kind = PROTO_OUTPUT},
	{.name = "status", .kind = PROTO_OUTPUT},
	{.name = "stateError", .kind = PROTO_OUTPUT},
	{0},
};

/* ---- the resource */

static struct value one_step(struct slice routine, struct slice step)
{
	struct value status = value_map_new(), steps = value_list_new(1), current = value_map_new();

	value_put(&current, "routine", value_string(routine));
	value_put(&current, "step", value_string(step));
	value_list_push(&steps, current);
	value_put(&status, "currentSteps", steps);
	return status;
}

/* Where a run that goes on stands, "main.wait". */
static void put_where(struct value *resource, const struct run *run)
{
	struct slice where;
	size_t dot;
	struct buf text;

	buf_init(&text, 0);
	run_where(run, &text);
	where = buf_slice(&text);
	dot = slice_find(where, SLICE("."), 0);
	if (dot != SIZE_MAX)
		value_put(resource, "status", one_step(slice_sub(where, 0, dot), slice_sub(where, dot + 1, where.len)));
	buf_release(&text);
}

/* Where a failed one stopped: the innermost frame of its trace. */
static void put_failed_step(struct value *resource, struct value error)
{
	const struct value *trace = value_get(error, "stackTrace");
	const struct value *elements = trace ? value_get(*trace, "elements") : NULL;
	struct value first;

	if (!elements || elements->kind != VALUE_LIST || !value_len(*elements))
		return;
	first = *value_list_at(*elements, 0);
	value_put(resource, "status", one_step(value_get_text(first, "routine"), value_get_text(first, "step")));
}

/* int64 is written as a text (reference, 9.1). */
static struct value position_texts(struct value position)
{
	struct value texts = value_map_new();

	for (size_t i = 0; i < value_len(position); i++) {
		struct value v = *value_map_at(position, i);

		value_map_set(&texts, value_map_key(position, i),
			      v.kind == VALUE_INT ? value_stringf("%lld", (long long)v.as.integer) : value_ref(v));
	}
	return texts;
}

static void write_positions(struct value *error)
{
	struct value *trace = value_map_change(error, SLICE("stackTrace"));
	struct value *elements = trace ? value_map_change(trace, SLICE("elements")) : NULL;

	for (size_t i = 0; elements && elements->kind == VALUE_LIST && i < value_len(*elements); i++) {
		struct value *element = value_list_change(elements, i);
		const struct value *position = value_get(*element, "position");

		if (position && position->kind == VALUE_MAP)
			value_put(element, "position", position_texts(*position));
	}
}

static struct value json_text(struct value v)
{
	struct value text;
	struct buf json;

	buf_init(&json, 0);
	journal_encode(&json, v);
	text = value_string(buf_slice(&json));
	buf_release(&json);
	return text;
}

static void put_end(struct value *resource, struct value ended)
{
	const struct value *result = value_get(ended, "result"), *error = value_get(ended, "error");
	const struct value *payload;
	struct value shown;

	if (result)
		value_put(resource, "result", json_text(*result));
	if (!error || error->kind != VALUE_MAP)
		return;
	payload = value_get(*error, "payload");
	shown = value_ref(*error);
	value_put(&shown, "payload", json_text(payload ? *payload : value_null()));
	write_positions(&shown);
	put_failed_step(resource, shown);
	value_put(resource, "error", shown);
}

static void put_full(struct value *resource, const struct api *api, const struct journal_execution *execution,
		     struct error *err)
{
	static const char *const shown[] = {"labels", "callLogLevel", "executionHistoryLevel",
					    "disableConcurrencyQuotaOverflowBuffering"};
	const struct launched *launched = launched_find(api, execution->run.id);
	struct value ended = value_null();

	proto_put_time(resource, "createTime", execution->create_us);
	value_put(resource, "argument", value_ref(execution->argument));
	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
		const struct value *given = value_get(execution->fields, shown[i]);

		if (given)
			value_put(resource, shown[i], value_ref(*given));
	}
	if (execution->run.state == RUN_ACTIVE && launched && launched->run)
		put_where(resource, launched->run);
	if (execution->run.end_us && execution_end(api->journal, &execution->run, &ended, err) == 0)
		put_end(resource, ended);
	value_unref(ended);
}

struct value execution_resource(const struct api *api, const struct journal_execution *execution, bool is_full,
				struct error *err)
{
	const struct journal_run *run = &execution->run;
	struct value resource = value_map_new();

	value_put(&resource, "name",
		  value_stringf("%.*s/workflows/%.*s/executions/%s", SLICE_ARG(value_text(execution->parent)),
				SLICE_ARG(execution_workflow(run->file)), run->id));
	value_put(&resource, "state", value_string_z(run_state_name(run->state)));
	proto_put_time(&resource, "startTime", run->start_us);
	proto_put_time(&resource, "endTime", run->end_us);
	if (run->end_us && run->start_us)
		proto_put_duration(&resource, "duration", run->end_us - run->start_us);
	proto_put_text(&resource, "workflowRevisionId", slice_of(execution->revision_id));
	if (is_full)
		put_full(&resource, api, execution, err);
	return resource;
}

int execution_of_call(struct api_call *call, struct journal_execution *out)
{
	struct error err = {0};
	char id[64];
	int found = 0;

	if (call->variables[3].len < sizeof(id)) {
		memcpy(id, call->variables[3].ptr, call->variables[3].len);
		id[call->variables[3].len] = '\0';
		found = journal_execution(call->api->journal, id, out, &err);
	}
	if (found < 0)
		return status_of_error(&call->status, &err);
	if (found == 1 && slice_equal(value_text(out->parent), call_parent(call)) &&
	    slice_equal(execution_workflow(out->run.file), call->variables[2]))
		return 0;
	if (found == 1)
		journal_execution_release(out);
	return status_set(&call->status, STATUS_NOT_FOUND, "execution \"%.*s\" not found", SLICE_ARG(call->path));
}

/* ---- create */

static void created(void *ctx, bool is_recorded)
{
	struct api_call *call = ctx;

	call_finish(call, is_recorded ? 0 :
					status_set(&call->status, STATUS_UNAVAILABLE, "it could not be recorded"));
}

/* The workflow's labels, and over them the execution's own. */
static struct value merged_labels(struct api_call *call, struct value own)
{
	struct journal_workflow workflow;
	struct status missing = {0};
	const struct value *labels;
	struct value merged;

	if (find_workflow(call->api, call_parent(call), call->variables[2], &workflow, &missing) < 0)
		return value_ref(own);
	labels = value_get(workflow.fields, "labels");
	merged = labels ? value_ref(*labels) : value_map_new();
	journal_workflow_release(&workflow);
	for (size_t i = 0; i < value_len(own); i++)
		value_map_set(&merged, value_map_key(own, i), value_ref(*value_map_at(own, i)));
	return merged;
}

static int start(struct api_call *call, struct slice argument, struct value fields, bool may_wait)
{
	struct launch what = {.parent = call_parent(call),
			      .workflow = call->variables[2],
			      .argument = argument,
			      .fields = value_ref(fields),
			      .may_wait = may_wait};
	const struct value *own = value_get(fields, "labels");
	struct value none = value_map_new();
	struct value labels = merged_labels(call, own ? *own : none);
	struct journal_execution execution;
	struct error err = {0};
	int result;

	value_unref(none);
	value_map_delete(&what.fields, SLICE("argument"));
	if (value_len(labels))
		value_put(&what.fields, "labels", labels);
	else
		value_unref(labels);
	result = launch(call->api, &what, &execution, &call->status);
	value_unref(what.fields);
	if (result < 0)
		return -1;
	call->answer = execution_resource(call->api, &execution, true, &err);
	journal_execution_release(&execution);
	world_when_recorded(call->api->options.world, created, call);
	return CALL_LATER;
}

int executions_create(struct api_call *call)
{
	struct value fields;
	int result = proto_read(call->body, execution_fields, &fields, &call->status);

	if (result == 0 && check_labels_of(fields, &call->status) == 0)
		result = start(call, value_get_text(fields, "argument"), fields,
			       !value_get_bool(fields, "disableConcurrencyQuotaOverflowBuffering", false));
	else
		result = -1;
	value_unref(fields);
	return result;
}

/* ---- the trigger of Pub/Sub */

static const struct proto_field pubsub_fields[] = {
	{.name = "GCPCloudEventsMode", .kind = PROTO_TEXT},
	{.name = "message", .kind = PROTO_ANY},
	{.name = "subscription", .kind = PROTO_TEXT},
	{.name = "deliveryAttempt", .kind = PROTO_INT},
	{0},
};

#define MODE_PREFIX "CUSTOM_PUBSUB_"

/* The CloudEvent of a message, as Eventarc makes it (reference, 9.4 and 11.9). */
static struct value cloud_event(struct slice topic, struct value message, struct slice subscription)
{
	struct value event = value_map_new(), data = value_map_new();
	struct slice id = value_get_text(message, "messageId"), time = value_get_text(message, "publishTime");

	value_put(&data, "message", value_ref(message));
	value_put(&data, "subscription", value_string(subscription));
	value_put(&event, "specversion", value_string_z("1.0"));
	value_put(&event, "type", value_string_z("google.cloud.pubsub.topic.v1.messagePublished"));
	value_put(&event, "source", value_stringf("//pubsub.googleapis.com/%.*s", SLICE_ARG(topic)));
	proto_put_text(&event, "id", id);
	proto_put_text(&event, "time", time);
	value_put(&event, "datacontenttype", value_string_z("application/json"));
	value_put(&event, "data", data);
	return event;
}

static int trigger(struct api_call *call, struct value body)
{
	struct slice mode = value_get_text(body, "GCPCloudEventsMode");
	struct slice subscription = value_get_text(body, "subscription");
	const struct value *message = value_get(body, "message");
	struct value event, none;
	struct buf argument;
	int result;

	if (!mode.len)
		mode = value_get_text(call->query, "__GCP_CloudEventsMode");
	if (!message || message->kind != VALUE_MAP || !subscription.len || !slice_starts(mode, SLICE(MODE_PREFIX)))
		return status_set(&call->status, STATUS_INVALID_ARGUMENT,
				  "message, subscription and GCPCloudEventsMode (" MODE_PREFIX
				  "projects/P/topics/T) are required");
	event = cloud_event(slice_sub(mode, sizeof(MODE_PREFIX) - 1, mode.len), *message, subscription);
	buf_init(&argument, ARGUMENT_MAX);
	none = value_map_new();
	if (json_write(&argument, event) < 0)
		result = status_set(&call->status, STATUS_INVALID_ARGUMENT, "the message is too large");
	else
		result = start(call, buf_slice(&argument), none, false);
	value_unref(none);
	value_unref(event);
	buf_release(&argument);
	return result;
}

int executions_trigger(struct api_call *call)
{
	struct value body;
	int result = proto_read(call->body, pubsub_fields, &body, &call->status);

	if (result == 0)
		result = trigger(call, body);
	value_unref(body);
	return result;
}

/* ---- get */

/* `standard` when the call does not say; -1 with a status. */
static int read_view(struct api_call *call, bool standard, bool *is_full)
{
	struct slice given = call_parameter(call, "view");
	struct value text = value_string(given);
	int view = given.len ? proto_enum(text, proto_execution_views) : 0;

	value_unref(text);
	*is_full = view == 0 ? standard : view == 2;
	if (view < 0)
		return status_set(&call->status, STATUS_INVALID_ARGUMENT, "Invalid value at 'view': \"%.*s\"",
				  SLICE_ARG(slice_sub(given, 0, 60)));
	return 0;
}

int executions_get(struct api_call *call)
{
	struct journal_execution execution;
	struct error err = {0};
	bool is_full;

	if (read_view(call, true, &is_full) < 0 || execution_of_call(call, &execution) < 0)
		return -1;
	call->answer = execution_resource(call->api, &execution, is_full, &err);
	journal_execution_release(&execution);
	return err.kind == ERROR_NONE ? 0 : status_of_error(&call->status, &err);
}

/* ---- cancel */

static int answer_cancelled(struct api_call *call)
{
	struct journal_execution execution;
	struct error err = {0};

	if (execution_of_call(call, &execution) < 0)
		return -1;
	if (execution.run.state == RUN_SUCCEEDED || execution.run.state == RUN_FAILED)
		status_set(&call->status, STATUS_FAILED_PRECONDITION, "execution \"%.*s\" has ended (%s)",
			   SLICE_ARG(call->path), run_state_name(execution.run.state));
	else
		call->answer = execution_resource(call->api, &execution, true, &err);
	journal_execution_release(&execution);
	return call->status.code == STATUS_OK ? 0 : -1;
}

static void cancelled(void *ctx, bool is_recorded)
{
	struct api_call *call = ctx;

	call_finish(call, is_recorded ? answer_cancelled(call) :
					status_set(&call->status, STATUS_UNAVAILABLE, "it could not be recorded"));
}

/* One that another process has is asked for by a wish that its owner meets (workflow/journal/cancel.h). */
static int cancel_elsewhere(struct api_call *call, const struct journal_execution *execution)
{
	struct error err = {0};

	if (execution->run.state != RUN_ACTIVE && execution->run.state != RUN_QUEUED)
		return status_set(&call->status, STATUS_FAILED_PRECONDITION, "execution \"%.*s\" has ended (%s)",
				  SLICE_ARG(call->path), run_state_name(execution->run.state));
	if (journal_ask_cancel(call->api->journal, &execution->run, &err) < 0)
		return status_of_error(&call->status, &err);
	call->answer = execution_resource(call->api, execution, true, &err);
	return 0;
}

int executions_cancel(struct api_call *call)
{
	struct journal_execution execution;
	struct launched *launched;
	int result = CALL_LATER;

	if (execution_of_call(call, &execution) < 0)
		return -1;
	launched = launched_find(call->api, execution.run.id);
	if (launched) {
		launched_cancel(launched);
		world_when_recorded(call->api->options.world, cancelled, call);
	} else {
		result = cancel_elsewhere(call, &execution);
	}
	journal_execution_release(&execution);
	return result;
}

/* ---- list */

static const struct filter_field filter_fields[] = {
	{"executionId", "executionId", FILTER_TEXT},
	{"state", "state", FILTER_TEXT},
	{"createTime", "createTime", FILTER_TIME},
	{"startTime", "startTime", FILTER_TIME},
	{"endTime", "endTime", FILTER_TIME},
	{"duration", "duration", FILTER_DURATION},
	{"workflowRevisionId", "workflowRevisionId", FILTER_TEXT},
	{"stepName", "stepNames", FILTER_TEXTS},
	{"label", "labels", FILTER_MAP},
	{"labels", "labels", FILTER_MAP},
	{"disableConcurrencyQuotaOverflowBuffering", "disableConcurrencyQuotaOverflowBuffering", FILTER_BOOL},
	{0},
};

/* In the order of enum execution_key. */
static const char *const order_fields[] = {"executionId", "state",    "createTime", "startTime",
					   "endTime",	  "duration", "workflowRevisionId", NULL};

struct listing {
	struct api_call *call;
	struct page page;
	struct slice filter;
	bool is_full;
	struct value list;
	int64_t last;	/* row of the last one looked at */
	int64_t looked; /* how many */
	size_t bytes;	/* of those in the list */
	bool has_more;
	struct error err;
};

/* All that a filter may ask for. */
static struct value filtered_view(struct listing *listing, const struct journal_execution *execution)
{
	struct value view = execution_resource(listing->call->api, execution, true, &listing->err);
	const struct value *status = value_get(view, "status");
	const struct value *steps = status ? value_get(*status, "currentSteps") : NULL;
	struct value names = value_list_new(1);

	for (size_t i = 0; steps && i < value_len(*steps); i++)
		value_list_push(&names, value_string(value_get_text(*value_list_at(*steps, i), "step")));
	value_put(&view, "stepNames", names);
	value_put(&view, "executionId", value_string_z(execution->run.id));
	return view;
}

static int passes(struct listing *listing, const struct journal_execution *execution)
{
	struct value view;
	int result;

	if (!listing->filter.len)
		return 1;
	view = filtered_view(listing, execution);
	result = filter_matches(listing->filter, filter_fields, view, &listing->call->status);
	value_unref(view);
	return result;
}

static bool add(void *ctx, const struct journal_execution *execution)
{
	struct listing *listing = ctx;
	int result;

	if (value_len(listing->list) == listing->page.size || listing->looked == SCAN_MOST ||
	    listing->bytes > PAGE_BYTES) {
		listing->has_more = true;
		return false;
	}
	result = passes(listing, execution);
	listing->looked++;
	listing->last = execution->run.row;
	if (result > 0) {
		struct value resource =
			execution_resource(listing->call->api, execution, listing->is_full, &listing->err);

		listing->bytes += value_size(resource);
		value_list_push(&listing->list, resource);
	}
	return result >= 0;
}

static int read_query(struct listing *listing, struct execution_query *query)
{
	struct api_call *call = listing->call;
	struct order order;

	if (read_view(call, false, &listing->is_full) < 0 ||
	    page_read(&listing->page, call->path, call->query, EXECUTIONS_PAGE,
		      listing->is_full ? EXECUTIONS_MOST_FULL : EXECUTIONS_MOST, &call->status) < 0 ||
	    order_read(&order, call_parameter(call, "orderBy"), order_fields, &call->status) < 0 ||
	    filter_matches(listing->filter, filter_fields, value_null(), &call->status) < 0)
		return -1;
	query->parent = call_parent(call);
	query->before = order.count ? INT64_MAX : page_number(&listing->page, INT64_MAX);
	query->skip = order.count ? page_number(&listing->page, 0) : 0;
	query->key_count = order.count;
	for (size_t i = 0; i < order.count; i++)
		query->keys[i] = order.at[i].field | (order.at[i].is_descending ? EXECUTION_DESC : 0);
	return 0;
}

int executions_list(struct api_call *call)
{
	struct listing listing = {.call = call, .filter = call_parameter(call, "filter")};
	struct execution_query query = {0};
	struct journal_workflow workflow;

	if (read_query(&listing, &query) < 0 ||
	    find_workflow(call->api, call_parent(call), call->variables[2], &workflow, &call->status) < 0)
		return -1;
	query.workflow = workflow.row;
	journal_workflow_release(&workflow);
	listing.list = value_list_new(0);
	journal_executions(call->api->journal, &query, add, &listing, &listing.err);
	call->answer = value_map_new();
	if (listing.has_more)
		page_put_number(&listing.page, &call->answer,
				query.key_count ? query.skip + listing.looked : listing.last);
	if (value_len(listing.list))
		value_put(&call->answer, "executions", listing.list);
	else
		value_unref(listing.list);
	if (listing.err.kind != ERROR_NONE)
		status_of_error(&call->status, &listing.err);
	return call->status.code == STATUS_OK ? 0 : -1;
}

/* ---- exportData, deleteExecutionHistory */

/* What the other methods do not show: the definition as it ran, and what the events hold. */
struct exported {
	struct value events;
	struct error err;
};

static const char *event_name(enum event_kind kind)
{
	static const char *const names[] = {"UNKNOWN",  "STARTED", "ANNOUNCED", "ANSWERED", "OBSERVED",
					    "LOGGED",	"ENDED",   "OPENED",	"ARRIVED",  "CHANGED"};

	return names[kind > EVENT_CHANGED ? 0 : kind];
}

static bool add_event(void *ctx, const struct event *event)
{
	struct exported *exported = ctx;
	struct value entry = value_map_new(), content = value_null();

	journal_decode(event->content, &content, &exported->err);
	value_put(&entry, "number", value_int(event->number));
	value_put(&entry, "kind", value_string_z(event_name(event->kind)));
	proto_put_time(&entry, "time", event->time_us);
	value_put(&entry, "content", content);
	value_list_push(&exported->events, entry);
	return exported->err.kind == ERROR_NONE;
}

static struct value export_data(struct api_call *call, const struct journal_execution *execution, struct error *err)
{
	struct exported exported = {.events = value_list_new(0)};
	struct value data = value_map_new();
	struct buf source;

	buf_init(&source, 0);
	value_put(&data, "execution", execution_resource(call->api, execution, true, err));
	if (journal_definition(call->api->journal, execution->run.definition_hash, &source, err) == 0)
		value_put(&data, "sourceContents", value_string_repaired(buf_slice(&source)));
	journal_events(call->api->journal, &execution->run, 1, add_event, &exported, &exported.err);
	value_put(&data, "events", exported.events);
	if (err->kind == ERROR_NONE)
		*err = exported.err;
	buf_release(&source);
	return data;
}

int executions_export(struct api_call *call)
{
	struct journal_execution execution;
	struct error err = {0};
	struct value data;
	struct buf json;

	if (execution_of_call(call, &execution) < 0)
		return -1;
	buf_init(&json, EXPORT_MAX);
	data = export_data(call, &execution, &err);
	if (journal_encode(&json, data) < 0)
		error_set(&err, ERROR_LIMIT, "the history of execution %s is larger than %d bytes: %s", execution.run.id,
			  EXPORT_MAX, "lexflow export writes it into a file");
	call->answer = value_map_new();
	value_put(&call->answer, "data", value_string(buf_slice(&json)));
	journal_execution_release(&execution);
	buf_release(&json);
	value_unref(data);
	return err.kind == ERROR_NONE ? 0 : status_of_error(&call->status, &err);
}

/* The journal stays as it is (J3): its step entries are shown no more. */
int executions_delete_history(struct api_call *call)
{
	struct journal_execution execution;
	struct error err = {0};

	if (execution_of_call(call, &execution) < 0)
		return -1;
	if (!execution.run.end_us) {
		status_set(&call->status, STATUS_FAILED_PRECONDITION, "execution \"%.*s\" has not ended",
			   SLICE_ARG(call->path));
	} else {
		value_put(&execution.fields, "historyDeleted", value_bool(true));
		if (journal_put_execution(call->api->journal, &execution, &err) < 0)
			status_of_error(&call->status, &err);
	}
	journal_execution_release(&execution);
	call->answer = value_map_new();
	return call->status.code == STATUS_OK ? 0 : -1;
}
