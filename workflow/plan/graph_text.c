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

static void put_target(const struct graph_node *node, FILE *out)
{
	if (node->kind == GRAPH_END) {
		fputs("end", out);
	} else if (node->kind == GRAPH_JOIN) {
		fputs("the end of ", out);
		put(node->name, out);
	} else {
		put(node->name.ptr ? node->name : node->label, out);
	}
}

/* Edges are sorted by their origin. */
static void print_edges(const struct graph *graph, int node, size_t *edge, FILE *out)
{
	for (; *edge < graph->edge_count && graph->edges[*edge].from == node; ++*edge) {
		const struct graph_edge *e = &graph->edges[*edge];

		if (e->kind == GRAPH_SEQUENCE || e->kind == GRAPH_FORK || e->kind == GRAPH_ERROR ||
		    (e->kind == GRAPH_LOOP && !slice_is(e->label, "continue")))
			continue;
		put_blanks(indent_of(graph, graph->nodes[node].cluster) + 2 * INDENT, out);
		if (e->kind == GRAPH_RETRY) {
			put(e->label, out);
			fputc('\n', out);
			continue;
		}
		if (e->kind == GRAPH_CALL)
			fputs("calls", out);
		else if (e->kind == GRAPH_CONDITION && !slice_is(e->label, "otherwise"))
			fputs("if ", out);
		put(e->label, out);
		fputs(e->kind == GRAPH_CALL ? " " : e->label.len ? " -> " : "-> ", out);
		put_target(&graph->nodes[e->to], out);
		fputc('\n', out);
	}
}

static void print_node(const struct graph *graph, const struct graph_node *node,
		       const struct graph_state *states, FILE *out)
{
	struct buf state;
	int column = put_blanks(indent_of(graph, node->cluster), out);

	column += put(node->name, out);
	if (node->name.len)
		column += put_blanks(column < LABEL_COLUMN ? LABEL_COLUMN - column : 1, out);
	column += put(node->label, out);
	buf_init(&state, 0);
	graph_state_text(node, states, &state);
	if (state.len) {
		put_blanks(column + 2 < STATE_COLUMN ? STATE_COLUMN - column : 2, out);
		fputs(buf_text(&state), out);
	}
	buf_release(&state);
	fputc('\n', out);
}

void graph_print_text(const struct graph *graph, const struct graph_state *states, FILE *out)
{
	int printed = -1;
	size_t edge = 0;

	for (size_t i = 0; i < graph->node_count; i++) {
		const struct graph_node *node = &graph->nodes[i];

		print_headings(graph, node->cluster, &printed, out);
		if (node->kind == GRAPH_STEP)
			print_node(graph, node, states, out);
		print_edges(graph, (int)i, &edge, out);
	}
}
