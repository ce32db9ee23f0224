/* What the HTTP library calls while it serves: the life of a request, step by step (http.h). */
#pragma once

#include <microhttpd.h>

#include "http/waits.h"

/* ctx is the http_server. */
void *serve_request_line(void *ctx, const char *target, struct MHD_Connection *connection);
enum MHD_Result serve_request(void *ctx, struct MHD_Connection *connection, const char *url,
			      const char *method, const char *version, const char *upload,
			      size_t *upload_size, void **exchange);
void serve_completed(void *ctx, struct MHD_Connection *connection, void **exchange,
		     enum MHD_RequestTerminationCode how);
void serve_connection(void *ctx, struct MHD_Connection *connection, void **own,
		      enum MHD_ConnectionNotificationCode what);
size_t serve_unescape(void *ctx, struct MHD_Connection *connection, char *text);

/* A wait is over without a wake (waits.h). */
void serve_expired(struct wait *wait);
