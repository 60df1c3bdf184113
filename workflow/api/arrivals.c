/*
 * arrivals.c - executions that begin because a file came into a folder.
 *
 *	inotify, a look at all ─▶ candidates ─▶ whole? ─▶ hash, on a thread ─▶ known? ─▶ launch
 *	                           ▲── not yet ──┘
 *
 * A file is whole when nobody has it open for writing (a read lease can be had) and it has not changed for a second, or at
 * once when it was renamed into the folder. An execution's id is a hash of watch, name and content, so one that is there
 * is not begun again; that it was begun is noted when it is on disk, and stays noted when it is deleted.
 *
 * The folder is not trusted: files are opened beneath its descriptor, no link is followed, only regular files are read,
 * and what waits to be looked at is bounded: beyond that the folder is looked at as a whole again.
 */
#include "workflow/api/api_private.h"

#define OPENSSL_SUPPRESS_DEPRECATED /* as lib/docstore, which says why */

#include "lib/clock/clock.h"
#include "lib/docstore/location.h"
#include "lib/json/json.h"
#include "lib/mem/mem.h"
#include "workflow/journal/arrivals.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/sha.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TICK_MS = 500, SOON_MS = 1, LOOKED_AT_ONCE = 100, CANDIDATES_MAX = 100000, CHUNK_BYTES = 1 << 16 };
static const int64_t quiet_ns = 1000000000;
static const char home[] = "projects/lexflow-local/locations/us-central1"; /* as lexflow env says */

struct candidate {
	struct candidate *next;
	bool is_whole; /* it was renamed into the folder */
	char name[];
};

/* The file that is read at present. */
struct intake {
	char *name; /* NULL: none */
	int fd;
	struct stat stat;
	char hash[65];
	bool is_read, is_same; /* to its end; and nothing changed it meanwhile */
};

struct arrival_watch {
	struct api *api;
	struct arrival_watch *next;
	char *folder; /* absolute */
	struct value identity, parent, workflow; /* strings */
	int dir, inotify;
	uv_poll_t poll;
	uv_timer_t timer;
	uv_work_t work;
	struct candidate *first, **last;
	size_t waiting;
	struct intake intake;
	bool is_owner, is_full; /* no room for an execution at present */
	bool wants_look;	/* at all of the folder */
	atomic_bool is_closing;
	int handles;
};

static void tell(const struct arrival_watch *watch, enum log_severity level, const char *name, const char *what)
{
	struct value fields = value_map_new();

	value_put(&fields, "file", value_stringf("%s/%s", watch->folder, name));
	log_write(watch->api->options.log, level, fields, "%s/%s: %s", watch->folder, name, what);
	value_unref(fields);
}

/* ---- candidates */

/* Names that programs give to what they have not finished are passed by. */
static bool is_watched_name(const char *name)
{
	struct slice text = slice_of(name);

	return text.len && name[0] != '.' && !slice_ends(text, SLICE(".tmp")) && !slice_ends(text, SLICE(".part")) &&
	       utf8_is_valid(text);
}

static void append(struct arrival_watch *watch, struct candidate *candidate)
{
	candidate->next = NULL;
	*watch->last = candidate;
	watch->last = &candidate->next;
	watch->waiting++;
}

static void add(struct arrival_watch *watch, const char *name, bool is_whole)
{
	size_t size = strlen(name) + 1;
	struct candidate *candidate;

	if (!is_watched_name(name))
		return;
	candidate = mem_new(sizeof(*candidate) + size);
	candidate->is_whole = is_whole;
	memcpy(candidate->name, name, size);
	append(watch, candidate);
}

static struct candidate *take_first(struct arrival_watch *watch)
{
	struct candidate *candidate = watch->first;

	watch->first = candidate->next;
	if (!watch->first)
		watch->last = &watch->first;
	watch->waiting--;
	return candidate;
}

static void look_at_all(struct arrival_watch *watch)
{
	int fd = openat(watch->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	watch->wants_look = false;
	if (!folder) {
		tell(watch, LOG_ERROR, "", strerror(errno));
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((entry = readdir(folder)))
		add(watch, entry->d_name, false);
	closedir(folder);
}

/* ---- is it whole? */

enum wholeness { WHOLE, NOT_YET, NEVER }; /* never: as it is; a change brings it back */

/* A read lease is refused with EAGAIN while somebody has the file open for writing (fcntl(2)). Were it opened just while
 * we have it, a signal would be sent: SIGURG, which is ignored, for SIGIO would end the process. */
static int has_writer(int fd)
{
	if (fcntl(fd, F_SETSIG, SIGURG) < 0 || fcntl(fd, F_SETLEASE, F_RDLCK) < 0)
		return errno == EAGAIN;
	fcntl(fd, F_SETLEASE, F_UNLCK);
	return false;
}

static int64_t changed_ns(const struct stat *stat)
{
	return (int64_t)stat->st_ctim.tv_sec * 1000000000 + stat->st_ctim.tv_nsec;
}

static struct file_arrival arrival_of(const struct arrival_watch *watch, const struct intake *intake)
{
	return (struct file_arrival){.watch = value_text(watch->identity),
				.name = slice_of(intake->name),
				.size = intake->stat.st_size,
				.changed_ns = changed_ns(&intake->stat)};
}

/* Opened into the intake, if it is to be read now. What has a writer comes again when that closes it. */
static enum wholeness open_whole(struct arrival_watch *watch, const struct candidate *candidate)
{
	struct intake *intake = &watch->intake;
	struct stat before;
	struct file_arrival arrival;
	int64_t age_ns;

	if (fstatat(watch->dir, candidate->name, &before, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(before.st_mode))
		return NEVER;
	intake->fd = openat(watch->dir, candidate->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (intake->fd < 0) {
		if (errno != ENOENT)
			tell(watch, LOG_WARNING, candidate->name, strerror(errno));
		return NEVER;
	}
	intake->name = mem_strdup(candidate->name);
	if (fstat(intake->fd, &intake->stat) < 0 || !S_ISREG(intake->stat.st_mode) || has_writer(intake->fd))
		return NEVER;
	arrival = arrival_of(watch, intake);
	if (journal_knows_file(watch->api->journal, &arrival, NULL) == 1)
		return NEVER;
	age_ns = clock_wall_us() * 1000 - changed_ns(&intake->stat);
	return candidate->is_whole || age_ns >= quiet_ns || age_ns < -quiet_ns ? WHOLE : NOT_YET;
}

static void put_down(struct intake *intake)
{
	if (intake->name && intake->fd >= 0)
		close(intake->fd);
	mem_free(intake->name);
	*intake = (struct intake){.fd = -1};
}

/* ---- beginning an execution */

/* Noted when the execution is on disk. */
struct note {
	struct journal *journal;
	const struct logger *log;
	struct value watch, name;
	struct file_arrival arrival;
};

static void note_down(void *ctx, bool is_recorded)
{
	struct note *note = ctx;
	struct error err = {0};

	note->arrival.watch = value_text(note->watch);
	note->arrival.name = value_text(note->name);
	if (is_recorded && journal_put_arrival(note->journal, &note->arrival, &err) < 0)
		log_write(note->log, LOG_ERROR, value_null(), "%s", err.message);
	value_unref(note->watch);
	value_unref(note->name);
	mem_free(note);
}

static void note_later(struct arrival_watch *watch, const struct file_arrival *arrival)
{
	struct note *note = mem_new(sizeof(*note));

	*note = (struct note){.journal = watch->api->journal,
			      .log = watch->api->options.log,
			      .watch = value_ref(watch->identity),
			      .name = value_string(arrival->name),
			      .arrival = *arrival};
	world_when_recorded(watch->api->options.world, note_down, note);
}

static struct value object_of(const struct arrival_watch *watch, const struct file_arrival *arrival, const char *bucket,
			      const char *time)
{
	struct value data = value_map_new();

	value_put(&data, "kind", value_string_z("storage#object"));
	value_put(&data, "bucket", value_string_z(bucket));
	value_put(&data, "name", value_string(arrival->name));
	value_put(&data, "size", value_stringf("%lld", (long long)arrival->size)); /* int64 as proto3 JSON has it */
	value_put(&data, "timeCreated", value_string_z(time));
	value_put(&data, "path", value_stringf("%s/%.*s", watch->folder, SLICE_ARG(arrival->name)));
	return data;
}

/* What Eventarc gives a workflow when an object is complete in Cloud Storage (reference, 11.9), with the file's path. */
static void write_event(const struct arrival_watch *watch, const struct file_arrival *arrival, struct buf *out)
{
	const char *bucket = strrchr(watch->folder, '/') + 1;
	struct value event = value_map_new();
	char time[CLOCK_TEXT_SIZE];
	struct buf source;

	buf_init(&source, 0);
	buf_add_text(&source, "//storage.googleapis.com/projects/_/buckets/");
	location_encode(&source, bucket);
	clock_format_utc(arrival->changed_ns / 1000, time);
	value_put(&event, "specversion", value_string_z("1.0"));
	value_put(&event, "id", value_string_z(arrival->execution));
	value_put(&event, "type", value_string_z("google.cloud.storage.object.v1.finalized"));
	value_put(&event, "source", value_string(buf_slice(&source)));
	value_put(&event, "subject", value_stringf("objects/%.*s", SLICE_ARG(arrival->name)));
	value_put(&event, "time", value_string_z(time));
	value_put(&event, "datacontenttype", value_string_z("application/json"));
	value_put(&event, "bucket", value_string_z(bucket));
	value_put(&event, "data", object_of(watch, arrival, bucket, time));
	json_write(out, event);
	value_unref(event);
	buf_release(&source);
}

static int begin(struct arrival_watch *watch, const struct file_arrival *arrival, struct status *status)
{
	struct journal_execution execution = {0};
	struct launch what = {.parent = value_text(watch->parent),
			      .workflow = value_text(watch->workflow),
			      .fields = value_map_new(),
			      .may_wait = true,
			      .id = arrival->execution};
	struct buf argument;
	int result;

	buf_init(&argument, 0);
	write_event(watch, arrival, &argument);
	what.argument = buf_slice(&argument);
	result = launch(watch->api, &what, &execution, status);
	if (result == 0)
		journal_execution_release(&execution);
	value_unref(what.fields);
	buf_release(&argument);
	return result;
}

static void begin_once(struct arrival_watch *watch)
{
	const char *name = watch->intake.name;
	struct file_arrival arrival = arrival_of(watch, &watch->intake);
	struct status status = {0};
	struct error err = {0};
	int known;

	arrival_execution_id(arrival.watch, arrival.name, watch->intake.hash, arrival.execution);
	known = journal_knows_arrival(watch->api->journal, &arrival, &err);
	if (known < 0) {
		tell(watch, LOG_ERROR, name, err.message);
	} else if (known || is_begun(watch->api, arrival.execution)) {
		note_later(watch, &arrival);
	} else if (begin(watch, &arrival, &status) == 0) {
		tell(watch, LOG_INFO, name, arrival.execution);
		note_later(watch, &arrival);
	} else if (status.code == STATUS_RESOURCE_EXHAUSTED || status.code == STATUS_UNAVAILABLE) {
		watch->is_full = true;
		add(watch, name, true);
	} else {
		tell(watch, LOG_ERROR, name, status.message);
	}
}

/* ---- reading a file, on a thread of libuv's */

static bool read_all(struct arrival_watch *watch, SHA256_CTX *sum)
{
	unsigned char chunk[CHUNK_BYTES];
	ssize_t size = 0;

	while (!watch->is_closing && (size = read(watch->intake.fd, chunk, sizeof(chunk))) > 0)
		SHA256_Update(sum, chunk, (size_t)size);
	return size == 0 && !watch->is_closing;
}

static void on_read(uv_work_t *work)
{
	struct arrival_watch *watch = work->data;
	struct intake *intake = &watch->intake;
	unsigned char digest[SHA256_DIGEST_LENGTH];
	SHA256_CTX sum;
	struct stat now;

	SHA256_Init(&sum);
	if (!read_all(watch, &sum) || fstat(intake->fd, &now) < 0)
		return;
	SHA256_Final(digest, &sum);
	for (size_t i = 0; i < sizeof(digest); i++)
		snprintf(intake->hash + 2 * i, 3, "%02x", digest[i]);
	intake->is_read = true;
	intake->is_same = now.st_size == intake->stat.st_size && changed_ns(&now) == changed_ns(&intake->stat);
}

/* ---- one after the other */

static void free_if_closed(struct arrival_watch *watch);
static void go_on(struct arrival_watch *watch);

static void after_read(uv_work_t *work, int status)
{
	struct arrival_watch *watch = work->data;

	if (!watch->is_closing && watch->intake.is_same)
		begin_once(watch);
	else if (!watch->is_closing && watch->intake.is_read)
		add(watch, watch->intake.name, false);
	else if (!watch->is_closing)
		tell(watch, LOG_ERROR, watch->intake.name, "cannot be read; it is tried again when it changes");
	(void)status; /* nothing cancels it */
	put_down(&watch->intake);
	if (watch->is_closing)
		free_if_closed(watch);
	else
		go_on(watch);
}

/* What is not whole yet waits for the next tick, behind the others. */
static void go_on(struct arrival_watch *watch)
{
	size_t count;
	bool has_young = false;

	if (watch->intake.name || !watch->is_owner || watch->is_full)
		return;
	if (watch->wants_look && !watch->first)
		look_at_all(watch);
	count = watch->waiting < LOOKED_AT_ONCE ? watch->waiting : LOOKED_AT_ONCE;
	for (size_t i = 0; i < count; i++) {
		struct candidate *candidate = take_first(watch);
		enum wholeness wholeness = open_whole(watch, candidate);

		if (wholeness == NOT_YET) {
			append(watch, candidate);
			has_young = true;
		} else {
			mem_free(candidate);
		}
		if (wholeness == WHOLE) {
			uv_queue_work(watch->api->options.loop, &watch->work, on_read, after_read);
			return;
		}
		put_down(&watch->intake);
	}
	if (watch->first && !has_young)
		uv_timer_start(&watch->timer, watch->timer.timer_cb, SOON_MS, TICK_MS);
}

static void on_tick(uv_timer_t *timer)
{
	struct arrival_watch *watch = timer->data;
	struct error err = {0};

	if (!watch->is_owner && journal_own_watch(watch->api->journal, value_text(watch->identity), &err) == 1)
		watch->is_owner = watch->wants_look = true;
	watch->is_full = false;
	go_on(watch);
}

/* A process that is not the owner need not know: it looks at all when it becomes it. */
static void on_event(struct arrival_watch *watch, const struct inotify_event *event)
{
	if (event->mask & (IN_DELETE_SELF | IN_MOVE_SELF))
		tell(watch, LOG_ERROR, "", "the folder was moved or removed; start the server again to watch it");
	else if ((event->mask & IN_Q_OVERFLOW) || watch->waiting >= CANDIDATES_MAX)
		watch->wants_look = true;
	else if (watch->is_owner && event->len && !(event->mask & IN_ISDIR))
		add(watch, event->name, event->mask & IN_MOVED_TO);
}

static void on_events(uv_poll_t *poll, int status, int events)
{
	struct arrival_watch *watch = poll->data;
	union {
		char bytes[16384];
		struct inotify_event event; /* for its alignment */
	} in;
	ssize_t size = status == 0 && events ? read(watch->inotify, in.bytes, sizeof(in.bytes)) : 0;

	for (ssize_t at = 0; at < size;) {
		const struct inotify_event *event = (const struct inotify_event *)(const void *)(in.bytes + at);

		on_event(watch, event);
		at += (ssize_t)sizeof(*event) + event->len;
	}
	go_on(watch);
}

/* ---- opening and closing */

/* WORKFLOW is an id, or a full name, which says the project. */
static int read_workflow(struct arrival_watch *watch, struct slice name, struct error *err)
{
	static const char part[] = "/workflows/";
	size_t at = slice_find(name, slice_of(part), 0);
	struct slice id = at == SIZE_MAX ? name : slice_sub(name, at + strlen(part), name.len);

	watch->parent = at == SIZE_MAX ? value_string_z(home) : value_string(slice_sub(name, 0, at));
	watch->workflow = value_string(id);
	if (is_workflow_id(id) && slice_starts(value_text(watch->parent), SLICE("projects/")))
		return 0;
	error_set(err, ERROR_INPUT, "--watch: \"%.*s\" is no workflow", SLICE_ARG(name));
	error_hint(err, "DIR=ID, or DIR=projects/PROJECT/locations/LOCATION/workflows/ID");
	return -1;
}

static int read_spec(struct arrival_watch *watch, const char *spec, struct error *err)
{
	const char *equals = strrchr(spec, '=');
	char path[PATH_MAX];
	char *folder;

	if (!equals || equals == spec) {
		error_set(err, ERROR_INPUT, "--watch %s: no workflow is named", spec);
		error_hint(err, "--watch DIR=WORKFLOW");
		return -1;
	}
	folder = mem_strndup(spec, (size_t)(equals - spec));
	if (!realpath(folder, path))
		error_set(err, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_INPUT, "cannot watch %s: %s", folder, strerror(errno));
	else if (!utf8_is_valid(slice_of(path)))
		error_set(err, ERROR_INPUT, "cannot watch %s: its path is not UTF-8", folder);
	else
		watch->folder = mem_strdup(strcmp(path, "/") == 0 ? "" : path);
	mem_free(folder);
	if (!watch->folder || read_workflow(watch, slice_of(equals + 1), err) < 0)
		return -1;
	watch->identity = value_stringf("%.*s/workflows/%.*s %s", SLICE_ARG(value_text(watch->parent)),
					SLICE_ARG(value_text(watch->workflow)), watch->folder);
	return 0;
}

/* The watch begins before the look, so nothing falls between them. */
static int open_folder(struct arrival_watch *watch, struct error *err)
{
	const char *path = *watch->folder ? watch->folder : "/";

	watch->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	watch->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (watch->dir < 0 || watch->inotify < 0 ||
	    inotify_add_watch(watch->inotify, path,
			      IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR) < 0)
		return error_set(err, ERROR_INPUT, "cannot watch %s: %s", path, strerror(errno));
	return 0;
}

static bool is_watched(const struct api *api, struct value identity)
{
	const struct arrival_watch *watch = api->arrivals;

	while (watch && !value_equal(watch->identity, identity))
		watch = watch->next;
	return watch;
}

static void watch_free(struct arrival_watch *watch)
{
	while (watch->first)
		mem_free(take_first(watch));
	if (watch->dir >= 0)
		close(watch->dir);
	if (watch->inotify >= 0)
		close(watch->inotify);
	value_unref(watch->identity);
	value_unref(watch->parent);
	value_unref(watch->workflow);
	mem_free(watch->folder);
	mem_free(watch);
}

int api_watch(struct api *api, const char *spec, struct error *err)
{
	struct arrival_watch *watch = mem_new(sizeof(*watch));

	*watch = (struct arrival_watch){.api = api, .last = &watch->first, .dir = -1, .inotify = -1, .intake.fd = -1};
	if (read_spec(watch, spec, err) < 0)
		goto fail;
	if (is_watched(api, watch->identity)) {
		error_set(err, ERROR_INPUT, "--watch %s is given twice", spec);
		goto fail;
	}
	if (open_folder(watch, err) < 0)
		goto fail;
	watch->handles = 2;
	watch->poll.data = watch->timer.data = watch->work.data = watch;
	uv_poll_init(api->options.loop, &watch->poll, watch->inotify);
	uv_timer_init(api->options.loop, &watch->timer);
	uv_poll_start(&watch->poll, UV_READABLE, on_events);
	uv_timer_start(&watch->timer, on_tick, 0, TICK_MS);
	uv_unref((uv_handle_t *)&watch->poll);
	uv_unref((uv_handle_t *)&watch->timer);
	watch->next = api->arrivals;
	api->arrivals = watch;
	return 0;

fail:
	watch_free(watch);
	return -1;
}

static void free_if_closed(struct arrival_watch *watch)
{
	if (watch->handles == 0 && !watch->intake.name)
		watch_free(watch);
}

static void closed(uv_handle_t *handle)
{
	struct arrival_watch *watch = handle->data;

	watch->handles--;
	free_if_closed(watch);
}

void arrivals_close(struct api *api)
{
	while (api->arrivals) {
		struct arrival_watch *watch = api->arrivals;

		api->arrivals = watch->next;
		watch->is_closing = true;
		if (watch->is_owner)
			journal_disown_watch(api->journal, value_text(watch->identity));
		uv_close((uv_handle_t *)&watch->poll, closed);
		uv_close((uv_handle_t *)&watch->timer, closed);
	}
}
