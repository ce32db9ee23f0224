/* The nodes' clock, as this server computes it. Pure, but for the last. */
#pragma once

#include "cql/cql.h"

struct store_cassandra;

/* What the nodes' clocks are ahead of ours (steady), in milliseconds. */
struct cass_clock_measure {
	int64_t offset_ms; /* the median, each taken at the middle between question and answer, */
	int64_t doubt_ms;  /* and how much earlier or later that one may have been */
	size_t nodes;      /* that answered; */
	size_t agreeing;   /* of them, those that the median's clock is not apart from */
	char apart[64];    /* one that is; "": none */
	int64_t apart_ms;  /* what that one is ahead of the median */
};

/* Further apart than this, something is wrong that must not be smoothed over. */
#define CASS_CLOCK_APART_MS 2000

/* False if nobody answered. */
bool cass_clock_measure(const struct cql_node_time *times, size_t count,
			struct cass_clock_measure *ret_measure);
/* More than half of the nodes have one time. */
static inline bool cass_clock_is_agreed(const struct cass_clock_measure *measure)
{
	return 2 * measure->agreeing > measure->nodes;
}

/* What is nearest to offset_ms of all that the measure allows: a slow answer changes nothing. */
int64_t cass_clock_toward(int64_t offset_ms, const struct cass_clock_measure *measure);

/* Where the offset goes from here, elapsed_ms after the last measure: at most CASS_CLOCK_SLEW_PER_S
 * milliseconds a second towards what was measured, so that lifetimes do not jump. */
#define CASS_CLOCK_SLEW_PER_S 5
int64_t cass_clock_slew(int64_t offset_ms, int64_t measured_ms, int64_t elapsed_ms);

/* Real time by the nodes' clocks, in microseconds since 1970. May go back a little. */
int64_t cass_clock_real_us(struct store_cassandra *cassandra);
