/* Connects by the settings, and waits for what the client completes on its own thread. */
#include "registryctl/session.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/container.h"

#define PASSWORD_MAX 1024
#define TRIES 30
#define PAUSE_MS 500

struct session_gate {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned in_flight; /* lock */
};

/* ---- Connecting ---- */

static int read_password(const char *path, char ret_password[PASSWORD_MAX], char *ret_reason,
			 size_t reason_size)
{
	FILE *file = fopen(path, "re");
	int r = 0;

	ret_password[0] = '\0';
	if (!file || (!fgets(ret_password, PASSWORD_MAX, file) && ferror(file)))
		r = -errno;
	if (file)
		fclose(file);
	ret_password[strcspn(ret_password, "\r\n")] = '\0';
	if (r < 0)
		snprintf(ret_reason, reason_size, "%s: %s", path, strerror(-r));
	return r;
}

static enum cql_consistency consistency_of(const struct settings *settings)
{
	if (strcmp(settings->cassandra_consistency, "one") == 0)
		return CQL_LOCAL_ONE;
	return strcmp(settings->cassandra_consistency, "quorum") == 0 ? CQL_QUORUM
								      : CQL_LOCAL_QUORUM;
}

static struct cql_options options_of(const struct settings *settings, const char *password)
{
	return (struct cql_options){
		.contact_points = settings->cassandra_contact_points,
		.port = (uint16_t)settings->cassandra_port,
		.data_centre = settings->cassandra_data_centre,
		.user = settings->cassandra_user,
		.password = password,
		.tls_ca = settings->cassandra_tls_ca,
		.tls_certificate = settings->cassandra_tls_certificate,
		.tls_key = settings->cassandra_tls_key,
		.connect_timeout_ms = (uint32_t)settings->cassandra_connect_timeout_ms,
		.request_timeout_ms = (uint32_t)settings->cassandra_timeout_ms,
		.speculation_ms = (uint32_t)settings->cassandra_speculation_ms,
	};
}

int session_open(const struct settings *settings, struct session *ret_session, char *ret_reason,
		 size_t reason_size)
{
	char password[PASSWORD_MAX] = "";
	struct session session = {.consistency = consistency_of(settings)};
	struct cql_options options = options_of(settings, password);
	int r = 0;

	if (settings->cassandra_user[0])
		r = read_password(settings->cassandra_password_file, password, ret_reason,
				  reason_size);
	if (r == 0)
		r = cql_connect(&options, &session.cql, ret_reason, reason_size);
	explicit_bzero(password, sizeof(password));
	if (r < 0)
		return r;

	*ret_session = session;
	return 0;
}

void session_close(struct session *session)
{
	cql_free(session->cql);
	*session = (struct session){0};
}

int session_prepare(struct session *session, const char *text,
		    const struct cql_statement **ret_statement, char *ret_reason,
		    size_t reason_size)
{
	assert(strncmp(text, "SELECT ", strlen("SELECT ")) == 0);
	return cql_prepare(session->cql, text, true, ret_statement, ret_reason, reason_size);
}

/* ---- Reads in flight ---- */

struct session_gate *session_gate_new(void)
{
	struct session_gate *gate = calloc(1, sizeof(*gate));

	if (!gate)
		return NULL;
	pthread_mutex_init(&gate->lock, NULL);
	pthread_cond_init(&gate->changed, NULL);
	return gate;
}

void session_gate_free(struct session_gate *gate)
{
	if (!gate)
		return;
	pthread_cond_destroy(&gate->changed);
	pthread_mutex_destroy(&gate->lock);
	free(gate);
}

static void on_complete(struct cql_request *request)
{
	struct session_gate *gate = container_of(request, struct session_read, request)->gate;

	pthread_mutex_lock(&gate->lock);
	gate->in_flight--;
	pthread_cond_signal(&gate->changed);
	pthread_mutex_unlock(&gate->lock);
}

void session_read(struct session *session, struct session_gate *gate, struct session_read *read,
		  const struct cql_bound *bound, struct slice page, uint32_t page_rows)
{
	*read = (struct session_read){
		.request = {.complete = on_complete,
			    .consistency = session->consistency,
			    .serial_consistency = CQL_SERIAL,
			    .page_rows = page_rows,
			    .page = page},
		.gate = gate,
	};
	pthread_mutex_lock(&gate->lock);
	gate->in_flight++;
	pthread_mutex_unlock(&gate->lock);
	cql_execute(session->cql, CQL_SINGLE, bound, 1, &read->request);
}

void session_gate_wait(struct session_gate *gate)
{
	pthread_mutex_lock(&gate->lock);
	while (gate->in_flight > 0)
		pthread_cond_wait(&gate->changed, &gate->lock);
	pthread_mutex_unlock(&gate->lock);
}

/* ---- One read that is waited for ---- */

static void pause_ms(long ms)
{
	const struct timespec pause = {ms / 1000, ms % 1000 * 1000000};

	nanosleep(&pause, NULL);
}

int session_ask(struct session *session, const struct cql_bound *bound, struct slice page,
		uint32_t page_rows, struct cql_rows **ret_rows, char *ret_reason,
		size_t reason_size)
{
	struct session_gate *gate = session_gate_new();
	struct session_read read;

	if (!gate) {
		snprintf(ret_reason, reason_size, "out of memory");
		return -ENOMEM;
	}
	for (int tries = 1;; tries++) {
		session_read(session, gate, &read, bound, page, page_rows);
		session_gate_wait(gate);
		if (read.request.result == CQL_DONE || read.request.result == CQL_REFUSED ||
		    tries == TRIES)
			break;
		pause_ms(PAUSE_MS);
	}
	session_gate_free(gate);
	if (read.request.result == CQL_DONE) {
		*ret_rows = read.request.rows;
		return 0;
	}
	snprintf(ret_reason, reason_size, "%s", read.request.error);
	return read.request.result == CQL_REFUSED ? -EINVAL : -EHOSTUNREACH;
}
