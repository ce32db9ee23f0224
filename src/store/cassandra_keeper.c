/*
 * Keeps the store going, on a thread of its own: connects for as long as it takes, brings the
 * tables to our version, measures the nodes' clocks, counts, and says how things are.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sodium.h>

#include "log/log.h"
#include "store/cassandra_clock.h"
#include "store/cassandra_counts.h"
#include "store/cassandra_recount.h"
#include "store/cassandra_schema.h"
#include "store/cassandra_store.h"

#define RETRY_FIRST_MS 200
#define RETRY_MOST_MS 5000
/* Another server is at work on the tables. */
#define LOOK_AGAIN_MS 500
/* Between two looks at the nodes; between two exchanges of counts; between two measures. */
#define TICK_MS 200
#define COUNT_INTERVAL_MS 1000
#define CLOCK_INTERVAL_MS 10000
#define CLOCK_TIMEOUT_MS 2000
#define NODES_MAX 64
/* What was sent for one copy is told for so long. */
#define DEGRADED_TOLD_MS 10000

struct cass_keeper {
	struct store_cassandra *store;
	struct cass_waiter waiter;
	pthread_t thread;
	pthread_mutex_t lock; /* for stop */
	pthread_cond_t stopped;
	bool stop;

	/* The thread's own. */
	bool ready;
	struct cass_tally tally;
	struct cass_recount recount;
	int64_t counted_ms;         /* real, this boot: when counts were last exchanged, */
	int64_t measured_ms;        /* and clocks measured */
	int64_t nodes_ahead_ms;     /* what the nodes' clocks are ahead of ours */
	char apart[160];            /* whose clock is not to be gone by; "": all is well */
	char outlier[64];           /* the node whose clock was last told to be wrong */
	struct cql_figures figures; /* as they were added to the counters */
};

/* ---- Time ---- */

/* Real time, whatever lifetimes go by. */
static int64_t boot_us(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t boot_ms(void)
{
	return boot_us(CLOCK_BOOTTIME) / 1000;
}

/* False when it is time to stop. */
static bool wait_ms(struct cass_keeper *keeper, int64_t ms)
{
	struct timespec until;
	bool stop;
	int r = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += ms % 1000 * 1000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_mutex_lock(&keeper->lock);
	while (!keeper->stop && r == 0)
		r = pthread_cond_timedwait(&keeper->stopped, &keeper->lock, &until);
	stop = keeper->stop;
	pthread_mutex_unlock(&keeper->lock);
	return !stop;
}

/* ---- What is told ---- */

/* Why the store cannot serve now; logged once, until it is something else. */
static void tell_why_not(struct cass_keeper *keeper, const char *reason)
{
	struct store_cassandra *cassandra = keeper->store;
	bool changed;

	pthread_mutex_lock(&cassandra->reason_lock);
	changed = strncmp(cassandra->reason, reason, sizeof(cassandra->reason) - 1) != 0;
	snprintf(cassandra->reason, sizeof(cassandra->reason), "%s", reason);
	pthread_mutex_unlock(&cassandra->reason_lock);
	if (changed)
		log_warn("store.unreachable", LOG_TEXT("reason", reason));
}

static void tell_all_is_well(struct cass_keeper *keeper)
{
	struct store_cassandra *cassandra = keeper->store;
	bool changed;

	pthread_mutex_lock(&cassandra->reason_lock);
	changed = cassandra->reason[0] != '\0';
	cassandra->reason[0] = '\0';
	pthread_mutex_unlock(&cassandra->reason_lock);
	if (changed)
		log_info("store.reachable", LOG_TEXT("keyspace", cassandra->options.keyspace),
			 LOG_NUMBER("nodes", atomic_load(&cassandra->nodes)),
			 LOG_NUMBER("nodes_up", atomic_load(&cassandra->nodes_up)));
}

static void tell_degraded(struct store_cassandra *cassandra, struct store_health *health)
{
	health->degraded = cass_is_degraded(cassandra, DEGRADED_TOLD_MS);
	if (health->degraded && health->nodes_up < health->nodes)
		snprintf(health->reason, sizeof(health->reason), "degraded: %u of %u nodes are up",
			 health->nodes_up, health->nodes);
	else if (health->degraded)
		snprintf(health->reason, sizeof(health->reason),
			 "degraded: too few copies answer in time");
}

void store_cassandra_health(struct store *store, struct store_health *ret_health)
{
	struct store_cassandra *cassandra = store_cassandra_of(store);
	int state = atomic_load(&cassandra->state);

	*ret_health = (struct store_health){
		.nodes = atomic_load(&cassandra->nodes),
		.nodes_up = atomic_load(&cassandra->nodes_up),
	};
	pthread_mutex_lock(&cassandra->reason_lock);
	snprintf(ret_health->reason, sizeof(ret_health->reason), "%s",
		 state == CASS_STOPPING ? "it is being closed" : cassandra->reason);
	pthread_mutex_unlock(&cassandra->reason_lock);
	ret_health->readable = state == CASS_READY && ret_health->nodes_up > 0;
	ret_health->writable = ret_health->readable && ret_health->reason[0] == '\0';
	if (ret_health->writable)
		tell_degraded(cassandra, ret_health);
}

/* What this server and the others told; for a moment that may be less than nothing. */
static uint64_t sum(const _Atomic int64_t *own, const _Atomic int64_t *others)
{
	int64_t count = atomic_load(own) + atomic_load(others);

	return count > 0 ? (uint64_t)count : 0;
}

void store_cassandra_count(struct store *store, struct store_count *ret_count)
{
	struct store_cassandra *cassandra = store_cassandra_of(store);

	ret_count->entries[ENTRY_HYPERTY] =
		sum(&cassandra->own_hyperties, &cassandra->others_hyperties);
	ret_count->entries[ENTRY_DATA_OBJECT] =
		sum(&cassandra->own_data_objects, &cassandra->others_data_objects);
	ret_count->pending_updates = sum(&cassandra->own_pending, &cassandra->others_pending);
}

/* ---- The session ---- */

/* Its first line. It may change while we wait. */
static int read_password(struct cass_keeper *keeper, char password[static 1024])
{
	const char *path = keeper->store->options.password_file;
	FILE *file;

	password[0] = '\0';
	if (path[0] == '\0')
		return 0;
	file = fopen(path, "re");
	if (!file)
		return cass_waiter_refuse(&keeper->waiter, -errno, "%s: %s", path, strerror(errno));
	if (!fgets(password, 1024, file))
		password[0] = '\0';
	fclose(file);
	password[strcspn(password, "\r\n")] = '\0';
	if (password[0] == '\0')
		return cass_waiter_refuse(&keeper->waiter, -EINVAL,
					  "%s: there is no password in it", path);
	return 0;
}

static int connect_with(struct cass_keeper *keeper, const char *password)
{
	const struct store_cassandra_options *given = &keeper->store->options;
	const struct cql_options options = {
		.contact_points = given->contact_points,
		.port = given->port,
		.data_centre = given->data_centre,
		.user = given->user,
		.password = password,
		.tls_ca = given->tls_ca,
		.tls_certificate = given->tls_certificate,
		.tls_key = given->tls_key,
		.connect_timeout_ms = given->connect_timeout_ms,
		.request_timeout_ms = given->timeout_ms,
		.speculation_ms = given->speculation_ms,
	};
	char reason[128];
	int r = cql_connect(&options, &keeper->waiter.cql, reason, sizeof(reason));

	if (r == -EACCES)
		return cass_waiter_refuse(&keeper->waiter, r, "user %s: %s", given->user, reason);
	return r < 0 ? cass_waiter_refuse(&keeper->waiter, r, "%s", reason) : 0;
}

static int connect_now(struct cass_keeper *keeper)
{
	char password[1024];
	int r;

	if (keeper->waiter.cql)
		return 0;
	r = read_password(keeper, password);
	if (r == 0)
		r = connect_with(keeper, password);
	sodium_memzero(password, sizeof(password));
	return r;
}

/* ---- Clocks ---- */

static bool measure(struct cass_keeper *keeper, struct cass_clock_measure *ret_measure)
{
	struct cql_node_time *times = calloc(NODES_MAX, sizeof(*times));
	size_t count = 0;
	bool measured;

	if (times)
		count = cql_node_times(keeper->waiter.cql, CLOCK_TIMEOUT_MS, times, NODES_MAX);
	measured = cass_clock_measure(times, count, ret_measure);
	free(times);
	return measured;
}

static void note_offsets(struct cass_keeper *keeper, int64_t nodes_ahead_ms)
{
	struct store_cassandra *cassandra = keeper->store;
	int64_t wall_ahead_us = boot_us(CLOCK_REALTIME) - boot_us(CLOCK_BOOTTIME);

	keeper->nodes_ahead_ms = nodes_ahead_ms;
	atomic_store(&cassandra->real_offset_us, nodes_ahead_ms * 1000 - wall_ahead_us);
	if (cassandra->options.nodes_clock)
		atomic_store(&cassandra->clock_offset_ms, nodes_ahead_ms);
}

static int refuse_apart(struct cass_keeper *keeper, const char *whose, int64_t apart_ms)
{
	int r = cass_waiter_refuse(
		&keeper->waiter, -EPROTO, "clocks are apart: %s is %lld s %s the nodes' median",
		whose, (long long)llabs(apart_ms / 1000), apart_ms < 0 ? "behind" : "ahead of");

	snprintf(keeper->apart, sizeof(keeper->apart), "%s", keeper->waiter.reason);
	return r;
}

/* A node whose clock most others contradict: nobody goes by it, but somebody should set it. */
static void tell_outlier(struct cass_keeper *keeper, const struct cass_clock_measure *measure)
{
	bool changed = strcmp(keeper->outlier, measure->apart) != 0;

	snprintf(keeper->outlier, sizeof(keeper->outlier), "%s", measure->apart);
	if (changed && measure->apart[0] != '\0')
		log_warn("store.clock_apart", LOG_TEXT("node", measure->apart),
			 LOG_NUMBER("ahead_ms", measure->apart_ms));
}

/* At start our own wall clock is believed, as far as the nodes' do not contradict it; then the
 * steady one. */
static int adopt(struct cass_keeper *keeper, const struct cass_clock_measure *measure)
{
	bool first = keeper->measured_ms == 0;
	int64_t elapsed_ms = boot_ms() - keeper->measured_ms;
	int64_t old_ms = first ? (boot_us(CLOCK_REALTIME) - boot_us(CLOCK_BOOTTIME)) / 1000
			       : keeper->nodes_ahead_ms;
	int64_t new_ms = cass_clock_toward(old_ms, measure);

	if (!cass_clock_is_agreed(measure))
		return refuse_apart(keeper, measure->apart, measure->apart_ms);
	if (!first && llabs(new_ms - old_ms) > CASS_CLOCK_APART_MS)
		return refuse_apart(keeper, "this server's clock", old_ms - new_ms);
	keeper->apart[0] = '\0';
	keeper->measured_ms += elapsed_ms;
	note_offsets(keeper, first ? new_ms : cass_clock_slew(old_ms, new_ms, elapsed_ms));
	return 0;
}

static int set_clocks(struct cass_keeper *keeper)
{
	struct cass_clock_measure measured;

	if (!measure(keeper, &measured))
		return cass_waiter_refuse(&keeper->waiter, -EHOSTUNREACH, "no node tells its time");
	tell_outlier(keeper, &measured);
	return adopt(keeper, &measured);
}

/* Lifetime time goes on from the server's own wall clock as it is now, whatever it is set to. */
static void start_own_clock(struct store_cassandra *cassandra)
{
	struct clock *clock = cassandra->clock;

	if (!cassandra->options.nodes_clock)
		atomic_store(&cassandra->clock_offset_ms,
			     clock->wall_ms(clock) - clock->steady_ms(clock));
}

/* ---- Getting ready ---- */

static int prepare_all(struct cass_keeper *keeper)
{
	int r = 0;

	for (int i = 0; i < CASS_STATEMENT_COUNT && r == 0; i++)
		r = cass_waiter_prepare(&keeper->waiter, (enum cass_statement)i);
	return r;
}

static void look_at_nodes(struct cass_keeper *keeper)
{
	struct cql_health health;

	cql_health(keeper->waiter.cql, &health);
	atomic_store(&keeper->store->nodes, health.nodes);
	atomic_store(&keeper->store->nodes_up, health.nodes_up);
}

/* All that the store needs before it serves; may be tried again from any point. */
static int get_ready(struct cass_keeper *keeper)
{
	struct cass_waiter *waiter = &keeper->waiter;
	int r = connect_now(keeper);

	if (r == 0) {
		look_at_nodes(keeper);
		r = cass_schema_bring(waiter);
	}
	if (r == 0)
		r = prepare_all(keeper);
	if (r == 0)
		r = set_clocks(keeper);
	if (r == 0)
		r = cass_counts_exchange(waiter, &keeper->tally);
	return r;
}

/* As long as it takes. False when it is time to stop. */
static bool become_ready(struct cass_keeper *keeper)
{
	int64_t retry_ms = RETRY_FIRST_MS;
	int r;

	while ((r = get_ready(keeper)) < 0) {
		int64_t jitter_ms = randombytes_uniform((uint32_t)retry_ms / 4 + 1);

		tell_why_not(keeper, r == -ENOMEM ? "out of memory" : keeper->waiter.reason);
		if (!wait_ms(keeper, r == -EBUSY ? LOOK_AGAIN_MS : retry_ms - jitter_ms))
			return false;
		retry_ms = retry_ms < RETRY_MOST_MS / 2 ? 2 * retry_ms : RETRY_MOST_MS;
	}
	look_at_nodes(keeper);
	start_own_clock(keeper->store);
	tell_all_is_well(keeper);
	keeper->ready = cass_become_ready(keeper->store, keeper->waiter.cql);
	return keeper->ready;
}

/* ---- Being ready ---- */

static bool is_over(int64_t *since_ms, int64_t interval_ms)
{
	int64_t now_ms = boot_ms();

	if (now_ms - *since_ms < interval_ms)
		return false;
	*since_ms = now_ms;
	return true;
}

static void count_figures(struct cass_keeper *keeper)
{
	struct counters *counters = keeper->store->counters;
	struct cql_figures now;

	cql_figures(keeper->waiter.cql, &now);
	counter_add(counters, COUNTER_CASSANDRA_RETRIES, now.retries - keeper->figures.retries);
	counter_add(counters, COUNTER_CASSANDRA_SPECULATIONS,
		    now.speculations - keeper->figures.speculations);
	keeper->figures = now;
}

static void tell_how_it_is(struct cass_keeper *keeper)
{
	char reason[160];

	if (atomic_load(&keeper->store->nodes_up) == 0) {
		snprintf(reason, sizeof(reason), "none of the nodes can be reached (%s)",
			 keeper->store->options.contact_points);
		tell_why_not(keeper, reason);
	} else if (keeper->apart[0] != '\0') {
		tell_why_not(keeper, keeper->apart);
	} else {
		tell_all_is_well(keeper);
	}
}

/* A server that "stopped" tells nothing more. */
static void work(struct cass_keeper *keeper, int64_t *clocks_ms)
{
	if (atomic_load(&keeper->store->nodes_up) == 0 || atomic_load(&keeper->store->dead))
		return;
	if (is_over(&keeper->counted_ms, COUNT_INTERVAL_MS))
		cass_counts_exchange(&keeper->waiter, &keeper->tally);
	cass_recount_tick(&keeper->recount, &keeper->waiter, &keeper->tally, boot_ms());
	if (is_over(clocks_ms, CLOCK_INTERVAL_MS))
		set_clocks(keeper);
}

static void keep(struct cass_keeper *keeper)
{
	int64_t clocks_ms = boot_ms();

	while (wait_ms(keeper, TICK_MS)) {
		look_at_nodes(keeper);
		count_figures(keeper);
		work(keeper, &clocks_ms);
		tell_how_it_is(keeper);
	}
}

/* ---- Life ---- */

static void *keeper_main(void *arg)
{
	struct cass_keeper *keeper = arg;

	if (!become_ready(keeper))
		return NULL;
	keep(keeper);
	if (!atomic_load(&keeper->store->dead))
		cass_counts_leave(&keeper->waiter, &keeper->tally);
	return NULL;
}

static int start(struct cass_keeper *keeper)
{
	pthread_condattr_t monotonic;
	int r;

	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&keeper->lock, NULL);
	pthread_cond_init(&keeper->stopped, &monotonic);
	pthread_condattr_destroy(&monotonic);
	r = pthread_create(&keeper->thread, NULL, keeper_main, keeper);
	if (r != 0) {
		pthread_cond_destroy(&keeper->stopped);
		pthread_mutex_destroy(&keeper->lock);
	}
	return -r;
}

int cass_keeper_new(struct store_cassandra *cassandra, struct cass_keeper **ret_keeper)
{
	struct cass_keeper *keeper = calloc(1, sizeof(*keeper));
	int r;

	if (!keeper)
		return -ENOMEM;
	keeper->store = cassandra;
	keeper->waiter.store = cassandra;
	cass_recount_init(&keeper->recount);
	snprintf(cassandra->reason, sizeof(cassandra->reason), "connecting to %s",
		 cassandra->options.contact_points);
	r = start(keeper);
	if (r < 0) {
		free(keeper);
		return r;
	}
	*ret_keeper = keeper;
	return 0;
}

void cass_keeper_stop(struct cass_keeper *keeper)
{
	if (!keeper)
		return;
	pthread_mutex_lock(&keeper->lock);
	keeper->stop = true;
	pthread_cond_signal(&keeper->stopped);
	pthread_mutex_unlock(&keeper->lock);
	pthread_join(keeper->thread, NULL);
}

void cass_keeper_free(struct cass_keeper *keeper)
{
	if (!keeper)
		return;
	if (!keeper->ready)
		cql_free(keeper->waiter.cql);
	cass_recount_deinit(&keeper->recount);
	pthread_cond_destroy(&keeper->stopped);
	pthread_mutex_destroy(&keeper->lock);
	free(keeper);
}
