/* Takes an entry away first, and what led to it afterwards: nobody finds a half. */
#include "store/cassandra_remove.h"

void cass_remove_entry(struct cass_job *job, const struct cass_row *row, int64_t stamp)
{
	const struct entry *entry = &row->entry;
	struct cql_value values[3] = {cass_bigint(&job->arena, stamp)};

	if (entry->key.kind == ENTRY_HYPERTY) {
		values[1] = cass_text(entry->owner);
		values[2] = cass_text(entry->key.id);
		cass_ask(job, CASS_HYPERTY_REMOVE, values, 3);
	} else {
		values[1] = cass_text(entry->key.id);
		cass_ask(job, CASS_OBJECT_REMOVE, values, 2);
	}
}

static struct cass_ask *free_claim(struct cass_job *job, struct slice id,
				   const struct cass_claim *claim)
{
	const struct cql_value values[] = {cass_text(id), cass_uuid(claim)};

	return cass_ask_light(job, CASS_OWNER_FREE, values, 2);
}

struct cass_ask *cass_remove_rest(struct cass_job *job, const struct cass_row *row, int64_t stamp)
{
	cass_index_remove(job, &row->entry, NULL, stamp);
	if (row->entry.key.kind != ENTRY_HYPERTY)
		return NULL;
	cass_owners_drop(&job->store->owners, row->entry.key.id);
	return free_claim(job, row->entry.key.id, &row->claim);
}

/* ---- The user ---- */

struct user_job {
	struct cass_job job; /* first */
	struct slice owner;
	int64_t stamp;
	struct cass_ask *list;
};

static void on_user_removed(struct cass_job *job)
{
	cass_job_end(job, STORE_DONE);
}

static bool has_entries(struct user_job *user)
{
	struct cql_value values[CASS_ROW_VALUES];
	struct cass_row row;

	while (cass_ask_next(user->list, values, CASS_ROW_VALUES)) {
		if (cass_row_decode(ENTRY_HYPERTY, values, &user->job.arena, &row) != STORE_DONE ||
		    row.exists)
			return true;
	}
	return false;
}

static void on_user_listed(struct cass_job *job)
{
	struct user_job *user = (struct user_job *)job;
	const struct cql_value values[] = {
		cass_bigint(&job->arena, user->stamp),
		cass_text(cass_index_key(&job->arena, user_email(user->owner))),
		cass_text(user->owner),
	};

	if (atomic_load(&job->failed) || has_entries(user)) {
		cass_job_end(job, STORE_DONE);
		return;
	}
	cass_round(job, "user.remove", on_user_removed);
	cass_ask(job, CASS_EMAIL_REMOVE, values, 3);
	cass_round_go(job);
}

void cass_remove_user(struct store_cassandra *cassandra, struct slice owner, int64_t stamp)
{
	struct user_job *user;
	struct cql_value value;

	if (!user_email(owner).data)
		return;
	user = cass_job_new(cassandra, sizeof(*user), NULL);
	if (!user)
		return;
	user->owner = arena_copy(&user->job.arena, owner);
	user->stamp = stamp;
	value = cass_text(user->owner);
	cass_round(&user->job, "user.list", on_user_listed);
	user->list = cass_ask(&user->job, CASS_HYPERTIES_LIST, &value, 1);
	cass_round_go(&user->job);
}
