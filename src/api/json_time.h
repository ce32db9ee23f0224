/* Times as they stand in entries: "YYYY-MM-DDTHH:MM:SSZ" (spec 5.2). */
#pragma once

#include "base/buffer.h"

/* Quotes included; held within the years 0 to 9999. */
void json_write_time(struct buffer *out, int64_t wall_s);
/* What stands between the quotes. False if it is of another form, or no such time. */
bool json_read_time(struct slice text, int64_t *ret_wall_s);
