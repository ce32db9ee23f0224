/* Executes, and waits for the answer. */
#include "store/cassandra_waiter.h"

#include <endian.h>
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/container.h"
#include "store/cassandra_store.h"

#define MARK "{keyspace}"

struct waited {
	struct cql_request request;
	pthread_mutex_t lock;
	pthread_cond_t over;
	bool is_over;
};

static void on_answer(struct cql_request *request)
{
	struct waited *waited = container_of(request, struct waited, request);

	pthread_mutex_lock(&waited->lock);
	waited->is_over = true;
	pthread_cond_signal(&waited->over);
	pthread_mutex_unlock(&waited->lock);
}

/* The result is in ret_request, rows included. */
static void execute(struct cass_waiter *waiter, const struct cql_bound *bound, size_t count,
		    enum cql_consistency consistency, struct cql_request *ret_request)
{
	struct waited waited = {
		.request = {.complete = on_answer,
			    .consistency = consistency,
			    .serial_consistency = waiter->store->serial_consistency},
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.over = PTHREAD_COND_INITIALIZER,
	};

	cql_execute(waiter->cql, count == 1 ? CQL_SINGLE : CQL_UNLOGGED, bound, count,
		    &waited.request);
	pthread_mutex_lock(&waited.lock);
	while (!waited.is_over)
		pthread_cond_wait(&waited.over, &waited.lock);
	pthread_mutex_unlock(&waited.lock);
	pthread_cond_destroy(&waited.over);
	pthread_mutex_destroy(&waited.lock);
	*ret_request = waited.request;
}

static int judge(struct cass_waiter *waiter, const struct cql_request *request)
{
	if (request->result == CQL_DONE)
		return 0;
	snprintf(waiter->reason, sizeof(waiter->reason), "%s", request->error);
	return request->result == CQL_REFUSED ? -EINVAL : -EHOSTUNREACH;
}

int cass_waiter_run(struct cass_waiter *waiter, const struct cql_bound *bound, size_t count,
		    struct cql_rows **ret_rows)
{
	struct cql_request request;

	execute(waiter, bound, count, waiter->store->consistency, &request);
	waiter->degraded = request.result == CQL_UNAVAILABLE || request.result == CQL_TIMED_OUT;
	if (waiter->degraded)
		execute(waiter, bound, count, CQL_ONE, &request);
	if (ret_rows)
		*ret_rows = request.rows;
	else
		cql_rows_free(request.rows);
	return judge(waiter, &request);
}

char *cass_waiter_fill_in(const struct cass_waiter *waiter, const char *text)
{
	const char *keyspace = waiter->store->options.keyspace;
	char *filled = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&filled, &size);
	const char *mark;

	if (!out)
		return NULL;
	for (; (mark = strstr(text, MARK)); text = mark + strlen(MARK))
		fprintf(out, "%.*s%s", (int)(mark - text), text, keyspace);
	fputs(text, out);
	if (fclose(out) != 0) {
		free(filled);
		return NULL;
	}
	return filled;
}

int cass_waiter_read(struct cass_waiter *waiter, const char *text, struct cql_rows **ret_rows)
{
	struct cql_bound bound = {0};
	char *filled = cass_waiter_fill_in(waiter, text);
	int r;

	if (!filled)
		return -ENOMEM;
	r = cql_prepare(waiter->cql, filled, true, &bound.statement, waiter->reason,
			sizeof(waiter->reason));
	free(filled);
	return r < 0 ? r : cass_waiter_run(waiter, &bound, 1, ret_rows);
}

int cass_waiter_alter(struct cass_waiter *waiter, const char *text)
{
	char *filled = cass_waiter_fill_in(waiter, text);
	int r;

	if (!filled)
		return -ENOMEM;
	r = cql_run(waiter->cql, filled, waiter->reason, sizeof(waiter->reason));
	free(filled);
	return r;
}

int cass_waiter_prepare(struct cass_waiter *waiter, enum cass_statement statement)
{
	const struct cass_statement_row *row = &cass_statement_rows[statement];
	char *text = cass_waiter_fill_in(waiter, row->text);
	int r;

	if (!text)
		return -ENOMEM;
	r = cql_prepare(waiter->cql, text, row->idempotent, &waiter->store->statements[statement],
			waiter->reason, sizeof(waiter->reason));
	free(text);
	return r;
}

/* ---- Leases ---- */

/* Runs a lightweight transaction: 1 if it left the lease with us, else 0, or a negative errno. */
static int run_light(struct cass_waiter *waiter, enum cass_statement statement,
		     const struct cql_value *values, size_t count)
{
	struct cql_value row[3] = {0}; /* [applied], and if it was not: name, holder */
	struct cass_claim holder;
	struct cql_bound bound = {.values = values, .count = count};
	struct cql_request request;
	int r = cass_waiter_prepare(waiter, statement);

	if (r < 0)
		return r;
	bound.statement = waiter->store->statements[statement];
	execute(waiter, &bound, 1, waiter->store->consistency, &request);
	r = judge(waiter, &request);
	if (r == 0 && request.rows && cql_rows_next(request.rows, row, 3)) {
		holder = cass_claim_of(row[2]);
		r = cass_bool_of(row[0]) || cass_claim_same(&holder, &waiter->store->server);
	}
	cql_rows_free(request.rows);
	return r;
}

int cass_waiter_take_lease(struct cass_waiter *waiter, const char *name, int32_t ttl_s)
{
	const uint32_t ttl_bytes = htobe32((uint32_t)ttl_s);
	struct cql_value ttl = {.data = &ttl_bytes, .len = sizeof(ttl_bytes)};
	struct cql_value lease = cass_text(slice_of(name));
	struct cql_value holder = cass_uuid(&waiter->store->server);
	int r = run_light(waiter, CASS_LEASE_RENEW,
			  (struct cql_value[]){ttl, holder, lease, holder}, 4);

	if (r != 0)
		return r;
	return run_light(waiter, CASS_LEASE_TAKE, (struct cql_value[]){lease, holder, ttl}, 3);
}

/* What went wrong before is still to be told. */
void cass_waiter_free_lease(struct cass_waiter *waiter, const char *name)
{
	struct cass_waiter scratch = *waiter;
	struct cql_value lease = cass_text(slice_of(name));

	run_light(&scratch, CASS_LEASE_FREE,
		  (struct cql_value[]){lease, cass_uuid(&waiter->store->server)}, 2);
}

int cass_waiter_refuse(struct cass_waiter *waiter, int error, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	vsnprintf(waiter->reason, sizeof(waiter->reason), format, values);
	va_end(values);
	return error;
}
