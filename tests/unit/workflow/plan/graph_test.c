/* graph_test.c - workflow/plan/graph*.c: what leads where, and that no name breaks out of its label. */
#include "workflow/plan/graph.h"

#include "lib/mem/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

struct drawn {
	struct plan *plan;
	struct graph *graph;
	char *text; /* of the last picture; owned */
};

static void draw(struct drawn *drawn, const char *source)
{
	struct diags *diags = diags_new();

	*drawn = (struct drawn){.plan = plan_read("a.yaml", slice_of(source), diags)};
	if (!drawn->plan)
		fail_msg("%s", diags_at(diags, 0).message);
	diags_free(diags);
	drawn->graph = graph_new(drawn->plan);
}

static void release(struct drawn *drawn)
{
	free(drawn->text);
	graph_free(drawn->graph);
	plan_free(drawn->plan);
}

static const char *print(struct drawn *drawn,
			 void (*printer)(const struct graph *, const struct graph_state *, FILE *),
			 const struct graph_state *states)
{
	size_t size;
	FILE *out;

	free(drawn->text);
	out = open_memstream(&drawn->text, &size);
	printer(drawn->graph, states, out);
	fclose(out);
	return drawn->text;
}

/* The node of a step; the ends of routines are "end" and "start". */
static int node_of(const struct graph *graph, const char *name)
{
	for (size_t i = 0; i < graph->node_count; i++) {
		const struct graph_node *node = &graph->nodes[i];

		if (node->kind == GRAPH_STEP && slice_is(node->name, name))
			return (int)i;
		if ((node->kind == GRAPH_END && strcmp(name, "end") == 0) ||
		    (node->kind == GRAPH_START && strcmp(name, "start") == 0) ||
		    (node->kind == GRAPH_JOIN && strcmp(name, "join") == 0))
			return (int)i;
	}
	fail_msg("no node %s", name);
	return -1;
}

static void assert_edge(const struct drawn *drawn, const char *from, const char *to,
			enum graph_edge_kind kind, const char *label)
{
	for (size_t i = 0; i < drawn->graph->edge_count; i++) {
		const struct graph_edge *edge = &drawn->graph->edges[i];

		if (edge->from == node_of(drawn->graph, from) && edge->to == node_of(drawn->graph, to) &&
		    edge->kind == kind && slice_is(edge->label, label))
			return;
	}
	fail_msg("no edge from %s to %s \"%s\"", from, to, label);
}

static size_t edges_from(const struct drawn *drawn, const char *from)
{
	size_t count = 0;

	for (size_t i = 0; i < drawn->graph->edge_count; i++)
		count += drawn->graph->edges[i].from == node_of(drawn->graph, from);
	return count;
}

static void steps_follow_and_jump(void **state)
{
	struct drawn drawn;

	(void)state;
	draw(&drawn, "- a: {assign: [{x: 1}]}\n"
		     "- b: {assign: [{x: 2}], next: d}\n"
		     "- c: {assign: [{x: 3}], next: end}\n"
		     "- d: {return: \"${x}\"}\n");
	assert_edge(&drawn, "start", "a", GRAPH_SEQUENCE, "");
	assert_edge(&drawn, "a", "b", GRAPH_SEQUENCE, "");
	assert_edge(&drawn, "b", "d", GRAPH_JUMP, "");
	assert_edge(&drawn, "c", "end", GRAPH_JUMP, "");
	assert_edge(&drawn, "d", "end", GRAPH_JUMP, "");
	assert_int_equal(drawn.graph->edge_count, 5);
	release(&drawn);
}

/* A condition that is always true leaves no way past it; a `raise` leads nowhere. */
static void switch_leads_to_each_case_and_on(void **state)
{
	struct drawn drawn;

	(void)state;
	draw(&drawn, "- a: {assign: [{x: 1}]}\n"
		     "- b:\n"
		     "    switch:\n"
		     "      - {condition: \"${x > 1}\", next: d}\n"
		     "      - {condition: \"${x < 0}\", raise: bad}\n"
		     "- c:\n"
		     "    switch:\n"
		     "      - {condition: true, next: a}\n"
		     "- d: {return: 1}\n");
	assert_edge(&drawn, "b", "d", GRAPH_CONDITION, "${x > 1}");
	assert_edge(&drawn, "b", "c", GRAPH_CONDITION, "otherwise");
	assert_edge(&drawn, "c", "a", GRAPH_CONDITION, "true");
	assert_int_equal(edges_from(&drawn, "b"), 3);
	assert_int_equal(edges_from(&drawn, "c"), 1);
	release(&drawn);
}

static void loops_go_round_and_end(void **state)
{
	struct drawn drawn;

	(void)state;
	draw(&drawn, "- a:\n"
		     "    for:\n"
		     "      value: v\n"
		     "      in: [1, 2]\n"
		     "      steps:\n"
		     "        - b:\n"
		     "            switch:\n"
		     "              - {condition: \"${v == 1}\", next: continue}\n"
		     "              - {condition: \"${v == 2}\", next: break}\n"
		     "        - c: {assign: [{x: 1}]}\n"
		     "- d: {return: 1}\n");
	assert_edge(&drawn, "a", "b", GRAPH_LOOP, "each");
	assert_edge(&drawn, "b", "a", GRAPH_CONDITION, "${v == 1}");
	assert_edge(&drawn, "b", "d", GRAPH_CONDITION, "${v == 2}");
	assert_edge(&drawn, "c", "a", GRAPH_LOOP, "next");
	assert_edge(&drawn, "a", "d", GRAPH_SEQUENCE, "done");
	assert_int_equal(drawn.graph->nodes[node_of(drawn.graph, "c")].cluster,
			 drawn.graph->nodes[node_of(drawn.graph, "b")].cluster);
	release(&drawn);
}

static void branches_fork_and_join(void **state)
{
	struct drawn drawn;

	(void)state;
	draw(&drawn, "- a:\n"
		     "    parallel:\n"
		     "      branches:\n"
		     "        - one: {steps: [{b: {assign: [{x: 1}]}}]}\n"
		     "        - two: {steps: [{c: {assign: [{x: 1}]}}]}\n"
		     "- d: {return: 1}\n");
	assert_edge(&drawn, "a", "b", GRAPH_FORK, "one");
	assert_edge(&drawn, "a", "c", GRAPH_FORK, "two");
	assert_edge(&drawn, "b", "join", GRAPH_FORK, "");
	assert_edge(&drawn, "c", "join", GRAPH_FORK, "");
	assert_edge(&drawn, "join", "d", GRAPH_SEQUENCE, "");
	release(&drawn);
}

static void errors_lead_to_the_handler_and_back(void **state)
{
	struct drawn drawn;

	(void)state;
	draw(&drawn, "- a:\n"
		     "    try: {steps: [{b: {raise: x}}]}\n"
		     "    retry: ${http.default_retry}\n"
		     "    except: {as: e, steps: [{c: {assign: [{x: 1}]}}]}\n"
		     "- d: {return: 1}\n");
	assert_edge(&drawn, "a", "b", GRAPH_SEQUENCE, "");
	assert_edge(&drawn, "a", "a", GRAPH_RETRY, "retry as http.default_retry");
	assert_edge(&drawn, "a", "c", GRAPH_ERROR, "error");
	assert_edge(&drawn, "c", "d", GRAPH_SEQUENCE, "");
	assert_int_equal(edges_from(&drawn, "b"), 0);
	release(&drawn);
}

static void calls_lead_to_routines(void **state)
{
	struct drawn drawn;

	(void)state;
	draw(&drawn, "main:\n"
		     "  steps:\n"
		     "    - a: {call: other, result: r}\n"
		     "    - b: {return: \"${r + other() + other()}\"}\n"
		     "other:\n"
		     "  steps:\n"
		     "    - c: {return: 1}\n");
	assert_int_equal(edges_from(&drawn, "a"), 2);
	assert_int_equal(edges_from(&drawn, "b"), 2); /* each routine once, and the end */
	assert_non_null(strstr(print(&drawn, graph_print_text, NULL), "calls other"));
	release(&drawn);
}

static void outline_follows_the_source(void **state)
{
	struct drawn drawn;

	(void)state;
	draw(&drawn, "main:\n"
		     "  params: [args]\n"
		     "  steps:\n"
		     "    - a:\n"
		     "        switch:\n"
		     "          - {condition: \"${args == 1}\", assign: [{x: 1}], next: c}\n"
		     "    - b:\n"
		     "        for: {value: v, range: [1, 3], steps: [{w: {call: sys.sleep, args: {seconds: 1}}}]}\n"
		     "    - c: {return: 1}\n");
	assert_string_equal(print(&drawn, graph_print_text, NULL), "main(args)\n"
								   "  a                         switch\n"
								   "      if ${args == 1}: assign x -> c\n"
								   "      otherwise -> b\n"
								   "  b                         for v from 1 to 3\n"
								   "    w                       call sys.sleep\n"
								   "  c                         return 1\n");
	release(&drawn);
}

static void states_are_shown(void **state)
{
	struct graph_state states[] = {{GRAPH_SUCCEEDED, 3, 1, 1500000}, {GRAPH_NOT_REACHED, 0, 0, 0}};
	struct drawn drawn;

	(void)state;
	draw(&drawn, "- a: {assign: [{x: 1}]}\n- b: {return: 1}\n");
	assert_non_null(strstr(print(&drawn, graph_print_text, states), "succeeded, 3 visits, 1 failed, 1.500 s"));
	assert_non_null(strstr(drawn.text, "not reached"));
	assert_non_null(strstr(print(&drawn, graph_print_mermaid, states), "class n1 succeeded\n"));
	assert_non_null(strstr(drawn.text, "class n2 unreached\n"));
	assert_non_null(strstr(print(&drawn, graph_print_dot, states), "fillcolor=\"#dff3e1\""));
	release(&drawn);
}

/* Quotes, backslashes, HTML, Markdown, directives and line breaks: each would end a label or begin something. */
static void names_cannot_leave_their_labels(void **state)
{
	struct drawn drawn;
	const char *text;

	(void)state;
	draw(&drawn, "- \"x\\\"] --> n9\\n%%{init: 1}%% <script> `m` \\\\N & $$y$$\":\n"
		     "    return: 1\n");
	text = print(&drawn, graph_print_mermaid, NULL);
	assert_non_null(strstr(text, "n1([\"x#34;] --#62; n9 #37;#37;{init: 1}#37;#37; #60;script#62; #96;m#96; "
				     "#92;N #38; $#36;y$#36;<br/>return 1\"])\n"));
	text = print(&drawn, graph_print_dot, NULL);
	assert_non_null(strstr(text, "label=\"x\\\"] --> n9 %%{init: 1}%% <script> `m` \\\\N &amp; $$y$$\\nreturn 1\"]"));
	text = print(&drawn, graph_print_text, NULL);
	assert_non_null(strstr(text, "x\"] --> n9?%%{init"));
	release(&drawn);
}

static void brackets_of_clusters_match(void **state)
{
	struct drawn drawn;
	int open = 0;

	(void)state;
	draw(&drawn, "- a:\n"
		     "    parallel:\n"
		     "      for:\n"
		     "        value: v\n"
		     "        in: [1]\n"
		     "        steps:\n"
		     "          - b: {steps: [{c: {try: {steps: [{d: {raise: x}}]}, except: {as: e, steps: [{f: {raise: "
		     "\"${e}\"}}]}}}]}\n"
		     "- g: {return: 1}\n");
	print(&drawn, graph_print_mermaid, NULL);
	for (char *line = strtok(drawn.text, "\n"); line; line = strtok(NULL, "\n")) {
		line += strspn(line, " ");
		open += strncmp(line, "subgraph ", 9) == 0;
		open -= strcmp(line, "end") == 0;
		assert_true(open >= 0);
	}
	assert_int_equal(open, 0);
	release(&drawn);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_follow_and_jump),
		cmocka_unit_test(switch_leads_to_each_case_and_on),
		cmocka_unit_test(loops_go_round_and_end),
		cmocka_unit_test(branches_fork_and_join),
		cmocka_unit_test(errors_lead_to_the_handler_and_back),
		cmocka_unit_test(calls_lead_to_routines),
		cmocka_unit_test(outline_follows_the_source),
		cmocka_unit_test(states_are_shown),
		cmocka_unit_test(names_cannot_leave_their_labels),
		cmocka_unit_test(brackets_of_clusters_match),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
