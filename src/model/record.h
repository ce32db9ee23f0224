/*
 * The stored form of an entry: one run of bytes behind a checksum.
 *
 * Layout: 8 bytes XXH3-64 of all that follows, then a version, the kind, a bit for each member
 * present, the numbers as varints, and the texts each behind its length. Version 1 is the only one.
 */
#pragma once

#include "base/buffer.h"
#include "model/entry.h"

enum record_result {
	RECORD_OK = 0,
	RECORD_DAMAGED = 1,       /* checksum, length or contents are not what was written */
	RECORD_NEWER_VERSION = 2, /* written by a later release */
};

/* Appends the stored form. Only out->failed can go wrong. */
void record_encode(const struct entry *entry, struct buffer *out);

/* The texts of *ret_entry point into record, which must stay. Any bytes are safe to give. */
int record_decode(struct slice record, struct entry *ret_entry);
