/* Lines to standard error, at once. Not for other folders: see log.h. */
#pragma once

#include <stdbool.h>

#include "log/line.h"

/* Thread-safe. False if standard error would not take it at once. */
bool log_direct_write(const struct log_line *line);
