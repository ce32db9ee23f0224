/* A share of the limits for each class of requests. */
#include "api/admission.h"

static const struct {
	unsigned percent; /* of the limits, from which on it is refused; 0: never */
	bool needs_memory;
	enum counter counter;
} shares[HISTOGRAM_COUNT] = {
	[HISTOGRAM_REQUEST_SEARCH] = {50, true, COUNTER_SHED_SEARCHES},
	[HISTOGRAM_REQUEST_CREATE] = {60, true, COUNTER_SHED_CREATES},
	[HISTOGRAM_REQUEST_READ] = {80, false, COUNTER_SHED_READS},
};

static bool reaches(uint64_t value, uint64_t limit, unsigned percent)
{
	return limit > 0 && value * 100 >= limit * percent;
}

bool admission_refuses(enum histogram class, const struct admission_limits *limits,
		       const struct admission_load *load, enum counter *ret_counter)
{
	unsigned percent = shares[class].percent;

	*ret_counter = COUNTER_SHED_MEMORY;
	if (load->memory_is_full &&
	    (shares[class].needs_memory || (load->is_large && class == HISTOGRAM_REQUEST_WRITE)))
		return true;
	*ret_counter = shares[class].counter;
	if (percent == 0)
		return false;
	return reaches(load->waiting, limits->waiting_max, percent) ||
	       reaches((uint64_t)load->oldest_ms, (uint64_t)limits->wait_max_ms, percent);
}
