/*
 * operation.c - the table of long-running resources, and judging one; see operation.h.
 *
 * Members and words are those of the schemas in the services' discovery documents (Operation, Job, CustomJob
 * ...); operations in the form of google.longrunning are AIP-151 (https://google.aip.dev/151).
 */
#include "workflow/connector/operation.h"

#include "workflow/connector/template.h"
#include "workflow/expr/raised.h"

#include <string.h>

struct row {
	const char *kind;
	const char *services;           /* words; NULL: every service */
	const char *schemas;            /* words: the schema's name; *X is one that ends in X */
	const char *state;              /* dotted member: a text, or the boolean of google.longrunning */
	const char *succeeded, *failed; /* words of that text; all others: it goes on */
	const char *error; /* dotted member: what went wrong; alone a failure when the state is no failure */
	const char *path;  /* of the next look: members of the response in {}; NULL: its selfLink */
};

static const struct row rows[] = {
	{"compute operation", "compute", "Operation", "status", "DONE", "", "error", NULL},
	{"container operation", "container", "Operation", "status", "DONE", "", "error", NULL},
	{"sql operation", "sqladmin", "Operation", "status", "DONE", "", "error", NULL},
	{"operation", NULL, "Operation GoogleLongrunningOperation GoogleLongrunning__Operation", "done", "",
	 "", "error", "{version}/{+name}"},
	{"bigquery job", "bigquery", "Job", "status.state", "DONE", "", "status.errorResult",
	 "bigquery/v2/projects/{jobReference.projectId}/jobs/"
	 "{jobReference.jobId}?location={jobReference.location}"},
	{"dataflow job", "dataflow", "Job", "currentState",
	 "JOB_STATE_DONE JOB_STATE_UPDATED JOB_STATE_DRAINED", "JOB_STATE_FAILED JOB_STATE_CANCELLED", "",
	 "v1b3/projects/{projectId}/locations/{location}/jobs/{id}"},
	{"batch job", "batch", "Job", "status.state", "SUCCEEDED", "FAILED CANCELLED", "",
	 "{version}/{+name}"},
	{"training job", "ml", "GoogleCloudMlV1__Job", "state", "SUCCEEDED", "FAILED CANCELLED",
	 "errorMessage", "v1/{+parent}/jobs/{jobId}"},
	{"transcoder job", "transcoder", "Job", "state", "SUCCEEDED", "FAILED", "error", "{version}/{+name}"},
	{"vertex job", "aiplatform",
	 "*CustomJob *BatchPredictionJob *HyperparameterTuningJob *DataLabelingJob *NasJob", "state",
	 "JOB_STATE_SUCCEEDED JOB_STATE_PARTIALLY_SUCCEEDED",
	 "JOB_STATE_FAILED JOB_STATE_CANCELLED JOB_STATE_EXPIRED", "error", "{version}/{+name}"},
	{"vertex pipeline", "aiplatform", "*PipelineJob *TrainingPipeline", "state",
	 "PIPELINE_STATE_SUCCEEDED", "PIPELINE_STATE_FAILED PIPELINE_STATE_CANCELLED", "error",
	 "{version}/{+name}"},
	{"processor", "documentai", "*Processor", "state", "ENABLED DISABLED", "FAILED", "",
	 "{version}/{+name}"},
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

/* Is the text one of the words? */
static bool has_word(const char *words, struct slice text)
{
	struct slice all = slice_of(words);

	for (size_t from = 0; from < all.len;) {
		size_t blank = slice_find(all, SLICE(" "), from);
		size_t end = blank == SIZE_MAX ? all.len : blank;
		struct slice word = slice_sub(all, from, end);

		if (slice_equal(text, word) ||
		    (word.ptr[0] == '*' && slice_ends(text, slice_sub(word, 1, word.len))))
			return true;
		from = end + 1;
	}
	return false;
}

const char *operation_kind(struct slice service, struct slice schema)
{
	for (int i = 0; i < ROWS; i++) {
		if ((!rows[i].services || has_word(rows[i].services, service)) &&
		    has_word(rows[i].schemas, schema))
			return rows[i].kind;
	}
	return NULL;
}

static const struct row *row_of(struct slice kind)
{
	for (int i = 0; i < ROWS; i++) {
		if (slice_is(kind, rows[i].kind))
			return &rows[i];
	}
	return NULL;
}

/* "status.state" of a response; NULL when it is not there. */
static const struct value *member(const struct value *at, struct slice dotted)
{
	while (at && dotted.len) {
		size_t dot = slice_find(dotted, SLICE("."), 0);

		at = value_map_get(*at, slice_sub(dotted, 0, dot));
		dotted = dot == SIZE_MAX ? (struct slice){0} : slice_sub(dotted, dot + 1, dotted.len);
	}
	return at;
}

/* ---- the two errors (reference, 7.4) */

static int unexpected(struct value response, struct value *raised)
{
	raise_plain(raised, "ResponseTypeError", "Long-running operation returned unexpected response.");
	value_put(raised, "operation", value_ref(response));
	return -1;
}

static int failure(struct value response, const struct value *error, struct value *raised)
{
	struct slice message = error ? value_get_text(*error, "message") : (struct slice){0};

	if (message.len)
		raise_plain(raised, "OperationError", "Long-running operation failed: %.*s",
			    SLICE_ARG(message));
	else
		raise_plain(raised, "OperationError", "Long-running operation failed.");
	value_put(raised, "operation", value_ref(response));
	value_put(raised, "error", error ? value_ref(*error) : value_null());
	return -1;
}

/* ---- where to ask again */

/* What follows https://HOST/ in a selfLink: asked at `root`, which may be another address of the service. */
static struct slice link_path(struct slice link)
{
	size_t host = slice_find(link, SLICE("://"), 0);
	size_t slash = host == SIZE_MAX ? SIZE_MAX : slice_find(link, SLICE("/"), host + 3);

	return slash == SIZE_MAX ? (struct slice){0} : slice_sub(link, slash + 1, link.len);
}

/* The members that a path names, by their dotted names, so that the path is an ordinary template. */
static struct value path_members(struct slice path, struct value response, struct slice version,
				 struct value args)
{
	struct value members = value_map_new();

	value_put(&members, "version", value_string(version));
	for (size_t open = slice_find(path, SLICE("{"), 0); open != SIZE_MAX;
	     open = slice_find(path, SLICE("{"), open + 1)) {
		struct slice name = slice_sub(path, open + 1, slice_find(path, SLICE("}"), open));
		const struct value *found;

		name = slice_sub(name, slice_starts(name, SLICE("+")), name.len);
		found = member(&response, name);
		if (!found)
			found = value_map_get(args, name);
		if (found && !value_map_get(members, name))
			value_map_set(&members, name, value_ref(*found));
	}
	return members;
}

static int next_look(const struct row *row, struct value response, struct slice root, struct slice version,
		     struct value args, struct value *url, struct value *raised)
{
	struct slice link = link_path(value_get_text(response, "selfLink"));
	struct slice path = slice_of(row->path);
	struct value members, ignored;
	struct buf text;
	int result = 0;

	/* A job may have no location, and then none is sent. */
	if (row->path && !member(&response, SLICE("jobReference.location")))
		path = slice_sub(path, 0, slice_find(path, SLICE("?"), 0));
	buf_init(&text, 16 << 10);
	buf_add_slice(&text, root);
	if (row->path) {
		members = path_members(path, response, version, args);
		result = template_fill(&text, path, members, TEMPLATE_ENCODED, &ignored);
		if (result < 0)
			value_unref(ignored);
		value_unref(members);
	} else {
		buf_add_slice(&text, link);
		result = link.len ? 0 : -1;
	}
	if (result == 0 && !text.full)
		*url = value_string(buf_slice(&text));
	else
		result = unexpected(response, raised);
	buf_release(&text);
	return result;
}

/* ---- judging */

/* An `error` that says something: null, an empty text and an empty map say that there is none. */
static const struct value *error_of(const struct row *row, struct value response)
{
	const struct value *error = *row->error ? member(&response, slice_of(row->error)) : NULL;

	return error && (value_len(*error) > 0 || value_is_number(*error)) ? error : NULL;
}

int operation_progress(struct slice kind, struct value response, struct slice root, struct slice version,
		       struct value args, bool *done, struct value *url, struct value *raised)
{
	const struct row *row = row_of(kind);
	const struct value *state = row ? member(&response, slice_of(row->state)) : NULL;
	const struct value *error;
	struct slice word = state ? value_text(*state) : (struct slice){0};
	bool is_boolean = row && strcmp(row->state, "done") == 0;

	*done = false;
	*url = value_null();
	if (!row || response.kind != VALUE_MAP || (!is_boolean && !word.len) ||
	    (is_boolean && state && state->kind != VALUE_BOOL))
		return unexpected(response, raised);
	error = error_of(row, response);
	if (has_word(row->failed, word))
		return failure(response, error, raised);
	if (is_boolean ? state && state->as.boolean : has_word(row->succeeded, word)) {
		if (error)
			return failure(response, error, raised);
		*done = true;
		return 0;
	}
	return next_look(row, response, root, version, args, url, raised);
}
