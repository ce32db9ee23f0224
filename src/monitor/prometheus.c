/* Writes the table of counters, then the table of gauges, for Prometheus to read. */
#include "monitor/prometheus.h"

#include <stdbool.h>
#include <stddef.h>

#define PREFIX "registryd_"

enum gauge_type {
	GAUGE_UNSIGNED,
	GAUGE_SIGNED,
	GAUGE_BOOL, /* 0 or 1 */
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
	{"pending_updates",
	 "Entries that became disconnected and that nobody has been told of yet.", GAUGE_UNSIGNED,
	 offsetof(struct gauges, pending_updates), NULL},
	{"swept_until_seconds", "Lifetime time up to which everything due was swept.", GAUGE_SIGNED,
	 offsetof(struct gauges, swept_until_s), NULL},
	{"lifetime_seconds", "Lifetime time now.", GAUGE_SIGNED,
	 offsetof(struct gauges, lifetime_s), NULL},
	{"requests_waiting", "Requests that wait for the store.", GAUGE_UNSIGNED,
	 offsetof(struct gauges, requests_waiting), NULL},
	{"log_dropped_total", "Log lines that standard error did not take.", GAUGE_UNSIGNED,
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

/* All of a metric up to its value. */
static void append_head(struct buffer *out, const char *name, const char *help, const char *kind)
{
	append_text(out, "# HELP " PREFIX);
	append_text(out, name);
	append_text(out, " ");
	append_text(out, help);
	append_text(out, "\n# TYPE " PREFIX);
	append_text(out, name);
	append_text(out, " ");
	append_text(out, kind);
	append_text(out, "\n" PREFIX);
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

	append_head(out, row->name, row->help, row->kind ? row->kind : "gauge");
	switch (row->type) {
	case GAUGE_UNSIGNED:
		buffer_append_uint(out, *(const uint64_t *)field);
		break;
	case GAUGE_SIGNED:
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
