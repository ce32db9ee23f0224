/* The counters and gauges in Prometheus' text format, version 0.0.4. */
#pragma once

#include "base/buffer.h"
#include "monitor/counters.h"

/* What is asked for rather than counted: a row each, in prometheus.c. */
struct gauges {
	uint64_t hyperties;
	uint64_t data_objects;
	uint64_t pending_updates;
	int64_t swept_until_s;     /* lifetime time up to which everything due was swept */
	int64_t lifetime_s;        /* lifetime time now */
	uint64_t requests_waiting; /* for the store */
	uint64_t log_dropped;
	bool ready;
	bool store_readable;
	bool store_writable;
	bool store_degraded;
	uint64_t store_nodes; /* of a store that is a cluster; 0 otherwise */
	uint64_t store_nodes_up;
};

void prometheus_write(const struct counters *counters, const struct gauges *gauges,
		      struct buffer *out);
