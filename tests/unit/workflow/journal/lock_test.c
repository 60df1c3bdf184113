/* lock_test.c - who owns a run that is being made, while the lock of another that never was is still held. */
#include "workflow/journal/journal.h"
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

/* The kernel takes the descriptors from a process that was killed one after the other: the database's first, so that
 * its row was never there, then the lock's. */
static void a_new_run_passes_over_a_lock_that_is_still_held(void **state)
{
	struct journal_callbacks callbacks = {.committed = ignore_commit, .failed = no_failure};
	struct folder folder;
	struct error err = {0};
	struct journal_run run, found;
	struct journal *journal;
	struct locks *dying;
	uv_loop_t loop;

	(void)state;
	folder_make(&folder);
	uv_loop_init(&loop);
	journal = journal_open(folder_path(&folder, "state.db"), DB_FULL, &loop, &callbacks, &err);
	assert_non_null(journal);
	dying = locks_open(folder_path(&folder, "state.db"), &err);
	assert_int_equal(locks_take(dying, 1, &err), 1);
	assert_int_equal(locks_take(dying, 2, &err), 1);

	assert_int_equal(journal_create(journal, "new", "w.yaml", SLICE("a"), "", "", &run, &err), 0);
	assert_int_equal(run.row, 3);
	assert_true(journal_is_owned(journal, &run));
	assert_int_equal(journal_get(journal, "new", &found, &err), 1);
	assert_int_equal(found.row, 3);
	locks_close(dying);
	assert_true(journal_is_owned(journal, &run));

	journal_close(journal);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	folder_remove(&folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_run_passes_over_a_lock_that_is_still_held),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
