/* curl.c - the table of libcurl's functions; see curl.h. */
#include "lib/http/curl.h"

#include "lib/load/load.h"
#include "lib/mem/mem.h"

#include <pthread.h>
#include <stdint.h>

/* Written once, under the once; read-only after. The library stays open: other threads may be inside. */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct curl_functions functions;

/* libcurl says of no memory that the connection broke; that would be an error of the workflow, and it is none. */
static void *zeroed(size_t count, size_t size)
{
	return mem_new(size && count > SIZE_MAX / size ? SIZE_MAX : count * size);
}

static void open_library(void)
{
	void *library = load_open("libcurl.so.4", "libcurl4");

#define CURL_FIND(name) load_find(library, "curl_" #name, &functions.name);
	CURL_FUNCTIONS(CURL_FIND)
#undef CURL_FIND
	functions.global_init_mem(CURL_GLOBAL_DEFAULT, mem_alloc, mem_free, mem_resize, mem_strdup, zeroed);
}

const struct curl_functions *curl_functions(void)
{
	pthread_once(&once, open_library);
	return &functions;
}
