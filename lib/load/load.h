/*
 * load.h - libraries that are opened when the first function of them is called.
 *
 * Linking a library costs every start of a program: mapping it, moving its pointers, one page fault for each page
 * that this touches. Most runs of most of our programs never come to a time zone, a digest or an HTTP server. So
 * nothing links such a library: who needs it includes our header (icu.h, crypto.h, lib/http/curl.h,
 * lib/http/microhttpd.h) in the place of the library's own and writes its functions as ever. The names lead to a
 * table that is filled once for the process.
 *
 *
 * A function that is missing in the list of its header is found by the linker, not by a user.
 *
 * Depends on nothing. Both functions end the process with a message when they fail: the packages are dependencies
 * of ours. They may be called from any thread; the tables are filled under a pthread_once.
 */
#ifndef LIB_LOAD_LOAD_H
#define LIB_LOAD_LOAD_H

/* Open a shared library for the rest of the process's life. `package`: of Debian, for the message. */
void *load_open(const char *file, const char *package);

/* Store the address of a function. `pointer` is the address of a pointer to such a function. */
void load_find(void *library, const char *name, void *pointer);

#endif
