/*
 * api_private.h - a request, a call of a method, what is under way; for workflow/api alone.
 *
 *	struct api_request   one HTTP request, suspended until it is answered       listener.c
 *	struct api_call          the method it is, its variables, query and body        router.c
 *	struct launched      an execution that goes on here, or waits for its turn  launch.c
 *	struct compiled      a revision's plan, shared by its executions            compiled.c
 */
#ifndef WORKFLOW_API_PRIVATE_H
#define WORKFLOW_API_PRIVATE_H

#include "lib/http/server.h"
#include "workflow/api/api.h"
#include "workflow/api/listener.h"
#include "workflow/api/status.h"
#include "workflow/journal/executions.h"

#include <pthread.h>

/* ---- listener.c */

/* Request and reply are ours from the arrival to api_answer: its connection is suspended. */
struct api_request {
	struct api_listener *listener;
	const struct http_incoming *incoming;
	struct http_reply *reply;
	struct api_request *next;
};

struct api_listener {
	struct api_listen_options options;
	struct http_server *server;
	char base[96];
	uv_async_t async;
	pthread_mutex_t lock;		   /* guards what follows */
	struct api_request *first, **last; /* the inbox */
	bool is_stopped;
};

/* The reply may be sent; frees the request. */
void api_answer(struct api_request *request);
/* The same with an error body (reference, 9.2). */
void api_refuse(struct api_request *request, enum code_of_status code, const char *message);

/* ---- incoming.c */
struct value incoming_value(const struct http_incoming *incoming);
struct value incoming_query(const struct http_incoming *incoming); /* map: name -> text, or list of them */

/* ---- callbacks.c */
bool is_callback_path(const char *path);
void callback_receive(struct api_request *request);

/* ---- guard.c: who may ask at all; false when the request was refused */
bool guard_admits(struct api_request *request);

/* ---- router.c */

enum { CALL_VARIABLES = 5 };

struct api_call {
	struct api *api;
	struct api_request *request;
	const struct method *method;
	struct slice path;			   /* "projects/P/locations/L/...", without its verb */
	struct slice variables[CALL_VARIABLES]; /* what stands for the stars */
	struct value query;			   /* map of texts */
	struct value body;			   /* null for none */
	struct value answer;
	struct status status;
	void *user; /* of a method that answers later */
};

/* 0: call->answer is the answer; -1: call->status says why not; CALL_LATER: call_finish will be called. */
typedef int method_handler(struct api_call *call);
enum { CALL_LATER = 1 };

struct method {
	const char *verb;     /* of HTTP */
	const char *template; /* "projects/star/locations/star:verb", the stars written as such */
	method_handler *handle;
};

extern const struct method api_methods[]; /* ended by a row without a verb */

void call_begin(struct api *api, struct api_request *request);
/* After CALL_LATER: `result` as a handler returns it. Frees the call. */
void call_finish(struct api_call *call, int result);
struct slice call_parent(const struct api_call *call); /* "projects/P/locations/L" */
struct slice call_parameter(const struct api_call *call, const char *name); /* camelCase; snake_case is found, too */

/* ---- locations.c, operations.c, workflows.c, executions.c, entries.c, export.c */
method_handler locations_list, locations_get;
method_handler operations_list, operations_get, operations_delete;
method_handler workflows_list, workflows_get, workflows_create, workflows_patch, workflows_delete,
	workflows_list_revisions;
method_handler executions_create, executions_get, executions_list, executions_cancel, executions_export,
	executions_delete_history, executions_trigger;
method_handler callbacks_list, entries_list, entries_get;

struct value operation_resource(const struct journal_operation *operation);
struct value execution_resource(const struct api *api, const struct journal_execution *execution, bool is_full,
				struct error *err);
/* The execution that a call names: 0, or -1 with its status. Release it. */
int execution_of_call(struct api_call *call, struct journal_execution *out);

/* ---- deploy.c: workflows into the journal */

enum { WORKFLOW_ID_MAX = 64 };
#define EVERYWHERE SLICE("-") /* parent of workflows that come from files */

bool is_workflow_id(struct slice id);
/* The labels of a workflow or an execution, if it has any. */
int check_labels_of(struct value resource, struct status *status);
/* By the parent that was asked for, else one from a file: 0, or -1 with a status. */
int find_workflow(struct api *api, struct slice parent, struct slice id, struct journal_workflow *out,
		  struct status *status);
/* Does it compile? INVALID_ARGUMENT with the first complaint. */
int check_source(struct api *api, struct slice file, struct slice source, struct status *status);
/* A new revision's, and a run's, file name: "hello.yaml", or .json for what is JSON. */
struct value source_name(struct slice id, struct slice source);
struct value workflow_resource(struct api *api, const struct journal_workflow *workflow, struct slice parent,
			       bool has_source, struct error *err);

/* ---- compiled.c */

struct compiled {
	int64_t revision; /* row */
	char id[REVISION_ID_SIZE];
	char hash[65];
	struct value file;   /* string */
	struct value fields; /* of the revision */
	struct plan *plan;
	size_t users;
	struct compiled *next; /* used last, first */
};

struct compiled *compiled_take(struct api *api, int64_t revision, struct error *err); /* NULL with *err */
void compiled_drop(struct api *api, struct compiled *compiled);		 /* NULL is fine */
void compiled_release_all(struct api *api);

/* ---- launch.c */

struct launched {
	struct api *api;
	struct journal_run row;
	int64_t workflow; /* row */
	int64_t revision; /* row */
	struct value file, parent;
	struct value argument; /* decoded; of one that waits */
	struct value workflow_id;
	struct value connectors;
	enum call_log call_log;
	struct compiled *compiled; /* NULL while it waits */
	struct run *run;	   /* NULL while it waits */
	struct launched *next_in_bucket;
	struct launched *next_queued;
};

/* What was asked for. `fields` is lent. */
struct launch {
	struct slice parent, workflow; /* of the request */
	struct slice argument;	       /* JSON; empty: null */
	struct value fields;	       /* labels, levels */
	bool may_wait;		       /* in the backlog */
	const char *id;		       /* of the execution, not there yet; NULL: a random one */
};

/* Make the execution and let it begin or wait. *out (to be released) is what can be told of it once all that is queued
 * for the journal is on disk. */
int launch(struct api *api, const struct launch *what, struct journal_execution *out, struct status *status);
struct launched *launched_find(const struct api *api, const char *id);
bool is_begun(struct api *api, const char *id); /* here, or in the journal, whether or not it has ended */
/* End it (reference, 11.6). It may be gone after this. */
void launched_cancel(struct launched *launched);
/* All of a workflow; how many there were. */
size_t launched_cancel_all(struct api *api, int64_t workflow);
void launched_release_all(struct api *api);

/* ---- folder.c */
struct folder_watch; /* opaque */
struct folder_watch *folder_open(struct api *api, const char *path, struct error *err);
void folder_close(struct folder_watch *watch); /* NULL is fine */

/* ---- metrics.c */
void metrics_answer(const struct api *api, struct api_request *request);

/* ---- schedules.c */
struct schedule_watch; /* opaque */
struct schedule_watch *schedules_open(struct api *api);
void schedules_close(struct schedule_watch *watch); /* NULL is fine */

/* ---- arrivals.c */
struct arrival_watch; /* opaque; of one folder */
void arrivals_close(struct api *api);

/* ---- api.c */
struct api {
	struct api_options options;
	struct journal *journal;
	struct folder_watch *folder;
	struct schedule_watch *schedules;
	struct arrival_watch *arrivals; /* linked */
	struct compiled *compiled;
	struct launched **buckets;
	size_t bucket_count, launched_count;
	size_t active, queued;
	struct launched *queue_first, **queue_last;
	int64_t made, refused; /* executions asked for since it was opened: begun or waiting; for want of room */
	bool is_closing;
};

#endif
