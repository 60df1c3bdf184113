/*
 * graph_text.c - a graph as an outline: a line a step, what leads elsewhere below it.
 *
 *	main(args)
 *	  decide              switch
 *	      if ${x > 1} -> big
 *	      otherwise -> small
 *	  loop                for v in ${xs}
 *	    add               assign total
 *
 * The order of the lines is the order of the source, so what merely comes next needs no arrow.
 */
#include "workflow/plan/graph.h"

enum { INDENT = 2, LABEL_COLUMN = 28, STATE_COLUMN = 76 };

/* Returns the columns used. Control characters do not steer a terminal. */
static int put(struct slice text, FILE *out)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char byte = (unsigned char)text.ptr[i];

		fputc(byte < 0x20 || byte == 0x7f ? '?' : byte, out);
	}
	return (int)utf8_count(text);
}

static int put_blanks(int count, FILE *out)
{
	return fprintf(out, "%*s", count > 0 ? count : 0, "");
}

static bool has_heading(const struct graph_cluster *cluster)
{
	return cluster->kind == GRAPH_BRANCH || cluster->kind == GRAPH_EXCEPT ||
	       cluster->kind == GRAPH_ROUTINE;
}

/* Of the lines in a cluster; its heading, if it has one, stands one level further out. */
static int indent_of(const struct graph *graph, int cluster)
{
	int levels = 0;

	for (; cluster >= 0; cluster = graph->clusters[cluster].parent)
		levels += has_heading(&graph->clusters[cluster]) && graph->clusters[cluster].parent >= 0 ? 2
													  : 1;
	return levels * INDENT;
}

/* Clusters are numbered as the lines come, so what is beyond the last printed one is new. */
static void print_headings(const struct graph *graph, int cluster, int *printed, FILE *out)
{
	const struct graph_cluster *c;

	if (cluster <= *printed)
		return;
	c = &graph->clusters[cluster];
	if (c->parent >= 0)
		print_headings(graph, c->parent, printed, out);
	*printed = cluster;
	if (!has_heading(c))
		return;
	if (c->kind == GRAPH_ROUTINE && cluster > 0)
		fputc('\n', out);
	put_blanks(indent_of(graph, cluster) - INDENT, out);
	put(c->label, out);
	fputc('\n', out);
}

/* The printer's view of a graph. */
struct outline {
	const struct graph *graph;
	const struct graph_state *states;
	size_t *first; /* [node]: its first edge; one more at the end */
	FILE *out;
};

/* A simple step without a name stands in the line of the condition that leads to it. */
static bool is_inline(const struct graph_node *node)
{
	return node->kind == GRAPH_STEP && !node->name.ptr &&
	       (node->step_kind == STEP_ASSIGN || node->step_kind == STEP_CALL ||
		node->step_kind == STEP_RAISE || node->step_kind == STEP_RETURN);
}

/* What the outline shows of its own accord. */
static bool is_plain(const struct graph *graph, const struct graph_edge *e)
{
	if (e->kind == GRAPH_SEQUENCE || e->kind == GRAPH_FORK || e->kind == GRAPH_ERROR)
		return true;
	if (e->kind == GRAPH_LOOP)
		return !slice_is(e->label, "continue");
	return e->kind == GRAPH_JUMP && graph->nodes[e->from].kind == GRAPH_STEP &&
	       graph->nodes[e->from].step_kind == STEP_RETURN;
}

static void put_target(const struct outline *o, int number)
{
	const struct graph_node *node = &o->graph->nodes[number];

	if (node->kind == GRAPH_END) {
		fputs("end", o->out);
	} else if (node->kind == GRAPH_JOIN) {
		fputs("the end of ", o->out);
		put(node->name, o->out);
	} else {
		put(node->name.ptr ? node->name : node->label, o->out);
	}
}

static void put_inline(const struct outline *o, int node)
{
	put(o->graph->nodes[node].label, o->out);
	for (size_t i = o->first[node]; i < o->first[node + 1]; i++) {
		const struct graph_edge *e = &o->graph->edges[i];

		if (is_plain(o->graph, e))
			continue;
		fputs(e->kind == GRAPH_CALL ? ", calls " : " -> ", o->out);
		put_target(o, e->to);
	}
}

static void print_edge(const struct outline *o, const struct graph_edge *e)
{
	bool has_condition = e->kind == GRAPH_CONDITION && !slice_is(e->label, "otherwise");

	put_blanks(indent_of(o->graph, o->graph->nodes[e->from].cluster) + 2 * INDENT, o->out);
	fputs(e->kind == GRAPH_CALL ? "calls " : has_condition ? "if " : "", o->out);
	put(e->label, o->out);
	if (e->kind == GRAPH_CONDITION && is_inline(&o->graph->nodes[e->to])) {
		fputs(": ", o->out);
		put_inline(o, e->to);
	} else if (e->kind == GRAPH_CALL) {
		put_target(o, e->to);
	} else if (e->kind != GRAPH_RETRY) {
		fputs(e->label.len ? " -> " : "-> ", o->out);
		put_target(o, e->to);
	}
	fputc('\n', o->out);
}

static void print_node(const struct outline *o, const struct graph_node *node)
{
	struct buf state;
	int column = put_blanks(indent_of(o->graph, node->cluster), o->out);

	column += put(node->name, o->out);
	if (node->name.len)
		column += put_blanks(column < LABEL_COLUMN ? LABEL_COLUMN - column : 1, o->out);
	column += put(node->label, o->out);
	buf_init(&state, 0);
	graph_state_text(node, o->states, &state);
	if (state.len) {
		put_blanks(column + 2 < STATE_COLUMN ? STATE_COLUMN - column : 2, o->out);
		fputs(buf_text(&state), o->out);
	}
	buf_release(&state);
	fputc('\n', o->out);
}

/* Edges are sorted by their origin. */
static size_t *index_edges(const struct graph *graph)
{
	size_t *first = mem_alloc((graph->node_count + 1) * sizeof(*first));
	size_t edge = 0;

	for (size_t i = 0; i <= graph->node_count; i++) {
		while (edge < graph->edge_count && (size_t)graph->edges[edge].from < i)
			edge++;
		first[i] = edge;
	}
	return first;
}

static bool is_taken_inline(const struct outline *o, size_t node)
{
	const struct graph_cluster *cluster = &o->graph->clusters[o->graph->nodes[node].cluster];

	return is_inline(&o->graph->nodes[node]) && cluster->kind != GRAPH_TRIED;
}

void graph_print_text(const struct graph *graph, const struct graph_state *states, FILE *out)
{
	struct outline o = {graph, states, index_edges(graph), out};
	int printed = -1;

	for (size_t i = 0; i < graph->node_count; i++) {
		if (is_taken_inline(&o, i))
			continue;
		print_headings(graph, graph->nodes[i].cluster, &printed, out);
		if (graph->nodes[i].kind == GRAPH_STEP)
			print_node(&o, &graph->nodes[i]);
		for (size_t e = o.first[i]; e < o.first[i + 1]; e++) {
			if (!is_plain(graph, &graph->edges[e]))
				print_edge(&o, &graph->edges[e]);
		}
	}
	mem_free(o.first);
}
