/* The socket that we listen on. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * bind is an address; "" is all of them, IPv4 and IPv6 on one socket. port 0 is any free one.
 * 0, or a negative errno with a sentence in ret_reason ("bind 127.0.0.1:4567: Address already in
 * use").
 */
int listen_open(const char *bind, uint16_t port, int *ret_socket, uint16_t *ret_port,
		char *ret_reason, size_t reason_size);
/* The port of a socket that listens; 0 if it has none. */
uint16_t listen_port(int socket);
