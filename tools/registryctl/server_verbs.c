/* Verbs about a running server: how it is, and reading its settings again. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/json_writer.h"
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

static void show_ready(bool ready, struct slice reason)
{
	printf("%-20s%s", "ready", ready ? "yes" : "no");
	if (reason.len > 0) {
		fputs(ready ? ", but " : ": ", stdout);
		show_text(stdout, reason, SHOW_ALL);
	}
	putchar('\n');
}

static void write_ready(bool ready, struct slice reason)
{
	struct buffer text = {0};

	printf("{\"ready\":%s", ready ? "true" : "false");
	if (reason.len == 0)
		return;
	json_write_text(&text, reason);
	if (!text.failed)
		printf(",\"reason\":%.*s", (int)text.len, text.data);
	buffer_deinit(&text);
}

static int show_status(const struct client *client, const struct client_answer *answer,
		       const struct client_answer *metrics)
{
	bool json = client_wants_json(client);
	bool ready = answer->status == 200;
	char text[256];
	struct slice reason;

	client_answer_reason(answer, text, sizeof(text));
	reason = slice_of(text);
	if (json)
		write_ready(ready, reason);
	else
		show_ready(ready, reason);
	show_figures(metrics->body.data, json);
	if (json)
		puts("}");
	return ready ? EXIT_ALL : EXIT_FAILED;
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

/* The first line without its end. False, with errno, if there is no file, or nothing in it. */
static bool read_line(const char *path, char *ret_line, int size)
{
	FILE *file = fopen(path, "re");
	bool read;

	if (!file)
		return false;
	errno = ENODATA;
	read = fgets(ret_line, size, file);
	fclose(file);
	ret_line[read ? strcspn(ret_line, "\n") : 0] = '\0';
	return read;
}

static int refuse(const char *what, const char *why)
{
	fputs("registryctl reload: ", stderr);
	show_text(stderr, slice_of(what), SHOW_ALL);
	fprintf(stderr, ": %s\n", why);
	return EXIT_NOT_FOUND;
}

/* EXIT_ALL, or what was said. */
static int check_registryd(long pid, const char *text)
{
	char path[64], name[32];

	snprintf(path, sizeof(path), "/proc/%ld/comm", pid);
	if (!read_line(path, name, sizeof(name)))
		return refuse(text, errno == ENOENT ? "there is no such process" : strerror(errno));
	return strcmp(name, "registryd") == 0 ? EXIT_ALL
					      : refuse(text, "that process is no registryd");
}

static int find_server(const struct client *client, long *ret_pid)
{
	const char *file = client->values[CLIENT_PID_FILE];
	const char *text = client->values[CLIENT_PID];
	char line[32];
	char *end;

	if (file && !read_line(file, line, sizeof(line)))
		return refuse(file, strerror(errno));
	text = file ? line : text;
	*ret_pid = strtol(text, &end, 10);
	if (end == text || *end != '\0' || *ret_pid <= 1)
		return refuse(file ? file : text, "is not the number of a process");
	return check_registryd(*ret_pid, text);
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
	long pid = 0;

	if (!client_read(&usage, argc, argv, &client, &status))
		return status;
	status = find_server(&client, &pid);
	if (status != EXIT_ALL)
		return status;
	if (kill((pid_t)pid, SIGHUP) < 0) {
		fprintf(stderr, "registryctl reload: %ld: %s\n", pid, strerror(errno));
		return EXIT_FAILED;
	}
	return EXIT_ALL;
}
