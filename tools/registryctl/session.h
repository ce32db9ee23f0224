/* A session with a Cassandra cluster for somebody who waits: connect, prepare, ask for pages. */
#pragma once

#include "config/settings.h"
#include "cql/cql.h"

struct session {
	struct cql *cql;
	enum cql_consistency consistency;
};

/* By the Cassandra options of the settings. 0, or a negative errno with a sentence. Blocks. */
int session_open(const struct settings *settings, struct session *ret_session, char *ret_reason,
		 size_t reason_size);
void session_close(struct session *session); /* zero-initialised is fine */

/* As cql_prepare(), of a text that only reads. */
int session_prepare(struct session *session, const char *text,
		    const struct cql_statement **ret_statement, char *ret_reason,
		    size_t reason_size);

/* A read in flight; zero-initialise. */
struct session_read {
	struct cql_request request;
	struct session_gate *gate;
};

/* What reads in flight are waited for with. */
struct session_gate *session_gate_new(void);
void session_gate_free(struct session_gate *gate); /* NULL is fine */

/* Never waits. page and page_rows as in struct cql_request. */
void session_read(struct session *session, struct session_gate *gate, struct session_read *read,
		  const struct cql_bound *bound, struct slice page, uint32_t page_rows);
/* Waits until all reads are over. */
void session_gate_wait(struct session_gate *gate);

/*
 * Reads and waits; tries again for a while if too few nodes answer. 0 and rows, which the caller
 * frees, or a negative errno with a sentence: -EINVAL if the cluster refuses it. Blocks.
 */
int session_ask(struct session *session, const struct cql_bound *bound, struct slice page,
		uint32_t page_rows, struct cql_rows **ret_rows, char *ret_reason,
		size_t reason_size);
