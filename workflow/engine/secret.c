/*
 * secret.c - secrets that the user gave by file: read when asked, and kept out of what is written down.
 *
 * The event says which secret was read, a random number and a keyed digest (HMAC-SHA256 under that number) of
 * what was in the file; the content itself is in no event. Replay takes the content from the file again: if
 * its digest is another, the run cannot go on from its journal and says so (J4 is kept by refusing, not by
 * guessing). From then on every event is masked on its way to the journal and unmasked on its way back
 * (workflow/connector/mask.h).
 */
#include "workflow/engine/engine_private.h"

#include "lib/load/crypto.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_BYTES = 64 << 10 }; /* of a secret, as in the service */

/* "projects/P/secrets/NAME/versions/V" or NAME, as text in `name`; the file given for NAME/VERSION or NAME.
 */
static struct slice find_file(const struct run *run, struct slice name, struct value version)
{
	const struct value *files = value_get(run->connectors, "secrets");
	const struct value *file = NULL;
	struct value exact;

	if (!files)
		return (struct slice){0};
	exact = value_stringf("%.*s/%.*s", SLICE_ARG(name), SLICE_ARG(value_text(version)));
	file = value_map_get(*files, value_text(exact));
	value_unref(exact);
	if (!file)
		file = value_map_get(*files, name);
	return file ? value_text(*file) : (struct slice){0};
}

static struct value hexadecimal(const unsigned char *bytes, size_t size)
{
	struct buf text;
	struct value result;

	buf_init(&text, 0);
	for (size_t i = 0; i < size; i++)
		buf_printf(&text, "%02x", bytes[i]);
	result = value_string(buf_slice(&text));
	buf_release(&text);
	return result;
}

static struct value digest_of(struct slice nonce, struct slice secret)
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned size = 0;

	if (!HMAC(EVP_get_digestbyname("SHA256"), nonce.ptr, (int)nonce.len,
		  (const unsigned char *)secret.ptr, secret.len, sum, &size))
		abort(); /* SHA-256 is there, or nothing else is */
	return hexadecimal(sum, size);
}

/* What the event keeps of a first reading. */
static struct value describe(struct run *run, struct slice name, struct slice secret)
{
	unsigned char random[16];
	struct value seen = value_map_new();
	struct value nonce;

	run->host->random(run->host->ctx, random);
	nonce = hexadecimal(random, sizeof(random));
	value_put(&seen, "secret", value_string(name));
	value_put(&seen, "digest", digest_of(value_text(nonce), secret));
	value_put(&seen, "nonce", nonce);
	return seen;
}

static void read_file(const char *path, struct buf *content, struct error *err)
{
	FILE *in = fopen(path, "re");
	char chunk[4096];
	size_t size;

	if (!in) {
		error_set(err, ERROR_IO, "%s: %s", path, strerror(errno));
		return;
	}
	while (!content->full && (size = fread(chunk, 1, sizeof(chunk), in)) > 0)
		buf_add(content, chunk, size);
	if (ferror(in))
		error_set(err, ERROR_IO, "%s: cannot be read", path);
	else if (content->full)
		error_set(err, ERROR_LIMIT, "%s: a secret has at most %d KiB", path, MAX_BYTES >> 10);
	fclose(in);
	explicit_bzero(chunk, sizeof(chunk));
}

/* The content again, and the mask that goes with it. False when it is not what it was. */
static bool is_as_it_was(struct run *run, struct slice name, struct value seen, const struct buf *content,
			 const struct error *err)
{
	struct value digest = digest_of(value_get_text(seen, "nonce"), buf_slice(content));
	bool same =
		err->kind == ERROR_NONE && slice_equal(value_text(digest), value_get_text(seen, "digest"));

	value_unref(digest);
	if (same) {
		if (!run->mask)
			run->mask = mask_new();
		mask_add(run->mask, name, value_get_text(seen, "nonce"), buf_slice(content));
	} else if (err->kind != ERROR_NONE) {
		diverge(run, "secret %.*s cannot be read again: %s; give the file by --secret %.*s=FILE",
			SLICE_ARG(name), err->message, SLICE_ARG(name));
	} else {
		diverge(run,
			"secret %.*s is not what it was when run %s read it; give that content by --secret "
			"%.*s=FILE",
			SLICE_ARG(name), run->id, SLICE_ARG(name));
	}
	return same;
}

/* {"function", "step", "value": {"secret", "nonce", "digest"} or {"message"}} */
static enum outcome observe_secret(struct strand *strand, struct slice name, struct slice file,
				   struct value *out, struct value *raised)
{
	struct run *run = strand->run;
	struct error err = {0};
	struct value content = value_map_new();
	struct buf secret;
	const struct past *past;
	struct slice message;
	struct value seen;
	int64_t time_us, ticket;
	enum outcome outcome = GO;

	buf_init(&secret, MAX_BYTES);
	read_file(file.ptr, &secret, &err);
	value_put(&content, "function", value_string_z("connector.secret"));
	value_put(&content, "step", step_name(run, frame_step(run->plan, strand->top)));
	if (run->past_next >= run->past_count) {
		seen = describe(run, name, buf_slice(&secret));
		if (err.kind != ERROR_NONE)
			value_put(&seen, "message", value_string_z(err.message));
		value_put(&content, "value", seen);
	}
	past = produce(run, EVENT_OBSERVED, strand->id, 0, content, &time_us, &ticket);
	if (past && value_get(past->content, "value"))
		value_set(&content, value_ref(past->content));
	seen = value_get(content, "value") ? value_ref(*value_get(content, "value")) : value_map_new();
	message = value_get_text(seen, "message");
	if (run->status != RUN_GOES_ON || (!message.len && !is_as_it_was(run, name, seen, &secret, &err))) {
		outcome = WAITS;
	} else if (message.len) {
		raise_error(raised, "ValueError", "secret %.*s: %.*s", SLICE_ARG(name), SLICE_ARG(message));
		outcome = RAISED;
	} else {
		*out = value_bytes(buf_slice(&secret));
	}
	if (secret.data)
		explicit_bzero(secret.data, secret.len);
	buf_release(&secret);
	value_unref(seen);
	value_unref(content);
	return outcome;
}

enum outcome secret_read(struct strand *strand, const struct value *args, struct value *out,
			 struct value *raised)
{
	struct slice name = value_text(args[0]);
	struct slice file;

	if (args[0].kind != VALUE_STRING || !name.len) {
		raise_error(raised, "TypeError", "the name of a secret must be a string; got: %s",
			    value_kind_name(args[0].kind));
		return RAISED;
	}
	file = find_file(strand->run, name, args[1]);
	if (!file.len) {
		raise_error(raised, "ValueError", "secret %.*s is not known here: give --secret %.*s=FILE",
			    SLICE_ARG(slice_sub(name, 0, 200)), SLICE_ARG(slice_sub(name, 0, 200)));
		return RAISED;
	}
	return observe_secret(strand, name, file, out, raised);
}
