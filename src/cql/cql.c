/* A session: the client's thread, the queue that feeds it, and the calls that wait for it. */
#include "cql/cql.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cql/client.h"
#include "cql/job.h"

struct cql {
	pthread_t thread;
	struct cql_client *client;
	struct cql_job *connect; /* until the thread has taken it */
	pthread_mutex_t lock;
	struct cql_job *first; /* lock */
	struct cql_job **last; /* lock */
	bool asleep;           /* lock; nobody will look at the queue unless woken */
	bool closing;          /* lock */
};

int64_t cql_steady_ms(void)
{
	return clock_system()->steady_ms(clock_system());
}

/* ---- The queue ---- */

static void queue_init(struct cql *cql)
{
	pthread_mutex_init(&cql->lock, NULL);
	cql->last = &cql->first;
}

void cql_submit(struct cql *cql, struct cql_job *job)
{
	bool wake;

	job->next = NULL;
	pthread_mutex_lock(&cql->lock);
	*cql->last = job;
	cql->last = &job->next;
	wake = cql->asleep;
	cql->asleep = false;
	pthread_mutex_unlock(&cql->lock);

	if (wake)
		cql_client_wake(cql->client);
}

static struct cql_job *take(struct cql *cql, bool *ret_closing)
{
	struct cql_job *taken;

	pthread_mutex_lock(&cql->lock);
	taken = cql->first;
	cql->first = NULL;
	cql->last = &cql->first;
	cql->asleep = !taken;
	*ret_closing = cql->closing;
	pthread_mutex_unlock(&cql->lock);
	return taken;
}

/* What is queued when the client has stopped, and what its completion queues in turn. */
static void close_queued(struct cql *cql)
{
	const struct cql_outcome closed = {.result = CQL_CLOSED, .received = -1};
	struct cql_job *job, *next;
	bool closing;

	while ((job = take(cql, &closing))) {
		for (; job; job = next) {
			next = job->next;
			cql_job_over(job, &closed);
		}
	}
}

/* ---- The thread ---- */

/* The thread sanitizer's, where there is one. */
void AnnotateIgnoreReadsBegin(const char *file, int line) __attribute__((weak));
void AnnotateIgnoreReadsEnd(const char *file, int line) __attribute__((weak));
void AnnotateIgnoreWritesBegin(const char *file, int line) __attribute__((weak));
void AnnotateIgnoreWritesEnd(const char *file, int line) __attribute__((weak));

static void enter_rust(void)
{
	if (AnnotateIgnoreReadsBegin) {
		AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
		AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
	}
}

static void leave_rust(void)
{
	if (AnnotateIgnoreReadsEnd) {
		AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
		AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
	}
}

void cql_thread_began(void)
{
	enter_rust();
}

void cql_thread_ends(void)
{
	leave_rust();
}

struct cql_job *cql_jobs_take(struct cql *cql, bool *ret_closing)
{
	struct cql_job *taken;

	leave_rust();
	taken = take(cql, ret_closing);
	enter_rust();
	return taken;
}

void cql_job_done(struct cql_job *job, const struct cql_outcome *outcome)
{
	leave_rust();
	cql_job_over(job, outcome);
	enter_rust();
}

static void *run(void *argument)
{
	struct cql *cql = argument;

	enter_rust();
	cql_client_run(cql->client, cql, cql->connect);
	leave_rust();
	close_queued(cql);
	return NULL;
}

static int start(struct cql *cql)
{
	cql->client = cql_client_new();
	return -pthread_create(&cql->thread, NULL, run, cql);
}

static void stop(struct cql *cql)
{
	bool wake;

	pthread_mutex_lock(&cql->lock);
	cql->closing = true;
	wake = cql->asleep;
	cql->asleep = false;
	pthread_mutex_unlock(&cql->lock);

	if (wake)
		cql_client_wake(cql->client);
	pthread_join(cql->thread, NULL);
}

static void release(struct cql *cql)
{
	assert(!cql->first);
	cql_client_free(cql->client);
	pthread_mutex_destroy(&cql->lock);
	free(cql);
}

int cql_connect(const struct cql_options *options, struct cql **ret_cql, char *ret_reason,
		size_t reason_size)
{
	struct cql_call call = {.job = {.kind = CQL_JOB_CONNECT, .options = options}};
	struct cql *cql = calloc(1, sizeof(*cql));
	int r;

	if (!cql)
		return -ENOMEM;
	queue_init(cql);
	cql->connect = &call.job;
	cql_call_init(&call, ret_reason, reason_size);

	r = start(cql);
	if (r == 0) {
		r = cql_call_wait(&call);
		if (r < 0)
			stop(cql);
	}
	cql_call_deinit(&call);
	if (r < 0) {
		release(cql);
		return r;
	}
	*ret_cql = cql;
	return 0;
}

void cql_free(struct cql *cql)
{
	if (!cql)
		return;
	stop(cql);
	release(cql);
}

void cql_health(struct cql *cql, struct cql_health *ret_health)
{
	cql_client_health(cql->client, ret_health);
}

void cql_figures(struct cql *cql, struct cql_figures *ret_figures)
{
	cql_client_figures(cql->client, ret_figures);
}

/* ---- Calls ---- */

int cql_prepare(struct cql *cql, const char *text, bool idempotent,
		const struct cql_statement **ret_statement, char *ret_reason, size_t reason_size)
{
	struct cql_call call = {.job = {.kind = CQL_JOB_PREPARE,
					.text = text,
					.text_len = strlen(text),
					.idempotent = idempotent}};
	int r = cql_call(cql, &call, ret_reason, reason_size);

	if (r < 0)
		return r;
	*ret_statement = call.answer;
	return 0;
}

int cql_run(struct cql *cql, const char *text, char *ret_reason, size_t reason_size)
{
	struct cql_call call = {
		.job = {.kind = CQL_JOB_RUN, .text = text, .text_len = strlen(text)}};

	return cql_call(cql, &call, ret_reason, reason_size);
}

size_t cql_node_times(struct cql *cql, uint32_t timeout_ms, struct cql_node_time *ret_times,
		      size_t count)
{
	struct cql_call call = {.job = {.kind = CQL_JOB_TIMES,
					.timeout_ms = timeout_ms,
					.times = ret_times,
					.times_count = count}};

	if (cql_call(cql, &call, NULL, 0) < 0)
		return 0;
	return call.count;
}
