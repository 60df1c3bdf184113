/*
 * tour.c - the visits to every step of a run that is repeated: how many, how they ended, how long they took.
 *
 * A visit is open from the moment a frame enters the step until its next operation lies outside of the step's
 * range, whichever way it left. Time is that of the event that was taken in last.
 */
#include "workflow/engine/engine_private.h"

struct open_step {
	int step;
	const struct frame *frame;
	int64_t begun_us;
};

struct tour {
	struct step_figures *figures; /* [step_count]; lent */
	struct open_step *open;
	size_t open_count, open_capacity;
};

struct tour *tour_new(struct step_figures *figures)
{
	struct tour *tour = mem_new(sizeof(*tour));

	tour->figures = figures;
	return tour;
}

void tour_free(struct tour *tour)
{
	if (!tour)
		return;
	mem_free(tour->open);
	mem_free(tour);
}

static int64_t now_us(const struct run *run)
{
	return run->past_next ? run->past[run->past_next - 1].time_us : 0;
}

static void leave(struct run *run, size_t i, bool failed)
{
	struct tour *tour = run->watch->tour;
	struct step_figures *figures = &tour->figures[tour->open[i].step];

	figures->last_failed = failed;
	figures->total_us += now_us(run) - tour->open[i].begun_us;
	if (failed)
		figures->failed++;
	else
		figures->succeeded++;
	tour->open[i] = tour->open[--tour->open_count];
}

void tour_step(struct strand *strand, struct frame *frame, int step)
{
	struct run *run = strand->run;
	struct tour *tour = run->watch->tour;

	for (size_t i = tour->open_count; i-- > 0;) {
		if (tour->open[i].frame == frame && tour->open[i].step == step)
			leave(run, i, false); /* it jumped to itself */
	}
	if (tour->open_count == tour->open_capacity)
		tour->open = mem_grow(tour->open, &tour->open_capacity, sizeof(*tour->open));
	tour->open[tour->open_count++] = (struct open_step){step, frame, now_us(run)};
	tour->figures[step].begun++;
}

void tour_past(struct run *run, struct frame *frame, bool failed)
{
	struct tour *tour = run->watch->tour;

	for (size_t i = tour->open_count; i-- > 0;) {
		const struct plan_step *step = &run->plan->steps[tour->open[i].step];

		if (tour->open[i].frame == frame && (frame->pc < step->first || frame->pc >= step->end))
			leave(run, i, failed);
	}
}

void tour_gone(struct run *run, struct frame *frame, bool failed)
{
	struct tour *tour = run->watch->tour;

	for (size_t i = tour->open_count; i-- > 0;) {
		if (tour->open[i].frame == frame)
			leave(run, i, failed);
	}
}
