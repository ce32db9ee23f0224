/*
 * How many connections there are from each address. An IPv6 client may choose among the addresses
 * of its network, so those of one /64 count as one. Not thread-safe: guarded by its owner.
 */
#pragma once

#include <sodium/crypto_shorthash.h>
#include <sys/socket.h>

struct address_count;

/* Embedded. The table is as large as there are connections. */
struct addresses {
	struct address_count *table;
	/* Clients choose their addresses, and must not choose those that collide. */
	unsigned char key[crypto_shorthash_KEYBYTES];
};

void addresses_init(struct addresses *addresses);
/* All were given back. */
void addresses_deinit(struct addresses *addresses);

/* One more from there: which is to be given back by addresses_leave(), and how many there are now.
 * NULL when out of memory. */
struct address_count *addresses_enter(struct addresses *addresses, const struct sockaddr *address,
				      unsigned *ret_connections);
void addresses_leave(struct addresses *addresses, struct address_count *count);
