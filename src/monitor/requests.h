/* How many requests were answered, by route, method and status. */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include "base/slice.h"

/* Whoever knows routes numbers them from 1; 0 is a request without one. */
#define REQUESTS_ROUTES_MAX 32
#define REQUESTS_METHODS 5
#define REQUESTS_CODES 14

struct request_counts {
	_Atomic uint64_t values[REQUESTS_ROUTES_MAX][REQUESTS_METHODS][REQUESTS_CODES];
};

/* What is none of the known ones is counted as "other". */
void requests_count(struct request_counts *counts, unsigned route, struct slice method, int status);

/* For those who show them: names of the columns, and numbers. */
const char *requests_method_name(unsigned method);
/* 0 for others. */
int requests_code(unsigned code);
static inline uint64_t requests_get(const struct request_counts *counts, unsigned route,
				    unsigned method, unsigned code)
{
	return atomic_load_explicit(&counts->values[route][method][code], memory_order_relaxed);
}
