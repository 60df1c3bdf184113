/*
 * metrics.c - GET /metrics: what goes on here, in Prometheus' text format, version 0.0.4.
 *
 * Counters are since the server began. Nothing is read from the journal: to be asked every few seconds costs nothing.
 */
#include "workflow/api/api_private.h"

#include <stdio.h>
#include <unistd.h>

static void describe(struct buf *out, const char *name, const char *type, const char *help)
{
	buf_printf(out, "# HELP lexflow_%s %s\n# TYPE lexflow_%s %s\n", name, help, name, type);
}

static void one(struct buf *out, const char *name, const char *type, const char *help, int64_t number)
{
	describe(out, name, type, help);
	buf_printf(out, "lexflow_%s %lld\n", name, (long long)number);
}

static void add_executions(const struct api *api, const struct world_figures *f, struct buf *out)
{
	describe(out, "executions", "gauge", "Executions that have not ended, by state.");
	buf_printf(out, "lexflow_executions{state=\"ACTIVE\"} %zu\nlexflow_executions{state=\"QUEUED\"} %zu\n", api->active,
		   api->queued);
	one(out, "executions_created_total", "counter", "Executions that were asked for and made.", api->made);
	one(out, "executions_refused_total", "counter", "Executions that were asked for when there was no room.", api->refused);
	describe(out, "runs_ended_total", "counter", "Runs that ended here, those that runs started included, by state.");
	for (int state = RUN_SUCCEEDED; state <= RUN_CANCELLED; state++)
		buf_printf(out, "lexflow_runs_ended_total{state=\"%s\"} %lld\n", run_state_name((enum run_state)state),
			   (long long)f->ended[state]);
	one(out, "steps_total", "counter", "Steps of the runs that ended.", f->steps);
}

static void add_effects(const struct world_figures *f, struct buf *out)
{
	static const char *const kinds[WORLD_EFFECT_KINDS] = {
		[EFFECT_HTTP] = "http", [EFFECT_SLEEP] = "sleep", [EFFECT_AWAIT] = "callback", [EFFECT_CHILD] = "execution"};

	describe(out, "effects_total", "counter", "Calls and waits, by what they are.");
	for (size_t i = 0; i < WORLD_EFFECT_KINDS; i++)
		buf_printf(out, "lexflow_effects_total{kind=\"%s\"} %lld\n", kinds[i], (long long)f->effects[i]);
	one(out, "effects_under_way", "gauge", "Calls and waits that have begun and not ended.", (int64_t)f->calls_under_way);
}

static void add_journal(const struct world_figures *f, struct buf *out)
{
	int64_t count = 0;

	one(out, "journal_events_total", "counter", "Events appended to the journal.", f->events);
	one(out, "journal_queue", "gauge", "Things that wait for a commit.", (int64_t)f->waiting);
	describe(out, "journal_commit_seconds", "histogram", "From the first event of a commit until it is on disk.");
	for (size_t i = 0; i < WORLD_LATENCIES; i++) {
		count += f->latencies[i];
		buf_printf(out, "lexflow_journal_commit_seconds_bucket{le=\"%g\"} %lld\n", world_latency_s[i], (long long)count);
	}
	buf_printf(out, "lexflow_journal_commit_seconds_bucket{le=\"+Inf\"} %lld\n", (long long)f->commits);
	buf_printf(out, "lexflow_journal_commit_seconds_sum %.6f\n", (double)f->commit_us / 1e6);
	buf_printf(out, "lexflow_journal_commit_seconds_count %lld\n", (long long)f->commits);
}

/* Second number of /proc/self/statm (proc(5)): resident pages. */
static int64_t resident_bytes(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	long long pages = 0;

	if (file && fscanf(file, "%*d %lld", &pages) != 1)
		pages = 0;
	if (file)
		fclose(file);
	return pages * sysconf(_SC_PAGESIZE);
}

void metrics_answer(const struct api *api, struct api_request *request)
{
	struct world_figures figures = world_figures(api->options.world);
	struct buf *out = &request->reply->body;

	add_executions(api, &figures, out);
	add_effects(&figures, out);
	add_journal(&figures, out);
	one(out, "resident_memory_bytes", "gauge", "Memory of the process.", resident_bytes());
	describe(out, "build_info", "gauge", "Version of the program.");
	buf_printf(out, "lexflow_build_info{version=\"%s\"} 1\n", LEXFLOW_VERSION);
	request->reply->content_type = "text/plain; version=0.0.4; charset=utf-8";
	api_answer(request);
}
