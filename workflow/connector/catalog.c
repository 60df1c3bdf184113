/* catalog.c - finding, reading and keeping discovery documents; see catalog.h. */
#include "workflow/connector/catalog.h"

#include "lib/http/client.h"
#include "lib/json/json.h"
#include "lib/mem/mem.h"
#include "workflow/connector/descriptor.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <uv.h>

struct catalog {
	char *where; /* owned; NULL: no documents */
	bool is_url;
	struct value base_urls; /* map SERVICE -> URL */
	struct error fault;     /* the first document that could not be had */
	struct value documents; /* map "SERVICE.VERSION" -> document, or null: there is none */
};

struct catalog *catalog_new(void)
{
	struct catalog *catalog = mem_new(sizeof(*catalog));

	catalog->base_urls = value_map_new();
	catalog->documents = value_map_new();
	return catalog;
}

void catalog_free(struct catalog *catalog)
{
	if (!catalog)
		return;
	value_unref(catalog->base_urls);
	value_unref(catalog->documents);
	mem_free(catalog->where);
	mem_free(catalog);
}

static bool is_url(struct slice text)
{
	return slice_starts(text, SLICE("http://")) || slice_starts(text, SLICE("https://"));
}

int catalog_set_discovery(struct catalog *catalog, const char *where, struct error *err)
{
	struct stat status;

	catalog->is_url = is_url(slice_of(where));
	if (!catalog->is_url && stat(where, &status) < 0)
		return error_set(err, ERROR_NOT_FOUND, "--discovery: %s: %s", where, strerror(errno));
	if (!catalog->is_url && !S_ISDIR(status.st_mode))
		return error_set(err, ERROR_INPUT, "--discovery: %s is no folder", where);
	mem_free(catalog->where);
	catalog->where = mem_strdup(where);
	return 0;
}

int catalog_add_base_url(struct catalog *catalog, const char *assignment, struct error *err)
{
	const char *equals = strchr(assignment, '=');

	if (!equals || equals == assignment || !is_url(slice_of(equals + 1))) {
		error_set(err, ERROR_INPUT, "--base-url: \"%s\" is not SERVICE=URL", assignment);
		error_hint(err, "for example pubsub=http://127.0.0.1:8085");
		return -1;
	}
	value_map_set(&catalog->base_urls, (struct slice){assignment, (size_t)(equals - assignment)},
		      value_string_repaired(slice_of(equals + 1)));
	return 0;
}

bool catalog_is_redirected(const struct catalog *catalog, struct slice service)
{
	return value_map_get(catalog->base_urls, service) != NULL;
}

/* ---- a document from a folder */

/* 1 and the text, 0 when there is no such file, -1 */
static int read_file(const char *path, struct buf *out, struct error *err)
{
	FILE *file = fopen(path, "re");
	char chunk[64 << 10];
	size_t size;
	int result = 1;

	if (!file && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (!file)
		return error_set(err, ERROR_IO, "%s: %s", path, strerror(errno));
	while ((size = fread(chunk, 1, sizeof(chunk), file)) > 0)
		buf_add(out, chunk, size);
	if (ferror(file))
		result = error_set(err, ERROR_IO, "%s: cannot be read", path);
	else if (out->full)
		result = error_set(err, ERROR_LIMIT, "%s: larger than %d MiB", path,
				   CATALOG_MAX_DOCUMENT >> 20);
	fclose(file);
	return result;
}

static int read_from_folder(const struct catalog *catalog, const struct connector_name *name, struct buf *out,
			    struct error *err)
{
	struct buf paths[3];
	int result = 0;

	for (int i = 0; i < 3; i++)
		buf_init(&paths[i], 8192);
	buf_printf(&paths[0], "%s/%.*s.%.*s.json", catalog->where, SLICE_ARG(name->service),
		   SLICE_ARG(name->version));
	buf_printf(&paths[1], "%s/%.*s-%.*s.json", catalog->where, SLICE_ARG(name->service),
		   SLICE_ARG(name->version));
	buf_printf(&paths[2], "%s/%.*s/%.*s/%.*s-api.json", catalog->where, SLICE_ARG(name->service),
		   SLICE_ARG(name->version), SLICE_ARG(name->service));
	for (int i = 0; i < 3; i++) {
		if (result == 0 && !paths[i].full)
			result = read_file(buf_text(&paths[i]), out, err);
		buf_release(&paths[i]);
	}
	return result;
}

/* ---- a document from a URL */

struct fetch {
	const char *url;
	struct buf *out;
	struct error *err;
	int result;
};

static void fetched(void *ctx, const struct http_response *response)
{
	struct fetch *fetch = ctx;

	if (response->outcome != HTTP_ANSWERED) {
		fetch->result = error_set(fetch->err, ERROR_IO, "%s: %s", fetch->url,
					  *response->message ? response->message : "no answer");
	} else if (response->status == 404) {
		fetch->result = 0;
	} else if (response->status != 200) {
		fetch->result =
			error_set(fetch->err, ERROR_IO, "%s: HTTP status %d", fetch->url, response->status);
	} else {
		buf_add_slice(fetch->out, response->body);
		fetch->result = 1;
	}
}

static int read_from_url(const struct catalog *catalog, const struct connector_name *name, struct buf *out,
			 struct error *err)
{
	struct slice where = slice_of(catalog->where);
	bool is_template = slice_find(where, SLICE("{service}"), 0) != SIZE_MAX;
	struct http_client *client;
	struct fetch fetch = {.out = out, .err = err};
	struct buf url;
	uv_loop_t loop;

	buf_init(&url, 8192);
	for (size_t i = 0; i < where.len; i++) {
		struct slice rest = slice_sub(where, i, where.len);

		if (slice_starts(rest, SLICE("{service}"))) {
			buf_add_slice(&url, name->service);
			i += sizeof("{service}") - 2;
		} else if (slice_starts(rest, SLICE("{version}"))) {
			buf_add_slice(&url, name->version);
			i += sizeof("{version}") - 2;
		} else {
			buf_add_char(&url, where.ptr[i]);
		}
	}
	if (!is_template)
		buf_printf(&url, "%s%.*s.%.*s.json", slice_ends(where, SLICE("/")) ? "" : "/",
			   SLICE_ARG(name->service), SLICE_ARG(name->version));
	fetch.url = buf_text(&url);
	uv_loop_init(&loop);
	client = http_client_new(&loop);
	http_client_send(client,
			 &(struct http_request){.method = "GET",
						.url = fetch.url,
						.timeout_ms = CATALOG_TIMEOUT_MS,
						.response_limit = CATALOG_MAX_DOCUMENT,
						.max_redirects = 3},
			 fetched, &fetch);
	uv_run(&loop, UV_RUN_DEFAULT);
	http_client_free(client);
	uv_run(&loop, UV_RUN_DEFAULT);
	uv_loop_close(&loop);
	buf_release(&url);
	return fetch.result;
}

/* ---- documents, each once */

static int load(struct catalog *catalog, const struct connector_name *name, struct value *document,
		struct error *err)
{
	struct error cause = {0};
	struct buf text;
	int result;

	buf_init(&text, CATALOG_MAX_DOCUMENT);
	result = catalog->is_url ? read_from_url(catalog, name, &text, err)
				 : read_from_folder(catalog, name, &text, err);
	*document = value_null();
	if (result > 0 && json_read(buf_slice(&text), document, &cause) < 0)
		result = error_set(err, ERROR_INPUT, "the discovery document of %.*s %.*s: %s",
				   SLICE_ARG(name->service), SLICE_ARG(name->version), cause.message);
	buf_release(&text);
	return result < 0 ? -1 : 0;
}

static int describe(struct catalog *catalog, struct slice name, struct value *descriptor, struct error *err)
{
	struct connector_name parts;
	const struct value *document, *base_url;
	struct value key, loaded;
	int result = 0;

	*descriptor = value_null();
	if (!catalog->where || !connector_name_split(name, &parts))
		return 0;
	key = value_stringf("%.*s.%.*s", SLICE_ARG(parts.service), SLICE_ARG(parts.version));
	if (!value_map_get(catalog->documents, value_text(key))) {
		result = load(catalog, &parts, &loaded, err);
		if (result == 0)
			value_map_set(&catalog->documents, value_text(key), loaded);
	}
	document = value_map_get(catalog->documents, value_text(key));
	value_unref(key);
	if (result < 0 || value_is_null(*document))
		return result;
	base_url = value_map_get(catalog->base_urls, parts.service);
	return descriptor_make(*document, name, base_url ? value_text(*base_url).ptr : NULL, descriptor, err);
}

int catalog_describe(struct catalog *catalog, struct slice name, struct value *descriptor, struct error *err)
{
	int result = describe(catalog, name, descriptor, err);

	if (result < 0 && err->kind != ERROR_NOT_FOUND && catalog->fault.kind == ERROR_NONE)
		catalog->fault = *err;
	return result;
}

const struct error *catalog_fault(const struct catalog *catalog)
{
	return catalog->fault.kind == ERROR_NONE ? NULL : &catalog->fault;
}
