/* Lifetime time and timestamps. */
#include "store/cassandra_clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "store/cassandra_store.h"

static int64_t offset_of(const struct cql_node_time *time)
{
	return time->wall_ms - (time->asked_ms + time->answered_ms) / 2;
}

static int64_t doubt_of(const struct cql_node_time *time)
{
	return (time->answered_ms - time->asked_ms + 1) / 2;
}

static int compare(const void *a, const void *b)
{
	int64_t x = offset_of(*(const struct cql_node_time *const *)a);
	int64_t y = offset_of(*(const struct cql_node_time *const *)b);

	return (x > y) - (x < y);
}

static const struct cql_node_time *median_of(const struct cql_node_time *times, size_t count)
{
	const struct cql_node_time **sorted = count > 0 ? calloc(count, sizeof(*sorted)) : NULL;
	const struct cql_node_time *median;

	if (!sorted)
		return NULL;
	for (size_t i = 0; i < count; i++)
		sorted[i] = &times[i];
	qsort(sorted, count, sizeof(*sorted), compare);
	median = sorted[(count - 1) / 2];
	free(sorted);
	return median;
}

bool cass_clock_measure(const struct cql_node_time *times, size_t count,
			struct cass_clock_measure *ret_measure)
{
	const struct cql_node_time *median = median_of(times, count);
	struct cass_clock_measure measure = {.nodes = count};

	if (!median)
		return false;
	measure.offset_ms = offset_of(median);
	measure.doubt_ms = doubt_of(median);
	for (size_t i = 0; i < count; i++) {
		int64_t apart_ms = offset_of(&times[i]) - measure.offset_ms;

		if (llabs(apart_ms) <= CASS_CLOCK_APART_MS + doubt_of(&times[i])) {
			measure.agreeing++;
			continue;
		}
		snprintf(measure.apart, sizeof(measure.apart), "%s", times[i].address);
		measure.apart_ms = apart_ms;
	}
	*ret_measure = measure;
	return true;
}

int64_t cass_clock_toward(int64_t offset_ms, const struct cass_clock_measure *measure)
{
	int64_t least_ms = measure->offset_ms - measure->doubt_ms;
	int64_t most_ms = measure->offset_ms + measure->doubt_ms;

	if (offset_ms < least_ms)
		return least_ms;
	return offset_ms > most_ms ? most_ms : offset_ms;
}

int64_t cass_clock_slew(int64_t offset_ms, int64_t measured_ms, int64_t elapsed_ms)
{
	int64_t most_ms = elapsed_ms * CASS_CLOCK_SLEW_PER_S / 1000;
	int64_t apart_ms = measured_ms - offset_ms;

	if (apart_ms > most_ms)
		return offset_ms + most_ms;
	return apart_ms < -most_ms ? offset_ms - most_ms : measured_ms;
}

/* The greater of the two stays. Returns it. */
static int64_t raise(_Atomic int64_t *value, int64_t to)
{
	int64_t old = atomic_load(value);

	while (old < to && !atomic_compare_exchange_weak(value, &old, to))
		;
	return old < to ? to : old;
}

struct moment store_cassandra_now(struct store *store)
{
	struct store_cassandra *cassandra = store_cassandra_of(store);
	struct clock *clock = cassandra->clock;
	int64_t offset_ms = atomic_load(&cassandra->clock_offset_ms);
	int64_t lifetime_ms = offset_ms == INT64_MIN ? 0 : clock->steady_ms(clock) + offset_ms;

	lifetime_ms = raise(&cassandra->lifetime_ms, lifetime_ms);
	return (struct moment){
		.lifetime_s = lifetime_ms / 1000,
		.wall_s = (cassandra->options.nodes_clock ? lifetime_ms : clock->wall_ms(clock)) /
			  1000,
	};
}

/* Cassandra compares timestamps with those that it gives to lightweight transactions, so they are
 * of real time, whatever clock lifetimes go by. */
int64_t cass_clock_real_us(struct store_cassandra *cassandra)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000 +
	       atomic_load(&cassandra->real_offset_us);
}

int64_t cass_stamp(struct store_cassandra *cassandra, int64_t above)
{
	int64_t now_us = cass_clock_real_us(cassandra);
	int64_t last = atomic_load(&cassandra->stamp_us);
	int64_t stamp;

	do {
		stamp = now_us > last ? now_us : last + 1;
		stamp = stamp > above ? stamp : above + 1;
		/* One that is far ahead, after a clock was wrong, must not drag all others along.
		 */
	} while (!atomic_compare_exchange_weak(
		&cassandra->stamp_us, &last, stamp > above + 1 || above <= now_us ? stamp : last));
	return stamp;
}
