/* Puts jobs together from what callers have, and gives their outcomes back. */
#include "cql/job.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/container.h"

/* A request's job, and all that it refers to, in one piece of memory. */
struct request_job {
	struct cql_job job;
	struct cql_request *request;
	struct cql_job_bound bound[];
};

static void copy_reason(char *room, size_t size, const struct cql_outcome *outcome)
{
	size_t len = outcome->reason_len;

	if (size == 0)
		return;
	if (len >= size)
		len = size - 1;
	if (len > 0)
		memcpy(room, outcome->reason, len);
	room[len] = '\0';
}

/* ---- Calls ---- */

void cql_call_init(struct cql_call *call, char *reason, size_t reason_size)
{
	call->reason = reason;
	call->reason_size = reason_size;
	pthread_mutex_init(&call->lock, NULL);
	pthread_cond_init(&call->over, NULL);
}

void cql_call_deinit(struct cql_call *call)
{
	pthread_cond_destroy(&call->over);
	pthread_mutex_destroy(&call->lock);
}

int cql_call_wait(struct cql_call *call)
{
	pthread_mutex_lock(&call->lock);
	while (!call->done)
		pthread_cond_wait(&call->over, &call->lock);
	pthread_mutex_unlock(&call->lock);
	return call->result;
}

int cql_call(struct cql *cql, struct cql_call *call, char *reason, size_t reason_size)
{
	int r;

	cql_call_init(call, reason, reason_size);
	cql_submit(cql, &call->job);
	r = cql_call_wait(call);
	cql_call_deinit(call);
	return r;
}

static void call_done(struct cql_call *call, const struct cql_outcome *outcome)
{
	copy_reason(call->reason, call->reason_size, outcome);
	pthread_mutex_lock(&call->lock);
	call->result = outcome->result == CQL_CLOSED ? -ESHUTDOWN : outcome->result;
	call->answer = outcome->answer;
	call->count = outcome->count;
	call->done = true;
	pthread_cond_signal(&call->over);
	pthread_mutex_unlock(&call->lock);
}

/* ---- Requests ---- */

static void request_done(struct cql_request *request, const struct cql_outcome *outcome)
{
	request->result = outcome->result;
	request->rows = outcome->answer;
	request->received = outcome->received;
	copy_reason(request->error, sizeof(request->error), outcome);
	request->complete(request);
}

void cql_job_over(struct cql_job *job, const struct cql_outcome *outcome)
{
	struct request_job *mine;
	struct cql_request *request;

	if (job->kind != CQL_JOB_EXECUTE && job->kind != CQL_JOB_WAIT) {
		call_done(container_of(job, struct cql_call, job), outcome);
		return;
	}
	mine = container_of(job, struct request_job, job);
	request = mine->request;
	free(mine);
	request_done(request, outcome);
}

static void without_memory(struct cql_request *request)
{
	static const char reason[] = "out of memory";
	const struct cql_outcome outcome = {.result = CQL_OVERLOADED,
					    .received = -1,
					    .reason = reason,
					    .reason_len = sizeof(reason) - 1};

	request_done(request, &outcome);
}

/* ---- Values ---- */

enum { NULL_LEN = -1, UNSET_LEN = -2 };

static int32_t wire_len(const struct cql_value *value)
{
	if (value->unset)
		return UNSET_LEN;
	return value->data ? (int32_t)value->len : NULL_LEN;
}

static size_t values_size(const struct cql_bound *bound)
{
	size_t size = 0;

	for (size_t i = 0; i < bound->count; i++) {
		int32_t len = wire_len(&bound->values[i]);

		size += sizeof(int32_t) + (len > 0 ? (size_t)len : 0);
	}
	return size;
}

static char *put_value(char *to, const struct cql_value *value)
{
	int32_t len = wire_len(value);

	for (int shift = 24; shift >= 0; shift -= 8)
		*to++ = (char)((uint32_t)len >> shift);
	if (len <= 0)
		return to;
	memcpy(to, value->data, (size_t)len);
	return to + len;
}

static char *put_bound(char *to, const struct cql_bound *bound, struct cql_job_bound *ret_bound)
{
	char *values = to;

	for (size_t i = 0; i < bound->count; i++)
		to = put_value(to, &bound->values[i]);
	*ret_bound = (struct cql_job_bound){bound->statement, values, (size_t)(to - values),
					    bound->count};
	return to;
}

static struct request_job *request_job_new(struct cql_request *request, enum cql_job_kind kind,
					   size_t bound_count, size_t bytes)
{
	struct request_job *mine =
		malloc(sizeof(*mine) + bound_count * sizeof(mine->bound[0]) + bytes);

	if (!mine)
		return NULL;
	mine->request = request;
	mine->job = (struct cql_job){.kind = kind, .bound_count = bound_count};
	return mine;
}

void cql_execute(struct cql *cql, enum cql_batch batch, const struct cql_bound *bound, size_t count,
		 struct cql_request *request)
{
	size_t bytes = request->page.len;
	struct request_job *mine;
	char *to;

	assert(count > 0 && (batch != CQL_SINGLE || count == 1));
	for (size_t i = 0; i < count; i++)
		bytes += values_size(&bound[i]);
	mine = request_job_new(request, CQL_JOB_EXECUTE, count, bytes);
	if (!mine) {
		without_memory(request);
		return;
	}

	mine->job.batch = batch;
	mine->job.consistency = request->consistency;
	mine->job.serial_consistency = request->serial_consistency;
	mine->job.timeout_ms = request->timeout_ms;
	mine->job.page_rows = request->page_rows;
	mine->job.bound = mine->bound;
	to = (char *)&mine->bound[count];
	for (size_t i = 0; i < count; i++)
		to = put_bound(to, &bound[i], &mine->bound[i]);
	if (request->page.data) {
		mine->job.text = memcpy(to, request->page.data, request->page.len);
		mine->job.text_len = request->page.len;
	}
	cql_submit(cql, &mine->job);
}

void cql_wait(struct cql *cql, uint32_t ms, struct cql_request *request)
{
	struct request_job *mine = request_job_new(request, CQL_JOB_WAIT, 0, 0);

	if (!mine) {
		without_memory(request);
		return;
	}
	mine->job.timeout_ms = ms;
	cql_submit(cql, &mine->job);
}
