/* The value of one option: read from what is written, kept in its field of the settings. */
#pragma once

#include "config/options.h"
#include "config/reason.h"

struct option_value {
	struct slice text; /* points into what was read, or is static */
	int64_t number;
};

/*
 * Reads a value as the option takes it. Pure. 0, or -EINVAL with what is wrong in ret_reason,
 * without the place. words: NULL, or the only values taken here.
 */
int option_value_read(const struct option *option, const struct option_word *words,
		      struct slice text, struct option_value *ret_value, char *ret_reason,
		      size_t reason_size);

/* Puts the value in its field, instead of what was there. 0 or -ENOMEM. */
int option_value_store(const struct option *option, const struct option_value *value,
		       struct settings *settings);

/* Frees what a text option holds. */
void option_value_clear(const struct option *option, struct settings *settings);

/* What an option has in the settings, as it would be written; of a text, its start. */
const char *option_value_text(const struct option *option, const struct settings *settings);
int64_t option_value_number(const struct option *option, const struct settings *settings);

/* A number as it would be written for the option: 65536 bytes are 64K. */
struct quoted option_value_words(const struct option *option, int64_t number);
