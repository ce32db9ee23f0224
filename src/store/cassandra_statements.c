/* The statements' texts. */
#include "store/cassandra_statements.h"

#define COLUMNS                                                                                    \
	"claim, presence, gone, descriptor, data_schema, name, reporter, runtime, guid, "          \
	"p2p_requester, p2p_handler, resources, data_schemes, expires_s, starting_s, modified_s, " \
	"sign_s, due_s, guids, stamp"
#define SET_COLUMNS                                                                                \
	"claim = ?, presence = ?, gone = ?, descriptor = ?, data_schema = ?, name = ?, reporter "  \
	"= ?, "                                                                                    \
	"runtime = ?, guid = ?, p2p_requester = ?, p2p_handler = ?, resources = ?, "               \
	"data_schemes = ?, expires_s = ?, starting_s = ?, modified_s = ?, sign_s = ?, due_s = ?, " \
	"guids = ?, stamp = ?"

#define KEYED " USING TIMESTAMP ? WHERE "
#define AT " USING TIMESTAMP ?"
#define ROW(statement, text) [statement] = {text, true}
#define LIGHT(statement, text) [statement] = {text, false}

const struct cass_statement_row cass_statement_rows[CASS_STATEMENT_COUNT] = {
	ROW(CASS_HYPERTY_GET, "SELECT id, owner, " COLUMNS " FROM {keyspace}.hyperties "
			      "WHERE owner = ? AND id = ?"),
	ROW(CASS_HYPERTIES_LIST,
	    "SELECT id, owner, " COLUMNS " FROM {keyspace}.hyperties WHERE owner = ?"),
	ROW(CASS_HYPERTIES_SCAN, "SELECT id, owner, " COLUMNS " FROM {keyspace}.hyperties"),
	ROW(CASS_HYPERTY_SET,
	    "UPDATE {keyspace}.hyperties" AT " SET " SET_COLUMNS " WHERE owner = ? AND id = ?"),
	ROW(CASS_HYPERTY_REMOVE, "DELETE FROM {keyspace}.hyperties" KEYED "owner = ? AND id = ?"),
	ROW(CASS_OBJECT_GET,
	    "SELECT id, owner, " COLUMNS " FROM {keyspace}.data_objects WHERE id = ?"),
	ROW(CASS_OBJECTS_SCAN, "SELECT id, owner, " COLUMNS " FROM {keyspace}.data_objects"),
	ROW(CASS_OBJECT_SET,
	    "UPDATE {keyspace}.data_objects" AT " SET " SET_COLUMNS " WHERE id = ?"),
	ROW(CASS_OBJECT_REMOVE, "DELETE FROM {keyspace}.data_objects" KEYED "id = ?"),

	ROW(CASS_NAME_LIST, "SELECT id FROM {keyspace}.data_objects_by_name WHERE name = ?"),
	ROW(CASS_NAME_ADD,
	    "INSERT INTO {keyspace}.data_objects_by_name (name, id) VALUES (?, ?)" AT),
	ROW(CASS_NAME_REMOVE,
	    "DELETE FROM {keyspace}.data_objects_by_name" KEYED "name = ? AND id = ?"),
	ROW(CASS_REPORTER_LIST,
	    "SELECT id FROM {keyspace}.data_objects_by_reporter WHERE reporter = ?"),
	ROW(CASS_REPORTER_ADD,
	    "INSERT INTO {keyspace}.data_objects_by_reporter (reporter, id) VALUES (?, ?)" AT),
	ROW(CASS_REPORTER_REMOVE,
	    "DELETE FROM {keyspace}.data_objects_by_reporter" KEYED "reporter = ? AND id = ?"),
	ROW(CASS_EMAIL_LIST, "SELECT owner FROM {keyspace}.users_by_email WHERE email = ?"),
	ROW(CASS_EMAIL_ADD,
	    "INSERT INTO {keyspace}.users_by_email (email, owner) VALUES (?, ?)" AT),
	ROW(CASS_EMAIL_REMOVE,
	    "DELETE FROM {keyspace}.users_by_email" KEYED "email = ? AND owner = ?"),
	ROW(CASS_GUID_LIST, "SELECT owner, id FROM {keyspace}.users_by_guid WHERE guid = ?"),
	ROW(CASS_GUID_ADD,
	    "INSERT INTO {keyspace}.users_by_guid (guid, owner, id) VALUES (?, ?, ?)" AT),
	ROW(CASS_GUID_REMOVE,
	    "DELETE FROM {keyspace}.users_by_guid" KEYED "guid = ? AND owner = ? AND id = ?"),

	ROW(CASS_OWNER_GET, "SELECT owner, claim, since FROM {keyspace}.owners WHERE id = ?"),
	LIGHT(CASS_OWNER_CLAIM, "INSERT INTO {keyspace}.owners (id, owner, claim, since) "
				"VALUES (?, ?, ?, ?) IF NOT EXISTS"),
	LIGHT(CASS_OWNER_REPLACE, "UPDATE {keyspace}.owners SET owner = ?, claim = ?, since = ? "
				  "WHERE id = ? IF claim = ?"),
	LIGHT(CASS_OWNER_FREE, "DELETE FROM {keyspace}.owners WHERE id = ? IF claim = ?"),
	ROW(CASS_CLAIMS_LIST, "SELECT since, claim, owner FROM {keyspace}.claims WHERE id = ?"),
	ROW(CASS_CLAIM_ADD,
	    "INSERT INTO {keyspace}.claims (id, since, claim, owner) VALUES (?, ?, ?, ?)" AT),
	ROW(CASS_CLAIM_REMOVE,
	    "DELETE FROM {keyspace}.claims" KEYED "id = ? AND since = ? AND claim = ?"),
	ROW(CASS_CONFLICT_ADD, "INSERT INTO {keyspace}.conflicts (month, set_aside_s, id, claim, "
			       "owner, winner, record) "
			       "VALUES (?, ?, ?, ?, ?, ?, ?)" AT),
	ROW(CASS_CONFLICTS_SCAN,
	    "SELECT set_aside_s, id, claim, owner, winner, record FROM {keyspace}.conflicts"),

	ROW(CASS_DUE_LIST, "SELECT due_s, kind, id, owner, claim, WRITETIME(claim) "
			   "FROM {keyspace}.due WHERE shard = ? AND bucket = ? "
			   "AND (due_s, kind, id, owner) > (?, ?, ?, ?) AND (due_s) <= (?)"),
	ROW(CASS_DUE_ADD,
	    "INSERT INTO {keyspace}.due (shard, bucket, due_s, kind, id, owner, claim) "
	    "VALUES (?, ?, ?, ?, ?, ?, ?)" AT),
	ROW(CASS_DUE_REMOVE, "DELETE FROM {keyspace}.due" KEYED "shard = ? AND bucket = ? "
			     "AND due_s = ? AND kind = ? AND id = ? AND owner = ?"),

	ROW(CASS_PENDING_LIST, "SELECT news, kind, id, owner, added, lease, until_s, "
			       "WRITETIME(until_s) "
			       "FROM {keyspace}.pending WHERE bucket = ?"),
	ROW(CASS_PENDING_GET,
	    "SELECT added, lease, until_s FROM {keyspace}.pending WHERE bucket = ? "
	    "AND news = ? AND kind = ? AND id = ? AND owner = ?"),
	ROW(CASS_PENDING_COUNT, "SELECT count(added) FROM {keyspace}.pending WHERE bucket = ?"),
	ROW(CASS_PENDING_ADD,
	    "INSERT INTO {keyspace}.pending (bucket, news, kind, id, owner, added) "
	    "VALUES (?, ?, ?, ?, ?, true)" AT),
	ROW(CASS_PENDING_LEASE, "UPDATE {keyspace}.pending" AT " SET lease = ?, until_s = ? "
				"WHERE bucket = ? AND news = ? AND kind = ? AND id = ? "
				"AND owner = ?"),
	ROW(CASS_PENDING_REMOVE, "DELETE FROM {keyspace}.pending" KEYED "bucket = ? AND news = ? "
				 "AND kind = ? AND id = ? AND owner = ?"),

	ROW(CASS_BUCKETS_LIST,
	    "SELECT bucket FROM {keyspace}.buckets WHERE queue = ? AND bucket <= ?"),
	ROW(CASS_BUCKET_ADD, "INSERT INTO {keyspace}.buckets (queue, bucket) VALUES (?, ?)" AT),
	ROW(CASS_BUCKET_REMOVE, "DELETE FROM {keyspace}.buckets" KEYED "queue = ? AND bucket = ?"),

	LIGHT(CASS_LEASE_TAKE, "INSERT INTO {keyspace}.leases (name, holder) VALUES (?, ?) "
			       "IF NOT EXISTS USING TTL ?"),
	LIGHT(CASS_LEASE_RENEW,
	      "UPDATE {keyspace}.leases USING TTL ? SET holder = ? WHERE name = ? IF holder = ?"),
	LIGHT(CASS_LEASE_FREE, "DELETE FROM {keyspace}.leases WHERE name = ? IF holder = ?"),

	ROW(CASS_COUNTS_LIST, "SELECT server, hyperties, data_objects, pending, at_s, clean "
			      "FROM {keyspace}.counts WHERE part = 0"),
	ROW(CASS_COUNTS_SET,
	    "INSERT INTO {keyspace}.counts (part, server, hyperties, data_objects, pending, at_s, "
	    "clean) VALUES (0, ?, ?, ?, ?, ?, ?)" AT),
	ROW(CASS_COUNTS_REMOVE, "DELETE FROM {keyspace}.counts" KEYED "part = 0 AND server = ?"),
};
