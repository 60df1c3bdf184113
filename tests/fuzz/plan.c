/* plan.c - any text as a definition: compiled, printed and drawn, or refused; see fuzz.h. */
#include "tests/fuzz/fuzz.h"

#include "workflow/plan/graph.h"

#include <stdlib.h>

/* Every step of the source is one node, and every edge leads somewhere. */
static void check_graph(const struct plan *plan, const struct graph *graph)
{
	int steps = 0;

	for (size_t i = 0; i < graph->node_count; i++)
		steps += graph->nodes[i].step >= 0;
	if (steps != plan->step_count)
		fuzz_fail("%d steps are drawn, the plan has %d", steps, plan->step_count);
	for (size_t i = 0; i < graph->edge_count; i++) {
		const struct graph_edge *edge = &graph->edges[i];

		if ((size_t)edge->from >= graph->node_count || (size_t)edge->to >= graph->node_count)
			fuzz_fail("edge %zu leads nowhere", i);
	}
}

/* Whatever looks inside a plan takes every plan. */
static void look(const struct plan *plan)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct graph *graph = graph_new(plan);
	struct buf name;

	plan_print(plan, out);
	graph_print_text(graph, NULL, out);
	graph_print_mermaid(graph, NULL, out);
	graph_print_dot(graph, NULL, out);
	check_graph(plan, graph);
	graph_free(graph);
	buf_init(&name, 0);
	for (int i = 0; i < plan->step_count; i++) {
		buf_clear(&name);
		plan_step_name(plan, i, &name);
		plan_find_step(plan, buf_text(&name));
	}
	buf_release(&name);
	fclose(out);
	free(text);
}

static void show(struct diags *diags)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	diags_print(diags, out);
	fclose(out);
	free(text);
}

void fuzz_plan(struct slice input)
{
	struct diags *diags = diags_new();
	struct buf copy; /* diags want a NUL behind it */
	struct plan *plan;

	buf_init(&copy, 0);
	buf_add_slice(&copy, input);
	diags_source(diags, "fuzz.yaml", buf_text(&copy), copy.len);
	plan = plan_read("fuzz.yaml", input, diags);
	if (!plan && diags_errors(diags) == 0)
		fuzz_fail("refused without a reason");
	if (plan && diags_errors(diags))
		fuzz_fail("compiled in spite of an error: %s", diags_at(diags, 0).message);
	if (plan)
		look(plan);
	show(diags);
	plan_free(plan);
	buf_release(&copy);
	diags_free(diags);
}
