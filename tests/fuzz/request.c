/*
 * request.c - what a stranger writes into a request of the API, on any bytes; see fuzz.h.
 *
 * The input is five lines: a filter, a selection of fields, an order, a token of a page, and the rest is the body.
 */
#include "tests/fuzz/fuzz.h"

#include "lib/json/json.h"
#include "workflow/api/filter.h"
#include "workflow/api/page.h"
#include "workflow/api/proto.h"

static const struct filter_field filter_fields[] = {
	{"state", "state", FILTER_TEXT},	{"createTime", "createTime", FILTER_TIME},
	{"duration", "duration", FILTER_DURATION}, {"entryId", "entryId", FILTER_NUMBER},
	{"labels", "labels", FILTER_MAP},	{"stepName", "steps", FILTER_TEXTS},
	{"done", "done", FILTER_BOOL},		{0},
};

static const struct proto_field body_fields[] = {
	{.name = "argument", .kind = PROTO_TEXT}, {.name = "callLogLevel", .kind = PROTO_ENUM, .names = proto_call_log_levels},
	{.name = "labels", .kind = PROTO_TEXTS},  {.name = "count", .kind = PROTO_INT},
	{.name = "isFast", .kind = PROTO_BOOL},	  {.name = "message", .kind = PROTO_ANY},
	{.name = "name", .kind = PROTO_OUTPUT},	  {0},
};

static const char *const names[] = {"state", "createTime", "duration", NULL};

static struct slice next_line(struct slice *rest)
{
	size_t end = slice_find(*rest, SLICE("\n"), 0);
	struct slice line = slice_sub(*rest, 0, end);

	*rest = slice_sub(*rest, end == SIZE_MAX ? rest->len : end + 1, rest->len);
	return line;
}

/* A verdict and its status agree. */
static void check(int result, const struct status *status, const char *what)
{
	if ((result < 0) != (status->code != STATUS_OK))
		fuzz_fail("%s: result %d with status %d", what, result, (int)status->code);
}

static void try_page(struct slice order_text, struct slice token)
{
	struct status status = {0}, page_status = {0};
	struct value query = value_map_new();
	struct order order;
	struct page page;

	value_put(&query, "pageToken", value_string_repaired(token));
	value_put(&query, "pageSize", value_string_repaired(order_text));
	check(page_read(&page, SLICE("p"), query, 10, 100, &page_status), &page_status, "page");
	check(order_read(&order, order_text, names, &status), &status, "order");
	value_unref(query);
}

static void try_body(struct value body, struct slice filter, struct slice selection)
{
	struct status status = {0}, filter_status = {0};
	struct value read, part = proto_select(body, selection);
	int64_t us;

	check(proto_read(body, body_fields, &read, &status), &status, "body");
	check(filter_matches(filter, filter_fields, body, &filter_status), &filter_status, "filter");
	proto_mask_has(selection, "labels");
	proto_read_time(filter, &us);
	proto_read_duration(filter, &us);
	value_unref(part);
	value_unref(read);
}

void fuzz_request(struct slice input)
{
	struct slice filter = next_line(&input), selection = next_line(&input), order = next_line(&input);
	struct slice token = next_line(&input);
	struct value body = value_null();

	json_read(input, &body, NULL);
	try_page(order, token);
	try_body(body, filter, selection);
	value_unref(body);
}
