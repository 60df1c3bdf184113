/* location.c - folders and file:// URIs; see location.h. */
#include "lib/docstore/location.h"

#include "lib/mem/mem.h"

#include <stdlib.h>
#include <string.h>

static const struct slice file_scheme = {"file://", 7};

static char *default_folder(struct error *err)
{
	const char *state = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");
	struct buf path;

	buf_init(&path, 0);
	if (state && state[0] == '/') { /* the specification: a relative one is to be ignored */
		buf_printf(&path, "%s/lexflow/documents", state);
	} else if (home && home[0] == '/') {
		buf_printf(&path, "%s/.local/state/lexflow/documents", home);
	} else {
		error_set(err, ERROR_INPUT, "no place for documents: neither DOCUMENT_STORE nor HOME is set");
		error_hint(err, "set DOCUMENT_STORE to a folder");
		return NULL;
	}
	return buf_take(&path);
}

char *location_folder(const char *where, struct error *err)
{
	struct slice text = slice_of(where);

	if (text.len == 0)
		return default_folder(err);
	if (slice_starts(text, file_scheme))
		return location_path(text, err);
	if (strstr(where, "://")) {
		error_set(err, ERROR_INPUT,
			  "DOCUMENT_STORE %s: only folders and file:/// URLs are served here", where);
		error_hint(err,
			   slice_starts(text, SLICE("gs://"))
				   ? "mount the bucket (gcsfuse, or a Cloud Run volume) and give its folder"
				   : "give a folder, such as /var/lib/lexflow/documents");
		return NULL;
	}
	return mem_strdup(where);
}

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("-._~/", c));
}

int location_encode(struct buf *out, const char *path)
{
	int status = 0;

	for (const char *c = path; *c && status == 0; c++)
		status = is_plain(*c) ? buf_add_char(out, *c) : buf_printf(out, "%%%02X", (unsigned char)*c);
	return status;
}

int location_uri(struct buf *uri, const char *root, const char *name)
{
	if (buf_add_slice(uri, file_scheme) < 0 || location_encode(uri, root) < 0 ||
	    buf_add_char(uri, '/') < 0)
		return -1;
	return buf_add_text(uri, name);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

char *location_decode(struct slice encoded)
{
	struct buf path;

	buf_init(&path, 0);
	for (size_t i = 0; i < encoded.len; i++) {
		int byte = (unsigned char)encoded.ptr[i];

		if (byte == '%') {
			if (encoded.len - i < 3 || hex_digit(encoded.ptr[i + 1]) < 0 ||
			    hex_digit(encoded.ptr[i + 2]) < 0)
				goto fail;
			byte = hex_digit(encoded.ptr[i + 1]) * 16 + hex_digit(encoded.ptr[i + 2]);
			i += 2;
		}
		if (byte == 0)
			goto fail;
		buf_add_char(&path, (char)byte);
	}
	return buf_take(&path);

fail:
	buf_release(&path);
	return NULL;
}

char *location_path(struct slice uri, struct error *err)
{
	struct slice encoded = slice_sub(uri, file_scheme.len, uri.len);
	char *path = NULL;

	if (slice_starts(uri, file_scheme) && encoded.len > 0 && encoded.ptr[0] == '/')
		path = location_decode(encoded);
	if (!path)
		error_set(err, ERROR_INPUT, "%.*s is not a file:/// URL", SLICE_ARG(slice_sub(uri, 0, 300)));
	return path;
}
