/* What the parts of the HTTP border know of their server. Not for other folders: see http.h. */
#pragma once

#include "http/acceptor.h"
#include "http/exchange.h"
#include "http/http.h"
#include "http/peers.h"
#include "http/waits.h"

struct MHD_Daemon;

/* Constant while it serves, but for what is atomic and what guards itself. */
struct http_server {
	struct http_handler handler;
	struct counters *counters;
	size_t body_max_bytes;
	size_t header_max_bytes;
	struct peers peers;
	struct MHD_Daemon *daemon;
	struct acceptor acceptor;
	uint16_t port;
	struct waits waits;
	struct exchange_pool exchanges;
	_Atomic unsigned in_flight;
	_Atomic bool quiesced;
	_Atomic bool refusing; /* set before in_flight is looked at for the last time */
};
