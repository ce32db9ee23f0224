/* Memory of a request, and bytes that grow. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/hex.h"

static void an_arena_fills_its_first_block_before_it_allocates(void **state)
{
	_Alignas(max_align_t) char first[64];
	struct arena arena;

	(void)state;
	arena_init(&arena, first, sizeof(first));
	assert_ptr_equal(arena_alloc(&arena, 16), first);
	assert_ptr_equal(arena_alloc(&arena, 48), first + 16);
	assert_null(arena.blocks);
	assert_non_null(arena_alloc(&arena, 1));
	assert_non_null(arena.blocks);
	arena_deinit(&arena);
}

static void an_arena_aligns_for_any_type(void **state)
{
	struct arena arena;

	(void)state;
	arena_init(&arena, NULL, 0);
	for (size_t size = 1; size < 20000; size = size * 2 + 1) {
		char *at = arena_alloc(&arena, size);

		assert_int_equal((uintptr_t)at % _Alignof(max_align_t), 0);
		memset(at, 0xff, size);
	}
	arena_deinit(&arena);
}

static void a_copy_ends_with_a_nul_that_does_not_count(void **state)
{
	struct arena arena;
	struct slice copy;

	(void)state;
	arena_init(&arena, NULL, 0);
	copy = arena_copy(&arena, SLICE("abc"));
	assert_int_equal(copy.len, 3);
	assert_string_equal(copy.data, "abc");
	arena_deinit(&arena);
}

static void an_impossible_size_fails_and_the_arena_goes_on(void **state)
{
	struct arena arena;

	(void)state;
	arena_init(&arena, NULL, 0);
	assert_null(arena_alloc(&arena, SIZE_MAX));
	assert_null(arena_alloc(&arena, SIZE_MAX - 64));
	assert_non_null(arena_alloc(&arena, 8));
	arena_deinit(&arena);
}

static void a_buffer_remembers_a_failed_growth(void **state)
{
	struct buffer buffer = {0};

	(void)state;
	buffer_append(&buffer, "ab", 2);
	assert_false(buffer_reserve(&buffer, SIZE_MAX - 1));
	buffer_append(&buffer, "c", 1);
	assert_true(buffer.failed);
	assert_int_equal(buffer.len, 2);
	buffer_clear(&buffer);
	assert_false(buffer.failed);
	buffer_deinit(&buffer);
}

static void numbers_are_written_in_decimal(void **state)
{
	struct buffer buffer = {0};

	(void)state;
	buffer_append_uint(&buffer, 0);
	buffer_append_byte(&buffer, ' ');
	buffer_append_uint(&buffer, UINT64_MAX);
	buffer_append_byte(&buffer, '\0');
	assert_string_equal(buffer.data, "0 18446744073709551615");
	buffer_deinit(&buffer);
}

/* ---- Hexadecimal digits ---- */

static void bytes_are_two_digits_each(void **state)
{
	struct buffer buffer = {0};

	(void)state;
	hex_append(&buffer, SLICE("\x00\xffz"));
	hex_append(&buffer, SLICE_NONE);
	buffer_append_byte(&buffer, '\0');
	assert_string_equal(buffer.data, "00ff7a");
	buffer_deinit(&buffer);
}

static void digits_of_either_case_are_bytes(void **state)
{
	char bytes[3];

	(void)state;
	assert_true(hex_decode(SLICE("00fF7A"), bytes));
	assert_memory_equal(bytes, "\x00\xffz", 3);
	assert_true(hex_decode(SLICE(""), bytes));
}

static void what_is_no_pair_of_digits_is_refused(void **state)
{
	static const char *const texts[] = {"0", "000", "0g", "g0", "0 ", " 00", "00\n0", "0x"};
	char bytes[8];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_false(hex_decode(slice_of(texts[i]), bytes));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_arena_fills_its_first_block_before_it_allocates),
		cmocka_unit_test(an_arena_aligns_for_any_type),
		cmocka_unit_test(a_copy_ends_with_a_nul_that_does_not_count),
		cmocka_unit_test(an_impossible_size_fails_and_the_arena_goes_on),
		cmocka_unit_test(a_buffer_remembers_a_failed_growth),
		cmocka_unit_test(numbers_are_written_in_decimal),
		cmocka_unit_test(bytes_are_two_digits_each),
		cmocka_unit_test(digits_of_either_case_are_bytes),
		cmocka_unit_test(what_is_no_pair_of_digits_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
