/* Builds every part in order, serves, drains, frees in reverse. */
#include "server/server.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "api/api.h"
#include "http/http.h"
#include "log/log.h"
#include "monitor/counters.h"
#include "registry/registry.h"
#include "server/janitor.h"
#include "server/listeners.h"
#include "store/store.h"

#define DRAIN_STEP_MS 10

struct server {
	const struct settings *settings; /* not owned */
	struct clock *clock;             /* not owned */
	struct counters counters;
	struct store *store;
	struct registry *registry;
	struct janitor *janitor;
	struct api *api;
	struct http_server *public;
	struct http_server *admin; /* NULL if the settings want none */
	_Atomic bool draining;
};

/* ---- What the API asks of the whole ---- */

static bool is_ready(void *ctx, char *ret_reason, size_t reason_size)
{
	struct server *server = ctx;
	struct store_health health;

	if (atomic_load(&server->draining)) {
		snprintf(ret_reason, reason_size, "draining");
		return false;
	}
	store_health(server->store, &health);
	if (health.reason[0] || !health.readable || !health.writable)
		snprintf(ret_reason, reason_size, "store: %s", health.reason);
	return health.readable && health.writable;
}

static void fill_gauges(void *ctx, struct gauges *ret_gauges)
{
	struct server *server = ctx;
	struct store_health health;
	struct store_count count;
	char reason[256];

	store_health(server->store, &health);
	store_count(server->store, &count);
	*ret_gauges = (struct gauges){
		.hyperties = count.entries[ENTRY_HYPERTY],
		.data_objects = count.entries[ENTRY_DATA_OBJECT],
		.pending_updates = count.pending_updates,
		.swept_until_s = janitor_swept_until_s(server->janitor),
		.lifetime_s = store_now(server->store).lifetime_s,
		.requests_waiting = http_server_waiting(server->public),
		.log_dropped = log_dropped(),
		.ready = is_ready(server, reason, sizeof(reason)),
		.store_readable = health.readable,
		.store_writable = health.writable,
		.store_degraded = health.degraded,
		.store_nodes = health.nodes,
		.store_nodes_up = health.nodes_up,
	};
}

/* ---- Building ---- */

/* One descriptor a connection, and some for the store. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		log_warn("server.descriptor_limit", LOG_TEXT("reason", strerror(errno)));
}

/* Before the first thread, so that all inherit it: signals are server_run()'s to wait for. */
static void block_signals(sigset_t *ret_waited_for)
{
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(ret_waited_for);
	sigaddset(ret_waited_for, SIGTERM);
	sigaddset(ret_waited_for, SIGINT);
	/* A terminal that is closed must not cut off requests. */
	sigaddset(ret_waited_for, SIGHUP);
	pthread_sigmask(SIG_BLOCK, ret_waited_for, NULL);
}

static int build_registry(struct server *server)
{
	const struct settings *settings = server->settings;
	struct registry_options options = {
		.expires_max_s = settings->expires_max_s,
		.retention_s = settings->retention_s,
		.updates_max = (uint32_t)settings->updates_max,
	};
	int r = registry_new(&options, server->store, &server->registry);

	if (r < 0)
		return r;
	return janitor_new(server->registry, server->store, server->clock, &server->counters,
			   &server->janitor);
}

static int build_api(struct server *server)
{
	struct api_options options = {
		.registry = server->registry,
		.store = server->store,
		.counters = &server->counters,
		.hooks = {.ctx = server, .ready = is_ready, .gauges = fill_gauges},
		.writes_need_certificate = server->settings->tls_client_ca[0] != '\0',
		.updates_are_open = strcmp(server->settings->updates_access, "open") == 0,
	};

	return api_new(&options, &server->api);
}

/* Says which listener it is that cannot be had; returns r. */
static int name_listener(const char *name, int r, char *ret_reason, size_t reason_size)
{
	char what[512];

	snprintf(what, sizeof(what), "%s", ret_reason);
	snprintf(ret_reason, reason_size, "%s listener: %s", name, what);
	return r;
}

static int listen_admin(struct server *server, char *ret_reason, size_t reason_size)
{
	struct http_handler handler = api_admin_handler(server->api);
	char address[LISTENER_ADDRESS_MAX];
	struct http_options options;
	int r;

	if (!listener_admin(server->settings, address, &options))
		return 0;
	r = http_server_new(&options, &handler, &server->counters, &server->admin, ret_reason,
			    reason_size);
	return r < 0 ? name_listener("admin", r, ret_reason, reason_size) : 0;
}

static int listen_public(struct server *server, char *ret_reason, size_t reason_size)
{
	struct http_handler handler = api_public_handler(server->api);
	struct http_options options;
	struct tls_files files;
	int r = tls_files_read(server->settings, &files, ret_reason, reason_size);

	if (r < 0)
		return r;
	listener_public(server->settings, &files, &options);
	r = http_server_new(&options, &handler, &server->counters, &server->public, ret_reason,
			    reason_size);
	tls_files_deinit(&files);
	return r < 0 ? name_listener("public", r, ret_reason, reason_size) : 0;
}

static int build(struct server *server, char *ret_reason, size_t reason_size)
{
	int r = store_open(server->settings, server->clock, &server->counters, &server->store,
			   ret_reason, reason_size);

	if (r < 0)
		return r;
	r = build_registry(server);
	if (r == 0)
		r = build_api(server);
	if (r < 0) {
		snprintf(ret_reason, reason_size, "%s", strerror(-r));
		return r;
	}
	/* The admin listener asks the public one for numbers: it comes second. */
	r = listen_public(server, ret_reason, reason_size);
	if (r == 0)
		r = listen_admin(server, ret_reason, reason_size);
	return r;
}

int server_new(const struct settings *settings, struct clock *clock, struct server **ret_server,
	       char *ret_reason, size_t reason_size)
{
	struct server *server = calloc(1, sizeof(*server));
	sigset_t waited_for;
	int r;

	if (!server) {
		snprintf(ret_reason, reason_size, "out of memory");
		return -ENOMEM;
	}
	server->settings = settings;
	server->clock = clock;
	block_signals(&waited_for);
	raise_descriptor_limit();
	r = build(server, ret_reason, reason_size);
	if (r < 0) {
		server_free(server);
		return r;
	}
	*ret_server = server;
	return 0;
}

/* ---- Serving and draining ---- */

/* True if a signal came within the time. */
static bool wait_for_signal(int64_t limit_ms)
{
	struct timespec limit = {limit_ms / 1000, limit_ms % 1000 * 1000000};
	sigset_t waited_for;
	int r;

	block_signals(&waited_for);
	do {
		r = limit_ms < 0 ? sigwaitinfo(&waited_for, NULL)
				 : sigtimedwait(&waited_for, NULL, &limit);
	} while (r < 0 && errno == EINTR);
	return r > 0;
}

static int64_t steady_ms(void)
{
	struct clock *clock = clock_system();

	return clock->steady_ms(clock);
}

static void wait_for_requests(struct server *server, int64_t until_ms)
{
	while (http_server_in_flight(server->public) > 0 && steady_ms() < until_ms) {
		if (wait_for_signal(DRAIN_STEP_MS))
			return;
	}
}

/*
 * Requests in flight finish, unless they take too long or the operator asks again. Connections that
 * are open bring new ones: those are still answered, and end their connection, until there is a
 * moment without any; behind it nothing new is begun.
 */
static void finish_requests(struct server *server)
{
	int64_t until_ms = steady_ms() + server->settings->drain_limit_ms;

	http_server_quiesce(server->public);
	wait_for_requests(server, until_ms);
	http_server_refuse(server->public);
	wait_for_requests(server, until_ms);
}

static void log_ready(const struct server *server)
{
	log_info("server.ready", LOG_TEXT("version", REGISTRYD_VERSION),
		 LOG_TEXT("store", store_type(server->store)),
		 LOG_TEXT("data_dir", server->settings->data_dir),
		 LOG_TEXT("bind", server->settings->bind[0] ? server->settings->bind : "*"),
		 LOG_NUMBER("port", http_server_port(server->public)),
		 LOG_NUMBER("admin_port", server->admin ? http_server_port(server->admin) : 0));
}

void server_run(struct server *server)
{
	log_ready(server);
	wait_for_signal(-1);

	atomic_store(&server->draining, true);
	log_info("server.draining", LOG_NUMBER("in_flight", http_server_in_flight(server->public)));
	if (server->settings->drain_notice_ms > 0)
		wait_for_signal(server->settings->drain_notice_ms);
	finish_requests(server);
	if (http_server_in_flight(server->public) > 0)
		log_warn("server.drain_limit",
			 LOG_NUMBER("in_flight", http_server_in_flight(server->public)));
}

/*
 * The order matters: first go those who only look. Who waits is answered before the store stops;
 * the store completes what is pending, which finds nobody; the public listener ends, which settles
 * the last news; only then the store goes.
 */
void server_free(struct server *server)
{
	if (!server)
		return;
	http_server_free(server->admin);
	janitor_free(server->janitor);
	if (server->public)
		http_server_abandon_waits(server->public);
	if (server->store)
		store_stop(server->store);
	http_server_free(server->public);
	api_free(server->api);
	registry_free(server->registry);
	store_free(server->store);
	free(server);
}
