/* Reads cursors: hexadecimal digits, as hex_append() writes them. */
#include "api/cursor.h"

#include <errno.h>

#include "base/hex.h"

/* Longer than any store's. */
#define CURSOR_MAX 1024

int cursor_read(struct slice value, struct arena *arena, struct slice *ret_cursor)
{
	char *cursor;

	if (value.len / 2 > CURSOR_MAX)
		return -EINVAL;
	cursor = arena_alloc(arena, value.len / 2);
	if (!cursor)
		return -ENOMEM;
	if (!hex_decode(value, cursor))
		return -EINVAL;
	*ret_cursor = (struct slice){cursor, value.len / 2};
	return 0;
}
