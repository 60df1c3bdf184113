/* load.c - opening a library at its first use; see load.h. */
#include "lib/load/load.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *load_open(const char *file, const char *package)
{
	/* Lazily: binding every function of what libcurl needs was a seventh of a run that makes one call. */
	void *library = dlopen(file, RTLD_LAZY | RTLD_LOCAL);

	if (!library) {
		fprintf(stderr, "cannot load %s: %s\n  hint: apt-get install %s\n", file, dlerror(), package);
		abort();
	}
	return library;
}

/* By memcpy: dlsym gives a void *, which ISO C does not convert to a pointer to a function. */
void load_find(void *library, const char *name, void *pointer)
{
	void *symbol = dlsym(library, name);

	if (!symbol) {
		fprintf(stderr, "a library lacks a function: %s\n", dlerror());
		abort();
	}
	memcpy(pointer, &symbol, sizeof(symbol));
}
