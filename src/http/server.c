/* Starts, quiesces and ends the HTTP server. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <microhttpd.h>

#include "http/acceptor.h"
#include "http/http.h"
#include "http/http_server.h"
#include "http/listen.h"
#include "http/serve.h"
#include "http/tls.h"

/*
 * A connection's memory, in sizes of the header limit: a target and headers at their limits, the
 * library's notes on them, the head of the answer, and room to see that a limit was exceeded, since
 * what does not fit gets the library's own answer. But the library clears all of it with each
 * request: 16 KiB more cost 1.3 µs of CPU.
 */
#define POOL_FACTOR 3

#define LIBRARY_SPARE 64

#define OPTIONS_MAX 16

struct option_list {
	struct MHD_OptionItem items[OPTIONS_MAX];
	size_t count;
};

static void add(struct option_list *list, enum MHD_OPTION option, intptr_t value, void *pointer)
{
	list->items[list->count++] = (struct MHD_OptionItem){option, value, pointer};
}

static void add_callbacks(struct option_list *list, struct http_server *server)
{
	add(list, MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)serve_request_line, server);
	add(list, MHD_OPTION_UNESCAPE_CALLBACK, (intptr_t)serve_unescape, server);
	add(list, MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)serve_completed, server);
	add(list, MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)serve_connection, server);
}

static void add_limits(struct option_list *list, const struct http_options *options)
{
	size_t pool = options->header_max_bytes * POOL_FACTOR;
	/* Those beyond our own limit are noticed before they are closed; and the library gives each
	 * thread its part of them, and to some more connections than to others. */
	unsigned connections = 2 * options->connections_max + LIBRARY_SPARE * options->threads;

	add(list, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (intptr_t)pool, NULL);
	add(list, MHD_OPTION_CONNECTION_LIMIT, (intptr_t)connections, NULL);
	add(list, MHD_OPTION_CONNECTION_TIMEOUT, (intptr_t)options->idle_timeout_s, NULL);
	if (options->threads > 1)
		add(list, MHD_OPTION_THREAD_POOL_SIZE, (intptr_t)options->threads, NULL);
}

static unsigned add_tls(struct option_list *list, const struct http_options *options)
{
	if (!options->tls_certificate_pem)
		return 0;
	add(list, MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)options->tls_certificate_pem);
	add(list, MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)options->tls_key_pem);
	/* With it, clients are asked for a certificate and may do without. */
	if (options->tls_client_ca_pem)
		add(list, MHD_OPTION_HTTPS_MEM_TRUST, 0, (void *)options->tls_client_ca_pem);
	return MHD_USE_TLS;
}

static int start_daemon(struct http_server *server, const struct http_options *options)
{
	unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC | MHD_ALLOW_SUSPEND_RESUME |
			 MHD_USE_NO_LISTEN_SOCKET;
	struct option_list list = {.count = 0};

	add_callbacks(&list, server);
	add_limits(&list, options);
	flags |= add_tls(&list, options);
	add(&list, MHD_OPTION_END, 0, NULL);
	server->daemon = MHD_start_daemon(flags, 0, NULL, NULL, serve_request, server,
					  MHD_OPTION_ARRAY, list.items, MHD_OPTION_END);
	return server->daemon ? 0 : -EIO;
}

/* Owns fd. */
static int start_serving(struct http_server *server, const struct http_options *options, int fd)
{
	int r = start_daemon(server, options);

	if (r < 0) {
		close(fd);
		return r;
	}
	r = acceptor_init(&server->acceptor, server->daemon, server->counters, fd);
	if (r < 0)
		MHD_stop_daemon(server->daemon);
	return r;
}

/* A silent connection is the library's to close, after idle_timeout_s. */
void http_server_set_limits(struct http_server *server, const struct http_options *options)
{
	struct connection_limits *limits = &server->connections.limits;

	atomic_store(&server->body_max_bytes, options->body_max_bytes);
	atomic_store(&server->access_log, options->access_log);
	atomic_store(&limits->per_address, options->connections_per_address_max);
	atomic_store(&limits->step_ms[CONNECTION_IDLE],
		     options->idle_timeout_s * 1000 + options->receive_timeout_ms);
	atomic_store(&limits->step_ms[CONNECTION_RECEIVING], options->receive_timeout_ms);
	atomic_store(&limits->step_ms[CONNECTION_SENDING], options->send_timeout_ms);
}

static int start_timers(struct http_server *server, const struct http_options *options)
{
	int r = connections_init(&server->connections, server->counters);

	if (r < 0)
		return r;
	atomic_store(&server->connections.limits.all, options->connections_max);
	http_server_set_limits(server, options);
	r = waits_init(&server->waits, options->request_timeout_ms, serve_expired);
	if (r < 0)
		connections_deinit(&server->connections);
	return r;
}

static int get_listener(struct http_server *server, const struct http_options *options, int *ret_fd,
			char *ret_reason, size_t reason_size)
{
	if (!options->has_listener)
		return listen_open(options->bind, options->port, ret_fd, &server->port, ret_reason,
				   reason_size);
	server->port = listen_port(options->listener);
	*ret_fd = options->listener;
	return 0;
}

static int start(struct http_server *server, const struct http_options *options, char *ret_reason,
		 size_t reason_size)
{
	int fd, r;

	r = get_listener(server, options, &fd, ret_reason, reason_size);
	if (r < 0)
		return r;
	r = start_timers(server, options);
	if (r < 0) {
		snprintf(ret_reason, reason_size, "cannot start a thread");
		close(fd);
		return r;
	}
	r = start_serving(server, options, fd);
	if (r < 0) {
		snprintf(ret_reason, reason_size, "cannot start the HTTP library");
		waits_stop(&server->waits);
		waits_deinit(&server->waits);
		connections_deinit(&server->connections);
	}
	return r;
}

static struct http_server *server_alloc(const struct http_options *options,
					const struct http_handler *handler,
					struct counters *counters)
{
	struct http_server *server = calloc(1, sizeof(*server));

	if (!server)
		return NULL;
	server->handler = *handler;
	server->counters = counters;
	server->header_max_bytes = options->header_max_bytes;
	request_ids_init(&server->ids);
	pthread_mutex_init(&server->tls_lock, NULL);
	exchange_pool_init(&server->exchanges);
	return server;
}

static void server_dealloc(struct http_server *server)
{
	exchange_pool_deinit(&server->exchanges);
	tls_credentials_unref(server->tls);
	pthread_mutex_destroy(&server->tls_lock);
	peers_deinit(&server->peers);
	free(server);
}

int http_server_new(const struct http_options *options, const struct http_handler *handler,
		    struct counters *counters, struct http_server **ret_server, char *ret_reason,
		    size_t reason_size)
{
	struct http_server *server = server_alloc(options, handler, counters);
	int r;

	if (!server) {
		snprintf(ret_reason, reason_size, "out of memory");
		return -ENOMEM;
	}
	r = tls_credentials_new(options, &server->tls, ret_reason, reason_size);
	if (r == 0)
		r = peers_init(&server->peers, options->allowed_peers, ret_reason, reason_size);
	if (r == 0)
		r = start(server, options, ret_reason, reason_size);
	if (r < 0) {
		server_dealloc(server);
		return r;
	}
	*ret_server = server;
	return 0;
}

struct tls_credentials *http_server_tls(struct http_server *server)
{
	struct tls_credentials *tls;

	pthread_mutex_lock(&server->tls_lock);
	tls = tls_credentials_ref(server->tls);
	pthread_mutex_unlock(&server->tls_lock);
	return tls;
}

int http_server_set_tls(struct http_server *server, const struct http_options *options,
			char *ret_reason, size_t reason_size)
{
	struct tls_credentials *fresh;
	struct tls_credentials *old;
	int r = tls_credentials_new(options, &fresh, ret_reason, reason_size);

	if (r < 0)
		return r;
	pthread_mutex_lock(&server->tls_lock);
	old = server->tls;
	server->tls = fresh;
	pthread_mutex_unlock(&server->tls_lock);
	tls_credentials_unref(old);
	return 0;
}

uint16_t http_server_port(const struct http_server *server)
{
	return server->port;
}

unsigned http_server_connections(struct http_server *server)
{
	return connections_count(&server->connections);
}

unsigned http_server_in_flight(const struct http_server *server)
{
	return atomic_load(&server->in_flight);
}

unsigned http_server_waiting(const struct http_server *server)
{
	return atomic_load(&server->waits.count);
}

void http_server_quiesce(struct http_server *server)
{
	if (!atomic_exchange(&server->quiesced, true))
		acceptor_stop(&server->acceptor);
}

void http_server_refuse(struct http_server *server)
{
	atomic_store(&server->refusing, true);
}

void http_server_abandon_waits(struct http_server *server)
{
	waits_abandon(&server->waits);
}

void http_server_free(struct http_server *server)
{
	if (!server)
		return;
	http_server_quiesce(server);
	http_server_abandon_waits(server);
	/* It may be about to resume a connection: it ends before them. */
	waits_stop(&server->waits);
	MHD_stop_daemon(server->daemon);
	waits_deinit(&server->waits);
	connections_deinit(&server->connections);
	server_dealloc(server);
}
