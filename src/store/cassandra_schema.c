/* Looks which versions of the tables there are, and adds those that are missing. */
#include "store/cassandra_schema.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <sodium.h>

#include "base/buffer.h"
#include "store/cassandra_clock.h"
#include "store/cassandra_store.h"

#define LEASE "migrate"
/* Longer than any one statement takes, until all nodes agree. */
#define LEASE_TTL_S 60

#define VERSIONS_MAX 1000

struct versions {
	bool applied[VERSIONS_MAX];
	int32_t newest;
};

static int count_rows(struct cass_waiter *waiter, const char *text, size_t *ret_count)
{
	struct cql_rows *rows;
	int r = cass_waiter_read(waiter, text, &rows);

	if (r < 0)
		return r;
	*ret_count = rows ? cql_rows_count(rows) : 0;
	cql_rows_free(rows);
	return 0;
}

/* ---- The keyspace ---- */

/* A name and a number of copies. False if it is not that. */
static bool append_centre(struct buffer *out, const char *centre, size_t len)
{
	const char *colon = memchr(centre, ':', len);
	size_t name_len = colon ? (size_t)(colon - centre) : 0;
	size_t digits = strspn(centre + name_len + 1, "0123456789");

	if (name_len == 0 || digits == 0 || name_len + 1 + digits != len)
		return false;
	for (size_t i = 0; i < name_len; i++) {
		if (!isalnum((unsigned char)centre[i]) && !strchr("_-.", centre[i]))
			return false;
	}
	buffer_append_slice(out, SLICE(", '"));
	buffer_append(out, centre, name_len);
	buffer_append_slice(out, SLICE("': "));
	buffer_append(out, centre + name_len + 1, digits);
	return true;
}

/* "3" or "dc1:2, dc2:2". In each data centre there are as many copies if no centre is named. */
static bool append_replication(struct buffer *out, const char *replication)
{
	if (replication[0] != '\0' && replication[strspn(replication, "0123456789")] == '\0') {
		buffer_append_slice(out, SLICE(", 'replication_factor': "));
		buffer_append_slice(out, slice_of(replication));
		return true;
	}
	do {
		size_t len;

		replication += strspn(replication, ", ");
		len = strcspn(replication, ", ");
		if (!append_centre(out, replication, len))
			return false;
		replication += len;
	} while (*replication != '\0');
	return true;
}

static int make_keyspace(struct cass_waiter *waiter)
{
	const char *replication = waiter->store->options.replication;
	struct buffer text = {0};
	int r;

	buffer_append_slice(&text, SLICE("CREATE KEYSPACE IF NOT EXISTS {keyspace} WITH "
					 "replication = {'class': 'NetworkTopologyStrategy'"));
	if (!append_replication(&text, replication)) {
		buffer_deinit(&text);
		return cass_waiter_refuse(waiter, -EINVAL,
					  "cassandra_replication: \"%s\" is neither a number nor "
					  "CENTRE:COPIES[,…]",
					  replication);
	}
	buffer_append(&text, "}", 2);
	r = text.failed ? -ENOMEM : cass_waiter_alter(waiter, text.data);
	buffer_deinit(&text);
	return r;
}

static int bring_keyspace(struct cass_waiter *waiter)
{
	const struct store_cassandra_options *options = &waiter->store->options;
	size_t count;
	int r = count_rows(waiter,
			   "SELECT keyspace_name FROM system_schema.keyspaces "
			   "WHERE keyspace_name = '{keyspace}'",
			   &count);

	if (r < 0 || count > 0)
		return r;
	if (!options->migrate)
		return cass_waiter_refuse(
			waiter, -ENOENT, "there is no keyspace \"%s\", and cassandra_migrate is no",
			options->keyspace);
	return make_keyspace(waiter);
}

/* ---- The tables that migrations need themselves ---- */

/* Servers may make a table at the same time, through different nodes, before there is a lease to
 * take. All give it the same identity, or the nodes could never agree whose table it is. */
static int make_table(struct cass_waiter *waiter, const char *table, const char *columns)
{
	unsigned char id[CASS_CLAIM_BYTES];
	char name[128], text[512], hex[2 * sizeof(id) + 1];

	snprintf(name, sizeof(name), "%s.%s", waiter->store->options.keyspace, table);
	crypto_generichash(id, sizeof(id), (const unsigned char *)name, strlen(name), NULL, 0);
	sodium_bin2hex(hex, sizeof(hex), id, sizeof(id));
	snprintf(text, sizeof(text),
		 "CREATE TABLE IF NOT EXISTS %s (%s) WITH id = %.8s-%.4s-4%.3s-8%.3s-%.12s "
		 "AND speculative_retry = 'MIN(99p,500ms)'",
		 name, columns, hex, hex + 8, hex + 13, hex + 17, hex + 20);
	return cass_waiter_alter(waiter, text);
}

static int bring_first_tables(struct cass_waiter *waiter)
{
	const struct store_cassandra_options *options = &waiter->store->options;
	size_t count;
	int r = count_rows(waiter,
			   "SELECT table_name FROM system_schema.tables WHERE "
			   "keyspace_name = '{keyspace}' "
			   "AND table_name IN ('schema_versions', 'leases')",
			   &count);

	if (r < 0 || count == 2)
		return r;
	if (!options->migrate)
		return cass_waiter_refuse(waiter, -ENOENT,
					  "the keyspace \"%s\" has no tables of ours, and "
					  "cassandra_migrate is no",
					  options->keyspace);
	r = make_table(waiter, "schema_versions", "version int PRIMARY KEY, applied_s bigint");
	return r < 0 ? r : make_table(waiter, "leases", "name text PRIMARY KEY, holder uuid");
}

/* ---- Versions ---- */

static int read_versions(struct cass_waiter *waiter, struct versions *ret_versions)
{
	struct versions versions = {0};
	struct cql_value value;
	struct cql_rows *rows;
	int r = cass_waiter_read(waiter, "SELECT version FROM {keyspace}.schema_versions", &rows);

	if (r < 0)
		return r;
	while (rows && cql_rows_next(rows, &value, 1)) {
		int32_t version = cass_int_of(value);

		if (version > versions.newest)
			versions.newest = version;
		if (version >= 0 && version < VERSIONS_MAX)
			versions.applied[version] = true;
	}
	cql_rows_free(rows);
	*ret_versions = versions;
	return 0;
}

/* The first migration that is missing; the end of them if none is. */
static const struct cass_migration *first_missing(const struct versions *versions)
{
	const struct cass_migration *migration = cass_migrations;

	while (migration->statement && versions->applied[migration->version])
		migration++;
	return migration;
}

static int32_t newest_known(void)
{
	const struct cass_migration *migration = cass_migrations;

	while (migration[1].statement)
		migration++;
	return migration->version;
}

static int record_version(struct cass_waiter *waiter, int32_t version)
{
	char text[160];

	snprintf(text, sizeof(text),
		 "INSERT INTO {keyspace}.schema_versions (version, applied_s) VALUES (%d, %lld)",
		 version, (long long)(cass_clock_real_us(waiter->store) / 1000000));
	return cass_waiter_read(waiter, text, NULL);
}

/* While we hold the lease, which is taken anew for each statement. */
static int apply(struct cass_waiter *waiter, const struct versions *versions)
{
	const struct cass_migration *at;

	for (at = first_missing(versions); at->statement; at++) {
		bool last = at[1].version != at->version;
		int r = cass_waiter_take_lease(waiter, LEASE, LEASE_TTL_S);

		if (r > 0)
			r = cass_waiter_alter(waiter, at->statement);
		else if (r == 0)
			r = cass_waiter_refuse(waiter, -EBUSY, "another server took over");
		if (r == 0 && last)
			r = record_version(waiter, at->version);
		if (r < 0)
			return r;
	}
	return 0;
}

static int migrate(struct cass_waiter *waiter)
{
	struct versions versions;
	int r = cass_waiter_take_lease(waiter, LEASE, LEASE_TTL_S);

	if (r < 0)
		return r;
	if (r == 0)
		return cass_waiter_refuse(waiter, -EBUSY,
					  "another server brings the tables to a new version");
	r = read_versions(waiter, &versions); /* whoever had it before us may have done it */
	if (r == 0)
		r = apply(waiter, &versions);
	cass_waiter_free_lease(waiter, LEASE);
	return r;
}

static int bring_versions(struct cass_waiter *waiter)
{
	const struct store_cassandra_options *options = &waiter->store->options;
	struct versions versions;
	const struct cass_migration *missing;
	int r = read_versions(waiter, &versions);

	if (r < 0)
		return r;
	if (versions.newest > newest_known())
		return cass_waiter_refuse(waiter, -EPROTO,
					  "the tables are of version %d, this release knows them "
					  "up to %d",
					  versions.newest, newest_known());
	missing = first_missing(&versions);
	if (!missing->statement)
		return 0;
	if (!options->migrate)
		return cass_waiter_refuse(waiter, -ENOENT,
					  "the tables lack version %d, and cassandra_migrate is no",
					  missing->version);
	return migrate(waiter);
}

int cass_schema_bring(struct cass_waiter *waiter)
{
	int r = bring_keyspace(waiter);

	if (r == 0)
		r = bring_first_tables(waiter);
	return r == 0 ? bring_versions(waiter) : r;
}
