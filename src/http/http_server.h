/* What the parts of the HTTP border know of their server. Not for other folders: see http.h. */
#pragma once

#include "http/acceptor.h"
#include "http/connections.h"
#include "http/exchange.h"
#include "http/http.h"
#include "http/peers.h"
#include "http/request_id.h"
#include "http/waits.h"

struct MHD_Daemon;

/* Constant while it serves, but for what is atomic and what guards itself. */
struct http_server {
	struct http_handler handler;
	struct counters *counters;
	_Atomic size_t body_max_bytes;
	_Atomic size_t header_max_bytes;
	struct peers peers;
	struct request_ids ids;
	pthread_mutex_t tls_lock;
	struct tls_credentials *tls; /* under tls_lock: of connections that come now; NULL: plain */
	_Atomic bool access_log;
	struct connections connections;
	struct MHD_Daemon *daemon;
	struct acceptor acceptor;
	uint16_t port;
	struct waits waits;
	struct exchange_pool exchanges;
	_Atomic unsigned in_flight;
	_Atomic bool quiesced;
	_Atomic bool refusing; /* set before in_flight is looked at for the last time */
};

/* With a reference that is the caller's. NULL: plain HTTP. */
struct tls_credentials *http_server_tls(struct http_server *server);
