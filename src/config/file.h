/*
 * The configuration file: UTF-8, a setting a line.
 *
 *   # A comment, on its own or behind white space.
 *   name = value
 *
 * White space around names and values does not count. Dashes in a name are underscores.
 */
#pragma once

#include "config/options.h"

#define CONFIG_LINE_MAX 4608
#define CONFIG_FILE_MAX (1u << 20)

/* What a file says: for each row of the table the value, absent if it is silent, and the line. */
struct config_file {
	struct slice values[OPTIONS_MAX];
	unsigned lines[OPTIONS_MAX];
};

/*
 * Reads and checks a whole file. Pure; allocates nothing; values point into text; any bytes are
 * safe to give. 0, or -EINVAL with "PATH:LINE: what is wrong" in ret_reason.
 */
int config_file_parse(const char *path, struct slice text, struct config_file *ret_file,
		      char *ret_reason, size_t reason_size);
