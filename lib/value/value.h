/*
 * value.h - the values that steps and workflows work on.
 *
 * A struct value is 16 bytes passed by value: null, bool, int and double live in it, the rest points
 * to a counted block. A block that two holders share never changes; a sole holder changes it in
 * place. The functions that change a list or map take the address of the value: they copy the block
 * first when it is shared, so a holder never sees another's change.
 *
 * Ownership, one rule: a value returned by value_*_new / value_string / value_ref is owned by the
 * caller and ends with value_unref; a parameter named `taken` is handed over; everything that returns
 * a slice or a `const struct value *` lends it until the container changes.
 *
 * Maps keep their keys sorted by bytes, which is the order the service writes them in (reference,
 * 4.4). Strings are valid UTF-8: whoever makes one from outside bytes checks (utf8_is_valid) or repairs.
 *
 * Depends on lib/mem, lib/text. Counts are not atomic: a value belongs to one thread.
 */
#ifndef LIB_VALUE_VALUE_H
#define LIB_VALUE_VALUE_H

#include "lib/text/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum value_kind {
	VALUE_NULL,
	VALUE_BOOL,
	VALUE_INT,
	VALUE_DOUBLE,
	VALUE_STRING,
	VALUE_BYTES,
	VALUE_LIST,
	VALUE_MAP,
};

struct value {
	enum value_kind kind;
	union {
		bool boolean;
		int64_t integer;
		double number;
		struct value_text *text; /* VALUE_STRING, VALUE_BYTES */
		struct value_list *list;
		struct value_map *map;
	} as;
};

/* Making. Scalars allocate nothing. */
struct value value_null(void);
struct value value_bool(bool boolean);
struct value value_int(int64_t integer);
struct value value_double(double number);
struct value value_string(struct slice utf8);
struct value value_string_z(const char *utf8);
struct value value_string_repaired(struct slice bytes); /* what is not UTF-8 in it becomes U+FFFD */
struct value value_stringf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
struct value value_bytes(struct slice bytes);
struct value value_list_new(size_t capacity); /* empty */
struct value value_map_new(void);	      /* empty */

struct value value_ref(struct value v);	   /* one more holder; returns v */
void value_unref(struct value v);	   /* one fewer; the last one frees, without recursion depth limits */
void value_set(struct value *slot, struct value taken); /* unref the old content, store the new */

/* Looking. */
bool value_is_null(struct value v);
bool value_is_number(struct value v);	 /* int or double */
double value_number(struct value v);	 /* of an int or double */
struct slice value_text(struct value v); /* of a string or bytes; empty slice for others; borrowed */
/* Elements of a list, entries of a map, bytes of a string or bytes; 0 for others. */
size_t value_len(struct value v);
bool value_equal(struct value a, struct value b); /* deep (recursive); int and double by value; other kinds differ */
/* Bytes held, the measure of the memory limit (reference, 4.6): text by its bytes, scalars by 8,
 * containers by 8, what they hold and their keys. No recursion, however deep. Containers keep the sum until an
 * element is changed; it ends at 2^52. */
size_t value_size(struct value v);
/* The size of a container is known again after a change in it: spares adding it up. 0: it is not. */
void value_keep_size(struct value container, size_t size);
const char *value_kind_name(enum value_kind kind); /* get_type's words: "integer", "map" ... */

/* Put more behind a string: in place, and in time proportional to what is added, if it has no other holder. */
void value_string_append(struct value *string, struct slice utf8);

/* Lists. Indexes are checked by the caller (assert). */
const struct value *value_list_at(struct value list, size_t i);
void value_list_push(struct value *list, struct value taken);
void value_list_insert(struct value *list, size_t i, struct value taken);
struct value *value_list_change(struct value *list, size_t i); /* the element, to be changed in place */

/* Maps. value_map_get returns NULL when the key is missing (or `map` is no map). */
const struct value *value_map_get(struct value map, struct slice key);
const struct value *value_get(struct value map, const char *key); /* the same, with a C string */
void value_map_set(struct value *map, struct slice key, struct value taken);
void value_put(struct value *map, const char *key, struct value taken);
bool value_map_delete(struct value *map, struct slice key); /* was it there? */
struct value *value_map_change(struct value *map, struct slice key); /* NULL when missing */
struct slice value_map_key(struct value map, size_t i);		      /* i-th in key order */
const struct value *value_map_at(struct value map, size_t i);

/* The member of a map if it has that kind, else the fallback. Text is borrowed from the map. */
struct slice value_get_text(struct value map, const char *key); /* empty slice if no string */
int64_t value_get_int(struct value map, const char *key, int64_t fallback);
bool value_get_bool(struct value map, const char *key, bool fallback);

#endif
