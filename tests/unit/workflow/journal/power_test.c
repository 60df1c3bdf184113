/*
 * power_test.c - the power fails at any instant while the journal works: what was told to be on disk is there.
 *
 * A program of random appends by three runs, with their ends, contents that are stored apart, a gc that packs the file
 * and a second opening, on a disk that remembers every write (tests/harness/disk.h). At each sync, commit and end the
 * files are built as a power failure leaves them, and read as the next process does.
 */
#include "tests/harness/disk.h"
#include "tests/harness/folder.h"
#include "workflow/journal/gc.h"
#include "workflow/journal/journal.h"

#include "lib/mem/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <cmocka.h>

enum { RUNS = 3, EVENTS = 90, MARK_GC = -1, SOME_ROUNDS = 2 };

/* What was given to the journal. */
struct given {
	int run;
	int64_t number, ticket;
	char *content; /* owned; NULL: the end of the run */
};

struct trial {
	struct folder folder;
	uv_loop_t loop;
	struct journal *journal;
	struct journal_run runs[RUNS];
	int64_t numbers[RUNS];
	int64_t base; /* tickets of the journal before this one */
	int64_t last; /* ticket */
	struct given given[2 * EVENTS + RUNS];
	size_t count;
	uint64_t seed;
	size_t points, losses;
	char loss[1200]; /* the first */
};

static int below(struct trial *trial, int limit)
{
	uint64_t x = trial->seed; /* xorshift64, Marsaglia 2003 */

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	trial->seed = x;
	return (int)((x >> 11) % (uint64_t)limit);
}

/* ---- the program */

static void on_committed(void *ctx, int64_t ticket)
{
	const struct trial *trial = ctx;

	disk_mark(trial->base + ticket);
}

static void on_failed(void *ctx, const struct error *err)
{
	(void)ctx;
	fail_msg("%s", err->message);
}

static void must(int result, const struct error *err)
{
	if (result < 0)
		fail_msg("%s", err->message);
}

static void open_journal(struct trial *trial, enum db_durability durability)
{
	struct journal_callbacks callbacks = {.committed = on_committed, .failed = on_failed, .ctx = trial};
	struct error err = {0};

	uv_loop_init(&trial->loop);
	trial->base = trial->last;
	trial->journal = journal_open(folder_path(&trial->folder, "state.db"), durability, &trial->loop, &callbacks, &err);
	must(trial->journal ? 0 : -1, &err);
}

static void close_journal(struct trial *trial)
{
	journal_close(trial->journal);
	uv_run(&trial->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&trial->loop), 0);
}

/* {"pad":"..."}; long ones go to the table of contents. */
static char *content_of(struct trial *trial, struct content_parts *parts)
{
	static const int sizes[] = {10, 200, 700, 6000};
	size_t len = (size_t)(1 + below(trial, sizes[below(trial, 4)]));
	struct value map = value_map_new();
	char *pad = mem_alloc(len);
	struct buf text;

	for (size_t i = 0; i < len; i++)
		pad[i] = (char)('a' + below(trial, 26));
	value_put(&map, "pad", value_string((struct slice){pad, len}));
	buf_init(&text, 0);
	journal_encode_parts(&text, map, parts);
	value_unref(map);
	mem_free(pad);
	return buf_take(&text);
}

static void append(struct trial *trial, int run)
{
	struct given *given = &trial->given[trial->count++];
	struct content_parts parts;
	struct event event = {.kind = EVENT_LOGGED, .strand = 1, .time_us = 1700000000000000};

	*given = (struct given){.run = run, .number = ++trial->numbers[run], .content = content_of(trial, &parts)};
	event.number = given->number;
	event.content = slice_of(given->content);
	event.parts = &parts;
	trial->last = trial->base + journal_append(trial->journal, &trial->runs[run], &event);
	given->ticket = trial->last;
}

static void finish(struct trial *trial, int run)
{
	trial->last = trial->base + journal_finish(trial->journal, &trial->runs[run], RUN_SUCCEEDED);
	trial->given[trial->count++] = (struct given){.run = run, .ticket = trial->last};
}

static void begin_run(struct trial *trial, int run)
{
	struct error err = {0};
	char id[16];

	snprintf(id, sizeof(id), "run%d", run);
	must(journal_create(trial->journal, id, "w.yaml", SLICE("main: {}"), "", "", &trial->runs[run], &err), &err);
}

static void work(struct trial *trial, int runs)
{
	for (int i = 0; i < EVENTS; i++) {
		append(trial, below(trial, runs));
		if (below(trial, 4) == 0)
			uv_run(&trial->loop, below(trial, 2) ? UV_RUN_NOWAIT : UV_RUN_DEFAULT);
	}
}

static void collect(struct trial *trial)
{
	struct gc_rules rules = {.before_us = INT64_MAX};
	struct gc_report report;
	struct error err = {0};

	disk_mark(MARK_GC);
	must(journal_gc(trial->journal, &rules, &report, &err), &err);
	assert_int_equal(report.runs, 1);
}

/* Runs 0 and 1; run 0 ends and is deleted; then another process goes on with run 1, and makes run 2. */
static void run_program(struct trial *trial, enum db_durability durability)
{
	struct error err = {0};

	disk_record(trial->folder.path);
	open_journal(trial, durability);
	begin_run(trial, 0);
	begin_run(trial, 1);
	work(trial, 2);
	finish(trial, 0);
	uv_run(&trial->loop, UV_RUN_DEFAULT);
	journal_disown(trial->journal, &trial->runs[0]);
	collect(trial);
	close_journal(trial);
	open_journal(trial, durability);
	must(journal_find(trial->journal, "run1", &trial->runs[1], &err), &err);
	must(journal_own(trial->journal, &trial->runs[1], &err), &err);
	begin_run(trial, 2);
	for (int i = 0; i < EVENTS; i++) {
		append(trial, 1 + below(trial, 2));
		if (below(trial, 3) == 0)
			uv_run(&trial->loop, UV_RUN_DEFAULT);
	}
	finish(trial, 2);
	uv_run(&trial->loop, UV_RUN_DEFAULT);
	disk_stop();
	close_journal(trial);
}

/* ---- what is found */

struct found {
	struct trial *trial;
	int run;
	int64_t next; /* number */
	bool differs;
};

static const char *content_given(const struct trial *trial, int run, int64_t number)
{
	for (size_t i = 0; i < trial->count; i++) {
		if (trial->given[i].run == run && trial->given[i].content && trial->given[i].number == number)
			return trial->given[i].content;
	}
	return "";
}

static bool check_event(void *ctx, const struct event *event)
{
	struct found *found = ctx;

	if (event->number != found->next++ ||
	    !slice_is(event->content, content_given(found->trial, found->run, event->number)))
		found->differs = true;
	return true;
}

static void lose(struct trial *trial, const char *what, const char *detail)
{
	if (trial->losses++ == 0)
		snprintf(trial->loss, sizeof(trial->loss), "%s: %s", what, detail);
}

/* Everything given to this run up to a ticket is there; a run that gc may have deleted is whole or gone. */
static void check_run(struct trial *trial, struct journal *journal, int run, int64_t committed, bool may_be_gone)
{
	struct found found = {.trial = trial, .run = run, .next = 1};
	struct journal_run row;
	struct error err = {0};
	char id[16];
	int there;

	snprintf(id, sizeof(id), "run%d", run);
	there = journal_get(journal, id, &row, &err);
	if (there == 1 && journal_events(journal, &row, 1, check_event, &found, &err) < 0)
		lose(trial, id, err.message);
	if (there == 0 && may_be_gone)
		return;
	if (found.differs)
		lose(trial, id, "an event has another content");
	for (size_t i = 0; i < trial->count; i++) {
		const struct given *given = &trial->given[i];

		if (given->run != run || given->ticket > committed)
			continue;
		if (there != 1 || given->number >= found.next)
			lose(trial, id, "an event that was told of is not there");
		else if (!given->content && row.state != RUN_SUCCEEDED)
			lose(trial, id, "its end was told of and is not there");
	}
}

static int first_text(void *ctx, int columns, char **values, char **names)
{
	char *text = ctx;

	(void)columns, (void)names;
	if (!*text)
		snprintf(text, 80, "%s", values[0]);
	return 0;
}

static void check_integrity(struct trial *trial, const char *path)
{
	char verdict[80] = "";
	sqlite3 *handle;

	if (sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK)
		sqlite3_exec(handle, "PRAGMA integrity_check", first_text, verdict, NULL);
	if (strcmp(verdict, "ok") != 0)
		lose(trial, "integrity_check", *verdict ? verdict : sqlite3_errmsg(handle));
	sqlite3_close(handle);
}

static void lose_power(struct trial *trial, enum disk_rest rest, int64_t committed, bool gc_begun)
{
	struct folder image;
	struct error err = {0};
	struct journal *journal;
	const char *path;

	folder_make(&image);
	disk_build(image.path, rest, &trial->seed);
	path = folder_path(&image, "state.db");
	if (committed > 0) {
		check_integrity(trial, path);
		journal = journal_open(path, DB_FULL, NULL, NULL, &err);
		for (int run = 0; journal && run < RUNS; run++)
			check_run(trial, journal, run, committed, run == 0 && gc_begun);
		if (!journal)
			lose(trial, "open", err.message);
		journal_close(journal);
	}
	folder_remove(&image);
	trial->points++;
}

static void lose_power_everywhere(struct trial *trial, bool until_first_loss)
{
	int64_t committed = 0, mark;
	bool gc_begun = false;
	enum disk_deed deed;

	while (disk_step(&deed, &mark) && !(until_first_loss && trial->losses)) {
		if (deed == DISK_MARK && mark == MARK_GC)
			gc_begun = true;
		else if (deed == DISK_MARK)
			committed = mark;
		if (deed == DISK_WROTE && below(trial, 40) > 0)
			continue; /* between two syncs many instants are alike */
		lose_power(trial, DISK_NOTHING, committed, gc_begun);
		lose_power(trial, DISK_ALL, committed, gc_begun);
		for (int i = 0; i < SOME_ROUNDS; i++)
			lose_power(trial, DISK_SOME, committed, gc_begun);
	}
	assert_true(until_first_loss || committed == trial->last);
}

static uint64_t first_seed(void)
{
	const char *given = getenv("FAULT_SEED");
	uint64_t seed = given ? strtoull(given, NULL, 10) : 0;

	if (!seed && getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
		abort();
	return seed | 1;
}

static struct trial *tried(enum db_durability durability)
{
	struct trial *trial = mem_new(sizeof(*trial));
	uint64_t seed = first_seed();

	trial->seed = seed;
	folder_make(&trial->folder);
	run_program(trial, durability);
	lose_power_everywhere(trial, durability == DB_OFF);
	print_message("# FAULT_SEED=%llu: power lost %zu times, losses %zu\n", (unsigned long long)seed, trial->points,
		      trial->losses);
	return trial;
}

static void release(struct trial *trial)
{
	for (size_t i = 0; i < trial->count; i++)
		mem_free(trial->given[i].content);
	folder_remove(&trial->folder);
	disk_record(""); /* forgets */
	disk_stop();
	mem_free(trial);
}

static void what_was_told_of_is_there_after_a_power_failure(void **state)
{
	struct trial *trial = tried(DB_FULL);

	(void)state;
	if (trial->losses)
		fail_msg("%s", trial->loss);
	release(trial);
}

/* Who never syncs does not meet the same demands: they are not empty. */
static void without_syncs_it_is_not(void **state)
{
	struct trial *trial = tried(DB_OFF);

	(void)state;
	assert_true(trial->losses > 0);
	release(trial);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_told_of_is_there_after_a_power_failure),
		cmocka_unit_test(without_syncs_it_is_not),
	};

	disk_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
