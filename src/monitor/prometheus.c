/* Writes the table of counters, then the table of gauges, for Prometheus to read. */
#include "monitor/prometheus.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define PREFIX "registryd_"

enum gauge_type {
	GAUGE_UNSIGNED,
	GAUGE_SIGNED,
	GAUGE_IF_KNOWN, /* int64_t; left out if it is negative */
	GAUGE_BOOL,     /* 0 or 1 */
};

struct gauge_row {
	const char *name;
	const char *help;
	enum gauge_type type;
	size_t offset;    /* in struct gauges */
	const char *kind; /* as Prometheus calls it; NULL: gauge */
};

static const struct gauge_row gauge_rows[] = {
	{"hyperties", "Hyperties kept, the disconnected ones too.", GAUGE_UNSIGNED,
	 offsetof(struct gauges, hyperties), NULL},
	{"data_objects", "Data objects kept, the disconnected ones too.", GAUGE_UNSIGNED,
	 offsetof(struct gauges, data_objects), NULL},
	{"hyperties_disconnected", "Of the hyperties, those that are disconnected.", GAUGE_IF_KNOWN,
	 offsetof(struct gauges, hyperties_disconnected), NULL},
	{"data_objects_disconnected", "Of the data objects, those that are disconnected.",
	 GAUGE_IF_KNOWN, offsetof(struct gauges, data_objects_disconnected), NULL},
	{"pending_updates",
	 "Entries that became disconnected and that nobody has been told of yet.", GAUGE_UNSIGNED,
	 offsetof(struct gauges, pending_updates), NULL},
	{"swept_until_seconds", "Lifetime time up to which everything due was swept.", GAUGE_SIGNED,
	 offsetof(struct gauges, swept_until_s), NULL},
	{"lifetime_seconds", "Lifetime time now.", GAUGE_SIGNED,
	 offsetof(struct gauges, lifetime_s), NULL},
	{"http_connections", "Connections open on the public listener.", GAUGE_UNSIGNED,
	 offsetof(struct gauges, connections), NULL},
	{"requests_waiting", "Requests that wait for the store.", GAUGE_UNSIGNED,
	 offsetof(struct gauges, requests_waiting), NULL},
	{"memory_bytes", "Memory of the process, without mapped files.", GAUGE_UNSIGNED,
	 offsetof(struct gauges, memory_bytes), NULL},
	{"log_dropped_total", "Log lines that were not taken in time.", GAUGE_UNSIGNED,
	 offsetof(struct gauges, log_dropped), "counter"},
	{"ready", "1 if the server takes requests, as /ready says.", GAUGE_BOOL,
	 offsetof(struct gauges, ready), NULL},
	{"store_readable", "1 if the store can be read.", GAUGE_BOOL,
	 offsetof(struct gauges, store_readable), NULL},
	{"store_writable", "1 if the store can be written.", GAUGE_BOOL,
	 offsetof(struct gauges, store_writable), NULL},
	{"store_degraded", "1 if the store serves with fewer copies than it should have.",
	 GAUGE_BOOL, offsetof(struct gauges, store_degraded), NULL},
	{"store_nodes", "Nodes of a store that is a cluster.", GAUGE_UNSIGNED,
	 offsetof(struct gauges, store_nodes), NULL},
	{"store_nodes_up", "Of them, those that can be reached.", GAUGE_UNSIGNED,
	 offsetof(struct gauges, store_nodes_up), NULL},
};

static void append_text(struct buffer *out, const char *text)
{
	buffer_append_slice(out, slice_of(text));
}

static void append_explanation(struct buffer *out, const char *name, const char *help,
			       const char *kind)
{
	append_text(out, "# HELP " PREFIX);
	append_text(out, name);
	append_text(out, " ");
	append_text(out, help);
	append_text(out, "\n# TYPE " PREFIX);
	append_text(out, name);
	append_text(out, " ");
	append_text(out, kind);
	append_text(out, "\n");
}

/* All of a metric up to its value. */
static void append_head(struct buffer *out, const char *name, const char *help, const char *kind)
{
	append_explanation(out, name, help, kind);
	append_text(out, PREFIX);
	append_text(out, name);
	append_text(out, " ");
}

static void append_signed(struct buffer *out, int64_t value)
{
	if (value < 0)
		buffer_append_byte(out, '-');
	buffer_append_uint(out, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

static void append_gauge(struct buffer *out, const struct gauge_row *row,
			 const struct gauges *gauges)
{
	const void *field = (const char *)gauges + row->offset;

	if (row->type == GAUGE_IF_KNOWN && *(const int64_t *)field < 0)
		return;
	append_head(out, row->name, row->help, row->kind ? row->kind : "gauge");
	switch (row->type) {
	case GAUGE_UNSIGNED:
		buffer_append_uint(out, *(const uint64_t *)field);
		break;
	case GAUGE_SIGNED:
	case GAUGE_IF_KNOWN:
		append_signed(out, *(const int64_t *)field);
		break;
	case GAUGE_BOOL:
		buffer_append_uint(out, *(const bool *)field);
		break;
	}
	buffer_append_byte(out, '\n');
}

void prometheus_write(const struct counters *counters, const struct gauges *gauges,
		      struct buffer *out)
{
	for (int i = 0; i < COUNTER_COUNT; i++) {
		append_head(out, counter_rows[i].name, counter_rows[i].help, "counter");
		buffer_append_uint(out, counter_get(counters, (enum counter)i));
		buffer_append_byte(out, '\n');
	}
	for (size_t i = 0; i < sizeof(gauge_rows) / sizeof(gauge_rows[0]); i++)
		append_gauge(out, &gauge_rows[i], gauges);
}

void prometheus_write_build(struct buffer *out)
{
	append_explanation(out, "build_info", "1, with the version of the program.", "gauge");
	append_text(out, PREFIX "build_info{version=\"" REGISTRYD_VERSION "\"} 1\n");
}

/* ---- Requests ---- */

static void append_request(struct buffer *out, const char *route, unsigned method, unsigned code,
			   uint64_t number)
{
	append_text(out, PREFIX "http_requests_by_route_total{route=\"");
	append_text(out, route);
	append_text(out, "\",method=\"");
	append_text(out, requests_method_name(method));
	append_text(out, "\",code=\"");
	if (requests_code(code) != 0)
		buffer_append_uint(out, (uint64_t)requests_code(code));
	else
		append_text(out, "other");
	append_text(out, "\"} ");
	buffer_append_uint(out, number);
	append_text(out, "\n");
}

void prometheus_write_requests(const struct request_counts *requests, const char *const *routes,
			       unsigned route_count, struct buffer *out)
{
	append_explanation(out, "http_requests_by_route_total",
			   "Requests answered, by route, method and status.", "counter");
	for (unsigned route = 0; route < route_count; route++) {
		for (unsigned cell = 0; cell < REQUESTS_METHODS * REQUESTS_CODES; cell++) {
			unsigned method = cell / REQUESTS_CODES, code = cell % REQUESTS_CODES;
			uint64_t number = requests_get(requests, route, method, code);

			if (number > 0)
				append_request(out, routes[route], method, code, number);
		}
	}
}

/* ---- Histograms ---- */

static void append_decimal(struct buffer *out, double number)
{
	char text[32];

	snprintf(text, sizeof(text), "%.9g", number);
	append_text(out, text);
}

/* registryd_NAME_SUFFIX{LABEL,le="LE"} */
static void append_series(struct buffer *out, const struct histogram_row *row, const char *suffix,
			  const char *le)
{
	append_text(out, PREFIX);
	append_text(out, row->name);
	append_text(out, suffix);
	if (row->label || le)
		append_text(out, "{");
	if (row->label)
		append_text(out, row->label);
	if (le) {
		append_text(out, row->label ? ",le=\"" : "le=\"");
		append_text(out, le);
		append_text(out, "\"");
	}
	append_text(out, row->label || le ? "} " : " ");
}

static void append_histogram(struct buffer *out, const struct histogram_row *row,
			     const struct histogram_values *values)
{
	uint64_t count = 0;
	char le[32];

	for (unsigned i = 0; i == 0 || row->bounds[i - 1] != 0; i++) {
		count += atomic_load_explicit(&values->buckets[i], memory_order_relaxed);
		snprintf(le, sizeof(le), "%.9g", (double)row->bounds[i] * row->unit);
		append_series(out, row, "_bucket", row->bounds[i] != 0 ? le : "+Inf");
		buffer_append_uint(out, count);
		append_text(out, "\n");
	}
	append_series(out, row, "_sum", NULL);
	append_decimal(out, (double)atomic_load_explicit(&values->sum, memory_order_relaxed) *
				    row->unit);
	append_text(out, "\n");
	append_series(out, row, "_count", NULL);
	buffer_append_uint(out, count);
	append_text(out, "\n");
}

void prometheus_write_histograms(const struct histogram_values *histograms, struct buffer *out)
{
	const char *last = "";

	for (int i = 0; i < HISTOGRAM_COUNT; i++) {
		const struct histogram_row *row = &histogram_rows[i];

		if (strcmp(row->name, last) != 0)
			append_explanation(out, row->name, row->help, "histogram");
		last = row->name;
		append_histogram(out, row, &histograms[i]);
	}
}
