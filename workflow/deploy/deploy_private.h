/* deploy_private.h - shared by the files of workflow/deploy alone. */
#ifndef WORKFLOW_DEPLOY_PRIVATE_H
#define WORKFLOW_DEPLOY_PRIVATE_H

#include "workflow/deploy/deploy.h"

/* Text in the arena. */
char *deploy_text(struct arena *arena, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* INGEST_DIGEST, STEP_TWO_URL: the name of what an action learns about a service. */
char *deploy_variable(struct arena *arena, const char *service, const char *suffix);
/* The address of an account. */
char *deploy_account(struct arena *arena, const struct deployment *deployment, const char *id);
/* The variables that a deployed service sees: NAME=VALUE. Returns how many; i from 0. */
size_t deploy_variables(const struct service_config *service);
struct service_variable deploy_variable_at(struct arena *arena, const struct deployment *deployment,
					   const struct service_config *service, size_t i);

/* What stands between two settings of a list of variables: no comma, for values may hold one. */
#define DEPLOY_SEPARATOR "@"

/* Appends `text` with each ${NAME} replaced by what is known (a map of texts); false when one is not. */
bool deploy_expand(const char *text, struct value known, struct buf *out);
/* The next ${NAME} at or after *at: the text before it, its name, and *at behind it. False at the end, with the rest in
 * *before. */
bool deploy_next_name(struct slice text, size_t *at, struct slice *before, struct slice *name);

/* ---- compare.c */
/* What differs, a line each: "memory: 512Mi -> 1Gi", appended. How many; -1 when `told` is no JSON. */
int settings_compare(const struct setting *settings, struct value told, struct value known, struct buf *out);
/* The value at a path, or NULL. */
const struct value *settings_at(const struct value *told, const char *path);

#endif
