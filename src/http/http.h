/*
 * The border to libmicrohttpd: connections, the life of a request, limits, the raw target.
 *
 * A request is read whole, then handed to the handler. The handler either answers or lets it wait:
 * then nothing runs for it, on no thread, until http_request_wake(), which any thread may call;
 * resume() follows on a serving thread.
 *
 *   read → begin() ── HTTP_ANSWERED ───────────────────────────→ send → finished()
 *               └──── HTTP_WAIT → wake → resume() → HTTP_ANSWERED ──┘
 *                              └─ request_timeout_ms → resume(timed_out) … wake → late()
 */
#pragma once

#include "base/arena.h"
#include "base/buffer.h"
#include "base/slice.h"
#include "monitor/counters.h"

struct http_server;
struct http_request;
struct counters;
struct clock;

enum http_verdict {
	HTTP_ANSWERED, /* the answer stands in the request */
	HTTP_WAIT,     /* http_request_wake() will be called, or has been already, exactly once */
};

struct http_handler {
	void *ctx;
	enum http_verdict (*begin)(void *ctx, struct http_request *request);
	/* timed_out: the wait took too long and is given up; must answer. */
	enum http_verdict (*resume)(void *ctx, struct http_request *request, bool timed_out);
	/* The wake came after resume(timed_out), or while it ran. The last call for what was
	 * waited for; on the waking thread or on a serving one, perhaps beside finished(). */
	void (*late)(void *ctx, struct http_request *request);
	/* The answer has left (handed to the network whole), or never will. Always called, once,
	 * on any thread, whether or not it was ever begun. */
	void (*finished)(void *ctx, struct http_request *request, bool sent);
};

#define HTTP_PIECES_MAX 6

struct http_header {
	const char *name; /* NULL behind the last one */
	const char *value;
};

/* Valid until both finished() and, for one that waits, resume() or late() are over. */
struct http_request {
	struct arena arena; /* for everything that belongs to this request */
	struct slice method;
	bool is_head; /* method is HEAD: answer as for GET; the body is left out on the way */
	struct slice pieces[HTTP_PIECES_MAX + 1]; /* raw path pieces (spec 3.1), not decoded */
	size_t piece_count;                       /* HTTP_PIECES_MAX + 1 if there were more */
	struct slice query;   /* raw, without '?'; absent if none of its parts says anything */
	struct slice body;    /* raw; never absent, may be empty */
	struct slice id;      /* by which it is followed (X-Request-ID); with a NUL behind it */
	unsigned route;       /* its number, for counting; 0: none (monitor/requests.h) */
	enum histogram class; /* what its duration is counted as */
	void *user;           /* the handler's own */

	/* The answer. body is a JSON text in out, or nothing if out is empty. */
	int status;
	struct buffer out;
	const char *content_type;          /* default application/json */
	const char *allow;                 /* Allow header of a 405; static */
	const char *location;              /* Location of a 302; static */
	const struct http_header *headers; /* more of them; static; NULL: none */
	bool retry_after;                  /* Retry-After: 1 */
	bool close;                        /* close the connection behind this answer */
};

/*
 * Any thread, exactly once for each HTTP_WAIT. May run before begin() has returned. A client that
 * has closed its side of the connection by then counts as gone: finished(sent = false).
 */
void http_request_wake(struct http_request *request);

struct http_queue {
	unsigned waiting;
	int64_t oldest_ms; /* how long the one that waits longest has waited */
};
/* The requests of its server that wait. */
struct http_queue http_request_queue(struct http_request *request);
/* Value of a request header, or absent. On a serving thread only. */
struct slice http_request_header(struct http_request *request, const char *name);
/* The connection is TLS and its client showed a certificate that the client CA vouches for. */
bool http_request_has_certificate(struct http_request *request);

struct http_options {
	const char *bind;  /* "" is all addresses, IPv4 and IPv6 */
	uint16_t port;     /* 0: any free one */
	bool has_listener; /* bind and port are not looked at, but this is taken over: */
	int listener;      /* a socket that listens, non-blocking */
	unsigned threads;
	size_t body_max_bytes;
	size_t header_max_bytes;
	unsigned connections_max;
	unsigned connections_per_address_max; /* 0: no limit; none for allowed_peers, if there are
						 any */
	unsigned idle_timeout_s;
	unsigned receive_timeout_ms;     /* a whole request, from its first line on */
	unsigned send_timeout_ms;        /* a whole answer */
	unsigned request_timeout_ms;     /* waits for the store */
	bool access_log;                 /* each answer has a line in the log */
	const char *allowed_peers;       /* comma-separated addresses; "" is everybody (spec 13) */
	const char *tls_certificate_pem; /* contents; NULL: plain HTTP */
	const char *tls_key_pem;
	const char *tls_client_ca_pem; /* NULL: client certificates are not asked for */
};

/* Listens at once. 0, or a negative errno with a sentence in ret_reason. handler is copied. */
int http_server_new(const struct http_options *options, const struct http_handler *handler,
		    struct counters *counters, struct http_server **ret_server, char *ret_reason,
		    size_t reason_size);
/* For what begins from now on: body_max_bytes, connections_per_address_max, receive_timeout_ms,
 * send_timeout_ms and access_log; the rest of options is not looked at. Any thread. */
void http_server_set_limits(struct http_server *server, const struct http_options *options);
/* The texts of tls_… in options hold for connections that come from now on; those that are there
 * keep what they have. Whether client certificates are asked for stays as it was at the start. 0,
 * or a negative errno with a sentence, and nothing has changed. Any thread. */
int http_server_set_tls(struct http_server *server, const struct http_options *options,
			char *ret_reason, size_t reason_size);
uint16_t http_server_port(const struct http_server *server);

unsigned http_server_connections(struct http_server *server);

/* Requests of which a line was read, and that are not over; of them, those that wait. Never waits.
 */
unsigned http_server_in_flight(const struct http_server *server);
unsigned http_server_waiting(const struct http_server *server);

/* Stops listening; connections go on, each answer from now on closes its own. */
void http_server_quiesce(struct http_server *server);
/* From now on a new request on an open connection ends it, unanswered: its client asks elsewhere.
 * Those in flight go on. After http_server_quiesce(). */
void http_server_refuse(struct http_server *server);
/*
 * Ends every wait as timed out. Returns when neither begin() nor resume() runs any more; from then
 * on a request ends its connection, unanswered. Not on a serving thread. For shutdown, before the
 * store is stopped.
 */
void http_server_abandon_waits(struct http_server *server);
/*
 * Closes all connections and ends the threads. Requests that still wait for a wake that has not
 * come must get it before: free the store first (it completes what is pending). NULL is fine.
 */
void http_server_free(struct http_server *server);
