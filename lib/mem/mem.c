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
/* On failure (a kernel before 5.14) each page is a fault, as without us. */
static void populate(const char *from, size_t size, int advice)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t start = (uintptr_t)from & ~(page - 1);

	madvise((void *)start, (uintptr_t)from + size - start, advice);
}

/* Map pages that will be written to. */
static void warm(char *memory, size_t size)
{
	populate(memory, size, MADV_POPULATE_WRITE);
}

extern const char __executable_start[], etext[]; /* of the program, from the linker */

static void warm_code(void)
{
	populate(__executable_start, (size_t)(etext - __executable_start), MADV_POPULATE_READ);
}
#else
static void warm(char *memory, size_t size)
{
	(void)memory;
	(void)size;
}

static void warm_code(void)
{
}
#endif

void mem_keep(void)
{
	char *heap;

	mallopt(M_MMAP_THRESHOLD, 32 << 20);
	mallopt(M_TRIM_THRESHOLD, 256 << 20);
	mallopt(M_TOP_PAD, 1 << 20);
	heap = mem_alloc(WARM_HEAP);
	warm(heap, WARM_HEAP);
	free(heap); /* stays ours: see M_TRIM_THRESHOLD */
	warm_code();
}

/* A block is twice the one before it, up to a point: a definition of thousands of nodes needs few. From 64 KiB on its
 * pages are mapped at one stroke. */
enum { FIRST_BLOCK = 16 << 10, LARGEST_BLOCK = 1 << 20, WARM_BLOCK = 64 << 10 };

struct arena_block {
	struct arena_block *next;
	size_t size; /* usable bytes in data */
	alignas(max_align_t) unsigned char data[];
};

void arena_init(struct arena *arena)
{
	*arena = (struct arena){0};
}

static struct arena_block *add_block(struct arena *arena, size_t wanted)
{
	size_t size = arena->blocks ? arena->blocks->size * 2 : FIRST_BLOCK;
	struct arena_block *block;

	if (size > LARGEST_BLOCK)
		size = LARGEST_BLOCK;
	if (size < wanted)
		size = wanted;
	block = mem_alloc(sizeof(*block) + size);
	if (size >= WARM_BLOCK)
		warm((char *)block, size);
	block->size = size;
	block->next = arena->blocks;
	arena->blocks = block;
	arena->used = 0;
	return block;
}

void *arena_take(struct arena *arena, size_t size)
{
	size_t wanted = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	struct arena_block *block = arena->blocks;
	void *result;

	if (wanted < size)
		checked(NULL, size);
	if (!block || block->size - arena->used < wanted) {
		block = add_block(arena, wanted);
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
