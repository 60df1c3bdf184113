/*
 * graph_dot.c - a graph in the language of graphviz.
 *
 * Identifiers are ours (n0, cluster_0); labels are quoted strings, never HTML, in which quotes and
 * backslashes are escaped, so that a name cannot end the label nor call for an escape of graphviz's own.
 */
#include "workflow/plan/graph.h"

static void put(struct slice text, FILE *out)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char byte = (unsigned char)text.ptr[i];

		if (byte == '"' || byte == '\\')
			fputc('\\', out);
		if (byte == '&') /* graphviz reads entities in every label */
			fputs("&amp;", out);
		else
			fputc(byte < 0x20 || byte == 0x7f ? ' ' : byte, out);
	}
}

static void put_depth(int depth, FILE *out)
{
	fprintf(out, "%*s", depth * 2, "");
}

static const char *shape(const struct graph_node *node)
{
	switch (node->step_kind) {
	case STEP_SWITCH:
		return "diamond";
	case STEP_FOR:
	case STEP_PARALLEL:
		return "hexagon";
	case STEP_RETURN:
		return "oval";
	case STEP_RAISE:
		return "octagon";
	default:
		return "box";
	}
}

static const char *colours(enum graph_state_kind kind)
{
	static const char *const styles[] = {
		", style=\"filled,dashed\", fillcolor=\"#f5f5f5\", color=\"#9e9e9e\", fontcolor=\"#616161\"",
		", style=filled, fillcolor=\"#fff3cd\", color=\"#b26a00\"",
		", style=filled, fillcolor=\"#dff3e1\", color=\"#1b7f3b\"",
		", style=filled, fillcolor=\"#fbdcdc\", color=\"#b3261e\", penwidth=3",
	};

	return styles[kind];
}

static void print_node(const struct graph *graph, int number, const struct graph_state *states, int depth,
		       FILE *out)
{
	const struct graph_node *node = &graph->nodes[number];
	struct buf state;

	put_depth(depth, out);
	if (node->kind == GRAPH_JOIN) {
		fprintf(out, "n%d [shape=point, label=\"\"];\n", number);
		return;
	}
	if (node->kind != GRAPH_STEP) {
		fprintf(out, "n%d [shape=%s, label=\"%s\"];\n", number,
			node->kind == GRAPH_START ? "circle" : "doublecircle",
			node->kind == GRAPH_START ? "start" : "end");
		return;
	}
	fprintf(out, "n%d [shape=%s, label=\"", number, shape(node));
	put(node->name, out);
	fputs(node->name.len ? "\\n" : "", out);
	put(node->label, out);
	buf_init(&state, 0);
	graph_state_text(node, states, &state);
	fprintf(out, "%s%s\"%s];\n", state.len ? "\\n" : "", buf_text(&state),
		states && node->step >= 0 ? colours(graph_state_of(node, states)) : "");
	buf_release(&state);
}

static void print_edge(const struct graph_edge *edge, FILE *out)
{
	static const char *const styles[] = {
		[GRAPH_SEQUENCE] = "",
		[GRAPH_JUMP] = ", color=\"#1f4e9c\"",
		[GRAPH_CONDITION] = ", color=\"#1f4e9c\"",
		[GRAPH_LOOP] = ", color=\"#5b5b5b\"",
		[GRAPH_FORK] = ", penwidth=2",
		[GRAPH_ERROR] = ", style=dashed, color=\"#b3261e\"",
		[GRAPH_RETRY] = ", style=dashed, color=\"#b26a00\"",
		[GRAPH_CALL] = ", style=dotted, constraint=false",
	};

	fprintf(out, "  n%d -> n%d [label=\"", edge->from, edge->to);
	put(edge->label, out);
	fprintf(out, "\"%s];\n", styles[edge->kind]);
}

static void close_to(const struct graph *graph, int *open, int cluster, int *depth, FILE *out)
{
	for (; *open != cluster; *open = graph->clusters[*open].parent) {
		put_depth(--*depth, out);
		fputs("}\n", out);
	}
}

/* Clusters and nodes are both in source order: one walk along the nodes opens and closes. */
static void print_clusters(const struct graph *graph, const struct graph_state *states, FILE *out)
{
	int open = -1, depth = 1;
	size_t next = 0;

	for (size_t i = 0; i < graph->node_count; i++) {
		int cluster = graph->nodes[i].cluster;

		for (; next < graph->cluster_count && (int)next <= cluster; open = (int)next++) {
			close_to(graph, &open, graph->clusters[next].parent, &depth, out);
			put_depth(depth++, out);
			fprintf(out, "subgraph cluster_%zu {\n", next);
			put_depth(depth, out);
			fputs("label=\"", out);
			put(graph->clusters[next].label, out);
			fputs("\";\n", out);
		}
		close_to(graph, &open, cluster, &depth, out);
		print_node(graph, (int)i, states, depth, out);
	}
	close_to(graph, &open, -1, &depth, out);
}

void graph_print_dot(const struct graph *graph, const struct graph_state *states, FILE *out)
{
	fputs("digraph definition {\n"
	      "  graph [fontname=\"sans-serif\", fontsize=11, color=\"#9e9e9e\"];\n"
	      "  node [fontname=\"sans-serif\", fontsize=10];\n"
	      "  edge [fontname=\"sans-serif\", fontsize=9];\n",
	      out);
	print_clusters(graph, states, out);
	for (size_t i = 0; i < graph->edge_count; i++)
		print_edge(&graph->edges[i], out);
	fputs("}\n", out);
}
