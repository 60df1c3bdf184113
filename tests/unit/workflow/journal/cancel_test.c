/* cancel_test.c - wishes that runs end: those of runs that have ended are in nobody's way. */
#include "workflow/journal/cancel.h"
#include "workflow/journal/journal_private.h"
#include "tests/harness/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void ignore_commit(void *ctx, int64_t ticket)
{
	(void)ctx;
	(void)ticket;
}

static void no_failure(void *ctx, const struct error *err)
{
	(void)ctx;
	fail_msg("%s", err->message);
}

/* Who asked may have died before it could take its wish back. */
static void a_wish_for_a_run_that_has_ended_is_passed_over(void **state)
{
	struct journal_callbacks callbacks = {.committed = ignore_commit, .failed = no_failure};
	struct folder folder;
	struct error err = {0};
	struct journal_run ended, active;
	struct journal *journal;
	int64_t rows[1] = {0};
	uv_loop_t loop;

	(void)state;
	folder_make(&folder);
	uv_loop_init(&loop);
	journal = journal_open(folder_path(&folder, "state.db"), DB_FULL, &loop, &callbacks, &err);
	assert_non_null(journal);
	assert_int_equal(journal_create(journal, "ended", "w.yaml", SLICE("a"), "", "", &ended, &err), 0);
	assert_int_equal(journal_ask_cancel(journal, &ended, &err), 0);
	journal_finish(journal, &ended, RUN_SUCCEEDED);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(reader_cancels(journal->reader, rows, 1, &err), 0);

	assert_int_equal(journal_create(journal, "active", "w.yaml", SLICE("a"), "", "", &active, &err), 0);
	assert_int_equal(journal_ask_cancel(journal, &active, &err), 0);
	assert_int_equal(reader_cancels(journal->reader, rows, 1, &err), 1);
	assert_int_equal(rows[0], active.row);

	journal_close(journal);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	folder_remove(&folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wish_for_a_run_that_has_ended_is_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
