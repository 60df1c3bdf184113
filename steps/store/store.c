/* store.c - accepting records; see store.h. */
#include "steps/store/store.h"

#include "steps/store/decisions.h"
#include "steps/store/delivery.h"
#include "steps/store/outbox.h"
#include "steps/store/sink.h"

#include "lib/json/json.h"
#include "lib/mem/mem.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_RECORD = 32 << 20 };

struct store {
	const struct logger *log;
	char *database, *outbox_path;
	struct sink sinks[OUTBOX_MAX_SINKS];
	size_t count;
	struct outbox *outbox;
	struct decisions *corrections; /* for sinks that keep none of their own; or NULL */
	pthread_mutex_t lock;          /* of `corrections` */
	struct delivery *delivery;
	int64_t drain_ms;
};

const struct opt_option store_options[] = {
	{"database", 0, OPT_TEXT, "PATH", NULL, "STORE_DATABASE",
	 "decisions go here, PATH.outbox holds what waits; $XDG_STATE_HOME/lexflow/decisions.db unless set"},
	{"sink", 0, OPT_MANY, "SINK", NULL, "STORE_SINK",
	 "sqlite:PATH or a URL that takes records by POST; may be repeated; the database unless given"},
	{"window", 0, OPT_COUNT, "N", "64", "STORE_WINDOW", "POSTs in flight to each URL"},
	{"drain-timeout", 0, OPT_COUNT, "SECONDS", "30", NULL,
	 "how long to go on delivering at the end; the rest waits for the next start"},
	{0},
};

static int add_sink(struct store *store, const char *spec, struct error *err)
{
	if (store->count == OUTBOX_MAX_SINKS)
		return error_set(err, ERROR_INPUT, "more than %d sinks", OUTBOX_MAX_SINKS);
	if (sink_init(&store->sinks[store->count], spec, err) < 0)
		return -1;
	for (size_t i = 0; i < store->count; i++) {
		if (strcmp(store->sinks[i].name, store->sinks[store->count].name) == 0) {
			sink_release(&store->sinks[store->count]);
			return 0; /* said twice */
		}
	}
	store->count++;
	return 0;
}

static int find_sinks(struct store *store, const struct opts *opts, struct error *err)
{
	struct buf spec;
	int status;

	store->database = sink_database_path(opt_text(opts, "database"), err);
	if (!store->database)
		return -1;
	store->outbox_path = sink_outbox_path(store->database);
	for (size_t i = 0; opt_many(opts, "sink", i); i++) {
		if (add_sink(store, opt_many(opts, "sink", i), err) < 0)
			return -1;
	}
	if (store->count)
		return 0;
	buf_init(&spec, 0);
	buf_printf(&spec, "sqlite:%s", store->database);
	status = add_sink(store, buf_text(&spec), err);
	buf_release(&spec);
	return status;
}

/* A database applies its own corrections when it files a record. To a URL the record goes as it was accepted, so the
 * corrections of --database are in it by then. */
static int open_corrections(struct store *store, struct error *err)
{
	bool has_url = false;

	for (size_t i = 0; i < store->count; i++)
		has_url = has_url || store->sinks[i].kind == SINK_HTTP;
	if (!has_url || access(store->database, F_OK) < 0)
		return 0;
	store->corrections = decisions_open(store->database, err);
	return store->corrections ? 0 : -1;
}

static int correct(struct store *store, struct value *record, struct error *err)
{
	int count;

	if (!store->corrections || decision_is_failure(*record))
		return 0;
	pthread_mutex_lock(&store->lock);
	count = decisions_correct(store->corrections, value_get_text(*record, "id"), record, err);
	pthread_mutex_unlock(&store->lock);
	return count < 0 ? -1 : 0;
}

static int start(struct store *store, const struct step_setup *setup, struct error *err)
{
	const char *token = getenv("STORE_SINK_TOKEN");
	const char *names[OUTBOX_MAX_SINKS];
	struct delivery_setup delivery = {.log = setup->log, .token = token && token[0] ? token : NULL};
	long window = opt_number(setup->opts, "window");

	for (size_t i = 0; i < store->count; i++)
		names[i] = store->sinks[i].name;
	store->outbox = outbox_open(store->outbox_path, names, store->count, err);
	if (!store->outbox)
		return -1;
	delivery.documents = step_documents(setup, err);
	if (!delivery.documents)
		return -1;
	delivery.outbox = store->outbox;
	delivery.sinks = store->sinks;
	delivery.count = store->count;
	delivery.window = window > 0 ? (size_t)window : STORE_WINDOW;
	store->delivery = delivery_start(&delivery, err);
	return store->delivery ? 0 : -1;
}

void *store_open(const struct step_setup *setup, struct error *err)
{
	struct store *store = mem_new(sizeof(*store));

	store->log = setup->log;
	pthread_mutex_init(&store->lock, NULL);
	store->drain_ms = (int64_t)opt_number(setup->opts, "drain-timeout") * 1000;
	if (find_sinks(store, setup->opts, err) == 0 && open_corrections(store, err) == 0 &&
	    start(store, setup, err) == 0)
		return store;
	store_close(store);
	return NULL;
}

static void say_waiting(void *ctx, struct slice sink, int64_t entries)
{
	struct store *store = ctx;
	bool is_ours = false;

	for (size_t i = 0; i < store->count; i++)
		is_ours = is_ours || slice_is(sink, store->sinks[i].name);
	if (is_ours)
		log_write(
			store->log, LOG_WARNING, value_null(),
			"%lld record%s waiting in %s for %.*s; the next start delivers, `store outbox` lists",
			(long long)entries, entries == 1 ? "" : "s", store->outbox_path, SLICE_ARG(sink));
}

void store_close(void *state)
{
	struct store *store = state;
	struct error err = {0};
	struct db *db;

	delivery_finish(store->delivery, store->drain_ms);
	outbox_close(store->outbox);
	if (store->delivery) {
		db = outbox_look(store->outbox_path, &err);
		if (!db || outbox_waiting(db, say_waiting, store, &err) < 0)
			log_write(store->log, LOG_ERROR, value_null(), "%s", err.message);
		db_close(db);
	}
	for (size_t i = 0; i < store->count; i++)
		sink_release(&store->sinks[i]);
	decisions_close(store->corrections);
	pthread_mutex_destroy(&store->lock);
	mem_free(store->database);
	mem_free(store->outbox_path);
	mem_free(store);
}

static struct value answer(const struct store *store, struct value record)
{
	bool is_failure = decision_is_failure(record);
	struct slice id = value_get_text(record, "id");
	struct slice source = value_get_text(record, "source");
	struct value response = value_map_new();
	struct buf place;

	buf_init(&place, 0);
	sink_place(&store->sinks[0], is_failure ? SLICE("failures") : id, &place);
	if (id.len)
		value_put(&response, "id", value_string(id));
	if (is_failure && source.len)
		value_put(&response, "source", value_string(source));
	value_put(&response, "status", value_string_z("accepted"));
	value_put(&response, "stored", value_string(buf_slice(&place)));
	buf_release(&place);
	return response;
}

int store_apply(struct step_call *call, struct value request, struct value *response, struct error *err)
{
	struct store *store = call->state;
	struct value record = value_ref(request);
	struct buf key, json;
	int status;

	buf_init(&key, 0);
	buf_init(&json, MAX_RECORD);
	if (decision_key(request, &key, err) < 0 || correct(store, &record, err) < 0)
		status = -1;
	else if (json_write(&json, record) < 0)
		status = json.full ? error_set(err, ERROR_LIMIT, "the record is larger than %d bytes",
					       MAX_RECORD)
				   : error_set(err, ERROR_INPUT, "the record has no JSON form");
	else
		status = outbox_accept(store->outbox, buf_slice(&key), call->idempotency_key,
				       buf_slice(&json), err);
	buf_release(&json);
	buf_release(&key);
	value_unref(record);
	if (status == 0)
		*response = answer(store, request);
	return status;
}

const char store_request_schema[] =
	"{\"$schema\": \"https://json-schema.org/draft/2020-12/schema\", \"title\": \"A record as extract "
	"prints it\","
	" \"type\": \"object\","
	" \"anyOf\": [{\"required\": [\"id\"]}, {\"required\": [\"source\", \"error\"]},"
	" {\"required\": [\"operand\", \"error\"]}, {\"required\": [\"line\", \"error\"]}],"
	" \"properties\": {"
	" \"id\": {\"type\": \"string\", \"minLength\": 1, \"maxLength\": 256},"
	" \"source\": {\"type\": \"string\"}, \"title\": {\"type\": \"string\"}, \"language\": {\"type\": "
	"\"string\"},"
	" \"text_uri\": {\"type\": \"string\"},"
	" \"classification\": {\"type\": \"object\", \"properties\": {"
	" \"doc_type\": {\"type\": \"object\", \"properties\": {"
	" \"value\": {\"type\": \"string\"}, \"probability\": {\"type\": \"number\"}}}}},"
	" \"extraction\": {\"type\": \"object\", \"properties\": {"
	" \"model\": {\"type\": \"string\"}, \"fields\": {\"type\": \"object\"}}},"
	" \"error\": {\"description\": \"why the document could not be processed: kept as a failure\"}}}";

const char store_response_schema[] =
	"{\"$schema\": \"https://json-schema.org/draft/2020-12/schema\", \"title\": \"Accepted: on disk, not "
	"yet delivered\","
	" \"type\": \"object\", \"required\": [\"status\", \"stored\"], \"properties\": {"
	" \"id\": {\"type\": \"string\"},"
	" \"source\": {\"type\": \"string\", \"description\": \"of a failed document\"},"
	" \"status\": {\"const\": \"accepted\"},"
	" \"stored\": {\"type\": \"string\", \"format\": \"uri\", \"description\": \"where the record will "
	"be\"}}}";
