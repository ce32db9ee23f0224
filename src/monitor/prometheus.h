/* The counters and gauges in Prometheus' text format, version 0.0.4. */
#pragma once

#include "base/buffer.h"
#include "monitor/counters.h"

/* What is asked for rather than counted: a row each, in prometheus.c. */
struct gauges {
	uint64_t hyperties;
	uint64_t data_objects;
	int64_t hyperties_disconnected; /* of them; negative: the store does not count them */
	int64_t data_objects_disconnected;
	uint64_t pending_updates;
	int64_t swept_until_s;     /* lifetime time up to which everything due was swept */
	int64_t lifetime_s;        /* lifetime time now */
	uint64_t connections;      /* open, on the public listener */
	uint64_t requests_waiting; /* for the store */
	uint64_t memory_bytes;     /* without mapped files */
	uint64_t log_dropped;
	bool ready;
	bool store_readable;
	bool store_writable;
	bool store_degraded;
	uint64_t store_nodes; /* of a store that is a cluster; 0 otherwise */
	uint64_t store_nodes_up;
};

/* routes: the names of their numbers, from 0 on. Only what was counted is shown. */
void prometheus_write_requests(const struct request_counts *requests, const char *const *routes,
			       unsigned route_count, struct buffer *out);
void prometheus_write_histograms(const struct histogram_values *histograms, struct buffer *out);
/* Which release this is. */
void prometheus_write_build(struct buffer *out);
void prometheus_write(const struct counters *counters, const struct gauges *gauges,
		      struct buffer *out);
