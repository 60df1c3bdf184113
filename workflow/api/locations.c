/* locations.c - the places that the service has; here every one is the same machine. */
#include "workflow/api/api_private.h"
#include "workflow/api/page.h"

enum { LOCATIONS_PAGE = 100, LOCATIONS_MOST = 1000 };

/* Those that clients know by name; any other is there as well. */
static const char *const locations[] = {"us-central1", "us-east1", "europe-west1", "europe-west4", "asia-east1", "local"};

static struct value location_resource(struct slice project, struct slice id)
{
	struct value location = value_map_new();

	value_put(&location, "name", value_stringf("projects/%.*s/locations/%.*s", SLICE_ARG(project), SLICE_ARG(id)));
	value_put(&location, "locationId", value_string(id));
	return location;
}

int locations_list(struct api_call *call)
{
	size_t count = sizeof(locations) / sizeof(locations[0]), i;
	struct page page;
	struct value list;

	if (page_read(&page, call->path, call->query, LOCATIONS_PAGE, LOCATIONS_MOST, &call->status) < 0)
		return -1;
	list = value_list_new(0);
	for (i = (size_t)page_number(&page, 0); i < count && value_len(list) < page.size; i++)
		value_list_push(&list, location_resource(call->variables[0], slice_of(locations[i])));
	call->answer = value_map_new();
	value_put(&call->answer, "locations", list);
	if (i < count)
		page_put_number(&page, &call->answer, (int64_t)i);
	return 0;
}

int locations_get(struct api_call *call)
{
	call->answer = location_resource(call->variables[0], call->variables[1]);
	return 0;
}
