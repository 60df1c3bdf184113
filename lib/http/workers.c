/* workers.c - the threads that call handlers, and the bounded queue before them; see server_private.h. */
#include "lib/http/server_private.h"

#include "lib/mem/mem.h"

#include <errno.h>
#include <string.h>

/* The oldest exchange, or NULL: the end. The semaphore counts what waits, so a push costs one system call
 * when a thread sleeps and none otherwise; a condition variable would cost the sleeper another. */
static struct http_exchange *take(struct workers *workers)
{
	struct http_exchange *exchange;

	while (sem_wait(&workers->ready) < 0 && errno == EINTR)
		;
	pthread_mutex_lock(&workers->lock);
	exchange = workers->first;
	if (exchange) {
		workers->first = exchange->next;
		if (!workers->first)
			workers->last = NULL;
		workers->waiting--;
	}
	pthread_mutex_unlock(&workers->lock);
	return exchange;
}

static void *work(void *arg)
{
	struct workers *workers = arg;
	struct http_exchange *exchange;

	while ((exchange = take(workers)) != NULL)
		exchange_handle(exchange);
	return NULL;
}

int workers_start(struct workers *workers, int threads, int capacity, struct error *err)
{
	pthread_mutex_init(&workers->lock, NULL);
	sem_init(&workers->ready, 0, 0);
	workers->capacity = capacity;
	workers->threads = mem_new((size_t)threads * sizeof(*workers->threads));
	for (int i = 0; i < threads; i++) {
		int reason = pthread_create(&workers->threads[i], NULL, work, workers);

		if (reason != 0)
			return error_set(err, ERROR_IO, "cannot start thread %d of %d: %s", i + 1, threads,
					 strerror(reason));
		workers->count++;
	}
	return 0;
}

bool workers_push(struct workers *workers, struct http_exchange *exchange)
{
	pthread_mutex_lock(&workers->lock);
	if (workers->waiting == workers->capacity) {
		pthread_mutex_unlock(&workers->lock);
		return false;
	}
	exchange->next = NULL;
	if (workers->last)
		workers->last->next = exchange;
	else
		workers->first = exchange;
	workers->last = exchange;
	workers->waiting++;
	pthread_mutex_unlock(&workers->lock);
	sem_post(&workers->ready);
	return true;
}

void workers_stop(struct workers *workers)
{
	if (!workers->threads)
		return;
	for (int i = 0; i < workers->count; i++)
		sem_post(&workers->ready); /* the queue is empty: a thread that wakes to nothing ends */
	for (int i = 0; i < workers->count; i++)
		pthread_join(workers->threads[i], NULL);
	mem_free(workers->threads);
	workers->threads = NULL;
	sem_destroy(&workers->ready);
	pthread_mutex_destroy(&workers->lock);
}
