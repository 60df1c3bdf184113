/* hash.c - hash.* (reference, 5.4), computed by OpenSSL. */
#include "workflow/stdlib/stdlib_private.h"

#include "lib/load/crypto.h"

static int find_digest(struct value algorithm, const char *function, const EVP_MD **digest,
		       struct value *raised)
{
	static const char *const digests[] = {"MD5", "SHA1", "SHA224", "SHA256", "SHA384", "SHA512"};

	if (want_string(algorithm, function, "algorithm", raised) < 0)
		return -1;
	for (size_t i = 0; i < STDLIB_COUNT(digests); i++) {
		if (slice_is(value_text(algorithm), digests[i])) {
			*digest = EVP_get_digestbyname(digests[i]);
			return 0;
		}
	}
	return raise_error(raised, "ValueError", "%s: unknown algorithm \"%.*s\"", function,
			   SLICE_ARG(slice_sub(value_text(algorithm), 0, 100)));
}

static int compute_checksum(const struct stdlib_context *context, const struct value *args, struct value *out,
			    struct value *raised)
{
	static const char name[] = "hash.compute_checksum";
	struct slice data = value_text(args[0]);
	unsigned char sum[EVP_MAX_MD_SIZE];
	const EVP_MD *digest;
	unsigned len = 0;

	(void)context;
	if (want_bytes(args[0], name, "data", raised) < 0 || find_digest(args[1], name, &digest, raised) < 0)
		return -1;
	if (!EVP_Digest(data.ptr, data.len, sum, &len, digest, NULL))
		return raise_error(raised, "SystemError", "%s: the algorithm is not available", name);
	return give(out, value_bytes((struct slice){(const char *)sum, len}));
}

static int compute_hmac(const struct stdlib_context *context, const struct value *args, struct value *out,
			struct value *raised)
{
	static const char name[] = "hash.compute_hmac";
	struct slice key = value_text(args[0]);
	struct slice data = value_text(args[1]);
	unsigned char sum[EVP_MAX_MD_SIZE];
	const EVP_MD *digest;
	unsigned len = 0;

	(void)context;
	if (want_bytes(args[0], name, "key", raised) < 0 || want_bytes(args[1], name, "data", raised) < 0 ||
	    find_digest(args[2], name, &digest, raised) < 0)
		return -1;
	if (key.len > STDLIB_MAX_TEXT)
		return raise_error(raised, "ResourceLimitError", "%s: the key is too long", name);
	if (!HMAC(digest, key.ptr, (int)key.len, (const unsigned char *)data.ptr, data.len, sum, &len))
		return raise_error(raised, "SystemError", "%s: the algorithm is not available", name);
	return give(out, value_bytes((struct slice){(const char *)sum, len}));
}

static const struct stdlib_param checksum_params[] = {
	{"data", .types = TYPE_BYTES},
	{"algorithm", .types = TYPE_STRING},
};
static const struct stdlib_param hmac_params[] = {
	{"key", .types = TYPE_BYTES},
	{"data", .types = TYPE_BYTES},
	{"algorithm", .types = TYPE_STRING},
};

static const struct stdlib_function functions[] = {
	{"hash.compute_checksum", STDLIB_PURE, STDLIB_PARAMS(checksum_params), compute_checksum,
	 "MD5, SHA1, SHA224, SHA256, SHA384 or SHA512 of bytes", TYPE_BYTES,
	 "ValueError: the algorithm is not known",
	 "base64.encode(hash.compute_checksum(text.encode(\"Hello World\"), \"SHA256\")) => "
	 "\"pZGm1Av0IEBKARczz7exkNYsZb8LzaMrV7J32a2fFG4=\"",
	 "5.4"},
	{"hash.compute_hmac", STDLIB_PURE, STDLIB_PARAMS(hmac_params), compute_hmac,
	 "HMAC of bytes under a key", TYPE_BYTES, "ValueError: the algorithm is not known",
	 "base64.encode(hash.compute_hmac(text.encode(\"key\"), text.encode(\"Hello World\"), \"SHA256\")) "
	 "=> "
	 "\"QidPcoCDkuWLV9co1+PA5RY+rwfRZdwDEF9iq74afRE=\"",
	 "5.4"},
};

STDLIB_MODULE(stdlib_hash, functions);
