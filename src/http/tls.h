/* Certificates: ours at start, the client's on a connection. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct MHD_Connection;
struct http_options;

/* 0, or a negative errno with a sentence in ret_reason. Without a certificate: plain HTTP, 0. */
int tls_check(const struct http_options *options, char *ret_reason, size_t reason_size);

/* On a serving thread only. False on a connection that is not TLS. */
bool tls_client_is_verified(struct MHD_Connection *connection);
