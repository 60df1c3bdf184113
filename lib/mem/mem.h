/*
 * mem.h - checked allocation and arenas.
 *
 * Running out of memory ends the process with a message: what was acknowledged is on disk, and the
 * journal brings interrupted runs back. Code that takes sizes from outside checks its own limit
 * first, so real exhaustion is a fault of the machine and not something each caller handles.
 *
 * Depends on nothing. Allocation is as thread-safe as malloc; an arena has one owner.
 */
#ifndef LIB_MEM_MEM_H
#define LIB_MEM_MEM_H

#include <stddef.h>

void *mem_new(size_t size);			   /* zeroed; never NULL; free with mem_free */
void *mem_alloc(size_t size);			   /* not zeroed */
void *mem_resize(void *old, size_t size);	   /* like realloc */
char *mem_strdup(const char *text);		   /* NULL gives NULL */
char *mem_strndup(const char *text, size_t size); /* copies exactly size bytes and adds a NUL */
void mem_free(void *block);			   /* NULL is fine */

/* Room for one more element: grows a full array to twice its size. `*capacity` is in elements.
 *
 *	if (list->count == list->capacity)
 *		list->items = mem_grow(list->items, &list->capacity, sizeof(*list->items));
 */
void *mem_grow(void *array, size_t *capacity, size_t element_size);

/* Settings of the C library that suit a long-lived process on a machine where a fresh page is dear:
 * freed memory is kept for reuse, and the program's code and the first pages of its heap are mapped at one stroke,
 * a thirtieth of what as many faults would take. Call once, first thing in main. */
void mem_keep(void);

/* An arena gives memory that all dies at once: a definition with its AST, a plan. */
struct arena {
	struct arena_block *blocks; /* owned; newest first */
	size_t used;		    /* bytes handed out of the newest block */
};

void arena_init(struct arena *arena);
void *arena_alloc(struct arena *arena, size_t size); /* zeroed, aligned for any type; never NULL */
void *arena_take(struct arena *arena, size_t size);  /* the same, not zeroed */
char *arena_strndup(struct arena *arena, const char *text, size_t size);
void arena_release(struct arena *arena); /* everything in it; the arena may be used again */

#endif
