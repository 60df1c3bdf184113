/* crew.c - helpers for jobs of many parts; see crew.h. */
#include "steps/ingest/crew.h"

#include "lib/mem/mem.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>

/* Lives on the stack of its caller, who leaves only when nobody holds it. */
struct job {
	void (*part)(void *ctx, size_t i);
	void *ctx;
	size_t count;
	size_t taken; /* parts given out */
	size_t done;
	struct job *next;
};

struct crew {
	pthread_mutex_t lock;
	pthread_cond_t work;     /* there is a job with parts to give out, or it is over */
	pthread_cond_t finished; /* the last part of some job is done */
	struct job *jobs;        /* with parts to give out */
	pthread_t *threads;
	int helpers, started;
	bool over;
};

struct crew *crew_new(int helpers)
{
	struct crew *crew = mem_new(sizeof(*crew));

	pthread_mutex_init(&crew->lock, NULL);
	pthread_cond_init(&crew->work, NULL);
	pthread_cond_init(&crew->finished, NULL);
	crew->helpers = helpers > 0 ? helpers : 0;
	crew->threads = mem_new(sizeof(*crew->threads) * (size_t)(crew->helpers + 1));
	return crew;
}

/* Locked. A job whose parts are all given out leaves the list. */
static void remove_job(struct crew *crew, const struct job *job)
{
	struct job **link = &crew->jobs;

	while (*link != job)
		link = &(*link)->next;
	*link = job->next;
}

/* Locked, and unlocked while the part runs. False when there is none left. */
static bool do_part(struct crew *crew, struct job *job)
{
	size_t i = job->taken;

	if (i == job->count)
		return false;
	if (++job->taken == job->count)
		remove_job(crew, job);
	pthread_mutex_unlock(&crew->lock);
	job->part(job->ctx, i);
	pthread_mutex_lock(&crew->lock);
	if (++job->done == job->count)
		pthread_cond_broadcast(&crew->finished);
	return true;
}

static void *help(void *arg)
{
	struct crew *crew = arg;

	pthread_mutex_lock(&crew->lock);
	while (!crew->over || crew->jobs) {
		if (crew->jobs)
			do_part(crew, crew->jobs);
		else
			pthread_cond_wait(&crew->work, &crew->lock);
	}
	pthread_mutex_unlock(&crew->lock);
	return NULL;
}

/* Locked. Signals are for the threads that were there before. A thread that cannot be had is done without. */
static void start_helpers(struct crew *crew)
{
	sigset_t all, old;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	while (crew->started < crew->helpers &&
	       pthread_create(&crew->threads[crew->started], NULL, help, crew) == 0)
		crew->started++;
	crew->helpers = crew->started;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

void crew_run(struct crew *crew, size_t count, void (*part)(void *ctx, size_t i), void *ctx)
{
	struct job job = {.part = part, .ctx = ctx, .count = count};

	if (count == 1)
		part(ctx, 0);
	if (count < 2)
		return;
	pthread_mutex_lock(&crew->lock);
	if (crew->started < crew->helpers)
		start_helpers(crew);
	job.next = crew->jobs;
	crew->jobs = &job;
	pthread_cond_broadcast(&crew->work);
	while (do_part(crew, &job))
		;
	while (job.done < job.count)
		pthread_cond_wait(&crew->finished, &crew->lock);
	pthread_mutex_unlock(&crew->lock);
}

void crew_free(struct crew *crew)
{
	if (!crew)
		return;
	pthread_mutex_lock(&crew->lock);
	crew->over = true;
	pthread_cond_broadcast(&crew->work);
	pthread_mutex_unlock(&crew->lock);
	for (int i = 0; i < crew->started; i++)
		pthread_join(crew->threads[i], NULL);
	pthread_cond_destroy(&crew->finished);
	pthread_cond_destroy(&crew->work);
	pthread_mutex_destroy(&crew->lock);
	mem_free(crew->threads);
	mem_free(crew);
}
