/* operations.c - long-running operations (reference, 9.3.2): all are done when they are told of. */
#include "workflow/api/api_private.h"

#include "workflow/api/filter.h"
#include "workflow/api/page.h"

enum { OPERATIONS_PAGE = 100, OPERATIONS_MOST = 1000 };

static const struct filter_field filter_fields[] = {{"name", "name", FILTER_TEXT}, {"done", "done", FILTER_BOOL}, {0}};

struct value operation_resource(const struct journal_operation *operation)
{
	struct value resource = value_ref(operation->content);

	value_put(&resource, "name",
		  value_stringf("%.*s/operations/%.*s", SLICE_ARG(value_text(operation->parent)),
				SLICE_ARG(value_text(operation->id))));
	return resource;
}

static int find(struct api_call *call, struct journal_operation *operation)
{
	struct error err = {0};
	int found = journal_operation(call->api->journal, call_parent(call), call->variables[2], operation, &err);

	if (found < 0)
		return status_of_error(&call->status, &err);
	if (found == 0)
		return status_set(&call->status, STATUS_NOT_FOUND, "operation \"%.*s\" not found",
				  SLICE_ARG(call->path));
	return 0;
}

int operations_get(struct api_call *call)
{
	struct journal_operation operation;

	if (find(call, &operation) < 0)
		return -1;
	call->answer = operation_resource(&operation);
	journal_operation_release(&operation);
	return 0;
}

int operations_delete(struct api_call *call)
{
	struct journal_operation operation;
	struct error err = {0};
	int64_t row;

	if (find(call, &operation) < 0)
		return -1;
	row = operation.row;
	journal_operation_release(&operation);
	if (journal_delete_operation(call->api->journal, row, &err) < 0)
		return status_of_error(&call->status, &err);
	call->answer = value_map_new();
	return 0;
}

struct listing {
	struct api_call *call;
	struct page page;
	struct slice filter;
	struct value list;
	int64_t last; /* row of the last one looked at */
	bool has_more, has_failed;
};

static bool add(void *ctx, const struct journal_operation *operation)
{
	struct listing *listing = ctx;
	struct value resource;
	int matches;

	if (value_len(listing->list) == listing->page.size) {
		listing->has_more = true;
		return false;
	}
	resource = operation_resource(operation);
	matches = filter_matches(listing->filter, filter_fields, resource, &listing->call->status);
	listing->last = operation->row;
	listing->has_failed = matches < 0;
	if (matches > 0)
		value_list_push(&listing->list, value_ref(resource));
	value_unref(resource);
	return matches >= 0;
}

int operations_list(struct api_call *call)
{
	struct listing listing = {.call = call, .filter = call_parameter(call, "filter")};
	struct error err = {0};

	if (page_read(&listing.page, call->path, call->query, OPERATIONS_PAGE, OPERATIONS_MOST, &call->status) < 0)
		return -1;
	listing.list = value_list_new(0);
	call->answer = value_map_new();
	if (journal_operations(call->api->journal, call_parent(call), page_number(&listing.page, INT64_MAX), add,
			       &listing, &err) < 0)
		status_of_error(&call->status, &err);
	value_put(&call->answer, "operations", listing.list);
	if (listing.has_more)
		page_put_number(&listing.page, &call->answer, listing.last);
	return call->status.code == STATUS_OK ? 0 : -1;
}
