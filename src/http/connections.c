/* Keeps the list of connections, and closes those that are too slow. */
#include "http/connections.h"

#include <assert.h>
#include <stdlib.h>
#include <time.h>

#include "base/steady.h"
#include "monitor/counters.h"

/* How much longer a connection may live than its deadline says. */
#define TICK_MS 250

/* Deadlines are in seconds, and this one is read with each step of each request. */
static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- Deadlines ---- */

void connection_enter(const struct connections *connections, struct http_connection *connection,
		      enum connection_step step)
{
	unsigned limit_ms = connections->limits.step_ms[step];

	atomic_store_explicit(&connection->step, step, memory_order_relaxed);
	atomic_store_explicit(&connection->deadline_ms, limit_ms ? now_ms() + limit_ms : INT64_MAX,
			      memory_order_relaxed);
}

/* The list is locked, so the socket is still the connection's. The library sees the end of it. */
static void give_up(struct connections *connections, struct http_connection *connection)
{
	static const enum counter counters[CONNECTION_STEP_COUNT] = {
		[CONNECTION_IDLE] = COUNTER_HTTP_CLOSED_SLOW_RECEIVE,
		[CONNECTION_RECEIVING] = COUNTER_HTTP_CLOSED_SLOW_RECEIVE,
		[CONNECTION_SENDING] = COUNTER_HTTP_CLOSED_SLOW_SEND,
	};
	enum connection_step step = atomic_load_explicit(&connection->step, memory_order_relaxed);

	if (step != CONNECTION_WORKING)
		counter_add(connections->counters, counters[step], 1);
	atomic_store_explicit(&connection->deadline_ms, INT64_MAX, memory_order_relaxed);
	shutdown(connection->socket, SHUT_RDWR);
}

static void look(struct connections *connections)
{
	int64_t now = now_ms();

	for (struct http_connection *each = connections->first; each; each = each->next) {
		if (atomic_load_explicit(&each->deadline_ms, memory_order_relaxed) < now)
			give_up(connections, each);
	}
}

static void *close_slow_ones(void *ctx)
{
	struct connections *connections = ctx;

	pthread_mutex_lock(&connections->lock);
	while (!connections->stop) {
		look(connections);
		steady_condition_wait_ms(&connections->stopped, &connections->lock, TICK_MS);
	}
	pthread_mutex_unlock(&connections->lock);
	return NULL;
}

/* ---- Counting ---- */

static void append(struct connections *connections, struct http_connection *connection)
{
	connection->next = connections->first;
	if (connection->next)
		connection->next->previous = connection;
	connections->first = connection;
	connections->count++;
}

static void unlink_connection(struct connections *connections, struct http_connection *connection)
{
	if (connection->next)
		connection->next->previous = connection->previous;
	*(connection->previous ? &connection->previous->next : &connections->first) =
		connection->next;
	connections->count--;
}

/* Which limit it exceeds; COUNTER_COUNT: none. */
static enum counter count_in(struct connections *connections, struct http_connection *connection,
			     const struct sockaddr *address, bool is_exempt)
{
	const struct connection_limits *limits = &connections->limits;
	unsigned from_there;

	if (connections->count > limits->all)
		return COUNTER_HTTP_REFUSED_CONNECTIONS;
	if (is_exempt || limits->per_address == 0)
		return COUNTER_COUNT;
	connection->address = addresses_enter(&connections->addresses, address, &from_there);
	return connection->address && from_there <= limits->per_address
		       ? COUNTER_COUNT
		       : COUNTER_HTTP_REFUSED_ADDRESS;
}

struct http_connection *connections_add(struct connections *connections, int socket,
					const struct sockaddr *address, bool is_exempt)
{
	struct http_connection *connection = calloc(1, sizeof(*connection));
	enum counter exceeded;

	if (!connection)
		return NULL;
	connection->socket = socket;
	connection_enter(connections, connection, CONNECTION_IDLE);
	pthread_mutex_lock(&connections->lock);
	append(connections, connection);
	exceeded = count_in(connections, connection, address, is_exempt);
	pthread_mutex_unlock(&connections->lock);
	connection->exceeds = exceeded != COUNTER_COUNT;
	if (connection->exceeds) {
		counter_add(connections->counters, exceeded, 1);
		shutdown(socket, SHUT_RDWR);
	}
	return connection;
}

void connections_remove(struct connections *connections, struct http_connection *connection)
{
	if (!connection)
		return;
	pthread_mutex_lock(&connections->lock);
	unlink_connection(connections, connection);
	if (connection->address)
		addresses_leave(&connections->addresses, connection->address);
	pthread_mutex_unlock(&connections->lock);
	free(connection);
}

unsigned connections_count(struct connections *connections)
{
	unsigned count;

	pthread_mutex_lock(&connections->lock);
	count = connections->count;
	pthread_mutex_unlock(&connections->lock);
	return count;
}

/* ---- Life ---- */

static void free_parts(struct connections *connections)
{
	addresses_deinit(&connections->addresses);
	pthread_cond_destroy(&connections->stopped);
	pthread_mutex_destroy(&connections->lock);
}

int connections_init(struct connections *connections, struct counters *counters)
{
	int r;

	*connections = (struct connections){.counters = counters};
	addresses_init(&connections->addresses);
	pthread_mutex_init(&connections->lock, NULL);
	steady_condition_init(&connections->stopped);
	r = pthread_create(&connections->thread, NULL, close_slow_ones, connections);
	if (r != 0)
		free_parts(connections);
	return -r;
}

void connections_deinit(struct connections *connections)
{
	assert(!connections->first);
	pthread_mutex_lock(&connections->lock);
	connections->stop = true;
	pthread_cond_signal(&connections->stopped);
	pthread_mutex_unlock(&connections->lock);
	pthread_join(connections->thread, NULL);
	free_parts(connections);
}
