/*
 * graph_private.h - the builder of a graph, and how its labels are worded; seen by graph*.c alone.
 */
#ifndef WORKFLOW_PLAN_GRAPH_PRIVATE_H
#define WORKFLOW_PLAN_GRAPH_PRIVATE_H

#include "workflow/plan/graph.h"

/* Characters of a label; what is longer ends with three dots. */
enum { GRAPH_LABEL_LENGTH = 60 };

/* ---- graph_label.c: in the arena */

/* What a step does: "call http.get", "assign a, b", "for v in ${xs}". */
struct slice graph_step_label(struct arena *arena, const struct step *step);
struct slice graph_tree_label(struct arena *arena, const struct tree *tree);
struct slice graph_retry_label(struct arena *arena, const struct retry *retry);
struct slice graph_routine_label(struct arena *arena, const struct routine *routine);
struct slice graph_loop_label(struct arena *arena, const struct loop *loop);
/* `prefix` and a name with a blank between. */
struct slice graph_named_label(struct arena *arena, const char *prefix, struct slice name);
/* Names of the routines that the expressions of a step call, each once, at most `capacity`. */
size_t graph_callees(const struct definition *definition, const struct step *step, const struct routine **found,
		     size_t capacity);

#endif
