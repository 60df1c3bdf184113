/* locations.c - the places that the service has; here every one is the same machine. */
#include "workflow/api/api_private.h"

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
	struct value list = value_list_new(0);

	for (size_t i = 0; i < sizeof(locations) / sizeof(locations[0]); i++)
		value_list_push(&list, location_resource(call->variables[0], slice_of(locations[i])));
	call->answer = value_map_new();
	value_put(&call->answer, "locations", list);
	return 0;
}

int locations_get(struct api_call *call)
{
	call->answer = location_resource(call->variables[0], call->variables[1]);
	return 0;
}
