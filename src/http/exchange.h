/*
 * One request and its answer: what the handler sees of it, and what we know besides. Exchanges are
 * used again, with the memory they have, so that an ordinary request allocates nothing.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "base/container.h"
#include "http/connections.h"
#include "http/http.h"
#include "http/waits.h"

#define EXCHANGE_FIRST_BLOCK 8192

struct MHD_Connection;

enum exchange_phase {
	EXCHANGE_LINE, /* the request line was read */
	EXCHANGE_BODY, /* the headers were, and are fine */
	EXCHANGE_WAITING,
	EXCHANGE_ANSWERED, /* the answer stands, and is the HTTP library's to send */
};

/* Belongs to the serving thread of its connection, but for refs and wait. */
struct exchange {
	struct http_request request; /* first: the handler's pointer is ours */
	struct http_server *server;
	struct MHD_Connection *connection;
	struct http_connection *own; /* our side of the same */
	struct exchange *next_free;
	_Atomic unsigned refs; /* the connection's, and one for a wake that is to come */
	struct wait wait;

	enum exchange_phase phase;
	bool refused;          /* came when nothing new was begun any more */
	bool in_doubt;         /* whether its answer reaches anybody */
	const char *target_at; /* where the target stood in the connection's buffer */
	struct slice target;   /* our copy, as it came */
	struct buffer in;
	uint64_t body_received;
	uint64_t body_max_bytes; /* as it was when the request began */
	int64_t began_ns;        /* steady: when its first line was read */
	int64_t waits_ns;        /* steady: since when it is suspended */
	_Alignas(max_align_t) char first_block[EXCHANGE_FIRST_BLOCK];
};

struct exchange_pool {
	pthread_mutex_t lock;
	struct exchange *free; /* under lock */
	unsigned free_count;   /* under lock */
	unsigned live;         /* taken and not back; under lock */
};

void exchange_pool_init(struct exchange_pool *pool);
/* All are back. */
void exchange_pool_deinit(struct exchange_pool *pool);

/* With one reference. NULL when out of memory. */
struct exchange *exchange_new(struct http_server *server, struct MHD_Connection *connection);
struct exchange *exchange_ref(struct exchange *exchange);
void exchange_unref(struct exchange *exchange);

static inline struct exchange *exchange_of_request(struct http_request *request)
{
	return (struct exchange *)request;
}

static inline struct exchange *exchange_of_wait(struct wait *wait)
{
	return container_of(wait, struct exchange, wait);
}
