/*
 * config.h - services.yaml: the one list of services, for the laptop and for the cloud.
 *
 * The runner uses name, command and environment; a deployment uses the rest, too. All of it is checked by whoever
 * reads the file, so that a mistake shows on the laptop.
 *
 * Depends on lib/{mem,diag,yaml}. Everything lies in the caller's arena.
 */
#ifndef WORKFLOW_SERVICES_CONFIG_H
#define WORKFLOW_SERVICES_CONFIG_H

#include "lib/diag/error.h"
#include "lib/mem/mem.h"

#include <stdbool.h>
#include <stddef.h>

struct service_variable {
	const char *name;
	const char *value; /* NULL: as it is in our own environment, if there */
};

struct service_variables {
	const struct service_variable *at;
	size_t count;
};

struct service_config {
	const char *name;
	const char *variable;	    /* INGEST_URL */
	const char *const *command; /* NULL-terminated */
	struct service_variables environment;
	/* Of a deployment; what the file leaves out has Cloud Run's default. */
	const char *cpu;	  /* cores: "2", "0.5" */
	const char *memory;	  /* "512Mi" */
	int concurrency;	  /* requests at a time in an instance */
	int min_instances, max_instances;
	bool cpu_always;	  /* has its cores between requests, too: for work that goes on after an answer */
	const char *documents_role, *inbox_role; /* what it may do in these buckets, "objectViewer"; or NULL */
	struct service_variables deployed_environment; /* ${PROJECT}, ${REGION}, ${DOCUMENTS}, ${INBOX} in the values */
};

/* The services of a file. -1 with ERROR_INPUT ("FILE:LINE:COLUMN: ...") or ERROR_NOT_FOUND. */
int config_read(struct arena *arena, const char *file, struct service_config **configs, size_t *count,
		struct error *err);

#endif
