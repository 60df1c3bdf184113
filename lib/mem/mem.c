/* mem.c - checked allocation and arenas; see mem.h. */
#include "lib/mem/mem.h"

#include <malloc.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { WARM_HEAP = 256 << 10 }; /* what a short run uses */

static void *checked(void *block, size_t size)
{
	if (!block && size) {
		fprintf(stderr, "out of memory: %zu bytes\n", size);
		abort();
	}
	return block;
}

void *mem_new(size_t size)
{
	return checked(calloc(1, size), size);
}

void *mem_alloc(size_t size)
{
	return checked(malloc(size), size);
}

void *mem_resize(void *old, size_t size)
{
	return checked(realloc(old, size), size);
}

char *mem_strdup(const char *text)
{
	return text ? mem_strndup(text, strlen(text)) : NULL;
}

char *mem_strndup(const char *text, size_t size)
{
	char *copy = mem_alloc(size + 1);

	if (size)
		memcpy(copy, text, size);
	copy[size] = '\0';
	return copy;
}

void mem_free(void *block)
{
	free(block);
}

void *mem_grow(void *array, size_t *capacity, size_t element_size)
{
	size_t wanted = *capacity ? *capacity * 2 : 8;

	if (wanted > SIZE_MAX / element_size)
		checked(NULL, SIZE_MAX);
	*capacity = wanted;
	return mem_resize(array, wanted * element_size);
}

#ifdef MADV_POPULATE_WRITE
extern const char __executable_start[], etext[]; /* of the program, from the linker */

/* On failure (a kernel before 5.14) each page is a fault, as without us. */
static void populate(const char *from, const char *to, int advice)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t start = (uintptr_t)from & ~(page - 1);

	madvise((void *)start, (uintptr_t)to - start, advice);
}

static void warm(void)
{
	char *heap = mem_alloc(WARM_HEAP);

	populate(heap, heap + WARM_HEAP, MADV_POPULATE_WRITE);
	free(heap); /* stays ours: see M_TRIM_THRESHOLD */
	populate(__executable_start, etext, MADV_POPULATE_READ);
}
#else
static void warm(void)
{
}
#endif

void mem_keep(void)
{
	mallopt(M_MMAP_THRESHOLD, 32 << 20);
	mallopt(M_TRIM_THRESHOLD, 256 << 20);
	mallopt(M_TOP_PAD, 1 << 20);
	warm();
}

enum { BLOCK_SIZE = 16 << 10 };

struct arena_block {
	struct arena_block *next;
	size_t size; /* usable bytes in data */
	alignas(max_align_t) unsigned char data[];
};

void arena_init(struct arena *arena)
{
	*arena = (struct arena){0};
}

void *arena_take(struct arena *arena, size_t size)
{
	size_t wanted = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	struct arena_block *block = arena->blocks;
	void *result;

	if (wanted < size)
		checked(NULL, size);
	if (!block || block->size - arena->used < wanted) {
		size_t room = wanted > BLOCK_SIZE ? wanted : BLOCK_SIZE;

		block = mem_alloc(sizeof(*block) + room);
		block->size = room;
		block->next = arena->blocks;
		arena->blocks = block;
		arena->used = 0;
	}
	result = block->data + arena->used;
	arena->used += wanted;
	return result;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	return memset(arena_take(arena, size), 0, size);
}

char *arena_strndup(struct arena *arena, const char *text, size_t size)
{
	char *copy = arena_alloc(arena, size + 1);

	if (size)
		memcpy(copy, text, size);
	return copy;
}

void arena_release(struct arena *arena)
{
	struct arena_block *block = arena->blocks;

	while (block) {
		struct arena_block *next = block->next;

		mem_free(block);
		block = next;
	}
	arena_init(arena);
}
