/*
 * fork.c - parallel: a strand forks children and waits until all have ended.
 *
 * Children are made when there is room for them, not before, so a loop over ten thousand documents holds
 * as many strands as may run at once. Two bounds: the step's own concurrency_limit, and the ceiling of the
 * whole run (limit parallel_branches), which counts only children that do not themselves wait for
 * children; else nested parallel steps could wait for each other for ever.
 */
#include "workflow/engine/engine_private.h"

#include "lib/json/json.h"

static int fork_limit(struct frame *frame, const struct plan_fork *plan, int64_t *limit, struct value *raised)
{
	int position = frame->depth - 1 - plan->is_loop;
	struct value v;

	*limit = INT64_MAX;
	if (!plan->has_limit)
		return 0;
	v = frame->stack[position];
	if (v.kind != VALUE_INT)
		return raise_error(raised, "TypeError", "concurrency_limit must be an integer; got: %s",
				   value_kind_name(v.kind));
	if (v.as.integer < 1)
		return raise_error(raised, "ValueError", "concurrency_limit must be positive; got: %lld",
				   (long long)v.as.integer);
	*limit = v.as.integer;
	return 0;
}

static int fork_source(struct frame *frame, const struct plan_fork *plan, struct fork *fork,
		       struct value *raised)
{
	struct value list;

	fork->count = plan->unit_count;
	if (!plan->is_loop)
		return 0;
	list = frame->stack[frame->depth - 1];
	if (plan->is_range)
		return range_bounds(list, &fork->first, &fork->count, raised);
	if (list.kind != VALUE_LIST)
		return raise_error(raised, "TypeError", "\"in\" of a loop must be a list; got: %s",
				   value_kind_name(list.kind));
	fork->list = value_ref(list);
	fork->count = (int64_t)value_len(list);
	return 0;
}

void fork_free(struct fork *fork)
{
	value_unref(fork->list);
	value_unref(fork->failures);
	value_unref(fork->tags);
	mem_free(fork);
}

enum outcome fork_begin(struct strand *strand, struct frame *frame, const struct plan_fork *plan,
			struct value *raised)
{
	struct run *run = strand->run;
	struct fork *fork;

	if (strand->parallel_depth + !is_builtin(run, frame) > run->limits.parallel_depth) {
		raise_error(raised, "ParallelNestingError",
			    "parallel steps are nested deeper than %lld (limit parallel_depth)",
			    (long long)run->limits.parallel_depth);
		return RAISED;
	}
	fork = mem_new(sizeof(*fork));
	*fork = (struct fork){.plan = plan,
			      .strand = strand,
			      .frame = frame,
			      .failures = value_list_new(0),
			      .tags = value_list_new(0)};
	if (fork_limit(frame, plan, &fork->limit, raised) < 0 || fork_source(frame, plan, fork, raised) < 0 ||
	    !count_steps(run, fork->count, raised)) {
		fork_free(fork);
		return RAISED;
	}
	for (int drop = plan->is_loop + plan->has_limit; drop > 0; drop--)
		value_unref(pop(frame));
	if (fork->count == 0) {
		fork_free(fork);
		return GO;
	}
	strand->fork = fork;
	strand->state = STRAND_WAITING;
	run->branches -= strand->parent != NULL;
	fork->next = run->forks;
	run->forks = fork;
	forks_start(run);
	return WAITS;
}

static void start_child(struct fork *fork)
{
	struct run *run = fork->strand->run;
	int64_t i = fork->started++;
	struct strand *child = strand_new(run, fork->plan->units[fork->plan->is_loop ? 0 : i]);

	child->parent = fork;
	child->index = i;
	child->top->outer = fork->frame;
	child->parallel_depth = fork->strand->parallel_depth + !is_builtin(run, fork->frame);
	child->call_depth = fork->strand->call_depth;
	if (fork->plan->is_loop) {
		slot_set(run, child->top, fork->plan->value,
			 fork->plan->is_range ? range_at(fork->first, i)
					      : value_ref(*value_list_at(fork->list, (size_t)i)));
		if (fork->plan->index >= 0)
			slot_set(run, child->top, fork->plan->index, value_int(i));
	}
	fork->running++;
	run->branches++;
	raise_peak(&run->figures.branches_peak, run->branches);
	raise_peak(&run->figures.parallel_depth_peak, child->parallel_depth);
	strand_ready(child);
}

/* Newest forks first: finishing what is nested frees the strands that wait for it. */
void forks_start(struct run *run)
{
	for (struct fork *fork = run->forks; fork; fork = fork->next) {
		while (fork->started < fork->count && fork->running < fork->limit &&
		       run->branches < run->limits.parallel_branches)
			start_child(fork);
	}
}

/* ---- the end of a strand */

static void add_tags(struct fork *fork, struct value raised)
{
	const struct value *tags = value_get(raised, "tags");

	for (size_t i = 0; tags && tags->kind == VALUE_LIST && i < value_len(*tags); i++) {
		struct value tag = *value_list_at(*tags, i);
		bool known = false;

		for (size_t j = 0; j < value_len(fork->tags); j++)
			known = known || value_equal(*value_list_at(fork->tags, j), tag);
		if (!known)
			value_list_push(&fork->tags, value_ref(tag));
	}
	if (!tags) { /* a raised string or map of the user's own */
		struct value runtime = value_map_new();
		struct value list = value_list_new(1);

		value_list_push(&list, value_string_z("RuntimeError"));
		value_put(&runtime, "tags", list);
		add_tags(fork, runtime);
		value_unref(runtime);
	}
}

/* As in the API's Execution.error the payload is JSON text (reference, 6.5). */
static struct value branch_report(struct value raised, struct value trace)
{
	struct value report = error_report(raised, trace);
	struct buf text;

	buf_init(&text, 0);
	json_write(&text, raised);
	value_put(&report, "payload", value_string(buf_slice(&text)));
	buf_release(&text);
	return report;
}

static void child_failed(struct fork *fork, int64_t index, struct value raised, struct value trace)
{
	struct run *run = fork->strand->run;
	struct value failure;

	add_tags(fork, raised);
	if (run->branch_errors >= run->limits.branch_errors) {
		fork->truncated = true;
		return;
	}
	run->branch_errors++;
	failure = value_map_new();
	value_put(&failure, "id", value_stringf("%lld", (long long)index + 1));
	value_put(&failure, "error", branch_report(raised, trace));
	value_list_push(&fork->failures, failure);
}

static void unlink_fork(struct run *run, struct fork *fork)
{
	for (struct fork **link = &run->forks; *link; link = &(*link)->next) {
		if (*link == fork) {
			*link = fork->next;
			return;
		}
	}
}

/* UnhandledBranchError: reference, 6.5. */
static struct value branch_error(struct fork *fork)
{
	struct value raised, tags;

	raise_error(&raised, "UnhandledBranchError",
		    "One or more branches or iterations encountered an unhandled runtime error");
	tags = value_ref(*value_get(raised, "tags"));
	for (size_t i = 0; i < value_len(fork->tags); i++) {
		if (!value_equal(*value_list_at(fork->tags, i), *value_list_at(tags, 0)))
			value_list_push(&tags, value_ref(*value_list_at(fork->tags, i)));
	}
	value_put(&raised, "tags", tags);
	value_put(&raised, "branches", value_ref(fork->failures));
	value_put(&raised, "truncated", value_bool(fork->truncated));
	return raised;
}

static void join(struct fork *fork)
{
	struct strand *strand = fork->strand;
	struct run *run = strand->run;
	bool failed = value_len(fork->failures) > 0 || fork->truncated;

	unlink_fork(run, fork);
	strand->fork = NULL;
	run->branches += strand->parent != NULL;
	if (!failed || unwind(strand, branch_error(fork), trace_new(strand)) == GO)
		strand_ready(strand);
	fork_free(fork);
}

void strand_ended(struct strand *strand, struct value value, struct value raised, struct value trace)
{
	struct run *run = strand->run;
	struct fork *fork = strand->parent;
	bool failed = raised.kind != (enum value_kind)VALUE_UNSET;

	strand->state = STRAND_DONE;
	if (!fork && !failed && !run->allows_bytes && !has_json_form(value)) {
		value_unref(raised);
		raise_error(&raised, "ValueError",
			    "the result holds bytes or numbers that have no JSON form");
		failed = true;
	}
	if (!fork && !failed && !result_fits(run, value, &raised))
		failed = true;
	if (!fork || (failed && run->over_limit)) {
		run_end(run, failed ? RUN_RAISED : RUN_RETURNED,
			failed ? error_report(raised, trace) : value_ref(value));
	} else {
		if (failed)
			child_failed(fork, strand->index, raised, trace);
		strand_free(strand);
		fork->running--;
		run->branches--;
		if (fork->running == 0 && fork->started == fork->count)
			join(fork);
		if (run->status == RUN_GOES_ON)
			forks_start(run);
	}
	value_unref(value);
	value_unref(raised);
	value_unref(trace);
}
