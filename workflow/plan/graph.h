/*
 * graph.h - a definition as a picture: steps, where they lead, what lies within what.
 *
 *	definition ─ graph_new ─▶ clusters, nodes, edges ─▶ text, mermaid, dot
 *
 * A cluster is a routine, or a list of steps inside one of its steps: a loop's body, a branch, what is tried.
 * Nodes stand in source order, so the text form is the source's outline. Every jump is an edge of its own
 * kind; an edge that only says "the next in the list" is SEQUENCE. The printers escape what the author wrote
 * for their form, and the same plan always gives the same text.
 *
 * With `states`, one for each step of the plan, nodes show what became of them in a run.
 *
 * A graph lives in its arena and borrows names from the plan. Depends on workflow/{plan,syntax,expr}, lib.
 */
#ifndef WORKFLOW_PLAN_GRAPH_H
#define WORKFLOW_PLAN_GRAPH_H

#include "workflow/plan/plan.h"

#include <stdio.h>

enum graph_node_kind {
	GRAPH_START, /* of a routine */
	GRAPH_STEP,
	GRAPH_JOIN, /* the strands of a parallel step have ended */
	GRAPH_END,  /* of a routine */
};

struct graph_node {
	enum graph_node_kind kind;
	enum step_kind step_kind; /* GRAPH_STEP */
	int step;                 /* number in the plan; -1: no step, or an unnamed one inside a switch or try */
	int cluster;
	struct slice name;  /* of the step or routine; ptr NULL when unnamed */
	struct slice label; /* what it does: "call http.get" */
	struct place at;
};

enum graph_edge_kind {
	GRAPH_SEQUENCE,  /* to what stands next */
	GRAPH_JUMP,      /* next: */
	GRAPH_CONDITION, /* of a switch; label: the condition, or "otherwise" */
	GRAPH_LOOP,      /* into a body, and back; label: "each", "next", "continue" */
	GRAPH_FORK,      /* to each branch, and from it to the join */
	GRAPH_ERROR,     /* from a try to its except */
	GRAPH_RETRY,     /* from a try to itself */
	GRAPH_CALL,      /* from a step to the routine it calls */
};

struct graph_edge {
	int from, to; /* nodes */
	enum graph_edge_kind kind;
	struct slice label; /* may be empty */
};

enum graph_cluster_kind { GRAPH_ROUTINE, GRAPH_LOOP_BODY, GRAPH_BRANCH, GRAPH_TRIED, GRAPH_EXCEPT, GRAPH_GROUP };

struct graph_cluster {
	enum graph_cluster_kind kind;
	int parent;         /* -1: a routine */
	int owner;          /* node of the step it lies in; -1: a routine */
	struct slice label; /* "main(args)", "each v", "branch a" */
};

struct graph {
	struct arena arena;
	struct graph_node *nodes; /* in source order */
	size_t node_count, node_capacity;
	struct graph_edge *edges; /* by their origin, as far as the source has an order */
	size_t edge_count, edge_capacity;
	struct graph_cluster *clusters; /* a parent before its children */
	size_t cluster_count, cluster_capacity;
};

struct graph *graph_new(const struct plan *plan);
void graph_free(struct graph *graph); /* NULL is fine */

enum graph_state_kind { GRAPH_NOT_REACHED, GRAPH_RUNNING, GRAPH_SUCCEEDED, GRAPH_FAILED };

/* Of one step in a run. It failed when its last visit ended with an error that left the step. */
struct graph_state {
	enum graph_state_kind kind;
	int64_t visits;
	int64_t failures;
	int64_t total_us; /* of all ended visits */
};

/* `states` has one for each step of the plan, or is NULL. */
void graph_print_text(const struct graph *graph, const struct graph_state *states, FILE *out);
void graph_print_mermaid(const struct graph *graph, const struct graph_state *states, FILE *out);
void graph_print_dot(const struct graph *graph, const struct graph_state *states, FILE *out);

/* "3 visits, 1 failed, 1.20 s": appended; nothing for a node that has no step or was not reached. */
void graph_state_text(const struct graph_node *node, const struct graph_state *states, struct buf *out);
/* NOT_REACHED where the node is no step. */
enum graph_state_kind graph_state_of(const struct graph_node *node, const struct graph_state *states);
const char *graph_state_name(enum graph_state_kind kind);

#endif
