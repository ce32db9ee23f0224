/* A session with the nodes that CASSANDRA names, and requests that are waited for. */
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "cql/cql.h"
#include "latch.h"

/* CQL_TEST_KEYSPACE comes from the build, one for each program: they run at the same time. */
#define CQL_TEST_TABLE CQL_TEST_KEYSPACE ".things"

struct cql_options cql_options_here(void);
/* Fails the test if that cannot be. */
struct cql *cql_connect_here(void);
void cql_run_here(struct cql *cql, const char *text);
const struct cql_statement *cql_prepare_here(struct cql *cql, const char *text, bool idempotent);
/* A keyspace with an empty table: place text, id text, number bigint, data blob. */
void cql_make_table(struct cql *cql);

struct asked {
	struct cql_request request;
	struct latch over;
	unsigned completed; /* how often */
};

void asked_init(struct asked *asked);
/* Waits, and fails the test if it takes too long. */
void asked_wait(struct asked *asked);
/* Fails the test, with what the client says, unless it is done. */
void asked_done(const struct asked *asked);

/* One statement, waited for. */
void cql_do(struct cql *cql, const struct cql_statement *statement, const struct cql_value *values,
	    size_t count, struct asked *ret_asked);

static inline struct cql_value cql_text(const char *text)
{
	return (struct cql_value){.data = text, .len = (uint32_t)strlen(text)};
}
