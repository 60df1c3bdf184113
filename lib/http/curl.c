/* curl.c - opening libcurl at its first use; see curl.h. */
#include "lib/http/curl.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Written once, under the once; read-only after. The library stays open: other threads may be inside. */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct curl_functions functions;

/* A function pointer out of dlsym's void *, which ISO C does not convert. */
static void find(void *library, const char *name, void *function)
{
	void *symbol = dlsym(library, name);

	if (!symbol) {
		fprintf(stderr, "libcurl.so.4 has no function %s: %s\n", name, dlerror());
		abort();
	}
	memcpy(function, &symbol, sizeof(symbol));
}

static void open_library(void)
{
	void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);

	if (!library) {
		fprintf(stderr, "cannot load libcurl: %s\n  hint: apt-get install libcurl4\n", dlerror());
		abort();
	}
#define CURL_FIND(name) find(library, "curl_" #name, &functions.name);
	CURL_FUNCTIONS(CURL_FIND)
#undef CURL_FIND
	functions.global_init(CURL_GLOBAL_DEFAULT);
}

const struct curl_functions *curl_functions(void)
{
	pthread_once(&once, open_library);
	return &functions;
}
