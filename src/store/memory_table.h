/*
 * uthash as the memory store uses it: keys from outside are hashed with a key of the store's own,
 * so that nobody can choose ids that collide; an addition that finds no memory is told, not fatal.
 */
#pragma once

#define HASH_NONFATAL_OOM 1
#include <sodium/crypto_shorthash.h>
#include <stdbool.h>
#include <uthash.h>

#include "base/slice.h"

struct memory_hash_key {
	unsigned char bytes[crypto_shorthash_KEYBYTES];
};

static inline unsigned memory_hash(const struct memory_hash_key *key, const void *data, size_t len)
{
	unsigned char sum[crypto_shorthash_BYTES];
	unsigned hash;

	crypto_shorthash(sum, data, len, key->bytes);
	memcpy(&hash, sum, sizeof(hash));
	return hash;
}

/* After HASH_ADD: whether it is in, or there was no memory. */
#define MEMORY_TABLE_HAS(element) ((element)->hh.tbl != NULL)
