/* Reads a request, hands it to the handler, lets it wait, resumes it, sends the answer. */
#include "http/serve.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/steady.h"
#include "http/answer.h"
#include "http/framing.h"
#include "http/http_server.h"
#include "http/late.h"
#include "http/target.h"
#include "http/tls.h"
#include "monitor/counters.h"

/*
 * A body may exceed its limit so many times before we stop listening to it: a client that is still
 * sending when the connection is closed may never read the answer.
 */
#define PATIENCE 4

static int socket_of(struct MHD_Connection *connection)
{
	return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
}

static struct http_connection *own_of(struct MHD_Connection *connection)
{
	return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
		->socket_context;
}

/*
 * Called for the name and the value of each parameter, where they stand in the request line, and
 * then for the path. We decode by ourselves, so it does not decode. But it hides the parameters
 * that follow, of which the library would make a record each: thousands exhaust the memory of the
 * connection in the middle of the request line, and libmicrohttpd 0.9.75 then hangs or crashes.
 * Behind text stands its value, the next parameter or, at the latest, the HTTP version.
 */
size_t serve_unescape(void *ctx, struct MHD_Connection *connection, char *text)
{
	size_t len = strlen(text);
	char *behind = text + len + 1;

	(void)ctx;
	(void)connection;
	if (strchr(behind, '&'))
		*behind = '\0';
	return len;
}

/* The request line was read. NULL when out of memory: serve_request() closes the connection then.
 */
void *serve_request_line(void *ctx, const char *target, struct MHD_Connection *connection)
{
	struct http_connection *own = own_of(connection);
	/* What came before the socket was shut down is read all the same. */
	struct exchange *exchange = own && !own->exceeds ? exchange_new(ctx, connection) : NULL;

	if (!exchange)
		return NULL;
	exchange->target_at = target;
	exchange->began_ns = steady_ns();
	exchange->target = arena_copy(&exchange->request.arena, slice_of(target));
	if (!exchange->target.data) {
		exchange_unref(exchange);
		return NULL;
	}
	exchange->own = own;
	own->current = exchange;
	connection_enter(&exchange->server->connections, own, CONNECTION_RECEIVING);
	/* In this order: whoever refuses first and then finds nobody in flight has seen us, or we
	 * it. */
	atomic_fetch_add(&exchange->server->in_flight, 1);
	exchange->refused = atomic_load(&exchange->server->refusing);
	return exchange;
}

static struct slice header(struct MHD_Connection *connection, const char *name)
{
	const char *value;
	size_t len;

	if (MHD_lookup_connection_value_n(connection, MHD_HEADER_KIND, name, strlen(name), &value,
					  &len) == MHD_NO ||
	    !value)
		return SLICE_NONE;
	return (struct slice){value, len};
}

static void describe(struct exchange *exchange, const char *method)
{
	struct http_request *request = &exchange->request;
	struct target target = target_split(exchange->target, request->pieces, HTTP_PIECES_MAX + 1);

	request->method = arena_copy(&request->arena, slice_of(method));
	request->id =
		request_id_choose(&exchange->server->ids,
				  header(exchange->connection, REQUEST_ID_HEADER), &request->arena);
	request->is_head = strcmp(method, "HEAD") == 0;
	request->query = target.query;
	request->piece_count = target.piece_count;
	if (request->piece_count > HTTP_PIECES_MAX)
		request->piece_count = HTTP_PIECES_MAX + 1;
	request->body = SLICE("");
}

static enum MHD_Result add_header(void *ctx, enum MHD_ValueKind kind, const char *name,
				  size_t name_len, const char *value, size_t value_len)
{
	(void)kind;
	framing_add_header(ctx, (struct slice){name, name_len}, (struct slice){value, value_len});
	return MHD_YES;
}

/* Looked at when the whole of the headers is there, and again before anything is begun. */
static bool is_late(struct MHD_Connection *connection)
{
	struct clock *clock = clock_system();
	struct slice stamp = header(connection, LATE_HEADER);

	return stamp.data && late_is_past(stamp, clock->wall_ms(clock));
}

static struct framing read_framing(struct MHD_Connection *connection)
{
	struct framing framing = {0};

	MHD_get_connection_values_n(connection, MHD_HEADER_KIND, add_header, &framing);
	return framing;
}

/* The library counts the request line, too; it ends behind version. */
static size_t header_bytes(struct MHD_Connection *connection, const char *method,
			   const char *version)
{
	size_t line = (size_t)(version - method) + strlen(version);
	size_t all = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE)
			     ->header_size;

	return all > line ? all - line : 0;
}

/* Beyond all patience, or from a client that asked before sending it. */
static bool is_refused_at_once(struct exchange *exchange, uint64_t content_length)
{
	uint64_t max = exchange->body_max_bytes;

	return content_length > max * PATIENCE ||
	       (content_length > max &&
		MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND, "Expect"));
}

static enum refusal judge(struct exchange *exchange, const char *method, const char *version)
{
	const struct http_server *server = exchange->server;
	struct framing framing = read_framing(exchange->connection);

	if (exchange->own->refused)
		return REFUSAL_PEER;
	if (!framing_line_is_sound(method, exchange->target_at, exchange->target, version) ||
	    !framing_is_sound(&framing, strcmp(version, "HTTP/1.0") == 0))
		return REFUSAL_FRAMING;
	if (exchange->target.len > server->header_max_bytes)
		return REFUSAL_LONG_TARGET;
	if (header_bytes(exchange->connection, method, version) > server->header_max_bytes)
		return REFUSAL_LARGE_HEADERS;
	if (is_refused_at_once(exchange, framing.content_length))
		return REFUSAL_LARGE_BODY;
	if (is_late(exchange->connection))
		return REFUSAL_LATE;
	return REFUSAL_NONE;
}

/* An answer in this first call makes the library close the connection behind it. */
static enum MHD_Result take_headers(struct exchange *exchange, const char *method,
				    const char *version)
{
	enum refusal refusal;

	if (exchange->refused)
		return MHD_NO;
	exchange->phase = EXCHANGE_BODY;
	exchange->body_max_bytes = exchange->server->body_max_bytes;
	describe(exchange, method);
	refusal = judge(exchange, method, version);
	return refusal ? answer_refuse(exchange, refusal) : MHD_YES;
}

static enum MHD_Result take_body(struct exchange *exchange, const char *data, size_t *len)
{
	uint64_t max = exchange->body_max_bytes;

	exchange->body_received += *len;
	if (exchange->body_received > max * PATIENCE) {
		counter_add(exchange->server->counters, COUNTER_HTTP_REFUSED_SIZE, 1);
		return MHD_NO;
	}
	if (exchange->body_received <= max)
		buffer_append(&exchange->in, data, *len);
	*len = 0;
	return MHD_YES;
}

/* The wake may come before it is parked; then it resumes itself, by the same way. */
static void suspend(struct exchange *exchange)
{
	exchange->phase = EXCHANGE_WAITING;
	exchange->waits_ns = steady_ns();
	MHD_suspend_connection(exchange->connection);
	if (!waits_park(&exchange->server->waits, &exchange->wait))
		MHD_resume_connection(exchange->connection);
}

static void late(struct exchange *exchange)
{
	struct http_handler *handler = &exchange->server->handler;

	counter_add(exchange->server->counters, COUNTER_HTTP_LATE, 1);
	handler->late(handler->ctx, &exchange->request);
}

static void give_up(struct exchange *exchange)
{
	struct http_handler *handler = &exchange->server->handler;
	enum http_verdict verdict = handler->resume(handler->ctx, &exchange->request, true);

	assert(verdict == HTTP_ANSWERED);
	(void)verdict;
	counter_add(exchange->server->counters, COUNTER_HTTP_TIMED_OUT, 1);
	if (waits_gave_up(&exchange->server->waits, &exchange->wait))
		late(exchange);
}

/* One turn of the handler, after a wait. */
static enum http_verdict resume(struct exchange *exchange)
{
	struct http_handler *handler = &exchange->server->handler;
	enum http_verdict verdict;

	if (waits_take(&exchange->server->waits, &exchange->wait)) {
		give_up(exchange);
		return HTTP_ANSWERED;
	}
	exchange_ref(exchange);
	verdict = handler->resume(handler->ctx, &exchange->request, false);
	if (verdict == HTTP_ANSWERED)
		exchange_unref(exchange);
	return verdict;
}

/* The handler's first turn. The reference is for the wake; without a wait it goes at once. */
static enum http_verdict begin(struct exchange *exchange)
{
	struct http_handler *handler = &exchange->server->handler;
	enum http_verdict verdict;

	if (exchange->in.len > 0)
		exchange->request.body = (struct slice){exchange->in.data, exchange->in.len};
	exchange_ref(exchange);
	verdict = handler->begin(handler->ctx, &exchange->request);
	if (verdict == HTTP_ANSWERED)
		exchange_unref(exchange);
	return verdict;
}

static enum MHD_Result take_end(struct exchange *exchange)
{
	struct waits *waits = &exchange->server->waits;
	enum http_verdict verdict;

	if (exchange->body_received > exchange->body_max_bytes)
		return answer_refuse(exchange, REFUSAL_LARGE_BODY);
	/* Once more: it may have taken its time, or we ours. */
	if (exchange->body_received > 0 && is_late(exchange->connection))
		return answer_refuse(exchange, REFUSAL_LATE);
	if (exchange->in.failed || !exchange->request.method.data || !exchange->request.id.data)
		return answer_refuse(exchange, REFUSAL_NO_MEMORY);
	if (!waits_enter(waits)) {
		/* A connection that is closed without an answer sends the client elsewhere. */
		waits_leave(waits);
		return MHD_NO;
	}
	connection_enter(&exchange->server->connections, exchange->own, CONNECTION_WORKING);
	verdict = begin(exchange);
	if (verdict == HTTP_WAIT)
		suspend(exchange);
	waits_leave(waits);
	return verdict == HTTP_WAIT ? MHD_YES : answer_send(exchange);
}

/*
 * While it waits, nobody notices a client that leaves: the answer would go into the socket's buffer
 * and count as sent. One that only closed its sending side looks the same, so it is answered.
 */
static bool client_seems_gone(struct exchange *exchange)
{
	char byte;
	ssize_t n = recv(socket_of(exchange->connection), &byte, 1, MSG_PEEK | MSG_DONTWAIT);

	return n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

static enum MHD_Result go_on(struct exchange *exchange)
{
	struct waits *waits = &exchange->server->waits;
	enum http_verdict verdict;

	histogram_add(exchange->server->counters->histograms, HISTOGRAM_STORE_WAIT,
		      (uint64_t)(steady_ns() - exchange->waits_ns));
	waits_enter(waits);
	verdict = resume(exchange);
	if (verdict == HTTP_WAIT)
		suspend(exchange);
	waits_leave(waits);
	if (verdict == HTTP_WAIT)
		return MHD_YES;
	exchange->in_doubt = client_seems_gone(exchange);
	return answer_send(exchange);
}

/* Called with the headers, then with each part of the body, then at its end, then after each wait.
 */
enum MHD_Result serve_request(void *ctx, struct MHD_Connection *connection, const char *url,
			      const char *method, const char *version, const char *upload,
			      size_t *upload_size, void **exchange_at)
{
	struct exchange *exchange = *exchange_at;

	(void)ctx;
	(void)connection;
	(void)url;
	if (!exchange)
		return MHD_NO;
	switch (exchange->phase) {
	case EXCHANGE_LINE:
		return take_headers(exchange, method, version);
	case EXCHANGE_BODY:
		return *upload_size > 0 ? take_body(exchange, upload, upload_size)
					: take_end(exchange);
	case EXCHANGE_WAITING:
		return go_on(exchange);
	case EXCHANGE_ANSWERED:
		break;
	}
	return MHD_NO;
}

/* The connection went while it was resumed: the handler still has its turn, as was promised. */
static void end_wait(struct exchange *exchange)
{
	struct waits *waits = &exchange->server->waits;

	waits_enter(waits);
	while (resume(exchange) == HTTP_WAIT)
		waits_pass(waits, &exchange->wait);
	waits_leave(waits);
}

/* The connection, or at least this request on it, is over. */
static void complete(struct exchange *exchange, bool sent)
{
	struct http_server *server = exchange->server;

	exchange->own->current = NULL;
	connection_enter(&server->connections, exchange->own, CONNECTION_IDLE);
	if (exchange->phase == EXCHANGE_WAITING)
		end_wait(exchange);
	server->handler.finished(server->handler.ctx, &exchange->request, sent);
	atomic_fetch_sub(&server->in_flight, 1);
	exchange_unref(exchange);
}

void serve_completed(void *ctx, struct MHD_Connection *connection, void **exchange_at,
		     enum MHD_RequestTerminationCode how)
{
	struct exchange *exchange = *exchange_at;

	(void)ctx;
	(void)connection;
	*exchange_at = NULL;
	if (exchange)
		complete(exchange, how == MHD_REQUEST_TERMINATED_COMPLETED_OK &&
					   exchange->phase == EXCHANGE_ANSWERED &&
					   !exchange->in_doubt);
}

static struct http_connection *connection_new(struct http_server *server,
					      struct MHD_Connection *connection)
{
	const struct sockaddr *address =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)
			->client_addr;
	/* Whether the peer may talk to us does not change while it is connected. */
	bool is_allowed = peers_allow(&server->peers, address);
	bool is_balancer = is_allowed && server->peers.count > 0;
	struct http_connection *own =
		connections_add(&server->connections, socket_of(connection), address, is_balancer);

	if (own) {
		own->refused = !is_allowed;
		own->tls = http_server_tls(server);
		tls_credentials_use(own->tls, connection);
	}
	counter_add(server->counters, COUNTER_HTTP_CONNECTIONS, 1);
	return own;
}

/*
 * Accepted, or closed. The library may close a connection without saying that its request is over,
 * when it is out of memory for its own error answer; then that is said here.
 */
void serve_connection(void *ctx, struct MHD_Connection *connection, void **own_at,
		      enum MHD_ConnectionNotificationCode what)
{
	struct http_server *server = ctx;
	struct http_connection *own = *own_at;

	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		*own_at = connection_new(server, connection);
		return;
	}
	if (own && own->current)
		complete(own->current, false);
	if (own)
		tls_credentials_unref(own->tls);
	connections_remove(&server->connections, own);
	*own_at = NULL;
}

void serve_expired(struct wait *wait)
{
	MHD_resume_connection(exchange_of_wait(wait)->connection);
}

/* The waker's reference keeps the exchange until it is done with it, whoever comes first. */
void http_request_wake(struct http_request *request)
{
	struct exchange *exchange = exchange_of_request(request);

	switch (waits_wake(&exchange->server->waits, &exchange->wait)) {
	case WAKE_RESUME:
		MHD_resume_connection(exchange->connection);
		break;
	case WAKE_LATE:
		late(exchange);
		break;
	case WAKE_NOTED:
		break;
	}
	exchange_unref(exchange);
}

struct http_queue http_request_queue(struct http_request *request)
{
	struct http_server *server = exchange_of_request(request)->server;

	return (struct http_queue){http_server_waiting(server), waits_oldest_ms(&server->waits)};
}

struct slice http_request_header(struct http_request *request, const char *name)
{
	return header(exchange_of_request(request)->connection, name);
}

bool http_request_has_certificate(struct http_request *request)
{
	return tls_client_is_verified(exchange_of_request(request)->connection);
}
