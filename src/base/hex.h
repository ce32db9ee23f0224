/* Bytes as hexadecimal digits, two each. */
#pragma once

#include "base/buffer.h"

void hex_append(struct buffer *out, struct slice bytes);
/* into has room for digits.len / 2 bytes, which are filled in. False if something else stands
 * there. Letters may be of either case. */
bool hex_decode(struct slice digits, char *into);
