/*
 * waiting_test.c - what a strand that waits costs: no more than 1 KiB of heap above its variables.
 *
 * The bytes that malloc has given out, counted by itself, in a world as it runs: 11,000 strands that wait less 1,000,
 * divided by 10,000. What the process has only once, or per journal, falls out.
 */
#include "tests/harness/folder.h"
#include "workflow/engine/world.h"

#include "lib/mem/mem.h"

#include <malloc.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

enum { FEW = 1000, MANY = 11000, MOST_BYTES = 1024 };

#define PARALLEL(wait)                                                                                     \
	"main:\n"                                                                                          \
	"  params: [n]\n"                                                                                  \
	"  steps:\n"                                                                                       \
	"  - open:\n"                                                                                      \
	"      call: events.create_callback_endpoint\n"                                                    \
	"      args: {http_callback_method: POST}\n"                                                       \
	"      result: cb\n"                                                                               \
	"  - each:\n"                                                                                      \
	"      parallel:\n"                                                                                \
	"        for:\n"                                                                                   \
	"          value: i\n"                                                                             \
	"          range: [1, \"${n}\"]\n"                                                                 \
	"          steps:\n"                                                                               \
	"          - wait:\n" wait

static const char sleeps[] = PARALLEL("              call: sys.sleep\n"
				      "              args: {seconds: 3600}\n");
static const char awaits[] = PARALLEL("              call: events.await_callback\n"
				      "              args: {callback: \"${cb}\", timeout: 3600}\n");
static const char retries[] = PARALLEL("              try:\n"
				       "                raise: {code: 503}\n"
				       "              retry:\n"
				       "                predicate: ${http.default_retry_predicate_non_idempotent}\n"
				       "                max_retries: 1\n"
				       "                backoff: {initial_delay: 3600, max_delay: 3600, multiplier: 1}\n");

struct stage {
	struct folder folder;
	uv_loop_t loop;
	struct world *world;
	struct plan *plan;
	struct journal_run row;
	struct run *run;
};

static void ended(void *ctx, struct run *run)
{
	(void)ctx, (void)run;
	fail_msg("nothing ends here");
}

static void failed(void *ctx, const struct error *err)
{
	(void)ctx;
	fail_msg("%s", err->message);
}

static int listen_at(void *ctx, struct slice known, struct buf *base, struct error *err)
{
	(void)ctx, (void)known, (void)err;
	return buf_add_text(base, "http://127.0.0.1:9");
}

static void must(int result, const struct error *err)
{
	if (result < 0)
		fail_msg("%s", err->message);
}

static void open_world(struct stage *stage, const char *source)
{
	struct world_options options = {.state = folder_path(&stage->folder, "state.db"),
					.durability = DB_OFF,
					.listen = listen_at,
					.ended = ended,
					.failed = failed};
	struct diags *diags = diags_new();
	struct error err = {0};

	uv_loop_init(&stage->loop);
	stage->plan = plan_read("waits.yaml", slice_of(source), diags);
	diags_print(diags, stderr);
	assert_non_null(stage->plan);
	diags_free(diags);
	stage->world = world_open(&stage->loop, &options, &err);
	must(stage->world ? 0 : -1, &err);
}

static void close_world(struct stage *stage)
{
	world_free_run(stage->run);
	world_close(stage->world);
	while (uv_run(&stage->loop, UV_RUN_NOWAIT))
		;
	assert_int_equal(uv_loop_close(&stage->loop), 0);
	plan_free(stage->plan);
}

static void begin(struct stage *stage, const char *source, int64_t strands)
{
	struct limits limits = limits_default();
	struct value env = value_map_new();
	struct error err = {0};

	limits.parallel_branches = limits.steps = limits.memory_bytes = INT64_MAX;
	must(journal_create(world_journal(stage->world), "waits", "waits.yaml", slice_of(source), "", "", &stage->row,
			    &err), &err);
	stage->run = world_start(stage->world, &stage->row, stage->plan, value_int(strands), env, value_null(),
				 &limits);
	value_unref(env);
	world_begin(stage->world, stage->run);
}

static void resume(struct stage *stage)
{
	struct error err = {0};

	must(journal_find(world_journal(stage->world), "waits", &stage->row, &err), &err);
	must(journal_own(world_journal(stage->world), &stage->row, &err), &err);
	stage->run = world_resume(stage->world, &stage->row, stage->plan, value_null(), &err);
	must(stage->run ? 0 : -1, &err);
	world_begin(stage->world, stage->run);
}

static void count_timer(uv_handle_t *handle, void *ctx)
{
	int64_t *count = ctx;

	*count += handle->type == UV_TIMER && uv_is_active(handle) && uv_timer_get_due_in((uv_timer_t *)handle) > 60000;
}

/* All are announced, the announcements committed, and the waits under way. */
static void until_all_wait(struct stage *stage, int64_t strands)
{
	for (int64_t waiting = 0; waiting < strands;) {
		waiting = 0;
		uv_walk(&stage->loop, count_timer, &waiting);
		if (waiting < strands)
			uv_run(&stage->loop, UV_RUN_ONCE);
	}
	assert_int_equal(run_figures(stage->run).strands_alive, strands + 1);
}

static int64_t heap_bytes(void)
{
	struct mallinfo2 info = mallinfo2();

	return (int64_t)(info.uordblks + info.hblkhd) - sqlite3_memory_used();
}

/* Bytes given out while so many strands wait, beyond those before they were there. */
static int64_t bytes_of(const char *source, int64_t strands, bool resumed)
{
	struct stage stage = {0};
	int64_t before, bytes;

	folder_make(&stage.folder);
	open_world(&stage, source);
	before = heap_bytes();
	begin(&stage, source, strands);
	until_all_wait(&stage, strands);
	if (resumed) {
		close_world(&stage);
		open_world(&stage, source);
		before = heap_bytes();
		resume(&stage);
		until_all_wait(&stage, strands);
	}
	bytes = heap_bytes() - before;
	close_world(&stage);
	folder_remove(&stage.folder);
	return bytes;
}

static void check(const char *what, const char *source, bool resumed)
{
	int64_t few = bytes_of(source, FEW, resumed), many = bytes_of(source, MANY, resumed);
	int64_t each = (many - few) / (MANY - FEW);

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) /* their malloc does not tell this way */
	print_message("# %s: not counted (%lld)\n", what, (long long)each);
#else
	print_message("# %s: %lld bytes for each strand that waits\n", what, (long long)each);
	assert_in_range(each, 100, MOST_BYTES);
#endif
}

static void a_strand_that_sleeps_costs_no_more_than_1_kib(void **state)
{
	(void)state;
	check("sleeping", sleeps, false);
}

static void a_strand_that_awaits_a_request_costs_no_more_than_1_kib(void **state)
{
	(void)state;
	check("awaiting", awaits, false);
}

static void a_strand_before_its_next_try_costs_no_more_than_1_kib(void **state)
{
	(void)state;
	check("between tries", retries, false);
}

static void a_resumed_strand_costs_no_more_than_1_kib(void **state)
{
	(void)state;
	check("resumed, sleeping", sleeps, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_strand_that_sleeps_costs_no_more_than_1_kib),
		cmocka_unit_test(a_strand_that_awaits_a_request_costs_no_more_than_1_kib),
		cmocka_unit_test(a_strand_before_its_next_try_costs_no_more_than_1_kib),
		cmocka_unit_test(a_resumed_strand_costs_no_more_than_1_kib),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
