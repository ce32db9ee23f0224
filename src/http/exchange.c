/* Makes exchanges, counts who holds them, keeps some for the next requests. */
#include "http/exchange.h"

#include <assert.h>
#include <stdlib.h>

#include "http/http_server.h"

#define KEPT_EXCHANGES 256
#define KEPT_CAPACITY 65536 /* larger buffers are given back */

void exchange_pool_init(struct exchange_pool *pool)
{
	*pool = (struct exchange_pool){0};
	pthread_mutex_init(&pool->lock, NULL);
}

static void destroy(struct exchange *exchange)
{
	buffer_deinit(&exchange->request.out);
	buffer_deinit(&exchange->in);
	free(exchange);
}

void exchange_pool_deinit(struct exchange_pool *pool)
{
	assert(pool->live == 0);
	while (pool->free) {
		struct exchange *exchange = pool->free;

		pool->free = exchange->next_free;
		destroy(exchange);
	}
	pthread_mutex_destroy(&pool->lock);
}

static struct exchange *take_free(struct exchange_pool *pool)
{
	struct exchange *exchange;

	pthread_mutex_lock(&pool->lock);
	exchange = pool->free;
	if (exchange) {
		pool->free = exchange->next_free;
		pool->free_count--;
	}
	pool->live++;
	pthread_mutex_unlock(&pool->lock);
	return exchange;
}

/* False if there are enough. */
static bool keep(struct exchange_pool *pool, struct exchange *exchange)
{
	bool kept;

	pthread_mutex_lock(&pool->lock);
	pool->live--;
	kept = exchange && pool->free_count < KEPT_EXCHANGES;
	if (kept) {
		exchange->next_free = pool->free;
		pool->free = exchange;
		pool->free_count++;
	}
	pthread_mutex_unlock(&pool->lock);
	return kept;
}

static struct buffer emptied(struct buffer buffer)
{
	if (buffer.capacity > KEPT_CAPACITY)
		buffer_deinit(&buffer);
	else
		buffer_clear(&buffer);
	return buffer;
}

/* Only the buffers outlive a request; the first block is left as it is. */
static void reset(struct exchange *exchange, struct http_server *server,
		  struct MHD_Connection *connection)
{
	exchange->request = (struct http_request){.out = exchange->request.out};
	exchange->server = server;
	exchange->connection = connection;
	exchange->own = NULL;
	exchange->next_free = NULL;
	atomic_init(&exchange->refs, 1);
	exchange->wait = (struct wait){0};
	exchange->phase = EXCHANGE_LINE;
	exchange->refused = false;
	exchange->in_doubt = false;
	exchange->target_at = NULL;
	exchange->target = SLICE_NONE;
	exchange->body_received = 0;
	exchange->began_ns = 0;
	arena_init(&exchange->request.arena, exchange->first_block, EXCHANGE_FIRST_BLOCK);
}

struct exchange *exchange_new(struct http_server *server, struct MHD_Connection *connection)
{
	struct exchange *exchange = take_free(&server->exchanges);

	if (!exchange) {
		exchange = malloc(sizeof(*exchange));
		if (!exchange) {
			keep(&server->exchanges, NULL);
			return NULL;
		}
		exchange->request.out = (struct buffer){0};
		exchange->in = (struct buffer){0};
	}
	reset(exchange, server, connection);
	return exchange;
}

struct exchange *exchange_ref(struct exchange *exchange)
{
	atomic_fetch_add_explicit(&exchange->refs, 1, memory_order_relaxed);
	return exchange;
}

void exchange_unref(struct exchange *exchange)
{
	if (atomic_fetch_sub_explicit(&exchange->refs, 1, memory_order_acq_rel) > 1)
		return;
	arena_deinit(&exchange->request.arena);
	exchange->request.out = emptied(exchange->request.out);
	exchange->in = emptied(exchange->in);
	if (!keep(&exchange->server->exchanges, exchange))
		destroy(exchange);
}
