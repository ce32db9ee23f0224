/* Writes HTML. Whatever is not a constant of ours goes in by a % that escapes it. */
#pragma once

#include "base/buffer.h"

/*
 * Copies format, with in the place of
 *   %t  a struct slice, valid UTF-8: as text, for contents and quoted attributes. What would not be
 *       seen, or would turn others around (controls, marks of direction), is written as its number.
 *   %q  a struct slice: percent-encoded, for a value of a query in an href
 *   %x  a struct slice: in hexadecimal digits
 *   %s  a const char *: a constant of ours, as it is
 *   %u  a uint64_t: in decimal
 *   %d  an int64_t, seconds since 1970: YYYY-MM-DDTHH:MM:SSZ
 * There is no other %. Only out->failed can go wrong.
 */
void html_write(struct buffer *out, const char *format, ...);
