/* deploy.c - workflows between requests, files and the journal: names, sources, the resource. */
#include "workflow/api/api_private.h"

#include "lib/json/json.h"
#include "workflow/api/proto.h"

#include <ctype.h>

enum { SOURCE_MAX = 128 << 10 };

/* A letter first, a letter or digit last, - and _ between (reference, 9.3, create). */
bool is_workflow_id(struct slice id)
{
	for (size_t i = 0; i < id.len; i++) {
		if (!isalnum((unsigned char)id.ptr[i]) && id.ptr[i] != '-' && id.ptr[i] != '_')
			return false;
	}
	return id.len >= 1 && id.len <= WORKFLOW_ID_MAX && isalpha((unsigned char)id.ptr[0]) &&
	       isalnum((unsigned char)id.ptr[id.len - 1]);
}

int find_workflow(struct api *api, struct slice parent, struct slice id, struct journal_workflow *out,
		  struct status *status)
{
	struct error err = {0};
	int found = journal_workflow(api->journal, parent, id, out, &err);

	if (found == 0)
		found = journal_workflow(api->journal, EVERYWHERE, id, out, &err);
	if (found < 0)
		return status_of_error(status, &err);
	if (found == 0)
		return status_set(status, STATUS_NOT_FOUND, "workflow \"%.*s/workflows/%.*s\" not found",
				  SLICE_ARG(parent), SLICE_ARG(id));
	return 0;
}

/* JSON is read as such, though YAML would read most of it, too: its mistakes are then those of JSON. */
struct value source_name(struct slice id, struct slice source)
{
	struct slice text = slice_trim(source);
	struct value parsed;
	bool is_json = false;

	if (text.len && (text.ptr[0] == '{' || text.ptr[0] == '[') && json_read(text, &parsed, NULL) == 0) {
		value_unref(parsed);
		is_json = true;
	}
	return value_stringf("%.*s.%s", SLICE_ARG(id), is_json ? "json" : "yaml");
}

/* The first complaints, as many as a message holds. */
static int refuse_source(struct diags *diags, struct status *status)
{
	struct buf text;

	buf_init(&text, sizeof(status->message) - 40);
	for (size_t i = 0; i < diags_count(diags); i++) {
		struct diag diag = diags_at(diags, i);

		if (!diag.warning)
			buf_printf(&text, "%s%s:%d:%d: %s [%s]", text.len ? "\n" : "", diag.at.file, diag.at.line,
				   diag.at.column, diag.message, diag.code);
	}
	status_set(status, STATUS_INVALID_ARGUMENT, "failed to build: %s", buf_text(&text));
	buf_release(&text);
	return -1;
}

int check_source(struct api *api, struct slice file, struct slice source, struct status *status)
{
	struct diags *diags;
	struct plan *plan;
	struct buf name;
	int result = 0;

	if (!slice_trim(source).len)
		return status_set(status, STATUS_INVALID_ARGUMENT, "source_contents is missing");
	if (source.len > SOURCE_MAX)
		return status_set(status, STATUS_INVALID_ARGUMENT, "source_contents is larger than %d bytes", SOURCE_MAX);
	buf_init(&name, 0);
	buf_add_slice(&name, file);
	diags = diags_new();
	plan = plan_read_with(buf_text(&name), source, api->options.catalog, diags);
	if (!plan)
		result = refuse_source(diags, status);
	plan_free(plan);
	diags_free(diags);
	buf_release(&name);
	return result;
}

static void put_all(struct value *resource, struct value fields)
{
	for (size_t i = 0; i < value_len(fields); i++)
		value_map_set(resource, value_map_key(fields, i), value_ref(*value_map_at(fields, i)));
}

/* The project's own, when none was chosen (reference, 9.3.1). */
static void put_service_account(struct value *resource, struct slice parent)
{
	struct slice project = slice_sub(parent, sizeof("projects/") - 1, parent.len);
	struct slice given = value_get_text(*resource, "serviceAccount");

	project = slice_sub(project, 0, slice_find(project, SLICE("/"), 0));
	if (!given.len)
		value_put(resource, "serviceAccount",
			  value_stringf("projects/%.*s/serviceAccounts/100000000000-compute@developer.gserviceaccount.com",
					SLICE_ARG(project)));
}

struct value workflow_resource(struct api *api, const struct journal_workflow *workflow, struct slice parent,
			       bool has_source, struct error *err)
{
	struct value resource = value_map_new();
	struct buf source;

	put_all(&resource, workflow->fields);
	put_all(&resource, workflow->revision.fields);
	value_map_delete(&resource, SLICE("tags")); /* taken in, never given out (reference, 9.3.1) */
	value_put(&resource, "name",
		  value_stringf("%.*s/workflows/%.*s", SLICE_ARG(parent), SLICE_ARG(value_text(workflow->id))));
	value_put(&resource, "state", value_string_z("ACTIVE"));
	value_put(&resource, "revisionId", value_string_z(workflow->revision.id));
	proto_put_time(&resource, "createTime", workflow->create_us);
	proto_put_time(&resource, "updateTime", workflow->update_us);
	proto_put_time(&resource, "revisionCreateTime", workflow->revision.create_us);
	put_service_account(&resource, parent);
	if (has_source) {
		buf_init(&source, 0);
		journal_definition(api->journal, workflow->revision.definition_hash, &source, err);
		value_put(&resource, "sourceContents", value_string_repaired(buf_slice(&source)));
		buf_release(&source);
	}
	return resource;
}
