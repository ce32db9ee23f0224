/* Jobs as the C part makes them: requests, which complete, and calls, whose caller waits. */
#pragma once

#include <pthread.h>

#include "cql/client.h"

/* Hands a job to the client's thread; see cql.c. */
void cql_submit(struct cql *cql, struct cql_job *job);
/* Gives a job's outcome to the one who wants it, and the job's memory back. */
void cql_job_over(struct cql_job *job, const struct cql_outcome *outcome);

/* A job whose caller waits for it, on its stack. */
struct cql_call {
	struct cql_job job;
	char *reason; /* the caller's room for it */
	size_t reason_size;
	pthread_mutex_t lock;
	pthread_cond_t over;
	bool done; /* lock, like all below */
	int32_t result;
	void *answer; /* of struct cql_outcome */
	size_t count;
};

void cql_call_init(struct cql_call *call, char *reason, size_t reason_size);
void cql_call_deinit(struct cql_call *call);
/* 0, or a negative errno with a reason. */
int cql_call_wait(struct cql_call *call);
/* Submits a call and waits for it. */
int cql_call(struct cql *cql, struct cql_call *call, char *reason, size_t reason_size);
