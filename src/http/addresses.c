/* Counts connections by address. */
#include "http/addresses.h"

#include <assert.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <sodium/randombytes.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#define NETWORK_BYTES 8

struct address_count {
	UT_hash_handle hh;
	struct in6_addr address;
	unsigned connections;
};

void addresses_init(struct addresses *addresses)
{
	addresses->table = NULL;
	randombytes_buf(addresses->key, sizeof(addresses->key));
}

void addresses_deinit(struct addresses *addresses)
{
	assert(!addresses->table);
	(void)addresses;
}

static struct in6_addr key_of(const struct sockaddr *address)
{
	struct in6_addr key = {.s6_addr = {0}};

	if (address->sa_family == AF_INET6) {
		key = ((const struct sockaddr_in6 *)address)->sin6_addr;
		if (!IN6_IS_ADDR_V4MAPPED(&key))
			memset(&key.s6_addr[NETWORK_BYTES], 0, sizeof(key) - NETWORK_BYTES);
	} else if (address->sa_family == AF_INET) {
		key.s6_addr[10] = key.s6_addr[11] = 0xff;
		memcpy(&key.s6_addr[12], &((const struct sockaddr_in *)address)->sin_addr,
		       sizeof(struct in_addr));
	}
	return key;
}

static unsigned hash_of(const struct addresses *addresses, const struct in6_addr *key)
{
	unsigned char sum[crypto_shorthash_BYTES];
	unsigned hash;

	crypto_shorthash(sum, key->s6_addr, sizeof(*key), addresses->key);
	memcpy(&hash, sum, sizeof(hash));
	return hash;
}

static struct address_count *add(struct addresses *addresses, const struct in6_addr *key,
				 unsigned hash)
{
	struct address_count *count = calloc(1, sizeof(*count));

	if (!count)
		return NULL;
	count->address = *key;
	HASH_ADD_BYHASHVALUE(hh, addresses->table, address, sizeof(count->address), hash, count);
	if (count->hh.tbl)
		return count;
	free(count);
	return NULL;
}

struct address_count *addresses_enter(struct addresses *addresses, const struct sockaddr *address,
				      unsigned *ret_connections)
{
	struct in6_addr key = key_of(address);
	unsigned hash = hash_of(addresses, &key);
	struct address_count *count;

	HASH_FIND_BYHASHVALUE(hh, addresses->table, &key, sizeof(key), hash, count);
	if (!count)
		count = add(addresses, &key, hash);
	if (count)
		*ret_connections = ++count->connections;
	return count;
}

void addresses_leave(struct addresses *addresses, struct address_count *count)
{
	if (--count->connections > 0)
		return;
	HASH_DEL(addresses->table, count);
	free(count);
}
