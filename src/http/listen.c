/* Opens a listening socket, and says why not. */
#include "http/listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/slice.h"

/* "127.0.0.1:80", "[::1]:80", "*:80". */
static void print_place(const char *address, uint16_t port, char *into, size_t size)
{
	bool bracket = strchr(address, ':') != NULL;

	snprintf(into, size, "%s%s%s:%u", bracket ? "[" : "", address[0] ? address : "*",
		 bracket ? "]" : "", (unsigned)port);
}

static int resolve(const char *address, uint16_t port, int family, struct addrinfo **ret_found)
{
	struct addrinfo hints = {.ai_family = family,
				 .ai_socktype = SOCK_STREAM,
				 .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
	char service[8];

	snprintf(service, sizeof(service), "%u", (unsigned)port);
	return getaddrinfo(address[0] ? address : NULL, service, &hints, ret_found);
}

/* Returns the socket, or a negative errno with the failed step in ret_step. */
static int open_at(const struct addrinfo *place, const char **ret_step)
{
	int type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
	int yes = 1, no = 0;
	int fd, r;

	*ret_step = "socket for";
	fd = socket(place->ai_family, type, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (place->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof(no));

	*ret_step = "bind";
	r = bind(fd, place->ai_addr, place->ai_addrlen);
	if (r == 0) {
		*ret_step = "listen on";
		r = listen(fd, SOMAXCONN);
	}
	if (r == 0)
		return fd;
	r = -errno;
	close(fd);
	return r;
}

/* All addresses: IPv6 carries IPv4, too; where there is no IPv6, IPv4 alone. */
static int open_any_family(const char *address, uint16_t port, const char **ret_step,
			   const char **ret_error)
{
	const int families[] = {address[0] ? AF_UNSPEC : AF_INET6, AF_INET};
	int fd = -EINVAL;

	for (size_t i = 0; i < (address[0] ? 1 : 2); i++) {
		struct addrinfo *found;
		int r = resolve(address, port, families[i], &found);

		*ret_step = "bind";
		*ret_error = r != 0 ? gai_strerror(r) : NULL;
		if (r != 0)
			continue;
		fd = open_at(found, ret_step);
		freeaddrinfo(found);
		if (fd != -EAFNOSUPPORT && fd != -EADDRNOTAVAIL)
			break;
	}
	return fd;
}

uint16_t listen_port(int fd)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} address = {.any = {0}};
	socklen_t size = sizeof(address);

	if (getsockname(fd, &address.any, &size) < 0)
		return 0;
	return ntohs(address.any.sa_family == AF_INET6 ? address.v6.sin6_port
						       : address.v4.sin_port);
}

int listen_open(const char *bind, uint16_t port, int *ret_socket, uint16_t *ret_port,
		char *ret_reason, size_t reason_size)
{
	const char *step, *error;
	char place[128];
	int fd;

	fd = open_any_family(bind, port, &step, &error);
	if (fd < 0) {
		print_place(bind, port, place, sizeof(place));
		snprintf(ret_reason, reason_size, "%s %s: %s", step, place,
			 error ? error : strerror(-fd));
		return fd;
	}
	*ret_socket = fd;
	*ret_port = listen_port(fd);
	return 0;
}
