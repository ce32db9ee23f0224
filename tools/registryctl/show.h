/* Text from a database on somebody's terminal: nothing in it may steer the terminal. */
#pragma once

#include <stdint.h>
#include <stdio.h>

#include "base/slice.h"

#define SHOW_ALL SIZE_MAX

/* At most so many characters, the last one of them … if there are more; what cannot be printed is
 * shown as ?. Returns how many columns that took, if each character takes one. */
size_t show_text(FILE *out, struct slice text, size_t columns_max);
