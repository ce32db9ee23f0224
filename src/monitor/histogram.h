/* Distributions: one row each, in histogram.c. */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

enum histogram {
	/* From the first line of a request to its answer, in ns. By what the request is. */
	HISTOGRAM_REQUEST_REFUSED, /* by the border, or no such path */
	HISTOGRAM_REQUEST_READ,
	HISTOGRAM_REQUEST_SEARCH,
	HISTOGRAM_REQUEST_CREATE, /* or replace */
	HISTOGRAM_REQUEST_WRITE,  /* of what is there */
	HISTOGRAM_REQUEST_UPDATES,
	HISTOGRAM_REQUEST_SERVICE,
	HISTOGRAM_STORE_WAIT,    /* how long a request was suspended, in ns */
	HISTOGRAM_BATCH_CHANGES, /* in one commit */
	HISTOGRAM_COMMIT,        /* how long it took, in ns */
	HISTOGRAM_EXPIRY_LATE,   /* how long an entry had been due when it was found, in s */
	HISTOGRAM_COUNT,
};

#define HISTOGRAM_BOUNDS_MAX 18

/* Zero-initialised is ready. */
struct histogram_values {
	_Atomic uint64_t buckets[HISTOGRAM_BOUNDS_MAX + 1]; /* the last one has what is beyond */
	_Atomic uint64_t sum;
};

struct histogram_row {
	const char *name;  /* as in Prometheus, without prefix; rows of one name stand together */
	const char *label; /* "class=\"read\""; NULL: none */
	const char *help;
	const uint64_t *bounds; /* ascending, each included; 0 ends them */
	double unit;            /* of what is shown: so many of it are one of ours */
};
extern const struct histogram_row histogram_rows[HISTOGRAM_COUNT];

void histogram_add(struct histogram_values *histograms, enum histogram histogram, uint64_t value);
