/*
 * workflows.c - the methods of workflows: list, get, create, patch, delete, listRevisions (reference, 9.3).
 *
 * A change is on disk when its operation is told of, so every operation is done at once. What belongs to a revision
 * (source, service account, key, environment) makes a new one when it changes; the rest is the workflow's.
 */
#include "workflow/api/api_private.h"

#include "lib/clock/clock.h"
#include "lib/mem/mem.h"
#include "workflow/api/filter.h"
#include "workflow/api/page.h"
#include "workflow/api/proto.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

enum {
	WORKFLOWS_PAGE = 500,
	WORKFLOWS_MOST = 1000,
	REVISIONS_PAGE = 20,
	REVISIONS_MOST = 100,
	WORKFLOWS_ALL = 20000, /* looked at for an order of its own */
	PAGE_BYTES = 8 << 20, /* a page of large sources ends before */
	DESCRIPTION_MAX = 1000,
	LABELS_MAX = 64,
	LABEL_CHARS = 63,
	VARIABLES_MAX = 20,
	VARIABLE_BYTES = 4096,
};

static const struct proto_field workflow_fields[] = {
	{.name = "name", .kind = PROTO_ANY},
	{.name = "description", .kind = PROTO_TEXT},
	{.name = "labels", .kind = PROTO_TEXTS},
	{.name = "serviceAccount", .kind = PROTO_TEXT},
	{.name = "sourceContents", .kind = PROTO_TEXT},
	{.name = "cryptoKeyName", .kind = PROTO_TEXT},
	{.name = "callLogLevel", .kind = PROTO_ENUM, .names = proto_call_log_levels},
	{.name = "userEnvVars", .kind = PROTO_TEXTS},
	{.name = "executionHistoryLevel", .kind = PROTO_ENUM, .names = proto_history_levels},
	{.name = "tags", .kind = PROTO_TEXTS},
	{.name = "state", .kind = PROTO_OUTPUT},
	{.name = "revisionId", .kind = PROTO_OUTPUT},
	{.name = "createTime", .kind = PROTO_OUTPUT},
	{.name = "updateTime", .kind = PROTO_OUTPUT},
	{.name = "revisionCreateTime", .kind = PROTO_OUTPUT},
	{.name = "stateError", .kind = PROTO_OUTPUT},
	{.name = "allKmsKeys", .kind = PROTO_OUTPUT},
	{.name = "allKmsKeysVersions", .kind = PROTO_OUTPUT},
	{.name = "cryptoKeyVersion", .kind = PROTO_OUTPUT},
	{0},
};

static const char *const of_workflow[] = {"description", "labels", "callLogLevel", "executionHistoryLevel", NULL};
static const char *const of_revision[] = {"serviceAccount", "cryptoKeyName", "userEnvVars", NULL};

static const struct filter_field filter_fields[] = {
	{"name", "name", FILTER_TEXT},
	{"description", "description", FILTER_TEXT},
	{"state", "state", FILTER_TEXT},
	{"revisionId", "revisionId", FILTER_TEXT},
	{"createTime", "createTime", FILTER_TIME},
	{"updateTime", "updateTime", FILTER_TIME},
	{"revisionCreateTime", "revisionCreateTime", FILTER_TIME},
	{"labels", "labels", FILTER_MAP},
	{"label", "labels", FILTER_MAP},
	{"serviceAccount", "serviceAccount", FILTER_TEXT},
	{"cryptoKeyName", "cryptoKeyName", FILTER_TEXT},
	{"callLogLevel", "callLogLevel", FILTER_TEXT},
	{"executionHistoryLevel", "executionHistoryLevel", FILTER_TEXT},
	{"userEnvVars", "userEnvVars", FILTER_MAP},
	{0},
};

static const char *const order_fields[] = {"name",	 "description", "state",		   "revisionId",
					   "createTime", "updateTime",	"revisionCreateTime", "serviceAccount",
					   NULL};

/* ---- what may be stored */

static bool is_label_part(struct slice text, bool is_key)
{
	if (utf8_count(text) > LABEL_CHARS || (is_key && !text.len))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];

		if (c < 0x80 && !islower(c) && (i == 0 && is_key ? true : !isdigit(c) && c != '_' && c != '-'))
			return false;
	}
	return true;
}

static int check_labels(struct value labels, struct status *status)
{
	if (value_len(labels) > LABELS_MAX)
		return status_set(status, STATUS_INVALID_ARGUMENT, "labels: more than %d", LABELS_MAX);
	for (size_t i = 0; i < value_len(labels); i++) {
		if (!is_label_part(value_map_key(labels, i), true) ||
		    !is_label_part(value_text(*value_map_at(labels, i)), false))
			return status_set(status, STATUS_INVALID_ARGUMENT,
					  "labels: \"%.*s\": keys and values have at most %d lower-case letters, digits, "
					  "- and _, keys begin with a letter",
					  SLICE_ARG(slice_sub(value_map_key(labels, i), 0, 100)), LABEL_CHARS);
	}
	return 0;
}

int check_labels_of(struct value resource, struct status *status)
{
	const struct value *labels = value_get(resource, "labels");

	return labels ? check_labels(*labels, status) : 0;
}

static int check_variables(struct value variables, struct status *status)
{
	if (value_len(variables) > VARIABLES_MAX)
		return status_set(status, STATUS_INVALID_ARGUMENT, "user_env_vars: more than %d", VARIABLES_MAX);
	for (size_t i = 0; i < value_len(variables); i++) {
		struct slice name = value_map_key(variables, i);

		if (!name.len || slice_starts(name, SLICE("GOOGLE")) || slice_starts(name, SLICE("WORKFLOWS")))
			return status_set(status, STATUS_INVALID_ARGUMENT,
					  "user_env_vars: \"%.*s\": a name is not empty and begins with neither GOOGLE nor "
					  "WORKFLOWS",
					  SLICE_ARG(slice_sub(name, 0, 100)));
		if (name.len + 1 + value_len(*value_map_at(variables, i)) > VARIABLE_BYTES)
			return status_set(status, STATUS_INVALID_ARGUMENT, "user_env_vars: %.*s is larger than %d bytes",
					  SLICE_ARG(slice_sub(name, 0, 100)), VARIABLE_BYTES);
	}
	return 0;
}

static int check_resource(struct value resource, struct status *status)
{
	const struct value *variables = value_get(resource, "userEnvVars");

	if (utf8_count(value_get_text(resource, "description")) > DESCRIPTION_MAX)
		return status_set(status, STATUS_INVALID_ARGUMENT, "description: more than %d characters",
				  DESCRIPTION_MAX);
	if (check_labels_of(resource, status) < 0)
		return -1;
	return variables ? check_variables(*variables, status) : 0;
}

/* ---- operations */

static struct value metadata(struct slice parent, struct slice id, const char *verb, int64_t now_us)
{
	struct value data = value_map_new();

	value_put(&data, "@type", value_string_z("type.googleapis.com/google.cloud.workflows.v1.OperationMetadata"));
	proto_put_time(&data, "createTime", now_us);
	proto_put_time(&data, "endTime", now_us);
	value_put(&data, "target", value_stringf("%.*s/workflows/%.*s", SLICE_ARG(parent), SLICE_ARG(id)));
	value_put(&data, "verb", value_string_z(verb));
	value_put(&data, "apiVersion", value_string_z("v1"));
	return data;
}

/* One that is done; `response` is taken. */
static struct journal_operation operation_new(struct slice parent, struct slice id, const char *verb,
					      struct value response)
{
	struct journal_operation operation = {.parent = value_string(parent), .content = value_map_new()};
	int64_t now_us = clock_wall_us();
	unsigned char bytes[8] = {0};
	struct buf text;

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		abort(); /* no entropy: nothing random can be promised */
	buf_init(&text, 0);
	buf_printf(&text, "operation-%lld-", (long long)(now_us / 1000));
	for (size_t i = 0; i < sizeof(bytes); i++)
		buf_printf(&text, "%02x", bytes[i]);
	operation.id = value_string(buf_slice(&text));
	buf_release(&text);
	value_put(&operation.content, "metadata", metadata(parent, id, verb, now_us));
	value_put(&operation.content, "done", value_bool(true));
	value_put(&operation.content, "response", response);
	return operation;
}

static struct value typed(struct value resource, const char *type)
{
	value_put(&resource, "@type", value_stringf("type.googleapis.com/%s", type));
	return resource;
}

/* The other process's change came first: a new name exists already, a known one was updated. */
static int refuse_put(struct api_call *call, const struct error *err, bool is_new)
{
	if (err->kind != ERROR_BUSY)
		return status_of_error(&call->status, err);
	return status_set(&call->status, is_new ? STATUS_ALREADY_EXISTS : STATUS_ABORTED, "%s", err->message);
}

/* Store it with its operation, which becomes the answer. */
static int put(struct api_call *call, struct journal_workflow *workflow, const struct slice *source, const char *verb)
{
	struct slice parent = value_text(workflow->parent);
	struct error err = {0};
	struct value resource;
	struct journal_operation operation;
	bool is_new = workflow->row == 0;
	int result = 0;

	workflow->update_us = clock_wall_us();
	if (is_new)
		workflow->create_us = workflow->update_us;
	if (source && journal_next_revision(&workflow->revision, *source, &err) < 0)
		return status_of_error(&call->status, &err);
	resource = workflow_resource(call->api, workflow, parent, !source, &err);
	if (source)
		value_put(&resource, "sourceContents", value_string(*source));
	operation = operation_new(parent, value_text(workflow->id), verb,
				  typed(resource, "google.cloud.workflows.v1.Workflow"));
	if (journal_put_workflow(call->api->journal, workflow, source, &operation, &err) < 0)
		result = refuse_put(call, &err, is_new);
	else
		call->answer = operation_resource(&operation);
	journal_operation_release(&operation);
	return result;
}

/* ---- create, patch, delete */

static void copy_fields(struct value *to, struct value from, const char *const *names)
{
	for (; *names; names++) {
		const struct value *given = value_get(from, *names);

		value_map_delete(to, slice_of(*names));
		if (given)
			value_put(to, *names, value_ref(*given));
	}
}

static int create(struct api_call *call, struct slice id, struct value resource)
{
	struct slice source = value_get_text(resource, "sourceContents");
	struct journal_workflow workflow = {.parent = value_string(call_parent(call)),
					    .id = value_string(id),
					    .file = value_string_z(""),
					    .fields = value_map_new(),
					    .revision = {.file = source_name(id, source), .fields = value_map_new()}};
	const struct value *tags = value_get(resource, "tags");
	int result = -1;

	copy_fields(&workflow.fields, resource, of_workflow);
	copy_fields(&workflow.revision.fields, resource, of_revision);
	if (tags)
		value_put(&workflow.fields, "tags", value_ref(*tags));
	if (check_resource(resource, &call->status) == 0 &&
	    check_source(call->api, value_text(workflow.revision.file), source, &call->status) == 0)
		result = put(call, &workflow, &source, "create");
	journal_workflow_release(&workflow);
	return result;
}

int workflows_create(struct api_call *call)
{
	struct slice id = call_parameter(call, "workflowId");
	struct journal_workflow known;
	struct status missing = {0};
	struct value resource;
	int result;

	if (!is_workflow_id(id))
		return status_set(&call->status, STATUS_INVALID_ARGUMENT,
				  "workflow_id \"%.*s\": 1 to %d letters, digits, - and _, a letter first, a letter or digit "
				  "last",
				  SLICE_ARG(slice_sub(id, 0, 100)), WORKFLOW_ID_MAX);
	if (find_workflow(call->api, call_parent(call), id, &known, &missing) == 0) {
		journal_workflow_release(&known);
		return status_set(&call->status, STATUS_ALREADY_EXISTS, "workflow \"%.*s/workflows/%.*s\" already exists",
				  SLICE_ARG(call_parent(call)), SLICE_ARG(id));
	}
	result = proto_read(call->body, workflow_fields, &resource, &call->status);
	if (result == 0)
		result = create(call, id, resource);
	value_unref(resource);
	return result;
}

/* Those of `names` that the mask holds, from the request; all of them without a mask. */
static void update_fields(struct value *to, struct value from, const char *const *names, struct slice mask)
{
	for (; *names; names++) {
		const char *const one[] = {*names, NULL};

		if (!mask.len || proto_mask_has(mask, *names))
			copy_fields(to, from, one);
	}
}

static int update(struct api_call *call, struct journal_workflow *workflow, struct value resource, struct slice mask)
{
	bool has_source = !mask.len || proto_mask_has(mask, "sourceContents");
	struct value before = value_ref(workflow->revision.fields);
	struct slice source = value_get_text(resource, "sourceContents");
	struct error err = {0};
	struct buf old;
	bool has_changed;
	int result = 0;

	buf_init(&old, 0);
	update_fields(&workflow->fields, resource, of_workflow, mask);
	update_fields(&workflow->revision.fields, resource, of_revision, mask);
	if (journal_definition(call->api->journal, workflow->revision.definition_hash, &old, &err) < 0)
		result = status_of_error(&call->status, &err);
	if (!has_source)
		source = buf_slice(&old);
	has_changed = !slice_equal(source, buf_slice(&old)) || !value_equal(before, workflow->revision.fields);
	if (result == 0 && has_source) {
		value_set(&workflow->revision.file, source_name(value_text(workflow->id), source));
		result = check_source(call->api, value_text(workflow->revision.file), source, &call->status);
	}
	if (result == 0)
		result = put(call, workflow, has_changed ? &source : NULL, "update");
	value_unref(before);
	buf_release(&old);
	return result;
}

/* What comes from a file is changed there, as long as there is one. */
static int check_deployed(struct api_call *call, const struct journal_workflow *workflow)
{
	if (!slice_equal(value_text(workflow->parent), EVERYWHERE) ||
	    access(value_text(workflow->file).ptr, F_OK) != 0)
		return 0;
	return status_set(&call->status, STATUS_FAILED_PRECONDITION, "workflow \"%.*s\" comes from the file %.*s: %s",
			  SLICE_ARG(value_text(workflow->id)), SLICE_ARG(value_text(workflow->file)),
			  "change or remove that");
}

int workflows_patch(struct api_call *call)
{
	struct slice mask = call_parameter(call, "updateMask");
	struct journal_workflow workflow;
	struct value resource;
	int result = -1;

	if (find_workflow(call->api, call_parent(call), call->variables[2], &workflow, &call->status) < 0)
		return -1;
	if (proto_read(call->body, workflow_fields, &resource, &call->status) == 0 &&
	    proto_mask_check(mask, workflow_fields, &call->status) == 0 && check_deployed(call, &workflow) == 0 &&
	    check_resource(resource, &call->status) == 0) {
		if (proto_mask_has(mask, "tags") && mask.len && !slice_is(mask, "*"))
			status_set(&call->status, STATUS_INVALID_ARGUMENT, "tags cannot be changed by an update");
		else
			result = update(call, &workflow, resource, slice_is(mask, "*") ? SLICE("") : mask);
	}
	value_unref(resource);
	journal_workflow_release(&workflow);
	return result;
}

/* One that is being deleted: first its executions end on disk, then it goes with them. */
static void delete_when_quiet(void *ctx, bool is_recorded)
{
	struct api_call *call = ctx;
	struct journal_workflow *workflow = call->user;
	struct journal_operation operation;
	struct error err = {0};
	int result = 0;

	if (is_recorded && launched_cancel_all(call->api, workflow->row) > 0) { /* begun meanwhile */
		world_when_recorded(call->api->options.world, delete_when_quiet, call);
		return;
	}
	operation = operation_new(value_text(workflow->parent), value_text(workflow->id), "delete",
				  typed(value_map_new(), "google.protobuf.Empty"));
	if (!is_recorded)
		result = status_set(&call->status, STATUS_UNAVAILABLE, "the server is being stopped");
	else if (journal_delete_workflow(call->api->journal, workflow->row, &operation, &err) < 0)
		result = status_of_error(&call->status, &err);
	else
		call->answer = operation_resource(&operation);
	journal_operation_release(&operation);
	journal_workflow_release(workflow);
	mem_free(workflow);
	call_finish(call, result);
}

int workflows_delete(struct api_call *call)
{
	struct journal_workflow *workflow = mem_new(sizeof(*workflow));

	if (find_workflow(call->api, call_parent(call), call->variables[2], workflow, &call->status) < 0 ||
	    check_deployed(call, workflow) < 0) {
		journal_workflow_release(workflow);
		mem_free(workflow);
		return -1;
	}
	call->user = workflow;
	launched_cancel_all(call->api, workflow->row);
	world_when_recorded(call->api->options.world, delete_when_quiet, call);
	return CALL_LATER;
}

/* ---- get and list */

static int use_revision(struct api_call *call, struct journal_workflow *workflow, struct slice id)
{
	struct journal_revision revision;
	struct error err = {0};
	int found;

	if (!id.len)
		return 0;
	found = journal_revision(call->api->journal, workflow->row, id, &revision, &err);
	if (found < 0)
		return status_of_error(&call->status, &err);
	if (found == 0)
		return status_set(&call->status, STATUS_NOT_FOUND, "revision \"%.*s\" of workflow \"%.*s\" not found",
				  SLICE_ARG(slice_sub(id, 0, 40)), SLICE_ARG(call->path));
	journal_revision_release(&workflow->revision);
	workflow->revision = revision;
	return 0;
}

int workflows_get(struct api_call *call)
{
	struct journal_workflow workflow;
	struct error err = {0};
	int result;

	if (find_workflow(call->api, call_parent(call), call->variables[2], &workflow, &call->status) < 0)
		return -1;
	result = use_revision(call, &workflow, call_parameter(call, "revisionId"));
	if (result == 0)
		call->answer = workflow_resource(call->api, &workflow, call_parent(call), true, &err);
	if (err.kind != ERROR_NONE)
		result = status_of_error(&call->status, &err);
	journal_workflow_release(&workflow);
	return result;
}

struct found_workflow {
	struct journal_workflow workflow;
	struct value resource; /* without its source */
};

struct listing {
	struct api_call *call;
	struct slice filter;
	struct order order;
	struct found_workflow *found;
	size_t count, capacity;
	size_t limit; /* of one parent */
	size_t taken; /* of this parent */
};

static struct journal_workflow copy(const struct journal_workflow *workflow)
{
	struct journal_workflow copy = *workflow;

	value_ref(copy.parent);
	value_ref(copy.id);
	value_ref(copy.file);
	value_ref(copy.fields);
	value_ref(copy.revision.file);
	value_ref(copy.revision.fields);
	return copy;
}

static bool add(void *ctx, const struct journal_workflow *workflow)
{
	struct listing *listing = ctx;
	struct api_call *call = listing->call;
	struct error err = {0};
	struct value resource = workflow_resource(call->api, workflow, call_parent(call), false, &err);
	int matches = filter_matches(listing->filter, filter_fields, resource, &call->status);

	if (matches <= 0) {
		value_unref(resource);
		return matches == 0;
	}
	if (listing->count == listing->capacity)
		listing->found = mem_grow(listing->found, &listing->capacity, sizeof(*listing->found));
	listing->found[listing->count++] = (struct found_workflow){copy(workflow), resource};
	return ++listing->taken < listing->limit;
}

static int gather(struct listing *listing, struct slice parent, struct slice after)
{
	struct error err = {0};

	listing->taken = 0;
	if (journal_workflows(listing->call->api->journal, parent, after, add, listing, &err) < 0)
		return status_of_error(&listing->call->status, &err);
	return listing->call->status.code == STATUS_OK ? 0 : -1;
}

/* Moments are written so that their order is that of their texts. */
static int by_order(const void *a, const void *b, void *ctx)
{
	const struct found_workflow *x = a, *y = b;
	const struct order *order = ctx;

	for (size_t i = 0; i < order->count; i++) {
		const char *member = order_fields[order->at[i].field];
		int result = slice_compare(value_get_text(x->resource, member), value_get_text(y->resource, member));

		if (result)
			return order->at[i].is_descending ? -result : result;
	}
	return slice_compare(value_text(x->workflow.id), value_text(y->workflow.id));
}

/* A page from `from` on; the position of the next is the last id shown or, in an order of its own, a count. */
static int show(struct listing *listing, const struct page *page, size_t from)
{
	struct api_call *call = listing->call;
	struct value list = value_list_new(page->size);
	struct error err = {0};
	size_t end = from, bytes = 0;

	for (; end < listing->count && end - from < page->size && bytes < PAGE_BYTES; end++) {
		struct value resource = workflow_resource(call->api, &listing->found[end].workflow, call_parent(call),
							  true, &err);

		bytes += value_size(resource);
		value_list_push(&list, resource);
	}
	call->answer = value_map_new();
	if (end < listing->count && listing->order.count)
		page_put_number(page, &call->answer, (int64_t)end);
	else if (end < listing->count)
		page_put_token(page, &call->answer, value_text(listing->found[end - 1].workflow.id).ptr);
	if (value_len(list))
		value_put(&call->answer, "workflows", list);
	else
		value_unref(list);
	return err.kind == ERROR_NONE ? 0 : status_of_error(&call->status, &err);
}

int workflows_list(struct api_call *call)
{
	struct listing listing = {.call = call, .filter = call_parameter(call, "filter")};
	struct page page;
	struct slice after;
	int64_t from;
	int result = -1;

	if (filter_matches(listing.filter, filter_fields, value_null(), &call->status) < 0 ||
	    order_read(&listing.order, call_parameter(call, "orderBy"), order_fields, &call->status) < 0 ||
	    page_read(&page, call->path, call->query, WORKFLOWS_PAGE, WORKFLOWS_MOST, &call->status) < 0)
		return -1;
	after = listing.order.count ? SLICE("") : slice_of(page.position);
	listing.limit = listing.order.count ? WORKFLOWS_ALL : page.size + 1;
	if (gather(&listing, call_parent(call), after) == 0 && gather(&listing, EVERYWHERE, after) == 0) {
		if (listing.count)
			qsort_r(listing.found, listing.count, sizeof(*listing.found), by_order, &listing.order);
		from = listing.order.count ? page_number(&page, 0) : 0;
		result = show(&listing, &page, (uint64_t)from < listing.count ? (size_t)from : listing.count);
	}
	for (size_t i = 0; i < listing.count; i++) {
		journal_workflow_release(&listing.found[i].workflow);
		value_unref(listing.found[i].resource);
	}
	mem_free(listing.found);
	return result;
}

struct revisions {
	struct api_call *call;
	const struct page *page;
	struct journal_workflow workflow;
	struct value list;
	int64_t last;
	bool has_more;
	struct error err;
};

static bool add_revision(void *ctx, const struct journal_revision *revision)
{
	struct revisions *revisions = ctx;
	struct journal_workflow workflow = revisions->workflow;

	if (value_len(revisions->list) == revisions->page->size) {
		revisions->has_more = true;
		return false;
	}
	workflow.revision = *revision;
	revisions->last = revision->number;
	value_list_push(&revisions->list, workflow_resource(revisions->call->api, &workflow,
							    call_parent(revisions->call), true, &revisions->err));
	return true;
}

int workflows_list_revisions(struct api_call *call)
{
	struct page page;
	struct revisions revisions = {.call = call, .page = &page};

	if (page_read(&page, call->path, call->query, REVISIONS_PAGE, REVISIONS_MOST, &call->status) < 0 ||
	    find_workflow(call->api, call_parent(call), call->variables[2], &revisions.workflow, &call->status) < 0)
		return -1;
	revisions.list = value_list_new(0);
	journal_revisions(call->api->journal, revisions.workflow.row, page_number(&page, INT64_MAX), add_revision,
			  &revisions, &revisions.err);
	journal_workflow_release(&revisions.workflow);
	call->answer = value_map_new();
	value_put(&call->answer, "workflows", revisions.list);
	if (revisions.has_more)
		page_put_number(&page, &call->answer, revisions.last);
	return revisions.err.kind == ERROR_NONE ? 0 : status_of_error(&call->status, &revisions.err);
}
