/* Builds the Cassandra store from its parts, and takes it down. */
#include "store/store_cassandra.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <sodium.h>

#include "log/log.h"
#include "store/cassandra_store.h"

/* Operations last no longer than their statements' time-outs; this is for the worst of them. */
#define STOP_LIMIT_S 15

/* ---- Options ---- */

static const struct {
	struct slice name;
	enum cql_consistency consistency;
	enum cql_consistency serial;
} consistencies[] = {
	{{"local_quorum", 12}, CQL_LOCAL_QUORUM, CQL_SERIAL},
	{{"quorum", 6}, CQL_QUORUM, CQL_SERIAL},
	{{"one", 3}, CQL_ONE, CQL_SERIAL},
};

static int set_consistency(struct store_cassandra *cassandra, const char *name)
{
	for (size_t i = 0; i < sizeof(consistencies) / sizeof(consistencies[0]); i++) {
		if (slice_equal(consistencies[i].name, slice_of(name))) {
			cassandra->consistency = consistencies[i].consistency;
			cassandra->serial_consistency = consistencies[i].serial;
			return 0;
		}
	}
	return -EINVAL;
}

/* The texts of the options, which the store owns. */
#define TEXT_OPTIONS(options)                                                                      \
	{                                                                                          \
		&(options)->contact_points, &(options)->keyspace, &(options)->replication,         \
			&(options)->data_centre, &(options)->user, &(options)->password_file,      \
			&(options)->tls_ca, &(options)->tls_certificate, &(options)->tls_key,      \
			&(options)->consistency                                                    \
	}

static void free_options(struct store_cassandra_options *options)
{
	const char **texts[] = TEXT_OPTIONS(options);

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		free((char *)*texts[i]);
}

static int copy_options(const struct store_cassandra_options *given,
			struct store_cassandra_options *ret_options)
{
	struct store_cassandra_options options = *given;
	const char **texts[] = TEXT_OPTIONS(&options);
	bool whole = true;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		*texts[i] = strdup(*texts[i] ? *texts[i] : "");
		whole = whole && *texts[i];
	}
	if (!whole) {
		free_options(&options);
		return -ENOMEM;
	}
	*ret_options = options;
	return 0;
}

/* ---- Life ---- */

bool cass_become_ready(struct store_cassandra *cassandra, struct cql *cql)
{
	bool open;

	pthread_mutex_lock(&cassandra->jobs_lock);
	open = atomic_load(&cassandra->state) == CASS_CONNECTING;
	if (open) {
		cassandra->cql = cql;
		atomic_store(&cassandra->state, CASS_READY);
	}
	pthread_mutex_unlock(&cassandra->jobs_lock);
	return open;
}

void cass_note_damage(struct store_cassandra *cassandra, struct entry_key key)
{
	counter_add(cassandra->counters, COUNTER_STORE_DAMAGED, 1);
	log_error("store.record_damaged", LOG_SLICE("id", key.id),
		  LOG_TEXT("path", cassandra->options.keyspace));
}

/* Those that wait for nodes which do not answer are cut short at the end of the limit. */
static void wait_for_jobs(struct store_cassandra *cassandra)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += STOP_LIMIT_S;
	pthread_mutex_lock(&cassandra->jobs_lock);
	while (cassandra->jobs > 0) {
		if (pthread_cond_timedwait(&cassandra->jobs_over, &cassandra->jobs_lock, &until) ==
		    ETIMEDOUT)
			break;
	}
	atomic_store(&cassandra->dead, cassandra->dead || cassandra->jobs > 0);
	while (cassandra->jobs > 0)
		pthread_cond_wait(&cassandra->jobs_over, &cassandra->jobs_lock);
	pthread_mutex_unlock(&cassandra->jobs_lock);
}

static void store_cassandra_stop(struct store *store)
{
	struct store_cassandra *cassandra = store_cassandra_of(store);

	pthread_mutex_lock(&cassandra->jobs_lock);
	atomic_store(&cassandra->state, CASS_STOPPING);
	pthread_mutex_unlock(&cassandra->jobs_lock);
	wait_for_jobs(cassandra);
}

/* The keeper ends first, since it may be about to connect; it tells the cluster that we leave. */
static void store_cassandra_free(struct store *store)
{
	struct store_cassandra *cassandra = store_cassandra_of(store);

	store_cassandra_stop(store);
	cass_sweeper_leave(cassandra->sweeper);
	cass_taker_leave(cassandra->taker);
	wait_for_jobs(cassandra);
	cass_keeper_stop(cassandra->keeper);
	cql_free(cassandra->cql);
	cass_keeper_free(cassandra->keeper);
	cass_taker_free(cassandra->taker);
	cass_sweeper_free(cassandra->sweeper);
	cass_owners_deinit(&cassandra->owners);
	cass_keys_deinit(&cassandra->keys);
	pthread_mutex_destroy(&cassandra->reason_lock);
	pthread_cond_destroy(&cassandra->jobs_over);
	pthread_mutex_destroy(&cassandra->jobs_lock);
	free_options(&cassandra->options);
	free(cassandra);
}

static const struct store_verbs verbs = {
	.type = "Cassandra",
	.get = store_cassandra_get,
	.list = store_cassandra_list,
	.scan = store_cassandra_scan,
	.change = store_cassandra_change,
	.sweep = store_cassandra_sweep,
	.take_updates = store_cassandra_take_updates,
	.peek_updates = store_cassandra_peek_updates,
	.settle_updates = store_cassandra_settle_updates,
	.health = store_cassandra_health,
	.count = store_cassandra_count,
	.now = store_cassandra_now,
	.stop = store_cassandra_stop,
	.free = store_cassandra_free,
};

static void init_locks(struct store_cassandra *cassandra)
{
	pthread_condattr_t monotonic;

	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&cassandra->jobs_lock, NULL);
	pthread_cond_init(&cassandra->jobs_over, &monotonic);
	pthread_mutex_init(&cassandra->reason_lock, NULL);
	pthread_condattr_destroy(&monotonic);
	cass_keys_init(&cassandra->keys);
}

static int build_parts(struct store_cassandra *cassandra)
{
	int r = cass_owners_init(&cassandra->owners);

	if (r == 0)
		r = cass_sweeper_new(cassandra, &cassandra->sweeper);
	if (r == 0)
		r = cass_taker_new(cassandra, &cassandra->taker);
	if (r == 0)
		r = cass_keeper_new(cassandra, &cassandra->keeper);
	return r;
}

static int build(const struct store_cassandra_options *options, struct clock *clock,
		 struct counters *counters, struct store_cassandra **ret_cassandra)
{
	struct store_cassandra *cassandra = calloc(1, sizeof(*cassandra));
	int r;

	if (!cassandra)
		return -ENOMEM;
	r = copy_options(options, &cassandra->options);
	if (r < 0) {
		free(cassandra);
		return r;
	}
	cassandra->store.verbs = &verbs;
	cassandra->clock = clock;
	cassandra->counters = counters;
	cassandra->server = cass_claim_new();
	atomic_store(&cassandra->clock_offset_ms, INT64_MIN);
	init_locks(cassandra);
	r = set_consistency(cassandra, options->consistency);
	if (r == 0)
		r = build_parts(cassandra);
	if (r < 0) {
		store_cassandra_free(&cassandra->store);
		return r;
	}
	*ret_cassandra = cassandra;
	return 0;
}

int store_cassandra_new(const struct store_cassandra_options *options, struct clock *clock,
			struct counters *counters, struct store **ret_store, char *ret_reason,
			size_t reason_size)
{
	struct store_cassandra *cassandra;
	int r = sodium_init() < 0 ? -EIO : build(options, clock, counters, &cassandra);

	if (r < 0) {
		snprintf(ret_reason, reason_size, "the cassandra store: %s", strerror(-r));
		return r;
	}
	*ret_store = &cassandra->store;
	return 0;
}
