/* children_test.c - where a run comes from: runs that runs start, and databases from before there were any.
 */
#include "workflow/journal/journal.h"
#include "workflow/journal/journal_private.h"
#include "lib/db/db.h"
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

static struct journal *open_journal(const char *path, uv_loop_t *loop)
{
	struct journal_callbacks callbacks = {ignore_commit, no_failure, NULL};
	struct error err = {0};
	struct journal *journal;

	uv_loop_init(loop);
	journal = journal_open(path, DB_FULL, loop, &callbacks, &err);
	if (!journal)
		fail_msg("%s", err.message);
	return journal;
}

static void close_journal(struct journal *journal, uv_loop_t *loop)
{
	journal_close(journal);
	uv_run(loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(loop), 0);
}

struct ids {
	char text[200];
};

static bool add_id(void *ctx, const struct journal_run *run)
{
	struct ids *ids = ctx;

	assert_int_equal(run->origin, ORIGIN_CHILD);
	strcat(ids->text, run->id);
	strcat(ids->text, " ");
	return true;
}

static void children_are_found_by_their_parent(void **state)
{
	struct folder folder;
	struct ids ids = {""};
	struct error err = {0};
	struct journal_run run;
	struct journal *journal;
	uv_loop_t loop;

	(void)state;
	folder_make(&folder);
	journal = open_journal(folder_path(&folder, "state.db"), &loop);
	assert_int_equal(journal_create(journal, "p", "p.yaml", SLICE("a"), "", "", &run, &err), 0);
	assert_int_equal(run.origin, ORIGIN_ASKED);
	assert_int_equal(journal_create_child(journal, "c1", "c.yaml", SLICE("b"), "p", "main.a", &run, &err),
			 0);
	assert_int_equal(run.origin, ORIGIN_CHILD);
	assert_int_equal(journal_create(journal, "r", "p.yaml", SLICE("a"), "p", "main.a", &run, &err), 0);
	assert_int_equal(run.origin, ORIGIN_RERUN);
	assert_int_equal(journal_create_child(journal, "c2", "c.yaml", SLICE("b"), "p", "main.b", &run, &err),
			 0);
	assert_int_equal(journal_children(journal, "p", add_id, &ids, &err), 0);
	assert_string_equal(ids.text, "c1 c2 ");
	assert_int_equal(journal_get(journal, "c1", &run, &err), 1);
	assert_string_equal(run.parent_step, "main.a");
	assert_int_equal(journal_get(journal, "c", &run, &err), 0); /* no prefix will do */
	close_journal(journal, &loop);
	folder_remove(&folder);
}

/* Before there were children every run with a parent was a rerun. */
static void a_database_of_the_first_version_is_read_as_it_was_meant(void **state)
{
	static const char rows[] =
		"INSERT INTO definitions VALUES ('h', x'61');"
		"INSERT INTO runs VALUES (1, 'old', 'h', 'w.yaml', '', '', 1, 1, 2, 3);"
		"INSERT INTO runs VALUES (2, 'again', 'h', 'w.yaml', 'old', 'main.a', 1, 1, 2, 3);";
	struct folder folder;
	struct error err = {0};
	struct journal_run run;
	struct journal *journal;
	struct db *db;
	uv_loop_t loop;

	(void)state;
	folder_make(&folder);
	db = db_open(folder_path(&folder, "state.db"), DB_FULL, JOURNAL_APPLICATION_ID, journal_migrations, 1,
		     &err);
	assert_non_null(db);
	assert_int_equal(db_exec(db, rows, &err), 0);
	db_close(db);
	journal = open_journal(folder_path(&folder, "state.db"), &loop);
	assert_int_equal(journal_get(journal, "old", &run, &err), 1);
	assert_int_equal(run.origin, ORIGIN_ASKED);
	assert_int_equal(journal_get(journal, "again", &run, &err), 1);
	assert_int_equal(run.origin, ORIGIN_RERUN);
	close_journal(journal, &loop);
	folder_remove(&folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(children_are_found_by_their_parent),
		cmocka_unit_test(a_database_of_the_first_version_is_read_as_it_was_meant),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
