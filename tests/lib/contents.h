/* What was written into a buffer, all of it. */
#pragma once

#include <string.h>

#include "base/buffer.h"

static inline void assert_contents(const struct buffer *out, const char *expected)
{
	assert_false(out->failed);
	assert_int_equal(out->len, strlen(expected));
	assert_memory_equal(out->data, expected, out->len);
}
