/*
 * All open connections: how many there are, and until when each must have come further.
 *
 * To the HTTP library a client that trickles bytes is never idle, since its time-out counts from
 * the last of them. So each step of a request has a deadline as a whole here, and a thread looks
 * for those who missed theirs and shuts their sockets down.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "http/addresses.h"

struct counters;
struct exchange;
struct tls_credentials;

enum connection_step {
	CONNECTION_IDLE,      /* between requests, and while the first line of one is read */
	CONNECTION_RECEIVING, /* the rest of a request */
	CONNECTION_WORKING,   /* ours to go on: no deadline */
	CONNECTION_SENDING,
	CONNECTION_STEP_COUNT,
};

/* From accept to close. What has no note belongs to its serving thread. */
struct http_connection {
	struct exchange *current;                /* begun to be read and not over, or NULL */
	bool refused;                            /* not one of the peers that may talk to us */
	bool exceeds;                            /* a limit: shut down, nothing is begun on it */
	int socket;                              /* not owned */
	struct tls_credentials *tls;             /* whoever sets it sees to its reference */
	struct address_count *address;           /* NULL: not counted */
	struct http_connection *previous, *next; /* under the lock */
	_Atomic(enum connection_step) step;      /* written by the serving thread */
	_Atomic int64_t deadline_ms;             /* the same; steady */
};

struct connection_limits {
	_Atomic unsigned all;
	_Atomic unsigned per_address;                    /* 0: no limit */
	_Atomic unsigned step_ms[CONNECTION_STEP_COUNT]; /* 0: as long as it takes */
};

/* Embedded. */
struct connections {
	struct connection_limits limits;
	struct counters *counters; /* not owned */
	pthread_mutex_t lock;
	pthread_cond_t stopped;
	struct http_connection *first; /* under lock */
	unsigned count;                /* under lock */
	struct addresses addresses;    /* under lock */
	bool stop;                     /* under lock */
	pthread_t thread;
};

/* Starts the thread; limits are zero. 0 or a negative errno. */
int connections_init(struct connections *connections, struct counters *counters);
/* There is none left. */
void connections_deinit(struct connections *connections);

/*
 * A new connection, idle. Beyond a limit its socket is shut down, so that the HTTP library closes
 * it; is_exempt: the limit of its address does not count. NULL when out of memory.
 */
struct http_connection *connections_add(struct connections *connections, int socket,
					const struct sockaddr *address, bool is_exempt);
/* Before its socket is closed. Frees it; NULL is fine. */
void connections_remove(struct connections *connections, struct http_connection *connection);

/* On its serving thread. */
void connection_enter(const struct connections *connections, struct http_connection *connection,
		      enum connection_step step);
unsigned connections_count(struct connections *connections);
