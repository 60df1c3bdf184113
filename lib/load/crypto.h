/*
 * crypto.h - libcrypto's digests and base64, loaded when the first of them is called; see load.h.
 *
 * Include this in the place of openssl/evp.h and openssl/hmac.h. SHA-256 of a source, which each run needs, does
 * not come from here but is linked (lib/docstore).
 *
 * Depends on lib/load. Safe from any thread.
 */
#ifndef LIB_LOAD_CRYPTO_H
#define LIB_LOAD_CRYPTO_H

#include <openssl/evp.h>
#include <openssl/hmac.h>

/* Every function of libcrypto that we load, in alphabetical order. */
#define CRYPTO_FUNCTIONS(f) \
	f(CRYPTO_memcmp) f(EVP_DecodeBlock) f(EVP_Digest) f(EVP_EncodeBlock) f(EVP_get_digestbyname) f(HMAC)

struct crypto_functions {
#define CRYPTO_MEMBER(name) __typeof__(name) *load_##name;
	CRYPTO_FUNCTIONS(CRYPTO_MEMBER)
#undef CRYPTO_MEMBER
};

/* Opens the library at the first call. Never NULL. */
const struct crypto_functions *crypto_functions(void);

#ifndef LIB_LOAD_CRYPTO_TABLE
#define CRYPTO_memcmp (crypto_functions()->load_CRYPTO_memcmp)
#define EVP_DecodeBlock (crypto_functions()->load_EVP_DecodeBlock)
#define EVP_Digest (crypto_functions()->load_EVP_Digest)
#define EVP_EncodeBlock (crypto_functions()->load_EVP_EncodeBlock)
#define EVP_get_digestbyname (crypto_functions()->load_EVP_get_digestbyname)
#define HMAC (crypto_functions()->load_HMAC)
#endif

#endif
