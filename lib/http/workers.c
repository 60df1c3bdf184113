/* workers.c - the threads that call handlers, and the bounded queue before them; see server_private.h. */
#include "lib/http/server_private.h"

#include "lib/mem/mem.h"

#include <string.h>

static void *work(void *arg)
{
	struct workers *workers = arg;

	pthread_mutex_lock(&workers->lock);
	for (;;) {
		struct http_exchange *exchange = workers->first;

		if (!exchange && workers->ending)
			break;
		if (!exchange) {
			workers->idle++;
			pthread_cond_wait(&workers->changed, &workers->lock);
			workers->idle--;
			continue;
		}
		workers->first = exchange->next;
		if (!workers->first)
			workers->last = NULL;
		workers->waiting--;
		pthread_mutex_unlock(&workers->lock);
		exchange_handle(exchange);
		pthread_mutex_lock(&workers->lock);
	}
	pthread_mutex_unlock(&workers->lock);
	return NULL;
}

int workers_start(struct workers *workers, int threads, int capacity, struct error *err)
{
	pthread_mutex_init(&workers->lock, NULL);
	pthread_cond_init(&workers->changed, NULL);
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
	bool wake;

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
	wake = workers->idle > 0;
	pthread_mutex_unlock(&workers->lock);
	if (wake) /* a thread at work looks at the queue before it sleeps: no call for it */
		pthread_cond_signal(&workers->changed);
	return true;
}

void workers_stop(struct workers *workers)
{
	if (!workers->threads)
		return;
	pthread_mutex_lock(&workers->lock);
	workers->ending = true;
	pthread_cond_broadcast(&workers->changed);
	pthread_mutex_unlock(&workers->lock);
	for (int i = 0; i < workers->count; i++)
		pthread_join(workers->threads[i], NULL);
	mem_free(workers->threads);
	workers->threads = NULL;
	pthread_cond_destroy(&workers->changed);
	pthread_mutex_destroy(&workers->lock);
}
