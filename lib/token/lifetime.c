/* lifetime.c - how long a signed token is good: the `exp` of its claims (RFC 7519, 4.1.4), read and not
 * verified, since the token is ours. */
#include "lib/clock/clock.h"
#include "lib/json/json.h"
#include "lib/load/crypto.h"
#include "lib/token/token_private.h"

/* base64url without padding (RFC 7515, section 2) in the alphabet that OpenSSL reads. */
static void add_digits(struct buf *digits, struct slice part)
{
	for (size_t i = 0; i < part.len; i++) {
		char c = part.ptr[i];

		buf_add_char(digits, c == '-' ? '+' : c == '_' ? '/' : c);
	}
	while (digits->len % 4)
		buf_add_char(digits, '=');
}

static int64_t seconds_left(struct slice claims)
{
	struct value v;
	int64_t left;

	if (json_read(claims, &v, NULL) < 0)
		return 0;
	left = value_get_int(v, "exp", 0) - clock_wall_us() / 1000000;
	value_unref(v);
	return left > 0 ? left : 0;
}

int64_t token_lifetime_s(struct slice jwt)
{
	size_t first = slice_find(jwt, SLICE("."), 0);
	size_t second = first == SIZE_MAX ? SIZE_MAX : slice_find(jwt, SLICE("."), first + 1);
	unsigned char bytes[12 << 10];
	struct buf digits;
	int64_t left = 0;
	int size;

	if (second == SIZE_MAX)
		return 0;
	buf_init(&digits, sizeof(bytes));
	add_digits(&digits, slice_sub(jwt, first + 1, second));
	size = digits.full
		       ? -1
		       : EVP_DecodeBlock(bytes, (const unsigned char *)buf_text(&digits), (int)digits.len);
	while (size > 0 && bytes[size - 1] == '\0') /* padding decodes to zeros */
		size--;
	if (size > 0)
		left = seconds_left((struct slice){(const char *)bytes, (size_t)size});
	buf_release(&digits);
	return left;
}
