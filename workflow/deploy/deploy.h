/*
 * deploy.h - from services.yaml and a definition to Cloud Run and Cloud Workflows.
 *
 *	deployment ──▶ resources ──┬─ gcloud ──▶ actions ──▶ script; inspection, apply
 *	                           └─ terraform: the same as a module
 *
 * Resources are the plan; the two ways of writing it down cannot drift apart, for both are written from the same list.
 * An action is one gcloud command that a person could run. Commands and practice: Google's documentation of gcloud, as
 * checked against SDK 528.0.0.
 *
 * Ownership: all texts of a deployment, its resources and its actions lie in the caller's arena. One thread. Depends on
 * workflow/services/config.h, lib/{mem,text,diag,value,json,proc}.
 */
#ifndef WORKFLOW_DEPLOY_DEPLOY_H
#define WORKFLOW_DEPLOY_DEPLOY_H

#include "lib/text/text.h"
#include "lib/value/value.h"
#include "workflow/services/config.h"

#include <stdbool.h>
#include <stdio.h>

/* ---- what is asked */

struct deployment {
	const char *project, *region;
	const char *name;       /* of the workflow; the accounts' names begin with it */
	const char *source;     /* file of the definition */
	const char *context;    /* folder that the images are built from */
	const char *repository; /* of images, in Artifact Registry */
	const char *tag;        /* of the images: says what is in them */
	const char *documents, *inbox; /* buckets: of texts and decisions, of what arrives */
	const char *schedule;   /* cron; NULL: no schedule */
	const char *time_zone;  /* of the schedule */
	const char *argument;   /* JSON: what scheduled runs are given */
	bool has_trigger;       /* a new object in the inbox starts a run */
	const char *smoke;      /* JSON: argument of the run that ends a deployment; NULL: none */
	const struct service_config *services;
	size_t service_count;
};

/* ERROR_INPUT when a name cannot be one on Google Cloud, with what it must look like. */
int deployment_check(const struct deployment *deployment, struct error *err);
/* A tag out of the content of the folder that images are built from: its files' names and contents. */
int deployment_tag(const char *context, char tag[17], struct error *err);

/* ---- what there shall be */

enum resource_kind {
	RESOURCE_APIS,	       /* deployment_apis */
	RESOURCE_REPOSITORY,
	RESOURCE_IMAGES,       /* of all services */
	RESOURCE_ACCOUNT,      /* name: id; title: what it is for */
	RESOURCE_PROJECT_ROLE, /* role, in the project, of account; without an account: of Cloud Storage's own */
	RESOURCE_BUCKET,
	RESOURCE_BUCKET_ROLE,  /* role, in bucket, of account */
	RESOURCE_SERVICE,
	RESOURCE_SERVICE_ROLE, /* role, in service, of account */
	RESOURCE_WORKFLOW,
	RESOURCE_SCHEDULE,
	RESOURCE_TRIGGER,
	RESOURCE_SMOKE_RUN,
};

struct resource {
	enum resource_kind kind;
	const char *name;    /* with the kind, unique */
	const char *title;   /* for people: "service extract" */
	const char *account; /* id of the account: whose role, or as whom it runs; or NULL */
	const char *role;    /* "roles/run.invoker"; or NULL */
	const char *bucket;  /* where the role is; or NULL */
	const struct service_config *service; /* or NULL */
};

struct resources {
	struct resource *at;
	size_t count, capacity; /* at is of the heap: resources_release */
};

/* Names of the APIs that a deployment needs; ends with NULL. */
void deployment_apis(const struct deployment *deployment, const char *apis[16]);
/* All of them, in the order in which they are made. */
void resources_of(struct arena *arena, const struct deployment *deployment, struct resources *out);
void resources_release(struct resources *resources);

/* ---- how it comes to be there */

/* What something shall be, as a flag of the command, and where `gcloud ... describe --format=json` tells what it is. */
enum setting_kind {
	SETTING_TEXT,	   /* equal, or the last segment of a resource name is */
	SETTING_LEVEL,	   /* log-errors-only is told as LOG_ERRORS_ONLY */
	SETTING_FILE,	   /* the content of the file `value` */
	SETTING_VARIABLES, /* NAME=VALUE, between separators: told as a map, or as a list of {"name", "value"} */
	SETTING_UNTOLD,	   /* not compared */
};
struct setting {
	enum setting_kind kind;
	const char *flag;  /* "--memory"; NULL ends a list */
	const char *value; /* NULL: the flag has none. ${NAME} in it is a value that an earlier action learns */
	const char *path;  /* keys from the top, a space between two */
};

/* One step of the plan. */
struct action {
	const struct resource *resource;
	const char *title;
	const char *const *look; /* says what is there; nothing, or a failure: it is not there. NULL: no question */
	const struct setting *settings; /* compared with what `look` says; NULL: being there is enough */
	const char *const *make; /* NULL: there is only something to learn */
	const char *const *remake; /* for what is there already; NULL: `make` may be done again when `repeats` */
	bool repeats;		 /* else `make` fails when the thing is there */
	const char *expects;	 /* what `make` must print; or NULL */
	const char *const *read; /* prints the value of `learns` */
	const char *learns;	 /* "EXTRACT_URL"; or NULL */
	const char *undo;	 /* lines of shell that lead back, ${OLD} in them; or NULL */
	const char *old;	 /* where `look` tells ${OLD} */
};

struct actions {
	struct action *at;
	size_t count, capacity; /* actions_release */
};

void actions_of(struct arena *arena, const struct deployment *deployment, const struct resources *resources,
		struct actions *out);
void actions_release(struct actions *actions);

/* ---- writing it down */

/* The commands alone, with what they are for. */
void actions_print(const struct actions *actions, FILE *out);
/* A shell script that makes what is missing and brings the rest up to date. */
void actions_print_script(const struct deployment *deployment, const struct actions *actions, FILE *out);
/* A Terraform module whose variables are project, region, bucket, images and the like. */
void resources_print_terraform(const struct deployment *deployment, const struct resources *resources, FILE *out);

/* ---- doing it */

enum finding { FOUND_SAME, FOUND_OTHER, FOUND_NOTHING, FOUND_UNASKED };

struct inspection {
	enum finding *findings;	    /* of each action; owned */
	char **differences;	    /* text for people, lines; or NULL; owned */
	struct value *before;	    /* what `look` described; null when nothing; owned */
	struct value learnt;	    /* map of text: names and values known by now; owned */
	size_t count;
};

/* Ask Google Cloud what is there already. Nothing is changed. */
int inspection_take(const struct deployment *deployment, const struct actions *actions, struct inspection *inspection,
		struct error *err);
void inspection_print(const struct actions *actions, const struct inspection *inspection, FILE *out);
/* How many actions change something. */
size_t inspection_wanted(const struct actions *actions, const struct inspection *inspection);
/* Make them in order; what was made before a failure stays, and another inspection finds it. */
int inspection_apply(const struct actions *actions, struct inspection *inspection, FILE *out, struct error *err);
/* The commands that lead back to what was there. */
void inspection_print_rollback(const struct actions *actions, const struct inspection *inspection, FILE *out);
void inspection_release(struct inspection *inspection);

#endif
