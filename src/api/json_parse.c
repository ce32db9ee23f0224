/* Leaves the parser by longjmp() when there is no memory: it holds nothing but memory. */
#include "api/json_parse.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdlib.h>

struct parsing {
	struct arena *arena;
	jmp_buf no_memory;
};

static _Thread_local struct parsing *current;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void *allocate(size_t size)
{
	void *memory;

	if (!current)
		return malloc(size);
	memory = arena_alloc(current->arena, size);
	if (!memory)
		longjmp(current->no_memory, 1);
	return memory;
}

static void release(void *memory)
{
	if (!current)
		free(memory);
}

static void take_over(void)
{
	json_set_alloc_funcs(allocate, release);
}

int json_parse(struct slice text, size_t flags, struct arena *arena, json_t **ret_value,
	       json_error_t *ret_error)
{
	struct parsing parsing = {.arena = arena};

	pthread_once(&once, take_over);
	current = &parsing;
	if (setjmp(parsing.no_memory) != 0) {
		current = NULL;
		return -ENOMEM;
	}
	*ret_value = json_loadb(text.data, text.len, flags, ret_error);
	current = NULL;
	return *ret_value ? 0 : -EINVAL;
}
