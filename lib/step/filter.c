/* filter.c - a step as a Unix filter; see step.h.
 *
 *	reader                     workers (-j)        writer
 *	lines -> slot READY  --->  TAKEN, apply  --->  DONE -> stdout, in slot order
 *
 * The slots are a ring: the window between the oldest line not yet written and the newest one read. It
 * bounds memory and keeps the order. Lines travel as text and each worker parses its own, since a value
 * belongs to one thread. A signal or a broken pipe stops the reading; what a worker has begun is finished,
 * and written where it still can be, so the output is always a beginning of the whole one. The main thread
 * waits for the signal or for the writer's end. */
#include "lib/step/step_private.h"

#include "lib/clock/clock.h"
#include "lib/json/json.h"
#include "lib/mem/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
	SLOTS_PER_THREAD = 16,
	OUTPUT_LIMIT = 1 << 30,  /* bytes of output of one request: the pages of a folder together */
	KEPT_BYTES = 1 << 20,    /* memory that a slot keeps for the next line */
	BATCH_BYTES = 256 << 10, /* lines that are done are written together up to about this much */
};

enum slot_state { SLOT_FREE, SLOT_READY, SLOT_TAKEN, SLOT_DONE };

struct slot {
	enum slot_state state;
	struct buf input; /* the line */
	size_t number;    /* of the line, from 1 */
	bool is_output;   /* input is an output line already (an operand that failed) */
	bool is_too_long;
	struct buf output;
};

struct filter {
	struct step_run *run;
	pthread_mutex_t lock;
	pthread_cond_t ready; /* for workers: a line, or the end */
	pthread_cond_t room;  /* for the reader: a free slot */
	pthread_cond_t done;  /* for the writer: a finished slot, or the end */
	struct slot *slots;
	size_t size;
	size_t filled, taken, written; /* counts since the start; slot = count % size */
	bool ended;                    /* no more input */
	bool stopping;                 /* nothing new is begun */
	int write_errno;
	bool read_failed;
	struct error read_error;
	int wake_fd;    /* ends the reader's wait for input */
	int written_fd; /* tells the main thread that the writer has ended */
	size_t failures;
	pthread_t *threads; /* workers, writer, reader */
	int thread_count;
};

/* ---- one record, on a worker */

static void note_failure(struct filter *filter, const struct slot *slot, const struct error *err)
{
	log_write(&filter->run->log, LOG_WARNING, value_null(), "record %zu: %s%s%s", slot->number,
		  err->message, err->hint[0] ? "; " : "", err->hint);
	pthread_mutex_lock(&filter->lock);
	filter->failures++;
	pthread_mutex_unlock(&filter->lock);
}

/* The line of a record that failed. One that cannot be written as JSON is named by its line number. */
static void print_failure(struct filter *filter, struct slot *slot, struct value request, enum problem kind,
			  const struct error *err)
{
	struct value line = step_failure(request, kind, err);
	size_t start = slot->output.len;

	if (request.kind != VALUE_MAP)
		value_put(&line, "line", value_int((int64_t)slot->number));
	if (json_write(&slot->output, line) < 0) {
		slot->output.len = start;
		slot->output.full = false;
		value_unref(line);
		line = step_failure(value_null(), kind, err);
		value_put(&line, "line", value_int((int64_t)slot->number));
		json_write(&slot->output, line);
	}
	buf_add_char(&slot->output, '\n');
	value_unref(line);
	note_failure(filter, slot, err);
}

static int print_line(struct slot *slot, struct value v, struct error *err)
{
	size_t start = slot->output.len;

	if (json_write(&slot->output, v) == 0 && buf_add_char(&slot->output, '\n') == 0)
		return 0;
	error_set(err, ERROR_LIMIT,
		  "the response cannot be written as JSON: larger than %d bytes or too deep", OUTPUT_LIMIT);
	slot->output.len = start;
	slot->output.full = false;
	return -1;
}

/* Items of the response's list, then its failures. */
static int print_items(struct filter *filter, struct slot *slot, struct value response, struct error *err)
{
	const struct value *items = value_get(response, filter->run->step->lines);
	const struct value *failures = value_get(response, "failures");

	for (size_t i = 0; items && items->kind == VALUE_LIST && i < value_len(*items); i++)
		if (print_line(slot, *value_list_at(*items, i), err) < 0)
			return -1;
	for (size_t i = 0; failures && failures->kind == VALUE_LIST && i < value_len(*failures); i++) {
		struct value failure = *value_list_at(*failures, i);
		const struct value *problem = value_get(failure, "error");
		struct error told = {0};

		if (print_line(slot, failure, err) < 0)
			return -1;
		error_set(&told, ERROR_INPUT, "%.*s: %.*s", SLICE_ARG(value_get_text(failure, "source")),
			  SLICE_ARG(value_get_text(problem ? *problem : value_null(), "detail")));
		note_failure(filter, slot, &told);
	}
	return 0;
}

static int apply_once(struct filter *filter, struct value request, struct value *response, struct error *err)
{
	struct step_run *run = filter->run;
	struct step_call call = {
		.setup = &run->setup,
		.state = run->state,
		.deadline_ms = clock_monotonic_ms() + run->timeout_s * 1000,
	};

	return step_apply(run, &call, request, response, err);
}

/* A request whose response is a page of lines, page after page. */
static int apply_pages(struct filter *filter, struct slot *slot, struct value *request, struct error *err)
{
	for (;;) {
		struct value response = value_null();
		struct slice token;
		bool stuck;

		if (apply_once(filter, *request, &response, err) < 0)
			return -1;
		if (print_items(filter, slot, response, err) < 0) {
			value_unref(response);
			return -1;
		}
		token = value_get_text(response, "next_page_token");
		if (token.len == 0) {
			value_unref(response);
			return 0;
		}
		stuck = slice_equal(token, value_get_text(*request, "page_token"));
		value_put(request, "page_token", value_string(token));
		value_unref(response);
		if (stuck)
			return error_set(err, ERROR_IO, "the next page is the same page again");
	}
}

static int apply_line(struct filter *filter, struct slot *slot, struct value *request, struct error *err)
{
	struct value response = value_null();
	int status;

	if (filter->run->step->lines)
		return apply_pages(filter, slot, request, err);
	if (apply_once(filter, *request, &response, err) < 0)
		return -1;
	status = print_line(slot, response, err);
	value_unref(response);
	return status;
}

/* The error line of a line that no request could be made of. */
static void refuse_line(struct filter *filter, struct slot *slot, enum problem kind, const char *message)
{
	struct error err = {0};

	error_set(&err, ERROR_INPUT, "%s", message);
	if (kind == PROBLEM_TOO_LARGE)
		error_hint(&err, "--max-request sets the limit");
	print_failure(filter, slot, value_null(), kind, &err);
}

static bool has_failed(struct value request)
{
	const struct value *error = value_get(request, "error");

	return error && !value_is_null(*error);
}

static void process(struct filter *filter, struct slot *slot)
{
	struct slice text = buf_slice(&slot->input);
	struct value request = value_null();
	struct error err = {0};

	buf_clear(&slot->output);
	if (slot->is_too_long) {
		refuse_line(filter, slot, PROBLEM_TOO_LARGE, "the line is longer than the largest request");
	} else if (json_read(text, &request, &err) < 0) {
		refuse_line(filter, slot, PROBLEM_MALFORMED_JSON, err.message);
	} else if (slot->is_output || (has_failed(request) && !filter->run->step->takes_errors)) {
		buf_add_slice(&slot->output, text); /* byte for byte */
		buf_add_char(&slot->output, '\n');
	} else if (apply_line(filter, slot, &request, &err) < 0) {
		print_failure(filter, slot, request, problem_kind(&err), &err);
	}
	value_unref(request);
}

static void *work(void *arg)
{
	struct filter *filter = arg;

	pthread_mutex_lock(&filter->lock);
	for (;;) {
		struct slot *slot;

		while (!filter->stopping && !filter->ended && filter->taken == filter->filled)
			pthread_cond_wait(&filter->ready, &filter->lock);
		if (filter->stopping || filter->taken == filter->filled)
			break;
		slot = &filter->slots[filter->taken++ % filter->size];
		slot->state = SLOT_TAKEN;
		pthread_mutex_unlock(&filter->lock);
		process(filter, slot);
		pthread_mutex_lock(&filter->lock);
		slot->state = SLOT_DONE;
		if (slot == &filter->slots[filter->written % filter->size]) /* the one the writer waits for */
			pthread_cond_signal(&filter->done);
	}
	pthread_cond_signal(&filter->done);
	pthread_mutex_unlock(&filter->lock);
	return NULL;
}

/* ---- the writer */

static void raise_event(int fd)
{
	uint64_t one = 1;

	while (write(fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

static int write_all(const struct buf *text)
{
	size_t sent = 0;

	while (sent < text->len) {
		ssize_t count = write(STDOUT_FILENO, text->data + sent, text->len - sent);

		if (count < 0 && errno != EINTR)
			return -1;
		sent += count > 0 ? (size_t)count : 0;
	}
	return 0;
}

/* Called with the lock held; nothing new is begun after this. */
static void stop(struct filter *filter)
{
	filter->stopping = true;
	pthread_cond_broadcast(&filter->ready);
	pthread_cond_broadcast(&filter->room);
	pthread_cond_broadcast(&filter->done);
	raise_event(filter->wake_fd);
}

/* One large record must not cost its size in every slot it passes through for the rest of the run. */
static void shrink(struct buf *text)
{
	if (text->cap > KEPT_BYTES)
		buf_release(text);
}

/* Lines that are done, in order, up to a batch. False: all is written. Called with the lock held. */
static bool collect(struct filter *filter, struct buf *batch)
{
	for (;;) {
		struct slot *slot = &filter->slots[filter->written % filter->size];
		size_t last = filter->stopping ? filter->taken : filter->filled;

		if (filter->written == last && (filter->stopping || filter->ended))
			return batch->len > 0;
		if (filter->written < last && slot->state == SLOT_DONE && batch->len < BATCH_BYTES) {
			buf_add_slice(batch, buf_slice(&slot->output));
			shrink(&slot->input);
			shrink(&slot->output);
			slot->state = SLOT_FREE;
			filter->written++;
			pthread_cond_signal(&filter->room);
			continue;
		}
		if (batch->len > 0)
			return true;
		pthread_cond_wait(&filter->done, &filter->lock);
	}
}

static void *write_lines(void *arg)
{
	struct filter *filter = arg;
	struct buf batch;

	buf_init(&batch, (size_t)OUTPUT_LIMIT * 2);
	pthread_mutex_lock(&filter->lock);
	while (collect(filter, &batch)) {
		int status;

		pthread_mutex_unlock(&filter->lock);
		status = write_all(&batch);
		pthread_mutex_lock(&filter->lock);
		buf_clear(&batch);
		if (status < 0) {
			filter->write_errno = errno;
			stop(filter);
			break;
		}
	}
	pthread_mutex_unlock(&filter->lock);
	buf_release(&batch);
	raise_event(filter->written_fd);
	return NULL;
}

/* ---- the reader */

/* False when the filter is stopping. */
static bool push(struct filter *filter, struct slice line, size_t number, bool is_output, bool is_too_long)
{
	struct slot *slot;
	bool go_on;

	pthread_mutex_lock(&filter->lock);
	slot = &filter->slots[filter->filled % filter->size];
	while (!filter->stopping && slot->state != SLOT_FREE)
		pthread_cond_wait(&filter->room, &filter->lock);
	go_on = !filter->stopping;
	if (go_on) {
		buf_clear(&slot->input);
		buf_add_slice(&slot->input, line);
		slot->number = number;
		slot->is_output = is_output;
		slot->is_too_long = is_too_long;
		slot->state = SLOT_READY;
		filter->filled++;
		pthread_cond_signal(&filter->ready);
	}
	pthread_mutex_unlock(&filter->lock);
	return go_on;
}

/* Requests from one descriptor. 0, 1 when stopped, -1 with *err. */
static int read_requests(struct filter *filter, int fd, struct error *err)
{
	struct lines lines;
	struct slice line;
	enum lines_event event;

	lines_init(&lines, fd, filter->wake_fd, filter->run->max_request_bytes);
	while ((event = lines_next(&lines, &line, err)) == LINES_LINE || event == LINES_TOO_LONG) {
		if (event == LINES_TOO_LONG)
			line.len = 0;
		if (!push(filter, line, lines.number, false, event == LINES_TOO_LONG)) {
			event = LINES_STOPPED;
			break;
		}
	}
	lines_release(&lines);
	return event == LINES_END ? 0 : event == LINES_STOPPED ? 1 : -1;
}

/* An operand that cannot be had is an error line in its place, and the rest goes on. */
static bool push_bad_operand(struct filter *filter, const char *operand, const struct error *err)
{
	struct slot named = {.number = 0};
	struct value request = value_map_new(), line;
	struct buf text;
	bool go_on;

	buf_init(&text, 0);
	value_put(&request, "operand", value_string_repaired(slice_of(operand)));
	line = step_failure(request, problem_kind(err), err);
	json_write(&text, line);
	go_on = push(filter, buf_slice(&text), 0, true, false);
	note_failure(filter, &named, err);
	buf_release(&text);
	value_unref(line);
	value_unref(request);
	return go_on;
}

static int read_file(struct filter *filter, const char *path, struct error *err)
{
	struct error bad = {0};
	int fd, status;

	if (strcmp(path, "-") == 0)
		return read_requests(filter, STDIN_FILENO, err);
	/* At a named pipe nobody writes to yet the wait is poll's, which a signal ends, and not open's. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		error_set(&bad, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_INPUT, "%.500s: %s", path,
			  strerror(errno));
		return push_bad_operand(filter, path, &bad) ? 0 : 1;
	}
	status = read_requests(filter, fd, &bad);
	close(fd);
	if (status < 0) /* a folder, a disk that fails */
		return push_bad_operand(filter, path, &bad) ? 0 : 1;
	return status;
}

/* The requests that the step makes of an operand. */
static int push_operand(struct filter *filter, const char *operand)
{
	struct value requests = value_list_new(0);
	struct error bad = {0};
	struct buf text;
	int status = 0;

	if (filter->run->step->operand(&filter->run->setup, operand, &requests, &bad) < 0)
		status = push_bad_operand(filter, operand, &bad) ? 0 : 1;
	buf_init(&text, 0);
	for (size_t i = 0; status == 0 && i < value_len(requests); i++) {
		buf_clear(&text);
		json_write(&text, *value_list_at(requests, i));
		status = push(filter, buf_slice(&text), i + 1, false, false) ? 0 : 1;
	}
	buf_release(&text);
	value_unref(requests);
	return status;
}

static int read_all(struct filter *filter, struct error *err)
{
	const struct opts *opts = filter->run->setup.opts;
	int status = 0;

	if (opt_operands(opts) == 0) {
		if (isatty(STDIN_FILENO))
			log_write(&filter->run->log, LOG_NOTICE, value_null(),
				  "reading requests from the terminal, one JSON object a line; --help says "
				  "more");
		return read_requests(filter, STDIN_FILENO, err);
	}
	for (size_t i = 0; status == 0 && i < opt_operands(opts); i++) {
		const char *operand = opt_operand(opts, i);

		if (filter->run->step->operand && strcmp(operand, "-") != 0)
			status = push_operand(filter, operand);
		else
			status = read_file(filter, operand, err);
	}
	return status;
}

/* ---- the whole */

static void *read_lines(void *arg)
{
	struct filter *filter = arg;
	int status = read_all(filter, &filter->read_error);

	pthread_mutex_lock(&filter->lock);
	filter->ended = true;
	if (status < 0)
		filter->read_failed = true;
	pthread_cond_broadcast(&filter->ready);
	pthread_cond_broadcast(&filter->done);
	pthread_mutex_unlock(&filter->lock);
	return NULL;
}

static int start_thread(struct filter *filter, void *(*body)(void *), struct error *err)
{
	int reason = pthread_create(&filter->threads[filter->thread_count], NULL, body, filter);

	if (reason != 0)
		return error_set(err, ERROR_IO, "cannot start thread %d: %s", filter->thread_count + 1,
				 strerror(reason));
	filter->thread_count++;
	return 0;
}

static int start(struct filter *filter, struct error *err)
{
	int threads = filter->run->setup.threads;

	filter->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	filter->written_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (filter->wake_fd < 0 || filter->written_fd < 0)
		return error_set(err, ERROR_IO, "cannot make an eventfd: %s", strerror(errno));
	filter->size = (size_t)threads * SLOTS_PER_THREAD;
	filter->slots = mem_new(filter->size * sizeof(*filter->slots));
	for (size_t i = 0; i < filter->size; i++) {
		buf_init(&filter->slots[i].input, filter->run->max_request_bytes);
		buf_init(&filter->slots[i].output, OUTPUT_LIMIT);
	}
	filter->threads = mem_new(((size_t)threads + 2) * sizeof(*filter->threads));
	for (int i = 0; i < threads; i++)
		if (start_thread(filter, work, err) < 0)
			return -1;
	if (start_thread(filter, write_lines, err) < 0)
		return -1;
	return start_thread(filter, read_lines, err);
}

/* Until the last line is written, or a signal stops it. Returns the signal, or 0. */
static int wait_for_end(struct filter *filter)
{
	struct pollfd fds[2] = {
		{.fd = filter->run->signal_fd, .events = POLLIN},
		{.fd = filter->written_fd, .events = POLLIN},
	};
	int signum;

	while (poll(fds, 2, -1) < 0 && errno == EINTR)
		;
	if (!fds[0].revents)
		return 0;
	signum = step_take_signal(filter->run);
	pthread_mutex_lock(&filter->lock);
	stop(filter);
	pthread_mutex_unlock(&filter->lock);
	return signum;
}

static void release(struct filter *filter)
{
	for (size_t i = 0; i < filter->size; i++) {
		buf_release(&filter->slots[i].input);
		buf_release(&filter->slots[i].output);
	}
	mem_free(filter->slots);
	mem_free(filter->threads);
	if (filter->wake_fd >= 0)
		close(filter->wake_fd);
	if (filter->written_fd >= 0)
		close(filter->written_fd);
	pthread_cond_destroy(&filter->ready);
	pthread_cond_destroy(&filter->room);
	pthread_cond_destroy(&filter->done);
	pthread_mutex_destroy(&filter->lock);
}

/* 128 + signal, as a shell would say it; a reader that went away is SIGPIPE's case. */
static int exit_status(struct filter *filter, int signum, struct error *err)
{
	if (filter->write_errno == EPIPE)
		return 128 + SIGPIPE;
	if (filter->write_errno) {
		error_set(err, ERROR_IO, "cannot write to stdout: %s", strerror(filter->write_errno));
		return 3;
	}
	if (filter->read_failed) {
		*err = filter->read_error;
		return 3;
	}
	if (signum) {
		log_write(&filter->run->log, LOG_NOTICE, value_null(), "stopped by %s after %zu records",
			  signum == SIGINT ? "SIGINT" : "SIGTERM", filter->written);
		return 128 + signum;
	}
	if (filter->failures)
		log_write(&filter->run->log, LOG_WARNING, value_null(), "%zu failed", filter->failures);
	return filter->failures ? 1 : 0;
}

int step_filter(struct step_run *run, struct error *err)
{
	struct filter filter = {.run = run, .wake_fd = -1, .written_fd = -1};
	int status, signum = 0;

	pthread_mutex_init(&filter.lock, NULL);
	pthread_cond_init(&filter.ready, NULL);
	pthread_cond_init(&filter.room, NULL);
	pthread_cond_init(&filter.done, NULL);
	status = start(&filter, err);
	if (status == 0) {
		signum = wait_for_end(&filter);
	} else {
		pthread_mutex_lock(&filter.lock);
		stop(&filter);
		pthread_mutex_unlock(&filter.lock);
	}
	for (int i = 0; i < filter.thread_count; i++)
		pthread_join(filter.threads[i], NULL);
	status = status < 0 ? error_exit_status(err) : exit_status(&filter, signum, err);
	release(&filter);
	return status;
}
