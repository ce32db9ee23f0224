/* A process that has freed memory is not full any more. Not under a sanitizer: its allocator keeps
 * what was freed. */
#include "monitor/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/steady.h"

#define BLOCK_BYTES 1000
#define BLOCKS 100000
#define KEPT_EACH 1000 /* so that the heap cannot simply shrink from its end */
#define LIMIT_MS 30000

static char *blocks[BLOCKS];

static void allocate_all(void)
{
	for (size_t i = 0; i < BLOCKS; i++) {
		blocks[i] = malloc(BLOCK_BYTES);
		assert_non_null(blocks[i]);
		memset(blocks[i], 1, BLOCK_BYTES);
	}
}

static void free_most(bool and_the_rest)
{
	for (size_t i = 0; i < BLOCKS; i++) {
		if ((i % KEPT_EACH == KEPT_EACH - 1) == and_the_rest)
			free(blocks[i]);
	}
}

static bool becomes(struct memory_watch *watch, bool full)
{
	int64_t until_ms = steady_ms() + LIMIT_MS;

	while (memory_watch_is_full(watch) != full && steady_ms() < until_ms)
		;
	return memory_watch_is_full(watch) == full;
}

static void what_is_freed_between_what_stays_counts_as_free(void **state)
{
	struct memory_watch watch;

	(void)state;
	memory_watch_init(&watch, memory_own_bytes() + (uint64_t)BLOCKS * BLOCK_BYTES / 2);
	assert_false(memory_watch_is_full(&watch));
	allocate_all();
	assert_true(becomes(&watch, true));
	free_most(false);
	assert_true(becomes(&watch, false));
	free_most(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_freed_between_what_stays_counts_as_free),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
