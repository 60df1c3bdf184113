/* crypto.c - the table of libcrypto's functions; see crypto.h. */
#define LIB_LOAD_CRYPTO_TABLE /* here the names are those of the library */
#include "lib/load/crypto.h"

#include "lib/load/load.h"

#include <pthread.h>

/* Written once, under the once; read-only after. */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct crypto_functions functions;

static void open_library(void)
{
	void *library = load_open("libcrypto.so.3", "libssl3");

#define CRYPTO_FIND(name) load_find(library, #name, &functions.load_##name);
	CRYPTO_FUNCTIONS(CRYPTO_FIND)
#undef CRYPTO_FIND
}

const struct crypto_functions *crypto_functions(void)
{
	pthread_once(&once, open_library);
	return &functions;
}
