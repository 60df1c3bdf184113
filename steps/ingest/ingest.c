/* ingest.c - a source to a page of records; see ingest.h. */
#include "steps/ingest/ingest.h"

#include "lib/http/problem.h"
#include "lib/mem/mem.h"
#include "steps/ingest/crew.h"
#include "steps/ingest/document.h"
#include "steps/ingest/sources.h"

#include <stdlib.h>

enum { PAGE_DEFAULT = 100, PAGE_MAX = 1000 };

const struct opt_option ingest_options[] = {
	{"root", 0, OPT_TEXT, "FOLDER", NULL, "INGEST_ROOT", "read nothing outside this folder"},
	{"max-bytes", 0, OPT_COUNT, "BYTES", "67108864", "INGEST_MAX_BYTES", "refuse larger files"},
	{0},
};

struct ingest {
	struct reader reader;
	struct crew *crew;
};

void *ingest_open(const struct step_setup *setup, struct error *err)
{
	struct ingest *ingest = mem_new(sizeof(*ingest));
	struct reader *reader = &ingest->reader;
	long max_bytes = opt_number(setup->opts, "max-bytes");

	reader->root = opt_text(setup->opts, "root");
	if (reader->root && !reader->root[0])
		reader->root = NULL;
	reader->max_bytes = max_bytes > 0 ? (size_t)max_bytes : 1;
	reader->parsers = parsers_new(NULL);
	reader->languages = languages_new();
	/* Whoever calls apply works as well; filter mode asks for one file at a time. */
	ingest->crew = crew_new(setup->serving ? setup->threads - 1 : 0);
	reader->documents = step_documents(setup, err);
	if (reader->documents)
		return ingest;
	ingest_close(ingest);
	return NULL;
}

void ingest_close(void *state)
{
	struct ingest *ingest = state;

	if (!ingest)
		return;
	crew_free(ingest->crew);
	languages_free(ingest->reader.languages);
	parsers_free(ingest->reader.parsers);
	mem_free(ingest);
}

/* ---- a page */

struct item {
	const char *path;
	struct value record; /* null: failed */
	struct error err;
};

struct page {
	const struct reader *reader;
	struct item *items;
	size_t count;
};

static void read_item(void *ctx, size_t i)
{
	const struct page *page = ctx;
	struct item *item = &page->items[i];

	document_read(page->reader, item->path, page->count == 1, &item->record, &item->err);
}

static struct value failure_of(const struct item *item)
{
	struct value failure = value_map_new();

	value_put(&failure, "source", sources_name(item->path));
	value_put(&failure, "error", problem_of(&item->err));
	return failure;
}

static int told(const struct error *cause, struct error *err)
{
	error_set(err, cause->kind, "%s", cause->message);
	error_hint(err, "%s", cause->hint);
	return -1;
}

/* Nothing of a page is told before all of it is on disk. A fault of the machine (disk full) fails the page:
 * asked again, it is read again. */
static int read_page(struct ingest *ingest, struct page *page, struct value *response, struct error *err)
{
	struct value documents = value_list_new(page->count);
	struct value failures = value_list_new(0);
	int status = 0;

	crew_run(ingest->crew, page->count, read_item, page);
	if (page->count > 1)
		status = docstore_sync(page->reader->documents, err);
	for (size_t i = 0; i < page->count; i++) {
		struct item *item = &page->items[i];

		if (item->record.kind == VALUE_MAP)
			value_list_push(&documents, item->record);
		else if (item->err.kind == ERROR_IO || item->err.kind == ERROR_BUSY)
			status = told(&item->err, err);
		else
			value_list_push(&failures, failure_of(item));
	}
	*response = value_map_new();
	value_put(response, "documents", documents);
	value_put(response, "failures", failures);
	if (status < 0)
		value_set(response, value_null());
	return status;
}

/* ---- the request */

static int page_size_of(struct value request, size_t *size, struct error *err)
{
	const struct value *given = value_get(request, "page_size");

	*size = PAGE_DEFAULT;
	if (!given || value_is_null(*given))
		return 0;
	if (given->kind != VALUE_INT || given->as.integer < 1 || given->as.integer > PAGE_MAX)
		return error_set(err, ERROR_INPUT, "\"page_size\" must be a whole number from 1 to %d",
				 PAGE_MAX);
	*size = (size_t)given->as.integer;
	return 0;
}

static int answer(struct ingest *ingest, const struct sources *sources, size_t first, size_t size,
		  struct value *response, struct error *err)
{
	struct page page = {.reader = &ingest->reader};
	size_t left = sources->count - first;
	int status;

	page.count = left < size ? left : size;
	page.items = mem_new(sizeof(*page.items) * (page.count + 1));
	for (size_t i = 0; i < page.count; i++)
		page.items[i].path = sources->paths[first + i];
	status = read_page(ingest, &page, response, err);
	if (status == 0 && page.count < left)
		value_put(response, "next_page_token", sources_token(sources, first + page.count - 1));
	mem_free(page.items);
	return status;
}

int ingest_apply(struct step_call *call, struct value request, struct value *response, struct error *err)
{
	struct ingest *ingest = call->state;
	const struct value *source = value_get(request, "source");
	struct sources sources;
	size_t size;
	int status;

	if (!source || source->kind != VALUE_STRING)
		return error_set(err, ERROR_INPUT,
				 "\"source\" is missing: the path of a file or folder, or a glob");
	if (page_size_of(request, &size, err) < 0 ||
	    sources_list(&sources, value_text(*source), ingest->reader.root, err) < 0)
		return -1;
	status = answer(ingest, &sources, sources_after(&sources, value_get_text(request, "page_token")),
			size, response, err);
	sources_release(&sources);
	return status;
}

/* ---- filter mode */

static void push_request(struct value *requests, struct value source)
{
	struct value request = value_map_new();

	value_put(&request, "source", source);
	value_list_push(requests, request);
}

/* An operand that names nothing becomes a request all the same: its error comes in its place. */
int ingest_operand(const struct step_setup *setup, const char *operand, struct value *requests,
		   struct error *err)
{
	const char *root = opt_text(setup->opts, "root");
	struct error ignored = {0};
	struct sources sources;

	(void)err;
	if (sources_list(&sources, slice_of(operand), root && root[0] ? root : NULL, &ignored) < 0) {
		push_request(requests, sources_name(operand));
		return 0;
	}
	for (size_t i = 0; i < sources.count; i++)
		push_request(requests, sources_name(sources.paths[i]));
	sources_release(&sources);
	return 0;
}
