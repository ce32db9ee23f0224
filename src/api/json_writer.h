/* Writes entries as JSON (spec 2). Strings are valid UTF-8 by the time they come here. */
#pragma once

#include "base/buffer.h"
#include "model/entry.h"

/* With its quotes. */
void json_write_text(struct buffer *out, struct slice text);

/* The whole object; absent members are left out. Only out->failed can go wrong. */
void json_write_entry(struct buffer *out, const struct entry *entry);
