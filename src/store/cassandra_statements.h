/* Every statement that the store executes: a row each, prepared once a session. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "cql/cql.h"

/* Markers are in the order of the comment. Columns of an entry: enum cass_column. */
enum cass_statement {
	CASS_HYPERTY_GET,    /* owner, id → id, owner, columns */
	CASS_HYPERTIES_LIST, /* owner → the same */
	CASS_HYPERTIES_SCAN, /* → the same, everything in pages */
	CASS_HYPERTY_SET,    /* timestamp, columns, owner, id. Sets those that are not unset */
	CASS_HYPERTY_REMOVE, /* timestamp, owner, id */
	CASS_OBJECT_GET,     /* id → id, owner, columns */
	CASS_OBJECTS_SCAN,
	CASS_OBJECT_SET,    /* timestamp, columns, id */
	CASS_OBJECT_REMOVE, /* timestamp, id */

	CASS_NAME_LIST,   /* name → id */
	CASS_NAME_ADD,    /* name, id, timestamp */
	CASS_NAME_REMOVE, /* timestamp, name, id */
	CASS_REPORTER_LIST,
	CASS_REPORTER_ADD,
	CASS_REPORTER_REMOVE,
	CASS_EMAIL_LIST,   /* email → owner */
	CASS_EMAIL_ADD,    /* email, owner, timestamp */
	CASS_EMAIL_REMOVE, /* timestamp, email, owner */
	CASS_GUID_LIST,    /* guid → owner, id */
	CASS_GUID_ADD,     /* guid, owner, id, timestamp */
	CASS_GUID_REMOVE,  /* timestamp, guid, owner, id */

	CASS_OWNER_GET,   /* id → owner, claim, since */
	CASS_OWNER_CLAIM, /* LWT. id, owner, claim, since → [applied], then, if it was not applied,
			     the row that is there: cass_claim_row() reads both */
	CASS_OWNER_REPLACE,  /* LWT. owner, claim, since, id, IF claim → [applied] first */
	CASS_OWNER_FREE,     /* LWT. id, IF claim → [applied] first */
	CASS_CLAIMS_LIST,    /* id → since, claim, owner; the earliest first */
	CASS_CLAIM_ADD,      /* id, since, claim, owner, timestamp */
	CASS_CLAIM_REMOVE,   /* timestamp, id, since, claim */
	CASS_CONFLICT_ADD,   /* month, set_aside_s, id, claim, owner, winner, record, timestamp */
	CASS_CONFLICTS_SCAN, /* → set_aside_s, id, claim, owner, winner, record */

	CASS_DUE_LIST, /* shard, bucket, and behind due_s, kind, id, owner up to due_s, included →
			  due_s, kind, id, owner, claim, timestamp; earliest first */
	CASS_DUE_ADD,  /* shard, bucket, due_s, kind, id, owner, claim, timestamp */
	CASS_DUE_REMOVE, /* timestamp, shard, bucket, due_s, kind, id, owner */

	CASS_PENDING_LIST,  /* bucket → news, kind, id, owner, added, lease, until_s, timestamp of
			       that; oldest first */
	CASS_PENDING_GET,   /* bucket, news, kind, id, owner → added, lease, until_s */
	CASS_PENDING_COUNT, /* bucket → how many were added */
	CASS_PENDING_ADD,   /* bucket, news, kind, id, owner, timestamp; added = true */
	CASS_PENDING_LEASE, /* timestamp, lease, until_s, bucket, news, kind, id, owner */
	CASS_PENDING_REMOVE, /* timestamp, bucket, news, kind, id, owner */

	CASS_BUCKETS_LIST,  /* queue, to bucket, included → bucket; earliest first */
	CASS_BUCKET_ADD,    /* queue, bucket, timestamp */
	CASS_BUCKET_REMOVE, /* timestamp, queue, bucket */

	CASS_LEASE_TAKE,  /* LWT. name, holder, TTL in s → [applied] first */
	CASS_LEASE_RENEW, /* LWT. TTL in s, holder, name, IF holder → [applied] first */
	CASS_LEASE_FREE,  /* LWT. name, IF holder → [applied] first */

	CASS_COUNTS_LIST,   /* → server, hyperties, data_objects, pending, at_s, clean */
	CASS_COUNTS_SET,    /* server, hyperties, data_objects, pending, at_s, clean, timestamp */
	CASS_COUNTS_REMOVE, /* timestamp, server */
	CASS_STATEMENT_COUNT,
};

/* With {keyspace} in it. Idempotent ones are repeated by the client as it likes. */
struct cass_statement_row {
	const char *text;
	bool idempotent;
};
extern const struct cass_statement_row cass_statement_rows[CASS_STATEMENT_COUNT];
