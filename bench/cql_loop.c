/*
 * What Cassandra and its client can do at best: the statements of the store, and nothing around
 * them, so many in flight. Prints one line of JSON.
 */
#include <endian.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/container.h"
#include "base/slice.h"
#include "store/cassandra_entry.h"
#include "store/cassandra_statements.h"

#define IN_FLIGHT_MAX 1024
#define HYPERTIES_OF_A_USER 2
#define NAME_MAX_BYTES 64

struct slot {
	struct cql_request request;
	uint64_t random;
	char user[NAME_MAX_BYTES];
	char id[NAME_MAX_BYTES];
	uint64_t numbers_be[2]; /* timestamp in µs, now in s */
	bool is_read;           /* of a keep-alive: the entry was read, it is being written */
};

static struct loop {
	struct cql *cql;
	const struct cql_statement *list, *get, *set;
	bool renews; /* keep-alives; otherwise reads by user */
	uint64_t users;
	_Atomic uint64_t operations;
	_Atomic uint64_t failed;
	_Atomic bool stopping;
	pthread_mutex_t lock;
	pthread_cond_t over;
	unsigned running; /* lock */
	struct slot slots[IN_FLIGHT_MAX];
} loop = {.lock = PTHREAD_MUTEX_INITIALIZER, .over = PTHREAD_COND_INITIALIZER};

/* ---- Operations ---- */

static uint64_t next_random(struct slot *slot)
{
	slot->random ^= slot->random << 13;
	slot->random ^= slot->random >> 7;
	slot->random ^= slot->random << 17;
	return slot->random;
}

static struct cql_value text(const char *from)
{
	return (struct cql_value){.data = from, .len = (uint32_t)strlen(from)};
}

static void execute(struct slot *slot, const struct cql_statement *statement,
		    const struct cql_value *values, size_t count)
{
	const struct cql_bound bound = {statement, values, count};

	cql_execute(loop.cql, CQL_SINGLE, &bound, 1, &slot->request);
}

/* As load.lua does. */
static void begin(struct slot *slot)
{
	uint64_t number = next_random(slot) % (loop.users * HYPERTIES_OF_A_USER);
	uint64_t user = number / HYPERTIES_OF_A_USER;

	snprintf(slot->user, sizeof(slot->user), "user://bench.example/%08" PRIu64, user);
	snprintf(slot->id, sizeof(slot->id), "hyperty://bench.example/%08" PRIu64 "-%" PRIu64, user,
		 number % HYPERTIES_OF_A_USER);
	slot->is_read = false;
	if (loop.renews)
		execute(slot, loop.get, (struct cql_value[]){text(slot->user), text(slot->id)}, 2);
	else
		execute(slot, loop.list, (struct cql_value[]){text(slot->user)}, 1);
}

/* What a keep-alive says that finds the entry live: a sign of life, nothing else. */
static void write_sign(struct slot *slot)
{
	struct cql_value values[CASS_SET_VALUES];
	struct cql_value stamp = {&slot->numbers_be[0], sizeof(slot->numbers_be[0]), false};
	struct cql_value now = {&slot->numbers_be[1], sizeof(slot->numbers_be[1]), false};
	struct timespec time;

	clock_gettime(CLOCK_REALTIME, &time);
	slot->numbers_be[0] = htobe64((uint64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000);
	slot->numbers_be[1] = htobe64((uint64_t)time.tv_sec);
	for (size_t i = 0; i < CASS_SET_VALUES; i++)
		values[i] = CASS_UNSET;
	values[0] = values[1 + CASS_STAMP] = stamp;
	values[1 + CASS_MODIFIED] = values[1 + CASS_SIGN] = now;
	values[CASS_SET_VALUES - 2] = text(slot->user);
	values[CASS_SET_VALUES - 1] = text(slot->id);
	slot->is_read = true;
	execute(slot, loop.set, values, CASS_SET_VALUES);
}

/* ---- Answers ---- */

static size_t take_rows(struct cql_request *request)
{
	struct cql_value values[CASS_ROW_VALUES];
	size_t rows = 0;

	while (request->rows && cql_rows_next(request->rows, values, CASS_ROW_VALUES))
		rows++;
	cql_rows_free(request->rows);
	return rows;
}

static void end(void)
{
	pthread_mutex_lock(&loop.lock);
	if (--loop.running == 0)
		pthread_cond_signal(&loop.over);
	pthread_mutex_unlock(&loop.lock);
}

static void on_answer(struct cql_request *request)
{
	struct slot *slot = container_of(request, struct slot, request);
	size_t rows = take_rows(request);
	bool done = request->result == CQL_DONE && (rows > 0 || slot->is_read);

	if (!done && atomic_fetch_add(&loop.failed, 1) == 0)
		fprintf(stderr, "cql_loop: %s: %zu rows: %s\n", slot->user, rows, request->error);
	if (done && loop.renews && !slot->is_read) {
		write_sign(slot);
		return;
	}
	atomic_fetch_add(&loop.operations, 1);
	if (atomic_load(&loop.stopping))
		end();
	else
		begin(slot);
}

/* ---- The session ---- */

static void connect_to(const char *nodes)
{
	const struct cql_options options = {
		.contact_points = nodes,
		.port = 9042,
		.data_centre = "",
		.user = "",
		.password = "",
		.tls_ca = "",
		.tls_certificate = "",
		.tls_key = "",
		.connect_timeout_ms = 5000,
		.request_timeout_ms = 2000,
		.speculation_ms = 100, /* as registryd's default */
	};
	char reason[200] = "";

	if (cql_connect(&options, &loop.cql, reason, sizeof(reason)) < 0) {
		fprintf(stderr, "cql_loop: %s\n", reason);
		exit(1);
	}
}

static const struct cql_statement *prepare(enum cass_statement statement, const char *keyspace)
{
	static const char mark[] = "{keyspace}";
	const struct cass_statement_row *row = &cass_statement_rows[statement];
	const struct cql_statement *prepared = NULL;
	const char *found = strstr(row->text, mark);
	char reason[200] = "";
	char filled[2048];

	snprintf(filled, sizeof(filled), "%.*s%s%s", (int)(found - row->text), row->text, keyspace,
		 found + strlen(mark));
	if (cql_prepare(loop.cql, filled, row->idempotent, &prepared, reason, sizeof(reason)) < 0) {
		fprintf(stderr, "cql_loop: %s: %s\n", filled, reason);
		exit(1);
	}
	return prepared;
}

/* ---- Measuring ---- */

struct figures {
	double wall_s;
	double cpu_s;
	uint64_t operations;
};

static struct figures look(void)
{
	struct timespec now;
	struct rusage usage;

	clock_gettime(CLOCK_MONOTONIC, &now);
	getrusage(RUSAGE_SELF, &usage);
	return (struct figures){
		.wall_s = (double)now.tv_sec + (double)now.tv_nsec / 1e9,
		.cpu_s = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
			 (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6,
		.operations = atomic_load(&loop.operations),
	};
}

static void sleep_s(unsigned seconds)
{
	struct timespec left = {.tv_sec = seconds};

	while (nanosleep(&left, &left) != 0)
		;
}

static void begin_all(unsigned in_flight)
{
	loop.running = in_flight;
	for (unsigned i = 0; i < in_flight; i++) {
		struct slot *slot = &loop.slots[i];

		slot->random = ((uint64_t)time(NULL) << 20) + 2 * i + 1;
		slot->request = (struct cql_request){.complete = on_answer,
						     .consistency = CQL_LOCAL_QUORUM,
						     .serial_consistency = CQL_SERIAL};
		begin(slot);
	}
}

static void end_all(void)
{
	atomic_store(&loop.stopping, true);
	pthread_mutex_lock(&loop.lock);
	while (loop.running > 0)
		pthread_cond_wait(&loop.over, &loop.lock);
	pthread_mutex_unlock(&loop.lock);
}

/* Failures of those that were on their way at the end count, too. */
static void run(unsigned in_flight, unsigned seconds)
{
	struct figures before = look();
	struct figures after;

	begin_all(in_flight);
	sleep_s(seconds);
	after = look();
	end_all();
	printf("{\"operations\": %" PRIu64 ", \"failed\": %" PRIu64
	       ", \"seconds\": %.3f, \"cpu_s\": %.3f}\n",
	       after.operations - before.operations, atomic_load(&loop.failed),
	       after.wall_s - before.wall_s, after.cpu_s - before.cpu_s);
}

int main(int argc, char **argv)
{
	unsigned in_flight = argc == 7 ? (unsigned)atoi(argv[5]) : 0;

	if (in_flight < 1 || in_flight > IN_FLIGHT_MAX) {
		fprintf(stderr,
			"usage: cql_loop NODES KEYSPACE read|renew USERS IN_FLIGHT "
			"SECONDS\n"
			"IN_FLIGHT: 1 to %d\n",
			IN_FLIGHT_MAX);
		return 2;
	}
	connect_to(argv[1]);
	loop.list = prepare(CASS_HYPERTIES_LIST, argv[2]);
	loop.get = prepare(CASS_HYPERTY_GET, argv[2]);
	loop.set = prepare(CASS_HYPERTY_SET, argv[2]);
	loop.renews = strcmp(argv[3], "renew") == 0;
	loop.users = strtoull(argv[4], NULL, 10);
	run(in_flight, (unsigned)atoi(argv[6]));
	cql_free(loop.cql);
	return 0;
}
