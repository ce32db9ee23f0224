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
#include "base/steady.h"
#include "http/http.h"
#include "log/log.h"
#include "monitor/counters.h"
#include "registry/registry.h"
#include "server/janitor.h"
#include "server/listeners.h"
#include "server/loading.h"
#include "server/reloading.h"
#include "server/supervisor.h"
#include "store/store.h"

#define DRAIN_STEP_MS 10

struct server {
	struct settings *settings; /* not owned */
	struct clock *clock;       /* not owned */
	struct counters counters;
	struct store *store;
	struct registry *registry;
	struct janitor *janitor;
	struct api *api;
	struct http_server *public;
	struct http_server *admin; /* NULL if the settings want none */
	struct memory_watch memory;
	_Atomic bool draining;
	char address[LISTENER_ADDRESS_MAX]; /* of the public listener */
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

static int64_t disconnected(const struct store_count *count, enum entry_kind kind)
{
	return count->disconnected_known ? (int64_t)count->disconnected[kind] : -1;
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
		.hyperties_disconnected = disconnected(&count, ENTRY_HYPERTY),
		.data_objects_disconnected = disconnected(&count, ENTRY_DATA_OBJECT),
		.pending_updates = count.pending_updates,
		.swept_until_s = janitor_swept_until_s(server->janitor),
		.lifetime_s = store_now(server->store).lifetime_s,
		.connections = http_server_connections(server->public),
		.memory_bytes = memory_own_bytes(),
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

static void set_of(sigset_t *ret_set, bool with_reload)
{
	sigemptyset(ret_set);
	sigaddset(ret_set, SIGTERM);
	sigaddset(ret_set, SIGINT);
	if (with_reload)
		sigaddset(ret_set, SIGHUP);
}

/* Before the first thread, so that all inherit it: signals are server_run()'s to wait for. */
static void block_signals(void)
{
	sigset_t waited_for;

	signal(SIGPIPE, SIG_IGN);
	set_of(&waited_for, true);
	pthread_sigmask(SIG_BLOCK, &waited_for, NULL);
}

static int build_registry(struct server *server)
{
	const struct settings *settings = server->settings;
	struct registry_options options;
	int r;

	reloading_registry_options(settings, &options);
	r = registry_new(&options, server->store, &server->registry);

	if (r < 0)
		return r;
	return janitor_new(server->registry, server->store, server->clock, &server->counters,
			   &server->janitor);
}

#define OWN_STORE_WAIT_MAX_MS 2000

/* A store of our own is slow when there is too much to do; a cluster's, while nodes come and go. */
static int64_t wait_max_ms(const struct settings *settings)
{
	if (settings->wait_max_ms > 0)
		return settings->wait_max_ms;
	return strcmp(settings->store, "cassandra") == 0 ? 0 : OWN_STORE_WAIT_MAX_MS;
}

static int build_api(struct server *server)
{
	struct api_options options;

	memory_watch_init(&server->memory, (uint64_t)server->settings->memory_max_bytes);
	options = (struct api_options){
		.registry = server->registry,
		.store = server->store,
		.counters = &server->counters,
		.hooks = {.ctx = server, .ready = is_ready, .gauges = fill_gauges},
		.id_max_bytes = (size_t)server->settings->id_max_bytes,
		.json_depth_max = (size_t)server->settings->json_depth_max,
		.answer_max_bytes = (size_t)server->settings->answer_max_bytes,
		.admission = {.waiting_max = (unsigned)server->settings->waiting_max,
			      .wait_max_ms = wait_max_ms(server->settings)},
		.memory = &server->memory,
		.reads_need_certificate = strcmp(server->settings->access, "certificate") == 0,
		.writes_need_certificate = strcmp(server->settings->access, "open") != 0,
		.shows_overview = strcmp(server->settings->domain_env, "DEVELOPMENT") == 0,
		.shows_export = strcmp(server->settings->store, "memory") == 0,
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

/* The settings were checked, but a socket that was handed over may be elsewhere than they say. */
static int check_openness(const struct server *server, char *ret_reason, size_t reason_size)
{
	if (!settings_are_open(server->settings, server->address) ||
	    settings_may_be_open(server->settings))
		return 0;
	snprintf(ret_reason, reason_size, "%s: " SETTINGS_TOO_OPEN, server->address);
	return -EINVAL;
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
	listener_address(&options, server->address);
	r = check_openness(server, ret_reason, reason_size);
	if (r == 0)
		r = http_server_new(&options, &handler, &server->counters, &server->public,
				    ret_reason, reason_size);
	tls_files_deinit(&files);
	return r < 0 ? name_listener("public", r, ret_reason, reason_size) : 0;
}

static int build(struct server *server, char *ret_reason, size_t reason_size)
{
	int r = store_open(server->settings, server->clock, &server->counters, &server->store,
			   ret_reason, reason_size);

	if (r == 0)
		r = loading_run(server->settings, server->store, ret_reason, reason_size);
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

int server_new(struct settings *settings, struct clock *clock, struct server **ret_server,
	       char *ret_reason, size_t reason_size)
{
	struct server *server = calloc(1, sizeof(*server));
	int r;

	if (!server) {
		snprintf(ret_reason, reason_size, "out of memory");
		return -ENOMEM;
	}
	server->settings = settings;
	server->clock = clock;
	block_signals();
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

/* The one that came within the time, or 0. Without a limit if that is negative. */
static int wait_for_signal(bool with_reload, int64_t limit_ms)
{
	struct timespec limit = {limit_ms / 1000, limit_ms % 1000 * 1000000};
	sigset_t waited_for;
	int r;

	set_of(&waited_for, with_reload);
	do {
		r = limit_ms < 0 ? sigwaitinfo(&waited_for, NULL)
				 : sigtimedwait(&waited_for, NULL, &limit);
	} while (r < 0 && errno == EINTR);
	return r > 0 ? r : 0;
}

static void wait_for_requests(struct server *server, int64_t until_ms)
{
	while (http_server_in_flight(server->public) > 0 && steady_ms() < until_ms) {
		if (wait_for_signal(false, DRAIN_STEP_MS))
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
	bool has_directory = strcmp(server->settings->store, "lmdb") == 0;

	log_info("server.ready", LOG_TEXT("version", REGISTRYD_VERSION),
		 LOG_TEXT("store", store_type(server->store)),
		 LOG_TEXT("data_dir", has_directory ? server->settings->data_dir : ""),
		 LOG_TEXT("bind", server->address[0] ? server->address : "*"),
		 LOG_NUMBER("port", http_server_port(server->public)),
		 LOG_NUMBER("admin_port", server->admin ? http_server_port(server->admin) : 0));
}

static void write_status(struct server *server, char *ret_status, size_t size)
{
	struct store_count count;
	char reason[256] = "";

	store_count(server->store, &count);
	is_ready(server, reason, sizeof(reason));
	snprintf(ret_status, size, "port %u, %llu hyperties, %llu data objects%s%s",
		 http_server_port(server->public), (unsigned long long)count.entries[ENTRY_HYPERTY],
		 (unsigned long long)count.entries[ENTRY_DATA_OBJECT], reason[0] ? "; " : "",
		 reason);
}

static void tell_ready(struct server *server)
{
	char status[512];

	write_status(server, status, sizeof(status));
	supervisor_ready(status);
}

/* If the janitor stands still, so does the store, and who supervises us should know. */
static void beat(struct server *server, uint64_t *turns)
{
	uint64_t now = janitor_turns(server->janitor);
	char status[512];

	if (now == *turns)
		return;
	*turns = now;
	write_status(server, status, sizeof(status));
	supervisor_alive(status);
}

static void reload(struct server *server, const struct server_reload *how)
{
	const struct reloading reloading = {
		.settings = server->settings,
		.registry = server->registry,
		.public = server->public,
		.admin = server->admin,
	};

	supervisor_reloading();
	reloading_run(&reloading, how);
	tell_ready(server);
}

static void serve(struct server *server, const struct server_reload *how)
{
	int64_t beat_ms = supervisor_beat_ms();
	uint64_t turns = 0;
	int number;

	do {
		number = wait_for_signal(true, beat_ms);
		if (number == SIGHUP)
			reload(server, how);
		else if (number == 0)
			beat(server, &turns);
	} while (number == 0 || number == SIGHUP);
}

void server_run(struct server *server, const struct server_reload *how)
{
	log_ready(server);
	if (settings_are_open(server->settings, server->address))
		log_warn("server.open",
			 LOG_TEXT("bind", server->address[0] ? server->address : "*"));
	tell_ready(server);
	serve(server, how);

	atomic_store(&server->draining, true);
	supervisor_stopping();
	log_info("server.draining", LOG_NUMBER("in_flight", http_server_in_flight(server->public)));
	if (server->settings->drain_notice_ms > 0)
		wait_for_signal(false, server->settings->drain_notice_ms);
	finish_requests(server);
	if (http_server_in_flight(server->public) > 0)
		log_warn("server.drain_limit",
			 LOG_NUMBER("in_flight", http_server_in_flight(server->public)));
}

/*
 * The order matters: first those who wait are answered, since all that follows may itself wait for
 * a slow disk, the janitor for its sweep; then go those who only look; the store completes what is
 * pending, which finds nobody; the listeners end, which settles the last news; only then the store
 * goes. Before the store has stopped no listener may: what it still holds belongs to one.
 */
void server_free(struct server *server)
{
	if (!server)
		return;
	if (server->public)
		http_server_abandon_waits(server->public);
	if (server->admin)
		http_server_abandon_waits(server->admin);
	janitor_free(server->janitor);
	if (server->store)
		store_stop(server->store);
	http_server_free(server->admin);
	http_server_free(server->public);
	api_free(server->api);
	registry_free(server->registry);
	store_free(server->store);
	free(server);
}
