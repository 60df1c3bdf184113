/*
 * mask.h - secrets out of what is written down, and back again.
 *
 *	"Bearer s3cr3t"  ─ mask_hide ─▶  "Bearer [secret api-key t-9f86d081…]"  ─ mask_show ─▶  "Bearer s3cr3t"
 *
 * The journal must not hold a secret in clear, and yet replaying it must give the same values (J4). So an
 * occurrence is replaced by a token that names the secret and a random number drawn when it was read: nobody
 * who does not read the journal can write such a token, and whoever has the secret again can undo it exactly.
 *
 * A secret is also found as JSON text, percent-encoded, and as base64 of any alignment (when it has at least
 * 6 bytes: the digits of base64 that it decides alone; at most the digit at each end stays). Other
 * transformations, a hash or half of it, are not found.
 *
 * Depends on lib. One owner.
 */
#ifndef WORKFLOW_CONNECTOR_MASK_H
#define WORKFLOW_CONNECTOR_MASK_H

#include "lib/value/value.h"

struct mask; /* opaque */

struct mask *mask_new(void);
void mask_free(struct mask *mask); /* overwrites the secrets; NULL is fine */
/* `nonce` is at least 128 random bits as text. Adding the same (name, nonce) again does nothing; an empty
 * secret is none. The texts are copied. */
void mask_add(struct mask *mask, struct slice name, struct slice nonce, struct slice secret);

/* A copy of `v` with all texts, bytes and keys of maps replaced; owned by the caller. Recursive: `v` is no
 * deeper than JSON_MAX_DEPTH. */
struct value mask_hide(const struct mask *mask, struct value v);
struct value mask_show(const struct mask *mask, struct value v);

#endif
