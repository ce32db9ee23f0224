/* A line of the log. Not for other folders: see log.h. */
#pragma once

#include <limits.h>

#include "log/log.h"

/* A pipe takes so much as a whole, so lines of several writers never mix in it. */
#define LOG_LINE_MAX_BYTES PIPE_BUF

struct log_line {
	char data[LOG_LINE_MAX_BYTES];
	size_t len;
};

void log_line_begin(struct log_line *line, const char *level, const char *event);
/* values ends with a name of NULL. What there is no room for is left out. */
void log_line_add(struct log_line *line, const struct log_value *values);
void log_line_end(struct log_line *line);
