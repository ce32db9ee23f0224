/* Bytes as a line of hexadecimal digits, in files of a state. */
#pragma once

#include <stdio.h>

#include "base/buffer.h"

void hex_write(FILE *file, struct slice bytes);
/* Appends what the digits say. False if there is something else before the end of the line, or no
 * memory. */
bool hex_read(const char *line, struct buffer *bytes);
