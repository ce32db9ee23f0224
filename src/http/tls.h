/*
 * Certificates: ours, and the client's on a connection.
 *
 * The library keeps those that it was started with. So each connection is given the credentials
 * that hold when it comes, and keeps them: they can be replaced while the server runs.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct MHD_Connection;
struct http_options;

struct tls_credentials;

/* From the texts in options. 0, or a negative errno with a sentence in ret_reason. Without a
 * certificate: plain HTTP, 0 and NULL. */
int tls_credentials_new(const struct http_options *options,
			struct tls_credentials **ret_credentials, char *ret_reason,
			size_t reason_size);
/* NULL is fine for all three. Any thread. */
struct tls_credentials *tls_credentials_ref(struct tls_credentials *credentials);
void tls_credentials_unref(struct tls_credentials *credentials);
/* Before its handshake. They must outlive the connection. */
void tls_credentials_use(struct tls_credentials *credentials, struct MHD_Connection *connection);

/* On a serving thread only. False on a connection that is not TLS. */
bool tls_client_is_verified(struct MHD_Connection *connection);
