/* mem_test.c - memory comes zeroed, aligned and whole; an arena can be emptied and used again. */
#include "lib/mem/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

static void new_memory_is_zero(void **state)
{
	unsigned char *block = mem_new(4096);

	(void)state;
	for (size_t i = 0; i < 4096; i++)
		assert_int_equal(block[i], 0);
	mem_free(block);
	mem_free(NULL);
}

static void strings_are_copied_to_their_size(void **state)
{
	char *copy = mem_strndup("decision", 3);

	(void)state;
	assert_string_equal(copy, "dec");
	assert_null(mem_strdup(NULL));
	mem_free(copy);
}

static void an_array_grows_and_keeps_its_content(void **state)
{
	size_t capacity = 0;
	int *items = NULL;

	(void)state;
	for (size_t count = 0; count < 1000; count++) {
		if (count == capacity)
			items = mem_grow(items, &capacity, sizeof(*items));
		assert_true(count < capacity);
		items[count] = (int)count;
	}
	for (int i = 0; i < 1000; i++)
		assert_int_equal(items[i], i);
	mem_free(items);
}

static void arena_memory_is_zero_aligned_and_apart(void **state)
{
	struct arena arena;
	char *last = NULL;

	(void)state;
	arena_init(&arena);
	for (size_t size = 1; size < 3000; size += 7) {
		char *block = arena_alloc(&arena, size);

		assert_int_equal((uintptr_t)block % _Alignof(max_align_t), 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(block[i], 0);
		memset(block, 0x5a, size);
		if (last)
			assert_int_equal(last[0], 0x5a);
		last = block;
	}
	arena_release(&arena);
	assert_string_equal(arena_strndup(&arena, "again and again", 5), "again");
	arena_release(&arena);
}

static void an_arena_serves_a_block_larger_than_its_own(void **state)
{
	struct arena arena;
	char *big;

	(void)state;
	arena_init(&arena);
	arena_alloc(&arena, 8);
	big = arena_alloc(&arena, 4 << 20);
	big[(4 << 20) - 1] = 1;
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(new_memory_is_zero),
		cmocka_unit_test(strings_are_copied_to_their_size),
		cmocka_unit_test(an_array_grows_and_keeps_its_content),
		cmocka_unit_test(arena_memory_is_zero_aligned_and_apart),
		cmocka_unit_test(an_arena_serves_a_block_larger_than_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
