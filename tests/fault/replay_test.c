/*
 * replay_test.c - J3 and J4 for random definitions in random worlds: cut at every event, the rest is the same.
 *
 * The world answers in random order. What a run leaves is compared, event by event, with what it leaves when it is
 * cut after its n-th event and goes on from there, for every n; its variables stand in the events (invent.h).
 *
 * FAULT_SEED chooses; each definition has a seed of its own, which a failure prints with its source.
 */
#include "tests/fault/invent.h"
#include "tests/harness/play.h"
#include "workflow/expr/raised.h"

#include "lib/mem/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <cmocka.h>

enum { DEFINITIONS = 300, DEFINITIONS_LONG = 20000, LINES = 300, LONGEST = 400 };

struct tally {
	size_t definitions, events, cuts, returned, raised, too_long, fell_silent;
	size_t arrived, children, limited; /* requests to callbacks, child runs, runs ended by a limit */
};

struct trial {
	uint64_t seed;
	struct buf source;
	struct plan *plan;
	struct play_world world;
	struct play play, again; /* large */
};

static uint64_t first_seed(void)
{
	const char *given = getenv("FAULT_SEED");
	uint64_t seed = given ? strtoull(given, NULL, 10) : 0;

	if (!seed && getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
		abort();
	return seed | 1;
}

static void give_up(const struct trial *trial, const char *what, size_t cut)
{
	fprintf(stderr, "FAULT_SEED=%llu, cut after event %zu: %s\n%s\n", (unsigned long long)trial->seed, cut,
		what, buf_text(&trial->source));
	fail();
}

/* J3: 1, 2, 3 ... */
static void check_numbers(const struct trial *trial)
{
	for (size_t i = 0; i < trial->play.event_count; i++) {
		if (trial->play.events[i].number != (int64_t)i + 1)
			give_up(trial, "a gap in the numbers", i);
	}
}

static bool is_same_event(const struct event *a, const struct event *b)
{
	return a->number == b->number && a->kind == b->kind && a->strand == b->strand &&
	       a->effect == b->effect && slice_equal(a->content, b->content);
}

static void cut_after(struct trial *trial, size_t n)
{
	const struct play *whole = &trial->play;
	struct play *again = &trial->again;

	play_begin_in(again, trial->plan, &trial->world, whole, n);
	again->next_line = whole->lines_used[n - 1];
	play_to_end(again);
	if (again->problem[0])
		give_up(trial, again->problem, n);
	if (run_status(again->run) == RUN_DIVERGED)
		give_up(trial, run_divergence(again->run), n);
	if (run_status(again->run) != run_status(whole->run) ||
	    !value_equal(run_result(again->run), run_result(whole->run)))
		give_up(trial, "another end", n);
	if (n + again->event_count != whole->event_count)
		give_up(trial, "another number of events", n);
	for (size_t i = 0; i < again->event_count; i++) {
		if (!is_same_event(&whole->events[n + i], &again->events[i]))
			give_up(trial, buf_text(&(struct buf){.data = (char *)again->events[i].content.ptr}), n);
	}
	play_release(again);
}

static bool has_met_a_limit(const struct run *run)
{
	const struct value *payload = value_get(run_result(run), "payload");

	return payload && raised_has_tag(*payload, "ResourceLimitError");
}

static void count_kinds(const struct play *play, struct tally *tally)
{
	for (size_t i = 0; i < play->event_count; i++) {
		struct slice content = play->events[i].content;

		tally->arrived += play->events[i].kind == EVENT_ARRIVED;
		tally->children += play->events[i].kind == EVENT_ANNOUNCED &&
				   slice_find(content, SLICE("experimental.executions"), 0) < content.len;
	}
}

static void check_trial(struct trial *trial, struct tally *tally)
{
	const struct play *play = &trial->play;

	play_begin_in(&trial->play, trial->plan, &trial->world, NULL, 0);
	play_to_end(&trial->play);
	check_numbers(trial);
	if (play->problem[0]) {
		tally->fell_silent++; /* the script was too short */
	} else if (play->event_count > LONGEST) {
		tally->too_long++;
	} else {
		tally->returned += run_status(play->run) == RUN_RETURNED;
		tally->raised += run_status(play->run) == RUN_RAISED;
		tally->limited += has_met_a_limit(play->run);
		count_kinds(play, tally);
		tally->events += play->event_count;
		tally->cuts += play->event_count;
		for (size_t n = 1; n <= play->event_count; n++)
			cut_after(trial, n);
	}
	play_release(&trial->play);
}

static void one_definition(struct trial *trial, struct tally *tally)
{
	uint64_t seed = trial->seed;
	struct diags *diags = diags_new();

	buf_init(&trial->source, 0);
	invent_definition(&trial->source, &seed);
	trial->plan = plan_read("invented.json", buf_slice(&trial->source), diags);
	if (!trial->plan)
		give_up(trial, diags_at(diags, 0).message, 0);
	trial->world = (struct play_world){.argument = value_null(),
					   .env = value_null(),
					   .script = invent_world(LINES, &seed),
					   .shuffle = invent_number(&seed)};
	invent_limits(&trial->world.limits, &seed);
	check_trial(trial, tally);
	tally->definitions++;
	value_unref(trial->world.script);
	plan_free(trial->plan);
	diags_free(diags);
	buf_release(&trial->source);
}

static void cut_at_every_event_a_run_ends_the_same(void **state)
{
	size_t wanted = getenv("FAULT_LONG") ? DEFINITIONS_LONG : DEFINITIONS;
	struct trial *trial = mem_new(sizeof(*trial));
	uint64_t seed = first_seed(), first = seed;
	struct tally tally = {0};

	(void)state;
	for (size_t i = 0; i < wanted; i++) {
		trial->seed = seed;
		one_definition(trial, &tally);
		invent_number(&seed);
	}
	mem_free(trial);
	printf("# replay: seed %llu, definitions %zu (returned %zu, raised %zu, too long %zu, out of answers %zu), "
	       "requests %zu, children %zu, limits reached %zu, events %zu, points tried %zu, results different 0\n",
	       (unsigned long long)first, tally.definitions, tally.returned, tally.raised, tally.too_long,
	       tally.fell_silent, tally.arrived, tally.children, tally.limited, tally.events, tally.cuts);
	assert_true(tally.returned > wanted / 4); /* most of the work is done, not refused */
	assert_true(tally.arrived > 0 && tally.children > 0 && tally.limited > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(cut_at_every_event_a_run_ends_the_same)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
