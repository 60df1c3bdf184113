/*
 * entries.c - step entries of an execution (reference, 9.4.3 and 11.8).
 *
 * Nothing of them is stored: the history says all. Each call repeats it once, so a page of a long execution costs as
 * much as the whole of it.
 */
#include "workflow/engine/entries.h"

#include "lib/json/json.h"
#include "lib/mem/mem.h"
#include "workflow/api/api_private.h"
#include "workflow/api/filter.h"
#include "workflow/api/page.h"
#include "workflow/api/proto.h"

#include <stdlib.h>
#include <string.h>

enum { ENTRIES_PAGE = 1000, CHILDREN_SHOWN = 10000 };

static const struct filter_field filter_fields[] = {
	{"entryId", "entryId", FILTER_NUMBER},	{"createTime", "createTime", FILTER_TIME},
	{"updateTime", "updateTime", FILTER_TIME}, {"routine", "routine", FILTER_TEXT},
	{"step", "step", FILTER_TEXT},		{"stepType", "stepType", FILTER_TEXT},
	{"parent", "parent", FILTER_NUMBER},	{"state", "state", FILTER_TEXT},
	{0},
};

static const char *const order_fields[] = {"entryId", "createTime", "updateTime", "routine",
					   "step",    "stepType",   "state",	  NULL};

/* ---- the resource */

static void put_number(struct value *map, const char *key, int64_t number)
{
	if (number)
		value_put(map, key, value_stringf("%lld", (long long)number));
}

static struct value navigation(const struct entries *entries, const struct entry *entry)
{
	struct value info = value_map_new(), children = value_list_new(0);

	put_number(&info, "parent", entry->parent);
	put_number(&info, "previous", entry->previous);
	put_number(&info, "next", entry->next);
	for (int64_t child = entry->first_child; child && value_len(children) < CHILDREN_SHOWN;
	     child = entries->items[child - 1].next_child)
		value_list_push(&children, value_stringf("%lld", (long long)child));
	if (value_len(children))
		value_put(&info, "children", children);
	else
		value_unref(children);
	return info;
}

static struct value metadata(const struct entry *entry)
{
	struct value data = value_map_new();

	put_number(&data, "threadId", entry->thread);
	put_number(&data, "progressNumber", entry->number);
	if (entry->progress)
		value_put(&data, "progressType", value_string_z(entry->progress));
	return data;
}

static struct value exception_of(const struct entry *entry)
{
	struct value exception = value_map_new();
	struct buf json;

	buf_init(&json, 0);
	journal_encode(&json, entry->exception);
	value_put(&exception, "payload", value_string(buf_slice(&json)));
	buf_release(&json);
	return exception;
}

/* Bytes and what else has no form in JSON stands as in the journal. */
static struct value variables_of(const struct entry *entry)
{
	struct value shown = value_null(), data = value_map_new();
	struct buf json;

	buf_init(&json, 0);
	if (journal_encode(&json, entry->variables) == 0)
		json_read(buf_slice(&json), &shown, NULL);
	buf_release(&json);
	value_put(&data, "variables", shown);
	return data;
}

/* What a filter or an order looks at, and more. */
static struct value entry_resource(struct slice execution, const struct entries *entries,
				   size_t i)
{
	const struct entry *entry = &entries->items[i];
	struct value resource = value_map_new();

	value_put(&resource, "name", value_stringf("%.*s/stepEntries/%zu", SLICE_ARG(execution), i + 1));
	value_put(&resource, "entryId", value_stringf("%zu", i + 1));
	proto_put_time(&resource, "createTime", entry->created_us);
	proto_put_time(&resource, "updateTime", entry->updated_us);
	proto_put_text(&resource, "routine", entry->routine);
	proto_put_text(&resource, "step", entry->step);
	if (entry->type)
		value_put(&resource, "stepType", value_string_z(entry->type));
	value_put(&resource, "state", value_string_z(entry_state_name(entry->state)));
	if (entry->state == ENTRY_FAILED)
		value_put(&resource, "exception", exception_of(entry));
	value_put(&resource, "navigationInfo", navigation(entries, entry));
	value_put(&resource, "stepEntryMetadata", metadata(entry));
	if (!value_is_null(entry->variables))
		value_put(&resource, "variableData", variables_of(entry));
	return resource;
}

/* ---- reading them */

static bool is_detailed(struct api_call *call, const struct journal_execution *execution)
{
	struct slice level = value_get_text(execution->fields, "executionHistoryLevel");
	struct journal_workflow workflow;
	struct status missing = {0};
	bool detailed;

	if (level.len)
		return slice_is(level, "EXECUTION_HISTORY_DETAILED");
	if (find_workflow(call->api, call_parent(call), call->variables[2], &workflow, &missing) < 0)
		return false;
	detailed = slice_is(value_get_text(workflow.fields, "executionHistoryLevel"), "EXECUTION_HISTORY_DETAILED");
	journal_workflow_release(&workflow);
	return detailed;
}

static int repeat(struct api_call *call, const struct journal_execution *execution, struct compiled *compiled,
		  struct entries *entries, struct error *err)
{
	struct history history;
	int result;

	if (history_read(call->api->journal, &execution->run, &history, err) < 0)
		return -1;
	result = entries_of(compiled->plan, &history, execution->run.id, is_detailed(call, execution), entries, err);
	history_free(&history);
	return result;
}

/* Of the execution that the call names; `*compiled` is to be dropped after the entries are released. */
static int read_entries(struct api_call *call, struct entries *entries, struct compiled **compiled)
{
	struct journal_execution execution;
	struct error err = {0};
	int result = 0;

	*entries = (struct entries){0};
	*compiled = NULL;
	if (execution_of_call(call, &execution) < 0)
		return -1;
	if (execution.run.event_count > 0 && !value_get_bool(execution.fields, "historyDeleted", false)) {
		*compiled = compiled_take(call->api, execution.revision, &err);
		result = *compiled ? repeat(call, &execution, *compiled, entries, &err) : -1;
	}
	journal_execution_release(&execution);
	if (result < 0) {
		compiled_drop(call->api, *compiled);
		return status_set(&call->status, STATUS_FAILED_PRECONDITION, "the history cannot be repeated: %s",
				  err.message);
	}
	return 0;
}

/* ---- list */

struct found_entry {
	struct value resource;
	size_t item;
};

static int by_order(const void *a, const void *b, void *ctx)
{
	const struct found_entry *x = a, *y = b;
	const struct order *order = ctx;

	for (size_t i = 0; i < order->count; i++) {
		const char *member = order_fields[order->at[i].field];
		int result = slice_compare(value_get_text(x->resource, member), value_get_text(y->resource, member));

		if (strcmp(member, "entryId") == 0)
			result = x->item < y->item ? -1 : x->item > y->item;
		if (result)
			return order->at[i].is_descending ? -result : result;
	}
	return x->item < y->item ? -1 : x->item > y->item;
}

/* Those that pass the filter, in the order asked for. Without either only the page is made. */
static size_t choose(struct api_call *call, const struct entries *entries, struct slice execution, struct slice filter,
		     struct order *order, struct found_entry *found)
{
	size_t count = 0;

	for (size_t i = 0; i < entries->count; i++) {
		struct value resource = value_null();
		int passes = 1;

		if (filter.len || order->count) {
			resource = entry_resource(execution, entries, i);
			put_number(&resource, "parent", entries->items[i].parent);
			passes = filter_matches(filter, filter_fields, resource, &call->status);
			value_map_delete(&resource, SLICE("parent"));
		}
		if (passes > 0)
			found[count++] = (struct found_entry){resource, i};
		else
			value_unref(resource);
	}
	if (order->count)
		qsort_r(found, count, sizeof(*found), by_order, order);
	return count;
}

static struct value one(const struct entries *entries, struct slice execution, const struct found_entry *found)
{
	return value_is_null(found->resource) ? entry_resource(execution, entries, found->item) :
						value_ref(found->resource);
}

static void show(struct api_call *call, const struct entries *entries, const struct page *page, struct order *order)
{
	struct slice execution = slice_sub(call->path, 0, call->path.len - strlen("/stepEntries"));
	struct found_entry *found = mem_new((entries->count + 1) * sizeof(*found));
	size_t count = choose(call, entries, execution, call_parameter(call, "filter"), order, found);
	struct slice skip = call_parameter(call, "skip");
	uint64_t from = (uint64_t)page_number(page, 0) + (skip.len ? strtoull(skip.ptr, NULL, 10) : 0);
	struct value list = value_list_new(0);
	uint64_t i = from;

	for (; i < count && i - from < page->size; i++)
		value_list_push(&list, one(entries, execution, &found[i]));
	call->answer = value_map_new();
	if (count)
		value_put(&call->answer, "totalSize", value_int((int64_t)count));
	if (i < count)
		page_put_number(page, &call->answer, (int64_t)i);
	if (value_len(list))
		value_put(&call->answer, "stepEntries", list);
	else
		value_unref(list);
	for (size_t n = 0; n < count; n++)
		value_unref(found[n].resource);
	mem_free(found);
}

int entries_list(struct api_call *call)
{
	struct compiled *compiled;
	struct entries entries;
	struct order order;
	struct page page;

	if (page_read(&page, call->path, call->query, ENTRIES_PAGE, ENTRIES_PAGE, &call->status) < 0 ||
	    order_read(&order, call_parameter(call, "orderBy"), order_fields, &call->status) < 0 ||
	    filter_matches(call_parameter(call, "filter"), filter_fields, value_null(), &call->status) < 0 ||
	    read_entries(call, &entries, &compiled) < 0)
		return -1;
	show(call, &entries, &page, &order);
	entries_release(&entries);
	compiled_drop(call->api, compiled);
	return 0;
}

int entries_get(struct api_call *call)
{
	struct slice given = call->variables[4];
	uint64_t number = strtoull(given.ptr, NULL, 10);
	struct slice execution = slice_sub(call->path, 0, call->path.len - given.len - strlen("/stepEntries/"));
	struct compiled *compiled;
	struct entries entries;

	if (read_entries(call, &entries, &compiled) < 0)
		return -1;
	if (number >= 1 && number <= entries.count)
		call->answer = entry_resource(execution, &entries, (size_t)number - 1);
	else
		status_set(&call->status, STATUS_NOT_FOUND, "step entry \"%.*s\" not found", SLICE_ARG(call->path));
	entries_release(&entries);
	compiled_drop(call->api, compiled);
	return call->status.code == STATUS_OK ? 0 : -1;
}
