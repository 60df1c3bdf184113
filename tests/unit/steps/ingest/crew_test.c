/* crew_test.c - every part is done once, whoever helps. */
#include "steps/ingest/crew.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>

enum { PARTS = 2000, CALLERS = 4 };

struct work {
	struct crew *crew;
	atomic_int times[PARTS];
};

static void count_part(void *ctx, size_t i)
{
	atomic_fetch_add(&((struct work *)ctx)->times[i], 1);
}

static void check(struct work *work, size_t count)
{
	for (size_t i = 0; i < PARTS; i++)
		assert_int_equal(work->times[i], i < count ? 1 : 0);
}

static void run(int helpers, size_t count)
{
	static struct work work;

	work = (struct work){0};
	work.crew = crew_new(helpers);
	crew_run(work.crew, count, count_part, &work);
	check(&work, count);
	crew_free(work.crew);
}

static void every_part_is_done_once(void **state)
{
	(void)state;
	run(3, PARTS);
	run(3, 2);
	run(3, 1);
	run(3, 0);
}

static void without_helpers_the_caller_does_it_all(void **state)
{
	(void)state;
	run(0, PARTS);
	run(-1, PARTS);
}

static void *call(void *arg)
{
	struct work *work = arg;

	crew_run(work->crew, PARTS, count_part, work);
	return NULL;
}

static void callers_share_the_helpers(void **state)
{
	static struct work works[CALLERS];
	pthread_t threads[CALLERS];
	struct crew *crew = crew_new(2);

	(void)state;
	for (int i = 0; i < CALLERS; i++) {
		works[i].crew = crew;
		assert_int_equal(pthread_create(&threads[i], NULL, call, &works[i]), 0);
	}
	for (int i = 0; i < CALLERS; i++) {
		pthread_join(threads[i], NULL);
		check(&works[i], PARTS);
	}
	crew_free(crew);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_part_is_done_once),
		cmocka_unit_test(without_helpers_the_caller_does_it_all),
		cmocka_unit_test(callers_share_the_helpers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
