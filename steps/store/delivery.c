/* delivery.c - starting and ending the threads that deliver; see delivery.h. */
#include "steps/store/delivery.h"

#include "steps/store/filing.h"
#include "steps/store/posting.h"

#include "lib/clock/clock.h"
#include "lib/mem/mem.h"

struct delivery {
	struct delivery_setup setup;
	struct filing *filings[OUTBOX_MAX_SINKS]; /* NULL where the sink is a URL */
	struct posting *posting;                  /* NULL without URLs */
};

static void wake(void *ctx)
{
	struct delivery *delivery = ctx;

	for (size_t i = 0; i < delivery->setup.count; i++) {
		if (delivery->filings[i])
			filing_wake(delivery->filings[i]);
	}
	if (delivery->posting)
		posting_wake(delivery->posting);
}

struct delivery *delivery_start(const struct delivery_setup *setup, struct error *err)
{
	struct delivery *delivery = mem_new(sizeof(*delivery));
	bool has_urls = false;

	delivery->setup = *setup;
	for (size_t i = 0; i < setup->count; i++) {
		if (setup->sinks[i].kind == SINK_HTTP) {
			has_urls = true;
			continue;
		}
		delivery->filings[i] = filing_start(&delivery->setup, i, err);
		if (!delivery->filings[i])
			goto fail;
	}
	if (has_urls) {
		delivery->posting = posting_start(&delivery->setup, err);
		if (!delivery->posting)
			goto fail;
	}
	outbox_listen(setup->outbox, wake, delivery);
	return delivery;

fail:
	delivery_finish(delivery, 0);
	return NULL;
}

void delivery_finish(struct delivery *delivery, int64_t timeout_ms)
{
	int64_t deadline_ms = clock_monotonic_ms() + timeout_ms;

	if (!delivery)
		return;
	outbox_listen(delivery->setup.outbox, NULL, NULL);
	for (size_t i = 0; i < delivery->setup.count; i++) {
		if (delivery->filings[i])
			filing_drain(delivery->filings[i], deadline_ms);
	}
	if (delivery->posting)
		posting_drain(delivery->posting, deadline_ms);
	for (size_t i = 0; i < delivery->setup.count; i++)
		filing_finish(delivery->filings[i]);
	posting_finish(delivery->posting);
	mem_free(delivery);
}
