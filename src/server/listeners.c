/* From settings to the options of the two listeners. */
#include "server/listeners.h"

#include <errno.h>
#include <netdb.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "server/supervisor.h"

#define PEM_MAX (1 << 20)
#define PEM_ROOM (PEM_MAX + 1)
#define ADMIN_CONNECTIONS_MAX 64

/* All of it, since a key may stand anywhere in it. */
static void wipe_and_free(char *text)
{
	if (text)
		explicit_bzero(text, PEM_ROOM);
	free(text);
}

static int read_file(const char *path, char **ret_text, char *ret_reason, size_t reason_size)
{
	FILE *file = fopen(path, "re");
	char *text = file ? malloc(PEM_ROOM) : NULL;
	size_t len;
	int r = 0;

	if (!text) {
		r = file ? -ENOMEM : -errno;
		snprintf(ret_reason, reason_size, "%s: %s", path, strerror(-r));
		if (file)
			fclose(file);
		return r;
	}
	setvbuf(file, NULL, _IONBF, 0); /* no copy of a key stays behind */
	len = fread(text, 1, PEM_ROOM, file);
	if (ferror(file))
		r = -EIO;
	else if (len > PEM_MAX)
		r = -EFBIG;
	fclose(file);
	if (r < 0) {
		snprintf(ret_reason, reason_size, "%s: %s", path,
			 r == -EFBIG ? "larger than 1 MiB" : "cannot be read");
		wipe_and_free(text);
		return r;
	}
	text[len] = '\0';
	*ret_text = text;
	return 0;
}

/* Which file it is, by its option, and what it is for. */
struct tls_file {
	const char *option;
	const char *path;
	const char *marker; /* what such a file must have */
	const char *what;   /* in words */
	char **ret_text;
};

/* Two files that were swapped, and the like; whether it is in order is for the TLS library. */
static int check_marker(const struct tls_file *file, const char *text, char *ret_reason,
			size_t reason_size)
{
	if (strstr(text, file->marker))
		return 0;
	snprintf(ret_reason, reason_size, "%s: %s: %s: there is no %s in it", file->option,
		 file->path, text[0] ? "wrong file" : "is empty", file->what);
	return -EINVAL;
}

static int read_tls_file(const struct tls_file *file, char *ret_reason, size_t reason_size)
{
	char what[512];
	char *text = NULL;
	int r;

	if (file->path[0] == '\0')
		return 0;
	r = read_file(file->path, &text, what, sizeof(what));
	if (!text) {
		snprintf(ret_reason, reason_size, "%s: %s", file->option, what);
		return r;
	}
	r = check_marker(file, text, ret_reason, reason_size);
	if (r < 0) {
		wipe_and_free(text);
		return r;
	}
	*file->ret_text = text;
	return 0;
}

void tls_files_deinit(struct tls_files *files)
{
	free(files->certificate);
	wipe_and_free(files->key);
	free(files->client_ca);
	*files = (struct tls_files){0};
}

int tls_files_read(const struct settings *settings, struct tls_files *ret_files, char *ret_reason,
		   size_t reason_size)
{
	struct tls_files files = {0};
	const struct tls_file rows[] = {
		{"tls_certificate", settings->tls_certificate, "CERTIFICATE-----", "certificate",
		 &files.certificate},
		{"tls_key", settings->tls_key, "PRIVATE KEY-----", "private key", &files.key},
		{"tls_client_ca", settings->tls_client_ca, "CERTIFICATE-----", "certificate",
		 &files.client_ca},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int r = read_tls_file(&rows[i], ret_reason, reason_size);

		if (r < 0) {
			tls_files_deinit(&files);
			return r;
		}
	}
	*ret_files = files;
	return 0;
}

/* Those that we may run on: a container or taskset may leave us fewer than there are. */
static unsigned processor_count(void)
{
	cpu_set_t processors;

	if (sched_getaffinity(0, sizeof(processors), &processors) == 0)
		return (unsigned)CPU_COUNT(&processors);
	return 1;
}

static unsigned thread_count(const struct settings *settings)
{
	return settings->workers > 0 ? (unsigned)settings->workers : processor_count();
}

void listener_set_limits(const struct settings *settings, struct http_options *options)
{
	options->body_max_bytes = (size_t)settings->body_max_bytes;
	options->header_max_bytes = (size_t)settings->header_max_bytes;
	options->idle_timeout_s = (unsigned)settings->idle_timeout_s;
	options->receive_timeout_ms = (unsigned)settings->receive_timeout_ms;
	options->access_log = strcmp(settings->access_log, "yes") == 0;
	options->send_timeout_ms = (unsigned)settings->send_timeout_ms;
	options->request_timeout_ms = (unsigned)settings->request_timeout_ms;
}

static void take_over_listener(const char *name, struct http_options *options)
{
	options->listener = supervisor_listener(name);
	options->has_listener = options->listener >= 0;
}

void listener_address(const struct http_options *options, char ret_address[LISTENER_ADDRESS_MAX])
{
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);

	snprintf(ret_address, LISTENER_ADDRESS_MAX, "%s", options->bind);
	if (!options->has_listener)
		return;
	if (getsockname(options->listener, (struct sockaddr *)&address, &len) < 0 ||
	    getnameinfo((struct sockaddr *)&address, len, ret_address, LISTENER_ADDRESS_MAX, NULL,
			0, NI_NUMERICHOST) != 0)
		ret_address[0] = '\0';
}

void listener_public(const struct settings *settings, const struct tls_files *files,
		     struct http_options *ret_options)
{
	struct http_options options = {
		.bind = settings->bind,
		.port = (uint16_t)settings->port,
		.threads = thread_count(settings),
		.connections_max = (unsigned)settings->connections_max,
		.connections_per_address_max = (unsigned)settings->connections_per_address_max,
		.allowed_peers = settings->load_balancers,
		.tls_certificate_pem = files->certificate,
		.tls_key_pem = files->key,
		.tls_client_ca_pem = files->client_ca,
	};

	listener_set_limits(settings, &options);
	take_over_listener("public", &options);
	*ret_options = options;
}

/* The settings were checked: there is a colon, and a number behind it. */
bool listener_admin(const struct settings *settings, char address[LISTENER_ADDRESS_MAX],
		    struct http_options *ret_options)
{
	const char *colon = strrchr(settings->admin, ':');
	const char *start = settings->admin;
	size_t len;
	struct http_options options = {
		.bind = address,
		.threads = 1,
		.connections_max = ADMIN_CONNECTIONS_MAX,
		.allowed_peers = "",
	};

	if (!colon)
		return false;
	len = (size_t)(colon - start);
	if (len >= 2 && start[0] == '[' && start[len - 1] == ']') {
		start++;
		len -= 2;
	}
	snprintf(address, LISTENER_ADDRESS_MAX, "%.*s", (int)len, start);
	options.port = (uint16_t)strtoul(colon + 1, NULL, 10);
	listener_set_limits(settings, &options);
	take_over_listener("admin", &options);
	*ret_options = options;
	return true;
}
