/*
 * graph.c - a definition -> clusters, nodes, edges; see graph.h.
 *
 * The walk goes along the source and carries the loose ends: edges whose origin is known and whose target is
 * the next thing that comes. A jump to a name waits until its routine is complete, a call until all are.
 */
#include "workflow/plan/graph_private.h"

#include <stdlib.h>

struct loose_end {
	int from;
	enum graph_edge_kind kind;
	struct slice label;
	int order; /* among the edges of `from`: that of the source */
};

struct flow {
	struct loose_end *ends;
	size_t count, capacity;
};

struct jump {
	struct loose_end end;
	struct slice to; /* a step; ptr NULL: the end of the routine */
};

struct routine_call {
	struct loose_end end;
	const struct routine *to;
};

/* What break and continue mean here. */
struct loop_around {
	int again;           /* node; -1: outside of a loop */
	struct flow *breaks; /* NULL in a parallel loop */
	struct flow *skips;  /* in a parallel loop: to the join; else NULL */
};

struct builder {
	const struct plan *plan;
	struct graph *graph;
	int step; /* of the plan: the next one in source order */
	int cluster;
	int order;
	struct loop_around loop;
	struct jump *jumps;
	size_t jump_count, jump_capacity;
	struct routine_call *calls;
	size_t call_count, call_capacity;
	int *orders; /* [edge] */
	size_t order_capacity;
};

/* ---- nodes, edges, clusters */

static int add_node(struct builder *b, enum graph_node_kind kind, struct slice name, struct place at)
{
	struct graph *graph = b->graph;

	if (graph->node_count == graph->node_capacity)
		graph->nodes = mem_grow(graph->nodes, &graph->node_capacity, sizeof(*graph->nodes));
	graph->nodes[graph->node_count] =
		(struct graph_node){.kind = kind, .step = -1, .cluster = b->cluster, .name = name, .at = at};
	return (int)graph->node_count++;
}

static int enter(struct builder *b, enum graph_cluster_kind kind, int owner, struct slice label)
{
	struct graph *graph = b->graph;
	int outer = b->cluster;

	if (graph->cluster_count == graph->cluster_capacity)
		graph->clusters =
			mem_grow(graph->clusters, &graph->cluster_capacity, sizeof(*graph->clusters));
	graph->clusters[graph->cluster_count] = (struct graph_cluster){kind, outer, owner, label};
	b->cluster = (int)graph->cluster_count++;
	return outer;
}

static struct loose_end end_of(struct builder *b, int from, enum graph_edge_kind kind, struct slice label)
{
	return (struct loose_end){from, kind, label, b->order++};
}

static void flow_add(struct flow *flow, struct loose_end end)
{
	if (flow->count == flow->capacity)
		flow->ends = mem_grow(flow->ends, &flow->capacity, sizeof(*flow->ends));
	flow->ends[flow->count++] = end;
}

/* `from` is empty and released after. */
static void flow_join(struct flow *flow, struct flow *from)
{
	for (size_t i = 0; i < from->count; i++)
		flow_add(flow, from->ends[i]);
	mem_free(from->ends);
	*from = (struct flow){0};
}

static void add_edge(struct builder *b, const struct loose_end *end, int to)
{
	struct graph *graph = b->graph;

	if (graph->edge_count == graph->edge_capacity)
		graph->edges = mem_grow(graph->edges, &graph->edge_capacity, sizeof(*graph->edges));
	while (b->order_capacity < graph->edge_capacity)
		b->orders = mem_grow(b->orders, &b->order_capacity, sizeof(*b->orders));
	b->orders[graph->edge_count] = end->order;
	graph->edges[graph->edge_count++] = (struct graph_edge){end->from, to, end->kind, end->label};
}

/* All loose ends lead to `to`; those without a meaning of their own take `kind` and `label`. */
static void connect(struct builder *b, struct flow *flow, int to, enum graph_edge_kind kind, struct slice label)
{
	for (size_t i = 0; i < flow->count; i++) {
		struct loose_end *end = &flow->ends[i];

		if (end->kind == GRAPH_SEQUENCE) {
			end->kind = kind;
			if (!end->label.len)
				end->label = label;
		}
		add_edge(b, end, to);
	}
	flow->count = 0;
}

static void jump_to(struct builder *b, struct loose_end end, struct slice name)
{
	if (b->jump_count == b->jump_capacity)
		b->jumps = mem_grow(b->jumps, &b->jump_capacity, sizeof(*b->jumps));
	if (end.kind == GRAPH_SEQUENCE)
		end.kind = GRAPH_JUMP;
	b->jumps[b->jump_count++] = (struct jump){end, name};
}

/* ---- next */

static void follow_next(struct builder *b, struct loose_end end, struct slice next)
{
	if (slice_is(next, "end")) {
		jump_to(b, end, (struct slice){0});
	} else if (slice_is(next, "continue") && b->loop.again >= 0) {
		if (!end.label.len)
			end.label = SLICE("continue");
		if (end.kind == GRAPH_SEQUENCE)
			end.kind = GRAPH_LOOP;
		if (b->loop.skips)
			flow_add(b->loop.skips, end);
		else
			add_edge(b, &end, b->loop.again);
	} else if (slice_is(next, "break") && b->loop.breaks) {
		if (!end.label.len)
			end.label = SLICE("break");
		if (end.kind == GRAPH_SEQUENCE)
			end.kind = GRAPH_JUMP;
		flow_add(b->loop.breaks, end);
	} else {
		jump_to(b, end, next);
	}
}

static void follow_all(struct builder *b, struct flow *flow, const struct name *next)
{
	if (!next->text.ptr)
		return;
	for (size_t i = 0; i < flow->count; i++)
		follow_next(b, flow->ends[i], next->text);
	flow->count = 0;
}

/* ---- steps */

static void add_step(struct builder *b, const struct step *step, struct flow *flow);

/* `flow`: what leads into the block; after it what leads out. */
static void add_block(struct builder *b, const struct block *block, struct flow *flow)
{
	for (size_t i = 0; i < block->count; i++)
		add_step(b, block->steps[i], flow);
}

static void add_loop(struct builder *b, const struct loop *loop, int node, struct flow *flow)
{
	struct loop_around around = b->loop;
	struct flow breaks = {0};
	int outer = enter(b, GRAPH_LOOP_BODY, node, graph_loop_label(&b->graph->arena, loop));

	b->loop = (struct loop_around){.again = node, .breaks = &breaks};
	flow_add(flow, end_of(b, node, GRAPH_LOOP, SLICE("each")));
	add_block(b, &loop->body, flow);
	connect(b, flow, node, GRAPH_LOOP, SLICE("next"));
	b->cluster = outer;
	b->loop = around;
	flow_add(flow, end_of(b, node, GRAPH_SEQUENCE, SLICE("done")));
	flow_join(flow, &breaks);
}

static void add_strand(struct builder *b, const struct block *body, int node, struct slice label,
		       struct flow *ended)
{
	struct loop_around around = b->loop;
	struct flow flow = {0};

	b->loop = (struct loop_around){.again = node, .skips = ended};
	flow_add(&flow, end_of(b, node, GRAPH_FORK, label));
	add_block(b, body, &flow);
	flow_join(ended, &flow);
	b->loop = around;
}

static void add_parallel(struct builder *b, const struct parallel *parallel, int node, struct flow *flow)
{
	struct arena *arena = &b->graph->arena;
	struct slice name = b->graph->nodes[node].name;
	struct place at = b->graph->nodes[node].at;
	int outer = b->cluster;
	int join;

	for (size_t i = 0; i < parallel->branch_count; i++) {
		const struct branch *branch = &parallel->branches[i];

		enter(b, GRAPH_BRANCH, node, graph_named_label(arena, "branch", branch->name.text));
		add_strand(b, &branch->body, node, branch->name.text, flow);
		b->cluster = outer;
	}
	if (parallel->loop) {
		enter(b, GRAPH_LOOP_BODY, node, graph_loop_label(arena, parallel->loop));
		add_strand(b, &parallel->loop->body, node, SLICE("each"), flow);
		b->cluster = outer;
	}
	join = add_node(b, GRAPH_JOIN, name, at);
	connect(b, flow, join, GRAPH_FORK, (struct slice){0});
	flow_add(flow, end_of(b, join, GRAPH_SEQUENCE, (struct slice){0}));
}

static void add_try(struct builder *b, const struct try_step *attempt, int node, struct flow *flow)
{
	struct arena *arena = &b->graph->arena;
	struct flow handled = {0};
	int outer = enter(b, GRAPH_TRIED, node, SLICE("try"));

	flow_add(flow, end_of(b, node, GRAPH_SEQUENCE, (struct slice){0}));
	add_block(b, &attempt->body, flow);
	b->cluster = outer;
	if (attempt->retry) {
		struct loose_end again =
			end_of(b, node, GRAPH_RETRY, graph_retry_label(arena, attempt->retry));

		add_edge(b, &again, node);
	}
	if (attempt->has_except) {
		enter(b, GRAPH_EXCEPT, node, graph_named_label(arena, "except", attempt->as.text));
		flow_add(&handled, end_of(b, node, GRAPH_ERROR, SLICE("error")));
		add_block(b, &attempt->handler, &handled);
		b->cluster = outer;
		flow_join(flow, &handled);
	}
}

static bool is_true(const struct tree *tree)
{
	return tree->kind == TREE_CONSTANT && tree->constant.kind == VALUE_BOOL && tree->constant.as.boolean;
}

static void add_switch(struct builder *b, const struct switch_step *cases, int node, struct flow *flow)
{
	for (size_t i = 0; i < cases->count; i++) {
		const struct condition *entry = &cases->entries[i];
		struct loose_end end = end_of(b, node, GRAPH_CONDITION,
					      graph_tree_label(&b->graph->arena, entry->condition));
		struct flow taken = {0};

		flow_add(&taken, end);
		if (entry->body->kind == STEP_NOTHING)
			follow_all(b, &taken, &entry->body->next);
		else
			add_step(b, entry->body, &taken);
		flow_join(flow, &taken);
		if (is_true(entry->condition))
			return; /* what follows is never looked at */
	}
	flow_add(flow, end_of(b, node, GRAPH_CONDITION, SLICE("otherwise")));
}

static void add_calls(struct builder *b, const struct step *step, int node)
{
	const struct routine *found[16];
	size_t count =
		graph_callees(b->plan->definition, step, found, sizeof(found) / sizeof(found[0]));

	for (size_t i = 0; i < count; i++) {
		if (b->call_count == b->call_capacity)
			b->calls = mem_grow(b->calls, &b->call_capacity, sizeof(*b->calls));
		b->calls[b->call_count++] = (struct routine_call){
			end_of(b, node, GRAPH_CALL, (struct slice){0}), found[i]};
	}
}

/* Steps are numbered by the compiler in the order of the source; a name is one place in memory. */
static int plan_step_of(struct builder *b, const struct step *step)
{
	const struct plan *plan = b->plan;

	if (!step->name.text.ptr)
		return -1;
	for (int i = 0; i < plan->step_count; i++) {
		int candidate = (b->step + i) % plan->step_count;

		if (plan->steps[candidate].name.ptr == step->name.text.ptr &&
		    plan->steps[candidate].at.line == step->name.at.line) {
			b->step = candidate + 1;
			return candidate;
		}
	}
	return -1;
}

static void add_inside(struct builder *b, const struct step *step, int node, struct flow *flow)
{
	int outer;

	switch (step->kind) {
	case STEP_RAISE:
		break;
	case STEP_RETURN:
		jump_to(b, end_of(b, node, GRAPH_SEQUENCE, (struct slice){0}), (struct slice){0});
		break;
	case STEP_FOR:
		add_loop(b, &step->as.loop, node, flow);
		break;
	case STEP_PARALLEL:
		add_parallel(b, &step->as.parallel, node, flow);
		break;
	case STEP_TRY:
		add_try(b, &step->as.attempt, node, flow);
		break;
	case STEP_SWITCH:
		add_switch(b, &step->as.cases, node, flow);
		break;
	case STEP_STEPS:
		outer = enter(b, GRAPH_GROUP, node, b->graph->nodes[node].name);
		flow_add(flow, end_of(b, node, GRAPH_SEQUENCE, (struct slice){0}));
		add_block(b, &step->as.steps, flow);
		b->cluster = outer;
		break;
	default:
		flow_add(flow, end_of(b, node, GRAPH_SEQUENCE, (struct slice){0}));
		break;
	}
}

static void add_step(struct builder *b, const struct step *step, struct flow *flow)
{
	int node;

	if (!step->name.text.ptr && step->kind == STEP_STEPS) { /* the steps of a switch entry */
		add_block(b, &step->as.steps, flow);
	} else {
		node = add_node(b, GRAPH_STEP, step->name.text, step->name.at);
		b->graph->nodes[node].step_kind = step->kind;
		b->graph->nodes[node].step = plan_step_of(b, step);
		b->graph->nodes[node].label = graph_step_label(&b->graph->arena, step);
		connect(b, flow, node, GRAPH_SEQUENCE, (struct slice){0});
		add_calls(b, step, node);
		add_inside(b, step, node, flow);
	}
	follow_all(b, flow, &step->next);
}

/* ---- routines */

/* A name is a step of this routine, whose nodes begin at `from`: the plan has seen to it. */
static void land(struct builder *b, size_t from, int end)
{
	for (size_t i = 0; i < b->jump_count; i++) {
		const struct jump *jump = &b->jumps[i];
		int to = end;

		for (size_t n = from; jump->to.ptr && n < b->graph->node_count; n++) {
			if (b->graph->nodes[n].kind == GRAPH_STEP && b->graph->nodes[n].name.ptr &&
			    slice_equal(b->graph->nodes[n].name, jump->to)) {
				to = (int)n;
				break;
			}
		}
		add_edge(b, &jump->end, to);
	}
	b->jump_count = 0;
}

static int add_routine(struct builder *b, const struct routine *routine)
{
	struct flow flow = {0};
	int start, end;

	b->cluster = -1;
	enter(b, GRAPH_ROUTINE, -1, graph_routine_label(&b->graph->arena, routine));
	start = add_node(b, GRAPH_START, routine->name.text, routine->name.at);
	flow_add(&flow, end_of(b, start, GRAPH_SEQUENCE, (struct slice){0}));
	add_block(b, &routine->body, &flow);
	end = add_node(b, GRAPH_END, routine->name.text, routine->name.at);
	connect(b, &flow, end, GRAPH_SEQUENCE, (struct slice){0});
	land(b, (size_t)start, end);
	mem_free(flow.ends);
	return start;
}

struct sorted_edge {
	struct graph_edge edge;
	int order;
};

static int by_origin(const void *left, const void *right)
{
	const struct sorted_edge *a = left;
	const struct sorted_edge *b = right;

	if (a->edge.from != b->edge.from)
		return a->edge.from < b->edge.from ? -1 : 1;
	return (a->order > b->order) - (a->order < b->order);
}

static void sort_edges(struct builder *b)
{
	struct graph *graph = b->graph;
	struct sorted_edge *sorted = mem_alloc((graph->edge_count + 1) * sizeof(*sorted));

	for (size_t i = 0; i < graph->edge_count; i++)
		sorted[i] = (struct sorted_edge){graph->edges[i], b->orders[i]};
	qsort(sorted, graph->edge_count, sizeof(*sorted), by_origin);
	for (size_t i = 0; i < graph->edge_count; i++)
		graph->edges[i] = sorted[i].edge;
	mem_free(sorted);
}

struct graph *graph_new(const struct plan *plan)
{
	const struct definition *definition = plan->definition;
	struct graph *graph = mem_new(sizeof(*graph));
	struct builder b = {.plan = plan, .graph = graph, .cluster = -1, .loop = {.again = -1}};
	int *starts = mem_alloc((definition->routine_count + 1) * sizeof(*starts));

	arena_init(&graph->arena);
	for (size_t i = 0; i < definition->routine_count; i++)
		starts[i] = add_routine(&b, &definition->routines[i]);
	for (size_t i = 0; i < b.call_count; i++)
		add_edge(&b, &b.calls[i].end, starts[b.calls[i].to - definition->routines]);
	sort_edges(&b);
	mem_free(starts);
	mem_free(b.jumps);
	mem_free(b.calls);
	mem_free(b.orders);
	return graph;
}

void graph_free(struct graph *graph)
{
	if (!graph)
		return;
	arena_release(&graph->arena);
	mem_free(graph->nodes);
	mem_free(graph->edges);
	mem_free(graph->clusters);
	mem_free(graph);
}

/* ---- states */

enum graph_state_kind graph_state_of(const struct graph_node *node, const struct graph_state *states)
{
	return states && node->step >= 0 && node->kind == GRAPH_STEP ? states[node->step].kind
								     : GRAPH_NOT_REACHED;
}

const char *graph_state_name(enum graph_state_kind kind)
{
	static const char *const names[] = {"not reached", "running", "succeeded", "failed"};

	return names[kind];
}

void graph_state_text(const struct graph_node *node, const struct graph_state *states, struct buf *out)
{
	const struct graph_state *state;

	if (!states || node->kind != GRAPH_STEP || node->step < 0)
		return;
	state = &states[node->step];
	buf_add_text(out, graph_state_name(state->kind));
	if (state->kind == GRAPH_NOT_REACHED)
		return;
	if (state->visits > 1)
		buf_printf(out, ", %lld visits", (long long)state->visits);
	if (state->failures && state->visits > 1)
		buf_printf(out, ", %lld failed", (long long)state->failures);
	if (state->total_us >= 1000)
		buf_printf(out, ", %lld.%03lld s", (long long)(state->total_us / 1000000),
			   (long long)(state->total_us / 1000 % 1000));
}
