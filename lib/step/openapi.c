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

static struct value read_literal(const char *json)
{
	return read_schema(json);
}

/* One path with one method. */
static void add_path(struct value *paths, const char *path, const char *method, const char *operation)
{
	struct value methods = value_map_new();

	value_put(&methods, method, read_literal(operation));
	value_put(paths, path, methods);
}

#define CONTENT(schema) "\"content\": {\"application/json\": {\"schema\": " schema "}}"
#define PROBLEM                                                                                                \
	"\"default\": {\"description\": \"What went wrong (RFC 9457)\", \"content\": {"                       \
	"\"application/problem+json\": {\"schema\": {\"$ref\": \"#/components/schemas/Problem\"}}}}"

struct value step_openapi(const struct step *step, const char *predict_route)
{
	struct value api = value_map_new(), paths = value_map_new(), schemas = value_map_new();
	struct value info = value_map_new(), components = value_map_new();

	value_put(&info, "title", value_string_z(step->name));
	value_put(&info, "summary", value_string_z(step->summary));
	value_put(&info, "version", value_string_z(LEXFLOW_VERSION));
	if (predict_route[0] != '/' || predict_route[1])
		add_path(&paths, "/", "post",
			 "{\"operationId\": \"apply\", \"requestBody\": {\"required\": true, " CONTENT(
				 "{\"$ref\": \"#/components/schemas/Request\"}") "}, \"responses\": {\"200\": "
				 "{\"description\": \"The response\", " CONTENT(
				 "{\"$ref\": \"#/components/schemas/Response\"}") "}, " PROBLEM "}}");
	add_path(&paths, predict_route, "post",
		 "{\"operationId\": \"predict\", \"requestBody\": {\"required\": true, " CONTENT(
			 "{\"type\": \"object\", \"required\": [\"instances\"], \"properties\": {\"instances\": "
			 "{\"type\": \"array\", \"items\": {\"$ref\": \"#/components/schemas/Request\"}}}}") "}, "
		 "\"responses\": {\"200\": {\"description\": \"One prediction for each instance\", " CONTENT(
			 "{\"type\": \"object\", \"required\": [\"predictions\"], \"properties\": {\"predictions\": "
			 "{\"type\": \"array\"}}}") "}, " PROBLEM "}}");
	add_path(&paths, "/healthz", "get",
		 "{\"operationId\": \"health\", \"responses\": {\"200\": {\"description\": \"Ready\"}, "
		 "\"503\": {\"description\": \"About to end\"}}}");
	add_path(&paths, "/openapi.json", "get",
		 "{\"operationId\": \"describe\", \"responses\": {\"200\": {\"description\": \"This\"}}}");
	value_put(&schemas, "Request", read_schema(step->request_schema));
	value_put(&schemas, "Response", read_schema(step->response_schema));
	value_put(&schemas, "Problem",
		  read_literal("{\"type\": \"object\", \"required\": [\"type\", \"title\", \"status\", \"detail\"], "
			       "\"properties\": {\"type\": {\"type\": \"string\"}, \"title\": {\"type\": \"string\"}, "
			       "\"status\": {\"type\": \"integer\"}, \"detail\": {\"type\": \"string\"}, "
			       "\"hint\": {\"type\": \"string\"}}}"));
	value_put(&components, "schemas", schemas);
	value_put(&api, "openapi", value_string_z("3.1.0"));
	value_put(&api, "info", info);
	value_put(&api, "paths", paths);
	value_put(&api, "components", components);
	return api;
}
