/* Counts requests in a table of fixed size, whatever is asked for. */
#include "monitor/requests.h"

#include <assert.h>

static const char *const methods[REQUESTS_METHODS] = {"other", "GET", "HEAD", "PUT", "DELETE"};

static const int codes[REQUESTS_CODES] = {0,   200, 302, 400, 401, 404, 405,
					  408, 413, 414, 431, 500, 503, 507};

static unsigned number_of_method(struct slice method)
{
	for (unsigned i = 1; i < REQUESTS_METHODS; i++) {
		if (slice_equal(method, slice_of(methods[i])))
			return i;
	}
	return 0;
}

static unsigned number_of_code(int status)
{
	for (unsigned i = 1; i < REQUESTS_CODES; i++) {
		if (codes[i] == status)
			return i;
	}
	return 0;
}

void requests_count(struct request_counts *counts, unsigned route, struct slice method, int status)
{
	assert(route < REQUESTS_ROUTES_MAX);
	atomic_fetch_add_explicit(
		&counts->values[route][number_of_method(method)][number_of_code(status)], 1,
		memory_order_relaxed);
}

const char *requests_method_name(unsigned method)
{
	return methods[method];
}

int requests_code(unsigned code)
{
	return codes[code];
}
