/* icu.c - the table of ICU's functions; see icu.h. */
#define LIB_LOAD_ICU_TABLE /* here the names are those of the library */
#include "lib/load/icu.h"

#include "lib/load/load.h"

#include <pthread.h>

/* The argument is expanded first, so this is the name with the version in it. */
#define TEXT_OF(name) #name
#define EXPANDED(name) TEXT_OF(name)

/* Written once, under the once; read-only after. */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct icu_functions functions;

/* libicui18n brings libicuuc with it, and dlsym looks there too. */
static void open_library(void)
{
	void *library = load_open("libicui18n.so." U_ICU_VERSION_SHORT, "libicu" U_ICU_VERSION_SHORT);

#define ICU_FIND(name) load_find(library, EXPANDED(name), &functions.load_##name);
	ICU_FUNCTIONS(ICU_FIND)
#undef ICU_FIND
}

const struct icu_functions *icu_functions(void)
{
	pthread_once(&once, open_library);
	return &functions;
}
