/*
 * The distributed store: any number of servers on one Cassandra cluster are one registry.
 *
 * Nothing waits on the calling thread: every verb is a job that goes from one round of statements
 * to the next on the client's thread (cassandra_job.h). What is kept where, and what happens when
 * nodes are cut off from each other, is told in docs/stores.md.
 */
#pragma once

#include "store/store.h"

struct store_cassandra_options {
	const char *contact_points;
	uint16_t port;
	const char *keyspace;
	const char *replication; /* copies, as "3", or for each data centre, as "dc1:2,dc2:2"; of a
				    keyspace that is made */
	const char *data_centre; /* "": none preferred */
	const char *user;        /* "": none */
	const char *password_file;
	const char *tls_ca; /* "": no TLS */
	const char *tls_certificate;
	const char *tls_key;
	const char *consistency; /* local_quorum | quorum | one */
	uint32_t connect_timeout_ms;
	uint32_t timeout_ms;     /* of one statement */
	uint32_t speculation_ms; /* 0: never */
	/* Lifetime time is measured against the nodes' clocks; false: it is the server's own, which
	 * tests turn. */
	bool nodes_clock;
	bool migrate; /* make keyspace and tables if they are not there, or old */
	/* For tests: told of each step of an operation, by name; NULL otherwise. False: the server
	 * "stops" there, nothing of it is sent any more. */
	bool (*on_step)(void *ctx, const char *step);
	void *on_step_ctx;
};

/* As store_open(). A cluster that cannot be reached is no error: the store is unavailable until it
 * can. Texts are copied. */
int store_cassandra_new(const struct store_cassandra_options *options, struct clock *clock,
			struct counters *counters, struct store **ret_store, char *ret_reason,
			size_t reason_size);
