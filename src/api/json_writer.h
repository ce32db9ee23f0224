/* Writes entries as JSON (spec 2). Strings are valid UTF-8 by the time they come here. */
#pragma once

#include "base/buffer.h"
#include "model/entry.h"

/* With its quotes. */
void json_write_text(struct buffer *out, struct slice text);

/* "YYYY-MM-DDTHH:MM:SSZ", quotes included (spec 5.2); held within the years 0 to 9999. */
void json_write_time(struct buffer *out, int64_t wall_s);

/* The whole object; absent members are left out. Only out->failed can go wrong. */
void json_write_entry(struct buffer *out, const struct entry *entry);
