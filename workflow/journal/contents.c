/*
 * contents.c - large parts of event contents, stored once.
 *
 *	event    {"step":"main.call","result":{"body":{"$content":"9f86..."},"code":200}}
 *	contents 9f86... -> the JSON of the body
 *
 * The same argument, request body or answer is met again and again: at every retry, iteration, rerun and in every run
 * of a definition. A part is written in the transaction of the event that refers to it, on the writer's thread, where
 * its hash and its compression delay nobody. Whole again it is the text that was appended, byte for byte.
 *
 * What stands for a part cannot be meant otherwise: journal_encode escapes the key of such a map, and within a
 * string its quotes would have a backslash. Only events with parts are looked at, so those of older versions, whose
 * maps were not escaped, are safe.
 *
 * zstd, not zlib: at its lowest level it takes a fraction of the time for the same size, and the writer is what all
 * runs wait for.
 */
#include "workflow/journal/journal_private.h"
#include "lib/docstore/docstore.h"
#include "lib/mem/mem.h"

#include <string.h>
#include <zstd.h>

enum {
	CODEC_PLAIN,
	CODEC_ZSTD,
	COMPRESSED_BYTES = 4096, /* a page of the database: less gains nothing */
	ZSTD_LEVEL = 1,
	HASH_LENGTH = DOCSTORE_HASH_SIZE - 1,
};

static const char opening[] = "{\"$content\":\"", closing[] = "\"}";

/* ---- writing */

/* `packed`: at least of ZSTD_compressBound. Returns what is to be stored. */
static struct slice compress(struct slice json, char *packed, size_t size, int *codec)
{
	size_t packed_size = ZSTD_compress(packed, size, json.ptr, json.len, ZSTD_LEVEL);

	if (ZSTD_isError(packed_size) || packed_size >= json.len)
		return json;
	*codec = CODEC_ZSTD;
	return (struct slice){packed, packed_size};
}

static int insert(struct db *db, const char *hash, struct slice json, struct error *err)
{
	sqlite3_stmt *stmt =
		db_prepare(db, "INSERT INTO contents (hash, size, codec, bytes) VALUES (?1, ?2, ?3, ?4)", err);
	size_t size = json.len < COMPRESSED_BYTES ? 0 : ZSTD_compressBound(json.len);
	char *packed = size ? mem_alloc(size) : NULL;
	int codec = CODEC_PLAIN, result = -1;

	if (stmt) {
		struct slice bytes = packed ? compress(json, packed, size, &codec) : json;

		db_bind_text(stmt, 1, slice_of(hash));
		db_bind_int(stmt, 2, (int64_t)json.len);
		db_bind_int(stmt, 3, codec);
		db_bind_blob(stmt, 4, bytes);
		result = db_run(db, stmt, err);
	}
	mem_free(packed);
	return result;
}

/* The row of a content: 1, 0 when there is none, -1. */
static int find(struct db *db, const char *hash, int64_t *row, struct error *err)
{
	sqlite3_stmt *stmt = db_prepare(db, "SELECT row FROM contents WHERE hash = ?1", err);
	int found;

	if (!stmt)
		return -1;
	db_bind_text(stmt, 1, slice_of(hash));
	found = db_step(db, stmt, err);
	if (found == 1)
		*row = sqlite3_column_int64(stmt, 0);
	sqlite3_reset(stmt);
	return found;
}

static int put(struct db *db, int64_t run, const char *hash, struct slice json, struct error *err)
{
	sqlite3_stmt *stmt;
	int64_t row = 0;
	int found = find(db, hash, &row, err);

	if (found < 0 || (found == 0 && insert(db, hash, json, err) < 0))
		return -1;
	if (found == 0)
		row = db_last_row(db);
	stmt = db_prepare(db, "INSERT OR IGNORE INTO content_uses VALUES (?1, ?2)", err);
	if (!stmt)
		return -1;
	db_bind_int(stmt, 1, row);
	db_bind_int(stmt, 2, run);
	return db_run(db, stmt, err);
}

int contents_put(struct db *db, int64_t run, struct slice content, const struct content_part *parts, size_t count,
		 struct buf *out, struct error *err)
{
	char hash[DOCSTORE_HASH_SIZE];
	size_t at = 0;

	for (size_t i = 0; i < count; i++) {
		struct slice json = {content.ptr + parts[i].start, parts[i].len};

		docstore_hash(json, hash);
		if (put(db, run, hash, json, err) < 0)
			return -1;
		buf_add(out, content.ptr + at, parts[i].start - at);
		buf_printf(out, "%s%s%s", opening, hash, closing);
		at = parts[i].start + parts[i].len;
	}
	buf_add(out, content.ptr + at, content.len - at);
	return out->full ? error_set(err, ERROR_LIMIT, "the content of an event is too large") : 0;
}

/* ---- reading */

static int damaged(struct db *db, const char *hash, const char *how, struct error *err)
{
	error_set(err, ERROR_IO, "%s: content %.12s is %s", db_path(db), hash, how);
	error_hint(err, "the database was changed by another program, or its disk fails");
	return -1;
}

/* The row is a stored one: bytes that do not give `size` are damage. */
static int unpack(sqlite3_stmt *stmt, struct buf *out)
{
	int64_t size = sqlite3_column_int64(stmt, 0);
	struct slice bytes = db_column_blob(stmt, 2);
	size_t taken;
	char *plain;
	int result;

	if (size < 0 || (uint64_t)size > out->limit)
		return -1;
	if (sqlite3_column_int(stmt, 1) == CODEC_PLAIN)
		return bytes.len == (size_t)size ? buf_add_slice(out, bytes) : -1;
	plain = mem_alloc((size_t)size + 1);
	taken = ZSTD_decompress(plain, (size_t)size, bytes.ptr, bytes.len);
	result = ZSTD_isError(taken) || taken != (size_t)size ? -1 : buf_add(out, plain, taken);
	mem_free(plain);
	return result;
}

/* A bit that flipped would lead a replay another way without a word. */
static bool is_content(struct slice json, const char *hash)
{
	char found[DOCSTORE_HASH_SIZE];

	docstore_hash(json, found);
	return strcmp(found, hash) == 0;
}

static int get(struct db *db, const char *hash, struct buf *out, struct error *err)
{
	sqlite3_stmt *stmt = db_prepare(db, "SELECT size, codec, bytes FROM contents WHERE hash = ?1", err);
	size_t from = out->len;
	int row;

	if (!stmt)
		return -1;
	db_bind_text(stmt, 1, slice_of(hash));
	row = db_step(db, stmt, err);
	if (row <= 0)
		return row < 0 ? -1 : damaged(db, hash, "missing", err);
	if (unpack(stmt, out) < 0 || !is_content(slice_sub(buf_slice(out), from, out->len), hash))
		row = damaged(db, hash, "damaged", err);
	sqlite3_reset(stmt);
	return row < 0 ? -1 : 0;
}

/* Does a part's place begin there? Its hash, then. */
static bool is_place(struct slice stored, size_t at, char hash[DOCSTORE_HASH_SIZE])
{
	struct slice rest = slice_sub(stored, at + strlen(opening), stored.len);

	if (rest.len < HASH_LENGTH || !slice_starts(slice_sub(rest, HASH_LENGTH, rest.len), slice_of(closing)))
		return false;
	memcpy(hash, rest.ptr, HASH_LENGTH);
	hash[HASH_LENGTH] = '\0';
	return strspn(hash, "0123456789abcdef") == HASH_LENGTH;
}

int contents_restore(struct db *db, struct slice stored, struct buf *out, struct error *err)
{
	char hash[DOCSTORE_HASH_SIZE];
	size_t copied = 0, at = 0;

	while ((at = slice_find(stored, slice_of(opening), at)) != SIZE_MAX) {
		if (!is_place(stored, at, hash)) { /* a map with more keys */
			at += strlen(opening);
			continue;
		}
		buf_add(out, stored.ptr + copied, at - copied);
		if (get(db, hash, out, err) < 0)
			return -1;
		copied = at += strlen(opening) + HASH_LENGTH + strlen(closing);
	}
	buf_add(out, stored.ptr + copied, stored.len - copied);
	return out->full ? error_set(err, ERROR_LIMIT, "the content of an event is too large") : 0;
}
