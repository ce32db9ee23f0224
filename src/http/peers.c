/* Parses and compares addresses. */
#include "http/peers.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/slice.h"

static struct in6_addr map_ipv4(struct in_addr address)
{
	struct in6_addr mapped = {.s6_addr = {[10] = 0xff, [11] = 0xff}};

	memcpy(&mapped.s6_addr[12], &address, sizeof(address));
	return mapped;
}

static bool parse_address(struct slice text, struct in6_addr *ret_address)
{
	char buffer[INET6_ADDRSTRLEN];
	struct in_addr ipv4;

	if (text.len >= sizeof(buffer))
		return false;
	memcpy(buffer, text.data, text.len);
	buffer[text.len] = '\0';
	if (inet_pton(AF_INET, buffer, &ipv4) == 1) {
		*ret_address = map_ipv4(ipv4);
		return true;
	}
	return inet_pton(AF_INET6, buffer, ret_address) == 1;
}

/* Takes the next address, trimmed, off the list. False if only blanks and commas are left. */
static bool next_address(const char **list, struct slice *ret_text)
{
	size_t len;

	*list += strspn(*list, ", \t");
	len = strcspn(*list, ", \t");
	*ret_text = (struct slice){*list, len};
	*list += len;
	return len > 0;
}

static size_t count_addresses(const char *list)
{
	struct slice text;
	size_t count = 0;

	while (next_address(&list, &text))
		count++;
	return count;
}

int peers_init(struct peers *peers, const char *list, char *ret_reason, size_t reason_size)
{
	size_t count = count_addresses(list);
	struct slice text;

	*peers = (struct peers){0};
	if (count == 0)
		return 0;
	peers->addresses = calloc(count, sizeof(*peers->addresses));
	if (!peers->addresses) {
		snprintf(ret_reason, reason_size, "out of memory");
		return -ENOMEM;
	}
	while (next_address(&list, &text)) {
		if (!parse_address(text, &peers->addresses[peers->count++])) {
			snprintf(ret_reason, reason_size, "not an address: %.*s", (int)text.len,
				 text.data);
			peers_deinit(peers);
			return -EINVAL;
		}
	}
	return 0;
}

void peers_deinit(struct peers *peers)
{
	free(peers->addresses);
	*peers = (struct peers){0};
}

static bool address_of(const struct sockaddr *socket_address, struct in6_addr *ret_address)
{
	switch (socket_address->sa_family) {
	case AF_INET:
		*ret_address = map_ipv4(((const struct sockaddr_in *)socket_address)->sin_addr);
		return true;
	case AF_INET6:
		*ret_address = ((const struct sockaddr_in6 *)socket_address)->sin6_addr;
		return true;
	default:
		return false;
	}
}

bool peers_allow(const struct peers *peers, const struct sockaddr *address)
{
	struct in6_addr wanted;

	if (peers->count == 0)
		return true;
	if (!address_of(address, &wanted))
		return false;
	for (size_t i = 0; i < peers->count; i++)
		if (memcmp(&peers->addresses[i], &wanted, sizeof(wanted)) == 0)
			return true;
	return false;
}
