/* parsers.c - asking a child to parse, and being that child; see parsers.h. */
#include "steps/ingest/parsers.h"

#include "lib/json/json.h"
#include "lib/mem/mem.h"
#include "lib/proc/sandbox.h"
#include "lib/proc/worker.h"

#include <libxml/parser.h>
#include <magic.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

enum {
	TIMEOUT_MS = 10000, /* pages and word processor files take milliseconds */
	QUESTION_LIMIT = 256 << 20,
	ANSWER_LIMIT = PARSED_TEXT_LIMIT + (64 << 10),
	ANSWERS_PER_CHILD = 500, /* then a fresh one, so that what a parser leaks is bounded */
	IDLE_MAX = 64,
};

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
static const int64_t child_memory_bytes = 0; /* shadow memory is larger than any limit */
#else
static const int64_t child_memory_bytes = 2048LL << 20;
#endif

struct parsers {
	char *program;
	pthread_mutex_t lock;
	struct worker *idle[IDLE_MAX];
	size_t idle_count;
};

struct parsers *parsers_new(const char *program)
{
	struct parsers *parsers = mem_new(sizeof(*parsers));

	parsers->program = mem_strdup(program ? program : "/proc/self/exe");
	pthread_mutex_init(&parsers->lock, NULL);
	return parsers;
}

void parsers_free(struct parsers *parsers)
{
	if (!parsers)
		return;
	for (size_t i = 0; i < parsers->idle_count; i++)
		worker_close(parsers->idle[i]);
	pthread_mutex_destroy(&parsers->lock);
	mem_free(parsers->program);
	mem_free(parsers);
}

/* ---- children */

static struct worker *take_idle(struct parsers *parsers)
{
	struct worker *worker = NULL;

	pthread_mutex_lock(&parsers->lock);
	if (parsers->idle_count > 0)
		worker = parsers->idle[--parsers->idle_count];
	pthread_mutex_unlock(&parsers->lock);
	return worker;
}

static void give_back(struct parsers *parsers, struct worker *worker)
{
	pthread_mutex_lock(&parsers->lock);
	if (parsers->idle_count < IDLE_MAX && worker_answered(worker) < ANSWERS_PER_CHILD) {
		parsers->idle[parsers->idle_count++] = worker;
		worker = NULL;
	}
	pthread_mutex_unlock(&parsers->lock);
	worker_close(worker);
}

static struct worker *start_child(const struct parsers *parsers, struct error *err)
{
	const char *const argv[] = {parsers->program, PARSERS_VERB, NULL};
	struct worker_options options = {.argv = argv,
					 .answer_limit = ANSWER_LIMIT,
					 .limits = {.memory_bytes = child_memory_bytes, .sandbox = true}};
	struct worker *worker = worker_open(&options, err);

	if (!worker && err)
		err->kind = ERROR_IO; /* the machine's fault, not the document's */
	return worker;
}

/* A kept child may have died with the thread that started it, or carry damage of an earlier document:
 * what fails in it is tried once more in a fresh one, except what took too long. */
static int ask_child(struct parsers *parsers, struct slice question, struct buf *answer, struct error *err)
{
	struct worker *worker = take_idle(parsers);
	struct error first = {0};

	if (worker && worker_ask(worker, question, TIMEOUT_MS, answer, &first) == 0) {
		give_back(parsers, worker);
		return 0;
	}
	worker_close(worker);
	if (first.kind == ERROR_LIMIT)
		return error_set(err, ERROR_LIMIT,
				 "the parser was stopped: it needed more than %d s or gave too much text",
				 TIMEOUT_MS / 1000);
	buf_clear(answer);
	worker = start_child(parsers, err);
	if (!worker)
		return -1;
	if (worker_ask(worker, question, TIMEOUT_MS, answer, &(struct error){0}) < 0) {
		worker_close(worker);
		return error_set(err, ERROR_INPUT,
				 "the parser failed on this document (crash, or more than %d s)",
				 TIMEOUT_MS / 1000);
	}
	give_back(parsers, worker);
	return 0;
}

/* ---- questions and answers: a kind and the bytes; a line of JSON and the text */

static int read_refusal(struct value head, struct error *err)
{
	struct slice detail = value_get_text(head, "error");
	struct slice hint = value_get_text(head, "hint");

	error_set(err, value_get_bool(head, "limit", false) ? ERROR_LIMIT : ERROR_INPUT, "%.*s",
		  SLICE_ARG(detail));
	if (hint.len > 0)
		error_hint(err, "%.*s", SLICE_ARG(hint));
	return -1;
}

/* The child has met hostile bytes, so its answer is checked like any input. */
static int read_answer(struct slice answer, struct parsed *parsed, struct error *err)
{
	size_t end = slice_find(answer, SLICE("\n"), 0);
	struct value head = value_null();
	const struct value *dates;
	int status = -1;

	if (end == SIZE_MAX || json_read(slice_sub(answer, 0, end), &head, NULL) < 0 ||
	    head.kind != VALUE_MAP) {
		error_set(err, ERROR_INPUT, "the parser failed on this document (no sense in its answer)");
	} else if (value_get(head, "error")) {
		read_refusal(head, err);
	} else if (utf8_repair(&parsed->text, slice_sub(answer, end + 1, answer.len)) < 0) {
		error_set(err, ERROR_LIMIT, "the text of the document is too long");
	} else {
		buf_add_slice(&parsed->title, value_get_text(head, "title"));
		dates = value_get(head, "dates");
		for (size_t i = 0; dates && i < value_len(*dates); i++)
			value_map_set(&parsed->dates, value_map_key(*dates, i),
				      value_ref(*value_map_at(*dates, i)));
		status = 0;
	}
	value_unref(head);
	return status;
}

int parsers_ask(struct parsers *parsers, enum parse_kind kind, struct slice bytes, struct parsed *parsed,
		struct error *err)
{
	struct buf question, answer;
	int status = -1;

	buf_init(&question, QUESTION_LIMIT);
	buf_init(&answer, ANSWER_LIMIT);
	if (buf_add_char(&question, (char)kind) < 0 || buf_add_slice(&question, bytes) < 0)
		error_set(err, ERROR_LIMIT, "a document of %zu bytes is too large to be parsed", bytes.len);
	else if (ask_child(parsers, buf_slice(&question), &answer, err) == 0)
		status = read_answer(buf_slice(&answer), parsed, err);
	buf_release(&question);
	buf_release(&answer);
	return status;
}

/* ---- the child */

static int name_file(magic_t magic, struct slice bytes, struct parsed *parsed, struct error *err)
{
	const char *type = NULL;

	if (magic && magic_setflags(magic, MAGIC_MIME_TYPE) == 0)
		type = magic_buffer(magic, bytes.ptr, bytes.len);
	if (!type)
		return error_set(err, ERROR_INPUT, "unknown");
	buf_add_text(&parsed->text, type);
	magic_setflags(magic, MAGIC_NONE);
	type = magic_buffer(magic, bytes.ptr, bytes.len);
	if (type)
		buf_printf(&parsed->text, ": %s", type);
	return 0;
}

static int parse(magic_t magic, enum parse_kind kind, struct slice bytes, struct parsed *parsed,
		 struct error *err)
{
	switch (kind) {
	case PARSE_HTML:
		return html_parse(bytes, parsed, err);
	case PARSE_DOCX:
		return docx_parse(bytes, parsed, err);
	case PARSE_NAME:
		return name_file(magic, bytes, parsed, err);
	}
	return error_set(err, ERROR_INPUT, "no such parser");
}

static void answer_question(void *ctx, struct slice question, struct buf *out)
{
	struct error err = {0};
	struct parsed parsed;
	struct value head = value_map_new();
	bool parsed_well;

	parsed_init(&parsed);
	parsed_well = question.len > 0 && parse(ctx, (enum parse_kind)question.ptr[0],
						slice_sub(question, 1, question.len), &parsed, &err) == 0;
	if (parsed_well) {
		value_put(&head, "title", value_string_repaired(buf_slice(&parsed.title)));
		value_put(&head, "dates", value_ref(parsed.dates));
	} else {
		value_put(&head, "error", value_string_repaired(slice_of(err.message)));
		value_put(&head, "hint", value_string_repaired(slice_of(err.hint)));
		value_put(&head, "limit", value_bool(err.kind == ERROR_LIMIT));
	}
	json_write(out, head);
	buf_add_char(out, '\n');
	if (parsed_well)
		buf_add_slice(out, buf_slice(&parsed.text));
	value_unref(head);
	parsed_release(&parsed);
}

int parsers_child(int argc, char **argv)
{
	struct error err = {0};
	magic_t magic;

	(void)argc, (void)argv;
	if (isatty(STDIN_FILENO)) {
		fputs("ingest parse: asked by ingest itself, over a socket; not for people\n", stderr);
		return 2;
	}
	/* Whatever reads a file does so now. */
	xmlInitParser();
	magic = magic_open(MAGIC_NONE);
	if (magic && magic_load(magic, NULL) < 0) {
		magic_close(magic);
		magic = NULL;
	}
	if (sandbox_confine(&err) < 0)
		_exit(3);
	_exit(worker_serve(QUESTION_LIMIT, ANSWER_LIMIT, answer_question, magic) < 0 ? 1 : 0);
}
