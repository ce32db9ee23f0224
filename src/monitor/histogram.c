/* The table of distributions. */
#include "monitor/histogram.h"

#include <stddef.h>

#define US 1000ULL
#define MS (1000 * US)
#define S (1000 * MS)
#define NS_OF_A_SECOND 1e-9

static const uint64_t times[HISTOGRAM_BOUNDS_MAX + 1] = {
	50 * US, 100 * US, 250 * US, 500 * US, 1 * MS, 2500 * US, 5 * MS, 10 * MS, 25 * MS,
	50 * MS, 100 * MS, 250 * MS, 500 * MS, 1 * S,  2500 * MS, 5 * S,  10 * S,
};
static const uint64_t numbers[HISTOGRAM_BOUNDS_MAX + 1] = {
	1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096,
};

static const uint64_t seconds[HISTOGRAM_BOUNDS_MAX + 1] = {
	1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600,
};

#define REQUEST(class)                                                                             \
	{                                                                                          \
		"http_request_duration_seconds", "class=\"" class "\"",                            \
			"Time from the first line of a request to its answer.", times,             \
			NS_OF_A_SECOND                                                             \
	}

const struct histogram_row histogram_rows[HISTOGRAM_COUNT] = {
	[HISTOGRAM_REQUEST_REFUSED] = REQUEST("refused"),
	[HISTOGRAM_REQUEST_READ] = REQUEST("read"),
	[HISTOGRAM_REQUEST_SEARCH] = REQUEST("search"),
	[HISTOGRAM_REQUEST_CREATE] = REQUEST("create"),
	[HISTOGRAM_REQUEST_WRITE] = REQUEST("write"),
	[HISTOGRAM_REQUEST_UPDATES] = REQUEST("updates"),
	[HISTOGRAM_REQUEST_SERVICE] = REQUEST("service"),
	[HISTOGRAM_STORE_WAIT] = {"store_wait_seconds", NULL,
				  "Time for which requests waited for the store.", times,
				  NS_OF_A_SECOND},
	[HISTOGRAM_BATCH_CHANGES] = {"store_batch_changes", NULL, "Changes that shared one commit.",
				     numbers, 1},
	[HISTOGRAM_COMMIT] = {"store_commit_seconds", NULL, "Time that a commit took.", times,
			      NS_OF_A_SECOND},
	[HISTOGRAM_EXPIRY_LATE] = {"expiry_late_seconds", NULL,
				   "Lifetime time between an entry's end and its expiry.", seconds,
				   1},
};

void histogram_add(struct histogram_values *histograms, enum histogram histogram, uint64_t value)
{
	struct histogram_values *values = &histograms[histogram];
	const uint64_t *bounds = histogram_rows[histogram].bounds;
	unsigned bucket = 0;

	while (bounds[bucket] != 0 && value > bounds[bucket])
		bucket++;
	atomic_fetch_add_explicit(&values->buckets[bucket], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&values->sum, value, memory_order_relaxed);
}
