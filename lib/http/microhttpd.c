/* microhttpd.c - the table of libmicrohttpd's functions; see microhttpd.h. */
#include "lib/http/microhttpd.h"

#include "lib/load/load.h"

#include <pthread.h>

/* Written once, under the once; read-only after. */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct mhd_functions functions;

static void open_library(void)
{
	void *library = load_open("libmicrohttpd.so.12", "libmicrohttpd12");

#define MHD_FIND(name) load_find(library, "MHD_" #name, &functions.name);
	MHD_FUNCTIONS(MHD_FIND)
#undef MHD_FIND
}

const struct mhd_functions *mhd_functions(void)
{
	pthread_once(&once, open_library);
	return &functions;
}
