/* Reasons: the sentence that tells an operator what is wrong with a setting. */
#pragma once

#include "base/slice.h"

/* Room for any reason without its place. */
#define REASON_SIZE 256

/* Writes a reason, cut to the room. Always -EINVAL, for the caller to return. */
int reason_set(char *ret_reason, size_t reason_size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Text from outside, in quotes, cut short, safe to print: quote(value).text. */
struct quoted {
	char text[80];
};
struct quoted quote(struct slice text);

/* Length in bytes of the printable character that text starts with; 0 if it does not. */
size_t printable_length(struct slice text);
