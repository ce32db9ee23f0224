/* The addresses that alone may talk to us: the load balancers (spec 13). */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

/* Everybody may, if there are none. IPv4 addresses are kept mapped into IPv6. */
struct peers {
	struct in6_addr *addresses;
	size_t count;
};

/* A comma-separated list of addresses. 0, or a negative errno with a sentence in ret_reason. */
int peers_init(struct peers *peers, const char *list, char *ret_reason, size_t reason_size);
void peers_deinit(struct peers *peers);

/* Compares addresses, not their spelling: an IPv4-mapped IPv6 address is that IPv4 address. */
bool peers_allow(const struct peers *peers, const struct sockaddr *address);
