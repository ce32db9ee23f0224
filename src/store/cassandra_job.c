/* Sends rounds of statements, and goes on with the job when the last answer is there. */
#include "store/cassandra_job.h"

#include <assert.h>
#include <stdlib.h>

#include "base/container.h"
#include "log/log.h"

/* Most jobs need no more memory than this. */
#define FIRST_BLOCK_BYTES 3072
/* While nodes are missing, or were a moment ago, it is not worth waiting longer for a quorum. */
#define DEGRADED_TIMEOUT_MS 700
#define DEGRADED_LASTS_MS 3000
/* How often a statement is sent for one copy: first for the short time, then for the whole. */
#define FOR_ONE_MAX 2
#define REFUSAL_LOG_INTERVAL_MS 10000

static int64_t steady_ms(struct store_cassandra *cassandra)
{
	return cassandra->clock->steady_ms(cassandra->clock);
}

/* ---- Life ---- */

/* The store's own jobs tidy up behind others: they may still begin while it stops. */
static bool may_begin(struct store_cassandra *cassandra, bool own)
{
	bool may;

	pthread_mutex_lock(&cassandra->jobs_lock);
	may = cassandra->cql && (own || atomic_load(&cassandra->state) == CASS_READY);
	if (may)
		cassandra->jobs++;
	pthread_mutex_unlock(&cassandra->jobs_lock);
	return may;
}

static void note_over(struct store_cassandra *cassandra)
{
	pthread_mutex_lock(&cassandra->jobs_lock);
	if (--cassandra->jobs == 0)
		pthread_cond_broadcast(&cassandra->jobs_over);
	pthread_mutex_unlock(&cassandra->jobs_lock);
}

void *cass_job_new(struct store_cassandra *cassandra, size_t size, struct store_op *op)
{
	struct cass_job *job;

	if (!may_begin(cassandra, op == NULL))
		return NULL;
	job = malloc(size + FIRST_BLOCK_BYTES);
	if (!job) {
		note_over(cassandra);
		return NULL;
	}
	memset(job, 0, size);
	job->store = cassandra;
	job->op = op;
	job->began_ms = steady_ms(cassandra);
	arena_init(&job->arena, (char *)job + size, FIRST_BLOCK_BYTES);
	return job;
}

void cass_job_end(struct cass_job *job, int result)
{
	struct store_cassandra *cassandra = job->store;
	struct store_op *op = job->op;

	for (struct cass_ask *ask = job->asks; ask; ask = ask->next)
		cql_rows_free(ask->request.rows);
	arena_deinit(&job->arena);
	free(job);
	if (op) {
		op->result = result;
		op->complete(op);
	}
	note_over(cassandra);
}

/* ---- Rounds ---- */

void cass_round(struct cass_job *job, const char *step, cass_step *next)
{
	struct store_cassandra *cassandra = job->store;
	const struct store_cassandra_options *options = &cassandra->options;

	assert(atomic_load(&job->waiting) == 0); /* nothing is on its way between rounds */
	job->step = step;
	job->next = next;
	atomic_store(&job->waiting, 1);
	counter_add(cassandra->counters, COUNTER_CASSANDRA_ROUNDS, 1);
	if (options->on_step && !options->on_step(options->on_step_ctx, step))
		atomic_store(&cassandra->dead, true);
}

static void one_is_over(struct cass_job *job)
{
	if (atomic_fetch_sub(&job->waiting, 1) == 1)
		job->next(job);
}

void cass_round_go(struct cass_job *job)
{
	one_is_over(job);
}

/* ---- One statement ---- */

bool cass_nodes_are_missing(const struct store_cassandra *cassandra)
{
	return atomic_load(&cassandra->nodes_up) < atomic_load(&cassandra->nodes);
}

bool cass_is_degraded(struct store_cassandra *cassandra, int64_t lasts_ms)
{
	int64_t since_ms = atomic_load(&cassandra->degraded_ms);

	return cass_nodes_are_missing(cassandra) ||
	       (since_ms != 0 && steady_ms(cassandra) - since_ms < lasts_ms);
}

static uint32_t timeout_of(const struct cass_ask *ask)
{
	struct store_cassandra *cassandra = ask->job->store;
	uint32_t timeout_ms = cassandra->options.timeout_ms;

	if (ask->light || ask->for_one >= FOR_ONE_MAX || timeout_ms < DEGRADED_TIMEOUT_MS)
		return timeout_ms;
	return cass_is_degraded(cassandra, DEGRADED_LASTS_MS) ? DEGRADED_TIMEOUT_MS : timeout_ms;
}

static void send_ask(struct cass_ask *ask)
{
	struct store_cassandra *cassandra = ask->job->store;

	ask->request.timeout_ms = timeout_of(ask);
	counter_add(cassandra->counters, COUNTER_CASSANDRA_STATEMENTS, ask->count);
	cql_execute(cassandra->cql, ask->batch, ask->bound, ask->count, &ask->request);
}

/* Whether a smaller number of replicas may do, or the one that was asked is silent. A node asks
 * those that it has known as quick; just after a cut it may be the next time only that it asks the
 * one copy that is left. */
static bool may_fall_to_one(const struct cass_ask *ask)
{
	const struct store_cassandra *cassandra = ask->job->store;
	enum cql_result result = ask->request.result;

	if (ask->light || ask->job->once || atomic_load(&cassandra->dead) ||
	    (ask->job->exact && !cass_nodes_are_missing(cassandra)))
		return false;
	if (ask->for_one > 0)
		return ask->for_one < FOR_ONE_MAX && result == CQL_TIMED_OUT;
	return result == CQL_UNAVAILABLE || result == CQL_TIMED_OUT || result == CQL_UNREACHABLE;
}

static void fall_to_one(struct cass_ask *ask)
{
	struct store_cassandra *cassandra = ask->job->store;
	const bool was_short = ask->request.result == CQL_TIMED_OUT &&
			       ask->request.timeout_ms == DEGRADED_TIMEOUT_MS;

	ask->for_one++;
	atomic_store(&ask->job->for_one, true);
	ask->request.consistency = CQL_ONE;
	counter_add(cassandra->counters, COUNTER_CASSANDRA_DOWNGRADES, 1);
	/* What had little time says little: nodes that are only slow must get out of it again. */
	if (!was_short || cass_nodes_are_missing(cassandra))
		atomic_store(&cassandra->degraded_ms, steady_ms(cassandra));
	send_ask(ask);
}

/* What the cluster calls wrong is a defect, of ours or of the schema: somebody must hear of it. */
static void note_refusal(const struct cass_ask *ask)
{
	struct store_cassandra *cassandra = ask->job->store;
	int64_t last_ms = atomic_load(&cassandra->refusal_ms);
	int64_t now_ms = steady_ms(cassandra);

	if (last_ms != 0 && now_ms - last_ms < REFUSAL_LOG_INTERVAL_MS)
		return;
	atomic_store(&cassandra->refusal_ms, now_ms);
	log_error("store.statement_refused", LOG_TEXT("step", ask->job->step),
		  LOG_TEXT("reason", ask->request.error));
}

static void on_answer(struct cql_request *request)
{
	struct cass_ask *ask = container_of(request, struct cass_ask, request);
	struct cass_job *job = ask->job;

	if (may_fall_to_one(ask)) {
		fall_to_one(ask);
		return;
	}
	if (request->result == CQL_REFUSED)
		note_refusal(ask);
	if (request->result != CQL_DONE && !ask->light && !ask->optional)
		atomic_store(&job->failed, true);
	one_is_over(job);
}

/* ---- Asking ---- */

static struct cass_ask *ask_new(struct cass_job *job)
{
	struct cass_ask *ask = arena_alloc(&job->arena, sizeof(*ask));

	if (!ask) {
		atomic_store(&job->failed, true);
		return NULL;
	}
	*ask = (struct cass_ask){
		.request = {.complete = on_answer,
			    .consistency = job->store->consistency,
			    .serial_consistency = job->store->serial_consistency},
		.job = job,
		.next = job->asks,
	};
	job->asks = ask;
	return ask;
}

/* False when out of memory, also of the values themselves. */
static bool bind_values(struct cass_job *job, enum cass_statement statement,
			const struct cql_value *values, size_t count, struct cql_bound *ret_bound)
{
	size_t bytes = count * sizeof(*values);
	struct cql_value *copy = arena_alloc(&job->arena, bytes);
	bool whole = copy;

	for (size_t i = 0; i < count && whole; i++)
		whole = !cass_failed(&values[i]);
	if (!whole) {
		atomic_store(&job->failed, true);
		return false;
	}
	if (count > 0)
		memcpy(copy, values, bytes);
	*ret_bound = (struct cql_bound){job->store->statements[statement], copy, count};
	return true;
}

/* Answers at once if the server has "stopped". */
static struct cass_ask *begin_ask(struct cass_ask *ask)
{
	struct cass_job *job = ask->job;

	if (atomic_load(&job->store->dead)) {
		ask->request.result = CQL_CLOSED;
		atomic_store(&job->failed, true);
		return ask;
	}
	atomic_fetch_add(&job->waiting, 1);
	send_ask(ask);
	return ask;
}

static struct cass_ask *single(struct cass_job *job, enum cass_statement statement,
			       const struct cql_value *values, size_t count)
{
	struct cass_ask *ask = ask_new(job);

	if (!ask)
		return NULL;
	ask->bound = arena_alloc(&job->arena, sizeof(*ask->bound));
	if (!ask->bound) {
		atomic_store(&job->failed, true);
		return NULL;
	}
	ask->batch = CQL_SINGLE;
	ask->count = 1;
	return bind_values(job, statement, values, count, ask->bound) ? ask : NULL;
}

struct cass_ask *cass_ask(struct cass_job *job, enum cass_statement statement,
			  const struct cql_value *values, size_t count)
{
	struct cass_ask *ask = single(job, statement, values, count);

	return ask ? begin_ask(ask) : NULL;
}

struct cass_ask *cass_ask_optional(struct cass_job *job, enum cass_statement statement,
				   const struct cql_value *values, size_t count)
{
	struct cass_ask *ask = single(job, statement, values, count);

	if (!ask)
		return NULL;
	ask->optional = true;
	return begin_ask(ask);
}

struct cass_ask *cass_ask_light(struct cass_job *job, enum cass_statement statement,
				const struct cql_value *values, size_t count)
{
	struct cass_ask *ask = single(job, statement, values, count);

	if (!ask)
		return NULL;
	ask->light = true;
	counter_add(job->store->counters, COUNTER_CASSANDRA_LIGHT, 1);
	return begin_ask(ask);
}

struct cass_ask *cass_ask_serial(struct cass_job *job, enum cass_statement statement,
				 const struct cql_value *values, size_t count)
{
	struct cass_ask *ask = single(job, statement, values, count);

	if (!ask)
		return NULL;
	ask->light = true;
	ask->request.consistency = job->store->serial_consistency;
	return begin_ask(ask);
}

static struct cass_ask *begin_ask_all(struct cass_ask *ask)
{
	ask->light = true;
	ask->request.consistency = CQL_ALL;
	return begin_ask(ask);
}

struct cass_ask *cass_ask_all(struct cass_job *job, enum cass_statement statement,
			      const struct cql_value *values, size_t count)
{
	struct cass_ask *ask = single(job, statement, values, count);

	return ask ? begin_ask_all(ask) : NULL;
}

struct cass_ask *cass_ask_page(struct cass_job *job, enum cass_statement statement,
			       const struct cql_value *values, size_t count, uint32_t rows,
			       struct slice page)
{
	struct cass_ask *ask = single(job, statement, values, count);

	if (!ask)
		return NULL;
	ask->request.page_rows = rows;
	ask->request.page = page;
	return begin_ask(ask);
}

struct cass_ask *cass_ask_page_all(struct cass_job *job, enum cass_statement statement,
				   uint32_t rows, struct slice page)
{
	struct cass_ask *ask = single(job, statement, NULL, 0);

	if (!ask)
		return NULL;
	ask->request.page_rows = rows;
	ask->request.page = page;
	return begin_ask_all(ask);
}

struct cass_ask *cass_ask_rows(struct cass_job *job, enum cass_statement statement,
			       const struct cql_value *values, size_t count, uint32_t rows,
			       bool optional)
{
	struct cass_ask *ask = single(job, statement, values, count);

	if (!ask)
		return NULL;
	ask->request.page_rows = rows;
	ask->optional = optional;
	return begin_ask(ask);
}

static void on_pause_over(struct cql_request *request)
{
	one_is_over(container_of(request, struct cass_ask, request)->job);
}

void cass_ask_pause(struct cass_job *job, uint32_t ms)
{
	struct cass_ask *ask = ask_new(job);

	if (!ask || atomic_load(&job->store->dead))
		return;
	ask->request.complete = on_pause_over;
	atomic_fetch_add(&job->waiting, 1);
	cql_wait(job->store->cql, ms, &ask->request);
}

/* ---- Batches ---- */

void cass_batch_init(struct cass_batch *batch, struct cass_job *job)
{
	*batch = (struct cass_batch){.job = job};
}

static bool has_room(struct cass_batch *batch)
{
	if (batch->bound)
		return true;
	batch->bound = arena_alloc(&batch->job->arena, CASS_BATCH_MAX * sizeof(*batch->bound));
	if (!batch->bound)
		atomic_store(&batch->job->failed, true);
	return batch->bound;
}

void cass_batch_add(struct cass_batch *batch, enum cass_statement statement,
		    const struct cql_value *values, size_t count)
{
	if (!has_room(batch) ||
	    !bind_values(batch->job, statement, values, count, &batch->bound[batch->count]))
		return;
	if (++batch->count == CASS_BATCH_MAX)
		cass_batch_send(batch);
}

void cass_batch_send(struct cass_batch *batch)
{
	struct cass_ask *ask = batch->count > 0 ? ask_new(batch->job) : NULL;

	if (ask) {
		ask->batch = batch->count == 1 ? CQL_SINGLE : CQL_UNLOGGED;
		ask->bound = batch->bound;
		ask->count = batch->count;
		begin_ask(ask);
	}
	cass_batch_init(batch, batch->job);
}

/* ---- Answers ---- */

bool cass_ask_next(struct cass_ask *ask, struct cql_value *ret_values, size_t count)
{
	return ask && ask->request.result == CQL_DONE && ask->request.rows &&
	       cql_rows_next(ask->request.rows, ret_values, count);
}

bool cass_ask_applied(struct cass_ask *ask, struct cql_value *ret_values, size_t count)
{
	assert(count >= 1);
	memset(ret_values, 0, count * sizeof(*ret_values));
	return cass_ask_next(ask, ret_values, count) && cass_bool_of(ret_values[0]);
}
