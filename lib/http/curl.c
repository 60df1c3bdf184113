/* curl.c - the table of libcurl's functions; see curl.h. */
#include "lib/http/curl.h"

#include "lib/load/load.h"

#include <pthread.h>

/* Written once, under the once; read-only after. The library stays open: other threads may be inside. */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct curl_functions functions;

static void open_library(void)
{
	void *library = load_open("libcurl.so.4", "libcurl4");

#define CURL_FIND(name) load_find(library, "curl_" #name, &functions.name);
	CURL_FUNCTIONS(CURL_FIND)
#undef CURL_FIND
	functions.global_init(CURL_GLOBAL_DEFAULT);
}

const struct curl_functions *curl_functions(void)
{
	pthread_once(&once, open_library);
	return &functions;
}
