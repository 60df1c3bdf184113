/* main.c - store: records into databases and other sinks; see store.h. */
#include "steps/store/store.h"
#include "steps/store/verbs.h"

#include "lib/mem/mem.h"

int main(int argc, char **argv)
{
	const struct step step = {
		.name = "store",
		.summary = "keep records: a database with full-text search, or any URL",
		.example = "ingest decisions/ | classify | extract | store\n"
			   "store --serve --sink sqlite:decisions.db --sink https://example.org/decisions\n"
			   "store list",
		.options = store_options,
		.open = store_open,
		.close = store_close,
		.apply = store_apply,
		.takes_errors = true,
		.threads = STORE_THREADS,
		.request_schema = store_request_schema,
		.response_schema = store_response_schema,
		.verbs = store_verbs,
	};

	mem_keep();
	return step_main(&step, argc, argv);
}
