/* Verbs about a running server: how it is, and reading its settings again. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "registryctl/client.h"
#include "registryctl/figures.h"
#include "registryctl/show.h"
#include "registryctl/verb.h"

/* ---- status ---- */

/* What is shown of /metrics. */
static const struct {
	const char *metric;
	const char *title;
} figures[] = {
	{"registryd_hyperties", "hyperties"},
	{"registryd_data_objects", "data objects"},
	{"registryd_pending_updates", "pending updates"},
	{"registryd_http_connections", "connections"},
	{"registryd_requests_waiting", "requests waiting"},
	{"registryd_http_requests_total", "requests answered"},
	{"registryd_http_answers_5xx_total", "of them, failed"},
	{"registryd_expiries_total", "expired"},
	{"registryd_store_writable", "store writable"},
	{"registryd_store_degraded", "store degraded"},
	{"registryd_log_dropped_total", "log lines dropped"},
	{"process_resident_memory_bytes", "memory, bytes"},
	{"process_cpu_seconds_total", "CPU, seconds"},
};
#define FIGURES (sizeof(figures) / sizeof(figures[0]))

static void show_figures(const char *text, bool json)
{
	for (size_t i = 0; i < FIGURES; i++) {
		int len;
		const char *value = figures_find(text, figures[i].metric, &len);

		if (value && json)
			printf(",\"%s\":%.*s", figures[i].metric, len, value);
		else if (value)
			printf("%-20s%.*s\n", figures[i].title, len, value);
	}
}

static void show_ready(const struct client_answer *ready)
{
	printf("%-20s", "ready");
	if (ready->status == 200)
		fputs("yes", stdout);
	else
		show_text(stdout, slice_of(ready->body.data), SHOW_ALL);
	putchar('\n');
}

static int show_status(const struct client *client, const struct client_answer *ready,
		       const struct client_answer *metrics)
{
	bool json = client_wants_json(client);

	if (json)
		printf("{\"ready\":%s", ready->status == 200 ? "true" : "false");
	else
		show_ready(ready);
	show_figures(metrics->body.data, json);
	if (json)
		puts("}");
	return ready->status == 200 ? EXIT_ALL : EXIT_FAILED;
}

int verb_status(int argc, char **argv)
{
	static const struct client_usage usage = {
		.verb = "status",
		.sentence = "Shows how a server is, as its admin listener says.",
		.takes = CLIENT_CONNECTION,
	};
	struct client_answer ready, metrics;
	struct client client;
	int status;

	if (!client_read(&usage, argc, argv, &client, &status))
		return status;
	if (client_ask(&client, CLIENT_ADMIN, "GET", "/ready", NULL, &ready) < 0)
		return EXIT_FAILED;
	status = EXIT_FAILED;
	if (client_ask(&client, CLIENT_ADMIN, "GET", "/metrics", NULL, &metrics) == 0) {
		if (metrics.status == 200)
			status = show_status(&client, &ready, &metrics);
		else
			fprintf(stderr, "registryctl status: the server answers %d\n",
				metrics.status);
		buffer_deinit(&metrics.body);
	}
	buffer_deinit(&ready.body);
	return status;
}

/* ---- reload ---- */

static bool is_registryd(long pid)
{
	char path[64], name[32] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%ld/comm", pid);
	file = fopen(path, "re");
	if (!file)
		return false;
	if (!fgets(name, sizeof(name), file))
		name[0] = '\0';
	fclose(file);
	return strcmp(name, "registryd\n") == 0;
}

/* 0 if there is none. */
static long read_pid(const struct client *client)
{
	const char *file_name = client->values[CLIENT_PID_FILE];
	char text[32] = "";
	FILE *file;
	char *end;
	long pid;

	if (file_name) {
		file = fopen(file_name, "re");
		if (!file || !fgets(text, sizeof(text), file))
			text[0] = '\0';
		if (file)
			fclose(file);
		text[strcspn(text, "\n")] = '\0';
	}
	pid = strtol(file_name ? text : client->values[CLIENT_PID], &end, 10);
	return *end == '\0' && pid > 1 ? pid : 0;
}

int verb_reload(int argc, char **argv)
{
	static const struct client_usage usage = {
		.verb = "reload",
		.sentence = "Has a server on this machine read its settings again; its log says "
			    "what came of it.",
		.takes = CLIENT_BIT(CLIENT_PID) | CLIENT_BIT(CLIENT_PID_FILE),
		.one_of = CLIENT_BIT(CLIENT_PID) | CLIENT_BIT(CLIENT_PID_FILE),
	};
	struct client client;
	int status;
	long pid;

	if (!client_read(&usage, argc, argv, &client, &status))
		return status;
	pid = read_pid(&client);
	if (pid == 0 || !is_registryd(pid)) {
		fputs("registryctl reload: that is no running registryd\n", stderr);
		return EXIT_NOT_FOUND;
	}
	if (kill((pid_t)pid, SIGHUP) < 0) {
		fprintf(stderr, "registryctl reload: %ld: %s\n", pid, strerror(errno));
		return EXIT_FAILED;
	}
	return EXIT_ALL;
}
