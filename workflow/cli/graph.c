/* graph.c - lexflow graph: a picture of a definition, or of a run with what became of each step. */
#include "workflow/cli/recorded.h"

#include "lib/mem/mem.h"
#include "lib/proc/proc.h"
#include "workflow/expr/nearest.h"
#include "workflow/plan/graph.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct opt_option options[] = {
	{"format", 0, OPT_TEXT, "text|mermaid|dot|svg", "text", NULL, "form of the picture"},
	{"output", 'o', OPT_TEXT, "FILE", NULL, NULL, "write there instead of to stdout"},
	{0},
};

static const struct opt_option *const tables[] = {options, cli_state_options, NULL};

const struct opt_command cli_graph_command = {
	.name = "lexflow graph",
	.operands = "FILE|RUN",
	.summary = "draw the steps of a definition, or those of a run with their states",
	.example = "lexflow graph workflow.yaml --format svg -o workflow.svg\n"
		   "lexflow graph last --format mermaid",
	.tables = tables,
};

typedef void print_function(const struct graph *graph, const struct graph_state *states, FILE *out);

static const struct format {
	const char *name;
	print_function *print;
	bool is_drawn; /* the text goes through graphviz */
} formats[] = {
	{"text", graph_print_text, false},
	{"mermaid", graph_print_mermaid, false},
	{"dot", graph_print_dot, false},
	{"svg", graph_print_dot, true},
	{NULL, NULL, false},
};

static const struct format *find_format(const char *name, struct error *err)
{
	struct nearest nearest;

	nearest_init(&nearest, slice_of(name));
	for (const struct format *format = formats; format->name; format++) {
		if (strcmp(format->name, name) == 0)
			return format;
		nearest_offer(&nearest, slice_of(format->name));
	}
	error_set(err, ERROR_INPUT, "there is no format \"%s\"", name);
	if (nearest_best(&nearest).ptr)
		error_hint(err, "did you mean \"%.*s\"?", SLICE_ARG(nearest_best(&nearest)));
	else
		error_hint(err, "the formats are text, mermaid, dot and svg");
	return NULL;
}

/* ---- states of a run */

/* A visit that did not end is under way in a run that is, and failed in one that has ended. */
static struct graph_state state_of(const struct step_figures *figures, bool is_active)
{
	struct graph_state state = {.visits = figures->begun,
				    .failures = figures->failed,
				    .total_us = figures->total_us};
	int64_t open = figures->begun - figures->succeeded - figures->failed;

	if (figures->begun == 0)
		state.kind = GRAPH_NOT_REACHED;
	else if (open > 0)
		state.kind = is_active ? GRAPH_RUNNING : GRAPH_FAILED;
	else
		state.kind = figures->last_failed ? GRAPH_FAILED : GRAPH_SUCCEEDED;
	return state;
}

static struct graph_state *read_states(const struct recorded *recorded, struct error *err)
{
	const struct plan *plan = recorded->plan;
	size_t count = (size_t)plan->step_count;
	struct step_figures *figures = mem_new((count + 1) * sizeof(*figures));
	struct graph_state *states = NULL;
	struct history history = {0};

	if (history_read(recorded->journal, &recorded->row, &history, err) == 0 &&
	    survey_steps(plan, &history, recorded->row.id, figures, err) == 0) {
		states = mem_new((count + 1) * sizeof(*states));
		for (size_t i = 0; i < count; i++)
			states[i] = state_of(&figures[i], recorded->row.state == RUN_ACTIVE);
	}
	history_free(&history);
	mem_free(figures);
	return states;
}

/* ---- through graphviz */

enum { DRAW_DEADLINE_MS = 60000, DRAW_LIMIT = 64 << 20, DRAW_MEMORY = 1 << 30 };

static int draw(struct slice dot, struct buf *out, struct error *err)
{
	static const char *const argv[] = {"dot", "-Tsvg", NULL};
	struct proc_command command = {.argv = argv,
				       .input = dot,
				       .deadline_ms = DRAW_DEADLINE_MS,
				       .output_limit = DRAW_LIMIT,
				       .limits = {.cpu_s = DRAW_DEADLINE_MS / 1000,
						  .memory_bytes = DRAW_MEMORY,
						  .file_bytes = -1}};
	struct buf tail;
	int status;
	int result = -1;

	buf_init(&tail, 0);
	if (proc_run(&command, out, &tail, &status, err) < 0) {
		if (err->kind == ERROR_NOT_FOUND) {
			error_clear(err);
			error_set(err, ERROR_IO, "svg needs the program dot, which is not installed");
			error_hint(err, "sudo apt-get install graphviz, or take --format mermaid or dot");
		}
	} else if (status != 0) {
		error_set(err, ERROR_IO, "dot failed with exit status %d: %.200s", status, buf_text(&tail));
	} else {
		result = 0;
	}
	buf_release(&tail);
	return result;
}

/* ---- writing */

static int write_out(const char *path, struct slice text, struct error *err)
{
	FILE *out = path ? fopen(path, "w") : stdout;
	int result = 0;

	if (!out)
		return error_set(err, ERROR_IO, "cannot write %s: %s", path, strerror(errno));
	if (fwrite(text.ptr, 1, text.len, out) != text.len || fflush(out) != 0)
		result = error_set(err, ERROR_IO, "cannot write %s: %s", path ? path : "to stdout",
				   strerror(errno));
	if (path && fclose(out) != 0 && result == 0)
		result = error_set(err, ERROR_IO, "cannot write %s: %s", path, strerror(errno));
	return result;
}

static int picture(const struct plan *plan, const struct graph_state *states, const struct format *format,
		   const char *path, struct error *err)
{
	struct graph *graph = graph_new(plan);
	struct buf drawn;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	int result;

	buf_init(&drawn, DRAW_LIMIT);
	format->print(graph, states, out);
	fclose(out);
	if (format->is_drawn)
		result = draw((struct slice){text, size}, &drawn, err);
	else
		result = 0;
	if (result == 0)
		result = write_out(path, format->is_drawn ? buf_slice(&drawn) : (struct slice){text, size},
				   err);
	free(text);
	buf_release(&drawn);
	graph_free(graph);
	return result;
}

/* ---- of what */

static int of_file(const struct opts *opts, const struct format *format)
{
	struct error err = {0};
	struct buf source;
	struct plan *plan;
	int status;

	buf_init(&source, 0);
	plan = cli_read_plan(opt_operand(opts, 0), &source, &status);
	if (plan && picture(plan, NULL, format, opt_text(opts, "output"), &err) < 0)
		status = cli_fault(&err);
	plan_free(plan);
	buf_release(&source);
	return status;
}

static int of_run(const struct opts *opts, const struct format *format)
{
	struct graph_state *states = NULL;
	struct recorded recorded;
	struct error err = {0};
	int status = 0;

	if (recorded_open(&recorded, opts, &err) < 0 || !(states = read_states(&recorded, &err)) ||
	    picture(recorded.plan, states, format, opt_text(opts, "output"), &err) < 0)
		status = cli_fault(&err);
	mem_free(states);
	recorded_release(&recorded);
	return status;
}

/* A run's id has no dot and no slash; a file that has that name is meant all the same. */
static bool is_file(const char *operand)
{
	return strcmp(operand, "-") == 0 || access(operand, F_OK) == 0 || strpbrk(operand, "./");
}

int cli_graph(const struct opts *opts)
{
	const char *operand = opt_operand(opts, 0);
	const struct format *format;
	struct error err = {0};

	if (!operand) {
		error_set(&err, ERROR_INPUT, "graph needs a FILE or a RUN");
		error_hint(&err, "lexflow graph workflow.yaml, or lexflow graph last");
		return cli_fault(&err);
	}
	format = find_format(opt_text(opts, "format"), &err);
	if (!format)
		return cli_fault(&err);
	return is_file(operand) ? of_file(opts, format) : of_run(opts, format);
}
