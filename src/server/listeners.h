/* From settings to the options of the two listeners: addresses, limits, contents of the TLS files.
 */
#pragma once

#include "config/settings.h"
#include "http/http.h"

struct tls_files {
	char *certificate; /* PEM; NULL: plain HTTP */
	char *key;
	char *client_ca;
};

/* 0, or a negative errno with a sentence in ret_reason. */
int tls_files_read(const struct settings *settings, struct tls_files *ret_files, char *ret_reason,
		   size_t reason_size);
void tls_files_deinit(struct tls_files *files);

/* Those that both listeners have, and that http_server_set_limits() looks at among others. */
void listener_set_limits(const struct settings *settings, struct http_options *options);

/* The sockets that the service manager hands over are taken instead of being opened. */
void listener_public(const struct settings *settings, const struct tls_files *files,
		     struct http_options *ret_options);

/* Room for the address of "address:port". */
#define LISTENER_ADDRESS_MAX 64

/* Where it listens, or will: a socket that was handed over may be elsewhere than bind says. "" if
 * that is not known, which is no loopback address. */
void listener_address(const struct http_options *options, char ret_address[LISTENER_ADDRESS_MAX]);

/* False if the settings want no admin listener. address is what ret_options points to. */
bool listener_admin(const struct settings *settings, char address[LISTENER_ADDRESS_MAX],
		    struct http_options *ret_options);
