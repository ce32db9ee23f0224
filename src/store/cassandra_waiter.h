/* Statements for one who may wait for their answers: the keeper's thread. */
#pragma once

#include "store/cassandra_statements.h"
#include "store/cassandra_value.h"

struct store_cassandra;

struct cass_waiter {
	struct store_cassandra *store;
	struct cql *cql;
	bool degraded;    /* the last one was done by one copy, where more were wanted */
	char reason[160]; /* why the last one failed */
};

/*
 * Runs one statement, or several of one partition, at the store's consistency; if too few copies
 * answer, once more for one copy. 0, or a negative errno with waiter->reason: -EINVAL if the
 * cluster refuses it, -EHOSTUNREACH otherwise. ret_rows may be NULL; it is NULL if there are no
 * rows.
 */
int cass_waiter_run(struct cass_waiter *waiter, const struct cql_bound *bound, size_t count,
		    struct cql_rows **ret_rows);
/* Prepares one of the store's statements. As above. */
int cass_waiter_prepare(struct cass_waiter *waiter, enum cass_statement statement);
/* A statement without values, in which {keyspace} is replaced. */
int cass_waiter_read(struct cass_waiter *waiter, const char *text, struct cql_rows **ret_rows);
/* Changes the schema, and waits until the nodes agree on it. */
int cass_waiter_alter(struct cass_waiter *waiter, const char *text);

/* Takes a lease (or takes it anew) for so long: 1; 0 if another server has it; or a negative errno
 * as above, if that is unknown. */
int cass_waiter_take_lease(struct cass_waiter *waiter, const char *name, int32_t ttl_s);
void cass_waiter_free_lease(struct cass_waiter *waiter, const char *name);

/* text with the store's keyspace in it; the caller frees it. NULL when out of memory. */
char *cass_waiter_fill_in(const struct cass_waiter *waiter, const char *text);
/* Sets the reason. Returns error. */
int cass_waiter_refuse(struct cass_waiter *waiter, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
