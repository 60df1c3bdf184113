/*
 * graph_mermaid.c - a graph in Mermaid's flowchart syntax, which GitHub and many editors draw.
 *
 * Identifiers are ours (n0, c0), so no word of the author can be one of Mermaid's; labels are quoted, and
 * what has a meaning even there is written as an entity: quotes, entities and HTML, backquotes (Markdown),
 * backslashes (breaks), percent signs (directives), a second dollar (formulas).
 */
#include "workflow/plan/graph.h"

#include <string.h>

static void put(struct slice text, FILE *out)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char byte = (unsigned char)text.ptr[i];

		if (byte < 0x20 || byte == 0x7f)
			fputc(' ', out);
		else if (strchr("\"#&<>`\\%", byte) || (byte == '$' && i > 0 && text.ptr[i - 1] == '$'))
			fprintf(out, "#%u;", (unsigned)byte);
		else
			fputc(byte, out);
	}
}

static void put_depth(int depth, FILE *out)
{
	fprintf(out, "%*s", depth * 2, "");
}

static void print_node(const struct graph *graph, int number, const struct graph_state *states, int depth,
		       FILE *out)
{
	const struct graph_node *node = &graph->nodes[number];
	const char *open = "[\"", *close = "\"]";
	struct buf state;

	put_depth(depth, out);
	if (node->kind != GRAPH_STEP) {
		fprintf(out, "n%d((\"%s\"))\n", number,
			node->kind == GRAPH_START  ? "start"
			: node->kind == GRAPH_JOIN ? "join"
						   : "end");
		return;
	}
	if (node->step_kind == STEP_SWITCH)
		open = "{\"", close = "\"}";
	else if (node->step_kind == STEP_FOR || node->step_kind == STEP_PARALLEL)
		open = "{{\"", close = "\"}}";
	else if (node->step_kind == STEP_RETURN || node->step_kind == STEP_RAISE)
		open = "([\"", close = "\"])";
	fprintf(out, "n%d%s", number, open);
	put(node->name, out);
	fputs(node->name.len ? "<br/>" : "", out);
	put(node->label, out);
	buf_init(&state, 0);
	graph_state_text(node, states, &state);
	fprintf(out, "%s%s%s\n", state.len ? "<br/>" : "", buf_text(&state), close);
	buf_release(&state);
}

static void print_edge(const struct graph_edge *edge, FILE *out)
{
	bool is_dotted = edge->kind == GRAPH_ERROR || edge->kind == GRAPH_RETRY || edge->kind == GRAPH_CALL;

	fprintf(out, "  n%d %s", edge->from, is_dotted ? "-.->" : edge->kind == GRAPH_FORK ? "==>" : "-->");
	if (edge->label.len) {
		fputs("|\"", out);
		put(edge->label, out);
		fputs("\"|", out);
	}
	fprintf(out, " n%d\n", edge->to);
}

/* Clusters and nodes are both in source order: one walk along the nodes opens and closes. */
static void print_clusters(const struct graph *graph, const struct graph_state *states, FILE *out)
{
	int open = -1, depth = 1;
	size_t next = 0;

	for (size_t i = 0; i < graph->node_count; i++) {
		int cluster = graph->nodes[i].cluster;

		while (next < graph->cluster_count && (int)next <= cluster) {
			for (; open != graph->clusters[next].parent; open = graph->clusters[open].parent) {
				put_depth(--depth, out);
				fputs("end\n", out);
			}
			put_depth(depth++, out);
			fprintf(out, "subgraph c%zu[\"", next);
			put(graph->clusters[next].label, out);
			fputs("\"]\n", out);
			open = (int)next++;
		}
		for (; open != cluster; open = graph->clusters[open].parent) {
			put_depth(--depth, out);
			fputs("end\n", out);
		}
		print_node(graph, (int)i, states, depth, out);
	}
	while (depth > 1) {
		put_depth(--depth, out);
		fputs("end\n", out);
	}
}

static void print_states(const struct graph *graph, const struct graph_state *states, FILE *out)
{
	static const char *const classes[] = {"unreached", "running", "succeeded", "failed"};

	fputs("  classDef unreached fill:#f5f5f5,stroke:#9e9e9e,color:#616161,stroke-dasharray:4\n"
	      "  classDef running fill:#fff3cd,stroke:#b26a00,color:#4a2c00\n"
	      "  classDef succeeded fill:#dff3e1,stroke:#1b7f3b,color:#0b3d1c\n"
	      "  classDef failed fill:#fbdcdc,stroke:#b3261e,color:#5c0f0b,stroke-width:3px\n",
	      out);
	for (size_t i = 0; i < graph->node_count; i++) {
		if (graph->nodes[i].kind == GRAPH_STEP && graph->nodes[i].step >= 0)
			fprintf(out, "  class n%zu %s\n", i, classes[graph_state_of(&graph->nodes[i], states)]);
	}
}

void graph_print_mermaid(const struct graph *graph, const struct graph_state *states, FILE *out)
{
	fputs("flowchart TD\n", out);
	print_clusters(graph, states, out);
	for (size_t i = 0; i < graph->edge_count; i++)
		print_edge(&graph->edges[i], out);
	if (states)
		print_states(graph, states, out);
}
