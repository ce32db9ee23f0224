/* The rows beside an entry. */
#include "store/cassandra_rows.h"

#include <stdio.h>

/* ---- The entry itself ---- */

struct cass_ask *cass_entry_ask(struct cass_job *job, struct entry_key key, struct slice owner)
{
	const struct cql_value values[] = {cass_text(owner), cass_text(key.id)};

	if (key.kind == ENTRY_HYPERTY)
		return cass_ask(job, CASS_HYPERTY_GET, values, 2);
	return cass_ask(job, CASS_OBJECT_GET, values + 1, 1);
}

void cass_entry_write(struct cass_job *job, const struct cass_write *write)
{
	bool hyperty = write->change->entry.key.kind == ENTRY_HYPERTY;
	struct cql_value values[CASS_SET_VALUES];
	size_t count = 0;

	if (cass_write_encode(write, &job->arena, values, &count) < 0)
		atomic_store(&job->failed, true);
	else
		cass_ask(job, hyperty ? CASS_HYPERTY_SET : CASS_OBJECT_SET, values, count);
}

/* ---- What is due ---- */

struct slice cass_due_queue(int32_t shard, char ret_name[static CASS_QUEUE_MAX])
{
	int len = snprintf(ret_name, CASS_QUEUE_MAX, "due/%d", (int)shard);

	return (struct slice){ret_name, (size_t)len};
}

void cass_due_register(struct cass_job *job, int32_t shard, int64_t bucket, int64_t stamp)
{
	char name[CASS_QUEUE_MAX];
	struct slice queue = arena_copy(&job->arena, cass_due_queue(shard, name));
	const struct cql_value values[] = {
		cass_text(queue),
		cass_bigint(&job->arena, bucket),
		cass_bigint(&job->arena, stamp),
	};

	cass_ask(job, CASS_BUCKET_ADD, values, 3);
}

static int32_t shard_of(const struct cass_due *due)
{
	return cass_shard_of((struct entry_key){ENTRY_HYPERTY, due->id});
}

/* As CASS_DUE_ADD wants it. */
static void due_values(struct cass_job *job, const struct cass_due *due, int64_t stamp,
		       struct cql_value values[8])
{
	struct arena *arena = &job->arena;

	values[0] = cass_int(arena, shard_of(due));
	values[1] = cass_bigint(arena, cass_due_bucket(due->due_s));
	values[2] = cass_bigint(arena, due->due_s);
	values[3] = cass_int(arena, due->kind);
	values[4] = cass_text(due->id);
	values[5] = cass_text(due->owner.data ? due->owner : SLICE(""));
	values[6] = cass_uuid_copy(arena, &due->claim);
	values[7] = cass_bigint(arena, stamp);
}

void cass_due_add(struct cass_job *job, const struct cass_due *due, int64_t stamp)
{
	struct cql_value values[8];

	due_values(job, due, stamp, values);
	cass_ask(job, CASS_DUE_ADD, values, 8);
	cass_due_register(job, shard_of(due), cass_due_bucket(due->due_s), stamp);
}

void cass_due_remove_from(struct cass_batch *batch, const struct cass_due *due, int64_t stamp)
{
	struct cql_value added[8];
	struct cql_value values[7];

	due_values(batch->job, due, stamp, added);
	values[0] = added[7];
	memcpy(values + 1, added, 6 * sizeof(*values));
	cass_batch_add(batch, CASS_DUE_REMOVE, values, 7);
}

/* ---- News ---- */

void cass_pending_key(struct cass_job *job, int64_t news, struct entry_key key, struct slice owner,
		      struct cql_value ret_values[5])
{
	struct arena *arena = &job->arena;

	ret_values[0] = cass_bigint(arena, cass_pending_bucket(news));
	ret_values[1] = cass_bigint(arena, news);
	ret_values[2] = cass_int(arena, (int32_t)key.kind);
	ret_values[3] = cass_text(key.id);
	ret_values[4] = cass_text(owner.data ? owner : SLICE(""));
}

void cass_pending_add_to(struct cass_batch *batch, int64_t news, const struct entry *entry,
			 int64_t stamp)
{
	struct cql_value values[6];

	cass_pending_key(batch->job, news, entry->key, entry->owner, values);
	values[5] = cass_bigint(&batch->job->arena, stamp);
	cass_batch_add(batch, CASS_PENDING_ADD, values, 6);
}

void cass_pending_register(struct cass_job *job, int64_t bucket, int64_t stamp)
{
	const struct cql_value values[] = {
		cass_text(CASS_PENDING_QUEUE),
		cass_bigint(&job->arena, bucket),
		cass_bigint(&job->arena, stamp),
	};

	cass_ask(job, CASS_BUCKET_ADD, values, 3);
}

void cass_pending_add(struct cass_job *job, int64_t news, const struct entry *entry, int64_t stamp)
{
	struct cass_batch single;

	cass_batch_init(&single, job);
	cass_pending_add_to(&single, news, entry, stamp);
	cass_batch_send(&single);
	cass_pending_register(job, cass_pending_bucket(news), stamp);
}

struct cass_ask *cass_pending_get(struct cass_job *job, int64_t news, const struct entry *entry)
{
	struct cql_value values[5];

	cass_pending_key(job, news, entry->key, entry->owner, values);
	return cass_ask(job, CASS_PENDING_GET, values, 5);
}

bool cass_pending_is_there(struct cass_job *job, struct cass_ask *ask)
{
	struct cql_value values[3];

	return cass_ask_next(ask, values, 3) && cass_bool_of(values[0]) &&
	       !cass_taker_has_settled(job->store->taker, (uint64_t)cass_bigint_of(values[1]));
}

bool cass_pending_drop(struct store_cassandra *cassandra, struct cass_ask *ask, int64_t news,
		       struct entry_key key)
{
	int64_t now_s = store_cassandra_now(&cassandra->store).lifetime_s;
	struct cql_value values[3];

	if (!cass_ask_next(ask, values, 3) || !cass_bool_of(values[0]))
		return false;
	if (cass_taker_note_dropped(cassandra->taker, news, key) ||
	    cass_bigint_of(values[2]) > now_s)
		return false;
	atomic_fetch_sub(&cassandra->own_pending, 1);
	return true;
}

void cass_pending_remove(struct cass_job *job, int64_t news, const struct entry *entry,
			 int64_t stamp)
{
	struct cql_value values[6];

	values[0] = cass_bigint(&job->arena, stamp);
	cass_pending_key(job, news, entry->key, entry->owner, values + 1);
	cass_ask(job, CASS_PENDING_REMOVE, values, 6);
}

/* ---- What leads to entries ---- */

/* A thin row: added with its timestamp behind the key, removed with it before. */
static void add_row(struct cass_job *job, enum cass_statement statement, struct slice text,
		    struct slice second, struct slice third, int64_t stamp)
{
	struct cql_value values[4] = {cass_text(cass_index_key(&job->arena, text)),
				      cass_text(second), cass_text(third)};
	size_t count = third.data ? 3 : 2;

	values[count++] = cass_bigint(&job->arena, stamp);
	cass_ask(job, statement, values, count);
}

static void remove_row(struct cass_job *job, enum cass_statement statement, struct slice text,
		       struct slice second, struct slice third, int64_t stamp)
{
	const struct cql_value values[4] = {cass_bigint(&job->arena, stamp),
					    cass_text(cass_index_key(&job->arena, text)),
					    cass_text(second), cass_text(third)};

	cass_ask(job, statement, values, third.data ? 4 : 3);
}

typedef void do_row(struct cass_job *job, enum cass_statement statement, struct slice text,
		    struct slice second, struct slice third, int64_t stamp);

static bool carries(const struct entry *entry, struct slice guid)
{
	for (uint32_t i = 0; entry && i < entry->guid_count; i++) {
		if (slice_equal(entry->guids[i], guid))
			return true;
	}
	return false;
}

static const enum text_member members[] = {TEXT_NAME, TEXT_REPORTER};
#define MEMBERS 2

/* Whether a's text leads to it, and did not lead to b. */
static bool leads(const struct entry *a, const struct entry *b, enum text_member member)
{
	struct slice text = a->fields.text[member];

	return text.data &&
	       !(b && b->fields.text[member].data && slice_equal(text, b->fields.text[member]));
}

bool cass_index_differs(const struct entry *entry, const struct entry *old)
{
	bool differs = !old;

	if (entry->key.kind == ENTRY_HYPERTY) {
		for (uint32_t i = 0; i < entry->guid_count; i++)
			differs = differs || !carries(old, entry->guids[i]);
		return differs;
	}
	for (int i = 0; i < MEMBERS; i++)
		differs = differs || leads(entry, old, members[i]);
	return differs;
}

/* Rows for what a has and b has not; b may be NULL. */
static void each_row(struct cass_job *job, const struct entry *a, const struct entry *b,
		     do_row *row, const enum cass_statement statements[MEMBERS + 1], int64_t stamp)
{
	if (a->key.kind == ENTRY_HYPERTY) {
		for (uint32_t i = 0; i < a->guid_count; i++) {
			if (!carries(b, a->guids[i]))
				row(job, statements[MEMBERS], a->guids[i], a->owner, a->key.id,
				    stamp);
		}
		return;
	}
	for (int i = 0; i < MEMBERS; i++) {
		if (leads(a, b, members[i]))
			row(job, statements[i], a->fields.text[members[i]], a->key.id, SLICE_NONE,
			    stamp);
	}
}

void cass_index_add(struct cass_job *job, const struct entry *entry, const struct entry *old,
		    int64_t stamp)
{
	static const enum cass_statement adds[] = {CASS_NAME_ADD, CASS_REPORTER_ADD, CASS_GUID_ADD};
	struct slice email = user_email(entry->owner);

	if (!old && entry->key.kind == ENTRY_HYPERTY && email.data)
		add_row(job, CASS_EMAIL_ADD, email, entry->owner, SLICE_NONE, stamp);
	each_row(job, entry, old, add_row, adds, stamp);
}

void cass_index_remove(struct cass_job *job, const struct entry *old, const struct entry *entry,
		       int64_t stamp)
{
	static const enum cass_statement removes[] = {CASS_NAME_REMOVE, CASS_REPORTER_REMOVE,
						      CASS_GUID_REMOVE};

	each_row(job, old, entry, remove_row, removes, stamp);
}
