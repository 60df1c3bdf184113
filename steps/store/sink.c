/* sink.c - reading and writing the names of sinks; see sink.h. */
#include "steps/store/sink.h"

#include "lib/mem/mem.h"
#include "lib/http/curl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Without asking the disk: neither the file nor its folder need be there yet. */
static char *absolute(const char *path, struct error *err)
{
	struct buf whole;
	char *folder;

	if (path[0] == '/')
		return mem_strdup(path);
	folder = getcwd(NULL, 0);
	if (!folder) {
		error_set(err, ERROR_IO, "cannot tell the current folder: %s", strerror(errno));
		return NULL;
	}
	buf_init(&whole, 0);
	while (strncmp(path, "./", 2) == 0)
		path += 2;
	buf_printf(&whole, "%s/%s", strcmp(folder, "/") ? folder : "", path);
	free(folder);
	return buf_take(&whole);
}

/* A path in a URI: what would end the path or look like an escape is escaped. */
static void add_path(struct buf *uri, const char *path)
{
	for (; *path; path++) {
		if (strchr(" %?#\"<>", *path) || (unsigned char)*path < 0x20 || *path == 0x7f)
			buf_printf(uri, "%%%02X", (unsigned char)*path);
		else
			buf_add_char(uri, *path);
	}
}

static int init_sqlite(struct sink *sink, const char *path, struct error *err)
{
	struct buf name;

	if (strncmp(path, "//", 2) == 0)
		path += 2; /* sqlite:///path */
	if (!path[0]) {
		error_set(err, ERROR_INPUT, "sink sqlite: has no path");
		error_hint(err, "write sqlite:PATH, such as sqlite:decisions.db");
		return -1;
	}
	sink->kind = SINK_SQLITE;
	sink->path = absolute(path, err);
	if (!sink->path)
		return -1;
	buf_init(&name, 0);
	buf_add_text(&name, "sqlite://");
	add_path(&name, sink->path);
	sink->name = buf_take(&name);
	return 0;
}

static bool has_part(CURLU *url, CURLUPart part)
{
	char *text = NULL;
	bool found = curl_url_get(url, part, &text, 0) == CURLUE_OK && text[0];

	curl_free(text);
	return found;
}

static int init_http(struct sink *sink, const char *spec, struct error *err)
{
	CURLU *url = curl_url();
	int status = -1;

	if (!url || curl_url_set(url, CURLUPART_URL, spec, 0) != CURLUE_OK ||
	    !has_part(url, CURLUPART_HOST)) {
		error_set(err, ERROR_INPUT, "sink %s is not a URL", spec);
	} else if (has_part(url, CURLUPART_USER) || has_part(url, CURLUPART_PASSWORD)) {
		error_set(err, ERROR_INPUT, "the URL of a sink must not hold a user name or password");
		error_hint(err, "put a bearer token into the environment variable STORE_SINK_TOKEN");
	} else if (has_part(url, CURLUPART_FRAGMENT)) {
		error_set(err, ERROR_INPUT, "sink %s has a fragment (#…), which is never sent", spec);
	} else {
		sink->kind = SINK_HTTP;
		sink->name = mem_strdup(spec);
		status = 0;
	}
	curl_url_cleanup(url);
	return status;
}

int sink_init(struct sink *sink, const char *spec, struct error *err)
{
	*sink = (struct sink){0};
	if (strncmp(spec, "sqlite:", 7) == 0)
		return init_sqlite(sink, spec + 7, err);
	if (strncmp(spec, "http://", 7) == 0 || strncmp(spec, "https://", 8) == 0)
		return init_http(sink, spec, err);
	error_set(err, ERROR_INPUT, "unknown kind of sink: %s", spec);
	error_hint(err, "write sqlite:PATH, http://… or https://…");
	return -1;
}

void sink_release(struct sink *sink)
{
	mem_free(sink->name);
	mem_free(sink->path);
	*sink = (struct sink){0};
}

void sink_place(const struct sink *sink, struct slice id, struct buf *place)
{
	buf_printf(place, "%s#", sink->name);
	for (size_t i = 0; i < id.len; i++) {
		if (strchr(" %#\"<>", id.ptr[i]) || (unsigned char)id.ptr[i] < 0x20)
			buf_printf(place, "%%%02X", (unsigned char)id.ptr[i]);
		else
			buf_add_char(place, id.ptr[i]);
	}
}

char *sink_database_path(const char *path, struct error *err)
{
	const char *state = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");
	struct buf whole;

	if (!path || !path[0])
		path = getenv("STORE_DATABASE");
	if (path && path[0])
		return absolute(path, err);
	if ((!state || state[0] != '/') && (!home || !home[0])) {
		error_set(err, ERROR_INPUT,
			  "no place for the database: neither HOME nor XDG_STATE_HOME is set");
		error_hint(err, "give --database PATH");
		return NULL;
	}
	buf_init(&whole, 0);
	if (state && state[0] == '/')
		buf_printf(&whole, "%s/lexflow/decisions.db", state);
	else
		buf_printf(&whole, "%s/.local/state/lexflow/decisions.db", home);
	return buf_take(&whole);
}

char *sink_outbox_path(const char *database)
{
	struct buf path;

	buf_init(&path, 0);
	buf_printf(&path, "%s.outbox", database);
	return buf_take(&path);
}
