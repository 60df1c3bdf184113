/* openapi.c - a step's schemas and the OpenAPI description of its service; see step.h. */
#include "lib/step/step_private.h"

#include "lib/json/json.h"

#include <assert.h>

/* The schemas are literals of the step, so one that is not JSON is a bug. */
static struct value read_schema(const char *text)
{
	struct value schema = value_map_new();
	struct value read;
	int status;

	if (!text)
		return schema;
	status = json_read(slice_of(text), &read, NULL);
	assert(status == 0);
	if (status == 0)
		value_set(&schema, read);
	return schema;
}

struct value step_schema(const struct step *step)
{
	struct value result = value_map_new();

	value_put(&result, "request", read_schema(step->request_schema));
	value_put(&result, "response", read_schema(step->response_schema));
	return result;
}

/* clang-format off */
#define REF(name) "{\"$ref\": \"#/components/schemas/" name "\"}"
#define CONTENT(schema) "\"content\": {\"application/json\": {\"schema\": " schema "}}"
#define PROBLEM \
	"\"default\": {\"description\": \"What went wrong (RFC 9457)\"," \
	" \"content\": {\"application/problem+json\": {\"schema\": " REF("Problem") "}}}"

static const char apply_operation[] =
	"{\"operationId\": \"apply\","
	" \"requestBody\": {\"required\": true, " CONTENT(REF("Request")) "},"
	" \"responses\": {\"200\": {\"description\": \"The response\", " CONTENT(REF("Response")) "}, " PROBLEM "}}";
static const char predict_operation[] =
	"{\"operationId\": \"predict\","
	" \"requestBody\": {\"required\": true, " CONTENT(REF("Instances")) "},"
	" \"responses\": {\"200\": {\"description\": \"A prediction for each instance\", "
		CONTENT(REF("Predictions")) "}, " PROBLEM "}}";
static const char health_operation[] =
	"{\"operationId\": \"health\","
	" \"responses\": {\"200\": {\"description\": \"Ready\"}, \"503\": {\"description\": \"About to end\"}}}";
static const char describe_operation[] =
	"{\"operationId\": \"describe\", \"responses\": {\"200\": {\"description\": \"This\"}}}";

static const char instances_schema[] =
	"{\"type\": \"object\", \"required\": [\"instances\"],"
	" \"properties\": {\"instances\": {\"type\": \"array\", \"items\": " REF("Request") "}}}";
static const char predictions_schema[] =
	"{\"type\": \"object\", \"required\": [\"predictions\"],"
	" \"properties\": {\"predictions\": {\"type\": \"array\"}}}";
static const char problem_schema[] =
	"{\"type\": \"object\", \"required\": [\"type\", \"title\", \"status\", \"detail\"],"
	" \"properties\": {\"type\": {\"type\": \"string\"}, \"title\": {\"type\": \"string\"},"
	" \"status\": {\"type\": \"integer\"}, \"detail\": {\"type\": \"string\"},"
	" \"hint\": {\"type\": \"string\"}}}";
/* clang-format on */

/* One path with one method. */
static void add_path(struct value *paths, const char *path, const char *method, const char *operation)
{
	struct value methods = value_map_new();

	value_put(&methods, method, read_schema(operation));
	value_put(paths, path, methods);
}

static struct value make_info(const struct step *step)
{
	struct value info = value_map_new();

	value_put(&info, "title", value_string_z(step->name));
	value_put(&info, "summary", value_string_z(step->summary));
	value_put(&info, "version", value_string_z(LEXFLOW_VERSION));
	return info;
}

struct value step_openapi(const struct step *step, const char *predict_route)
{
	struct value api = value_map_new(), components = value_map_new();
	struct value paths = value_map_new(), schemas = value_map_new();

	add_path(&paths, "/", "post", apply_operation);
	add_path(&paths, predict_route, "post", predict_operation); /* which may be "/" */
	add_path(&paths, "/healthz", "get", health_operation);
	add_path(&paths, "/openapi.json", "get", describe_operation);
	value_put(&schemas, "Request", read_schema(step->request_schema));
	value_put(&schemas, "Response", read_schema(step->response_schema));
	value_put(&schemas, "Instances", read_schema(instances_schema));
	value_put(&schemas, "Predictions", read_schema(predictions_schema));
	value_put(&schemas, "Problem", read_schema(problem_schema));
	value_put(&components, "schemas", schemas);
	value_put(&api, "openapi", value_string_z("3.1.0"));
	value_put(&api, "info", make_info(step));
	value_put(&api, "paths", paths);
	value_put(&api, "components", components);
	return api;
}
