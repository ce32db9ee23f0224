/* The verb top: what a server does now, again and again. */
#include <math.h>
#include <stdio.h>

#include "base/steady.h"
#include "registryctl/client.h"
#include "registryctl/figures.h"
#include "registryctl/repeat.h"
#include "registryctl/verb.h"

#define DURATION "registryd_http_request_duration_seconds"
#define SERIES_ROOM 128

static const char *const classes[] = {"read",    "search",  "create", "write",
				      "updates", "service", "refused"};
#define CLASSES (sizeof(classes) / sizeof(classes[0]))

/* What is shown beside the requests: as it is, or how much of it there was in a second. */
static const struct {
	const char *series;
	const char *title;
	bool is_rate;
} figures[] = {
	{"registryd_hyperties", "hyperties", false},
	{"registryd_data_objects", "data objects", false},
	{"registryd_pending_updates", "pending updates", false},
	{"registryd_expiries_total", "expiries a second", true},
	{"registryd_http_answers_5xx_total", "failed a second", true},
	{"registryd_http_connections", "connections", false},
	{"registryd_requests_waiting", "requests waiting", false},
	{"registryd_store_degraded", "store degraded", false},
	{"process_cpu_seconds_total", "processors busy", true},
	{"process_resident_memory_bytes", "memory, bytes", false},
};
#define FIGURES (sizeof(figures) / sizeof(figures[0]))

/* Two looks at /metrics. */
struct looks {
	const char *before;
	const char *after;
	double passed_s;
};

static double rate(const struct looks *looks, const char *series)
{
	double more = figures_get(looks->after, series) - figures_get(looks->before, series);

	/* A server that was started anew counts from nothing. */
	return more < 0 ? 0 : more / looks->passed_s;
}

static double class_rate(const struct looks *looks, const char *class)
{
	char series[SERIES_ROOM];

	snprintf(series, sizeof(series), DURATION "_count{class=\"%s\"}", class);
	return rate(looks, series);
}

static double class_ms(const struct looks *looks, const char *class, double part)
{
	char label[SERIES_ROOM];

	snprintf(label, sizeof(label), "class=\"%s\"", class);
	return 1000 * figures_quantile(looks->before, looks->after, DURATION, label, part);
}

static double figure(const struct looks *looks, size_t i)
{
	return figures[i].is_rate ? rate(looks, figures[i].series)
				  : figures_get(looks->after, figures[i].series);
}

/* ---- For people ---- */

/* What is beyond the last bound has no upper one; nothing seen, nothing to say. */
static void show_ms(double ms)
{
	if (ms < 0)
		printf("%12s", "-");
	else if (isinf(ms))
		printf("%12s", "more");
	else
		printf("%12.2f", ms);
}

static void show_screen(const struct looks *looks)
{
	fputs("\033[H\033[2J", stdout);
	printf("%-20s%12s%12s%12s\n", "REQUESTS", "A SECOND", "50% IN ms", "99% IN ms");
	for (size_t i = 0; i < CLASSES; i++) {
		printf("%-20s%12.1f", classes[i], class_rate(looks, classes[i]));
		show_ms(class_ms(looks, classes[i], 0.5));
		show_ms(class_ms(looks, classes[i], 0.99));
		putchar('\n');
	}
	putchar('\n');
	for (size_t i = 0; i < FIGURES; i++)
		printf("%-20s%12.*f\n", figures[i].title, figures[i].is_rate ? 2 : 0,
		       figure(looks, i));
}

/* ---- For programs ---- */

static void write_ms(const char *name, double ms)
{
	printf(",\"%s\":", name);
	if (ms < 0 || isinf(ms))
		fputs("null", stdout);
	else
		printf("%.9g", ms);
}

static void show_line(const struct looks *looks)
{
	printf("{\"seconds\":%.3f,\"requests\":{", looks->passed_s);
	for (size_t i = 0; i < CLASSES; i++) {
		printf("%s\"%s\":{\"a_second\":%.9g", i > 0 ? "," : "", classes[i],
		       class_rate(looks, classes[i]));
		write_ms("p50_ms", class_ms(looks, classes[i], 0.5));
		write_ms("p99_ms", class_ms(looks, classes[i], 0.99));
		putchar('}');
	}
	putchar('}');
	for (size_t i = 0; i < FIGURES; i++)
		printf(",\"%s%s\":%.9g", figures[i].series, figures[i].is_rate ? "_a_second" : "",
		       figure(looks, i));
	puts("}");
}

/* ---- The verb ---- */

struct top {
	struct client client;
	struct client_answer before;
	int64_t before_ms;
};

static void show(const struct top *top, const char *metrics, int64_t now_ms)
{
	const struct looks looks = {
		.before = top->before.body.data,
		.after = metrics,
		.passed_s = (double)(now_ms - top->before_ms) / 1000,
	};

	if (!looks.before || now_ms == top->before_ms)
		return;
	if (client_wants_json(&top->client))
		show_line(&looks);
	else
		show_screen(&looks);
	fflush(stdout);
}

static int look(void *ctx)
{
	struct top *top = ctx;
	struct client_answer now;
	int64_t now_ms;

	if (client_ask(&top->client, CLIENT_ADMIN, "GET", "/metrics", NULL, &now) < 0)
		return EXIT_FAILED;
	if (now.status != 200) {
		fprintf(stderr, "registryctl top: the server answers %d\n", now.status);
		buffer_deinit(&now.body);
		return EXIT_FAILED;
	}
	now_ms = steady_ms();
	show(top, now.body.data, now_ms);
	buffer_deinit(&top->before.body);
	top->before = now;
	top->before_ms = now_ms;
	return EXIT_ALL;
}

int verb_top(int argc, char **argv)
{
	static const struct client_usage usage = {
		.verb = "top",
		.sentence = "Shows what a server does now, until it is ended: requests a second "
			    "and how long they take,\nby what they are, and how the server is.",
		.takes = CLIENT_BIT(CLIENT_INTERVAL) | CLIENT_BIT(CLIENT_COUNT) | CLIENT_CONNECTION,
	};
	struct top top = {0};
	int status;

	if (!client_read(&usage, argc, argv, &top.client, &status))
		return status;
	status = repeat(&top.client, 1, look, &top);
	buffer_deinit(&top.before.body);
	return status;
}
