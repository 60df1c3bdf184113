/*
 * page.h - pages of a list: how many, from where on, in which order (reference, 9.3 and 9.4).
 *
 *	pageSize, pageToken, orderBy ── page_read ──▶ struct page ── page_token ──▶ nextPageToken
 *
 * A token holds where the next page begins, as the list itself writes it, and a digest of the path and the other
 * parameters of the call that gave it: with others it is refused, as the service does. It is opaque to clients and
 * grants nothing.
 *
 * Depends on workflow/api/status.h, lib/{docstore,value}. Pure; any thread.
 */
#ifndef WORKFLOW_API_PAGE_H
#define WORKFLOW_API_PAGE_H

#include "workflow/api/status.h"

#include <stdbool.h>
#include <stdint.h>

enum { PAGE_POSITION_SIZE = 128, ORDER_MAX = 3 };

struct order {
	struct {
		int field; /* index in the table of names */
		bool is_descending;
	} at[ORDER_MAX];
	size_t count;
};

struct page {
	size_t size;
	char position[PAGE_POSITION_SIZE]; /* "" for the first page */
	char digest[17];
};

/* `query` is the map of the call's parameters. A size of 0 is `standard`, one beyond `most` is `most`. */
int page_read(struct page *page, struct slice path, struct value query, size_t standard, size_t most,
	      struct status *status);
/* The position as a number of at least 0, or `first` on the first page. */
int64_t page_number(const struct page *page, int64_t first);
/* Put nextPageToken into an answer. */
void page_put_token(const struct page *page, struct value *answer, const char *position);
void page_put_number(const struct page *page, struct value *answer, int64_t position);

/* "startTime desc, state"; names in camelCase or snake_case; ended by NULL. */
int order_read(struct order *order, struct slice text, const char *const *names, struct status *status);

#endif
