/* An entry's columns, encoded and decoded. */
#include "store/cassandra_entry.h"

#include <assert.h>
#include <errno.h>

#include "model/text_list.h"

/* Which column holds which text. Status is in presence. */
static const struct {
	enum cass_column column;
	enum text_member member;
} texts[] = {
	{CASS_DESCRIPTOR, TEXT_DESCRIPTOR},
	{CASS_SCHEMA, TEXT_SCHEMA},
	{CASS_NAME, TEXT_NAME},
	{CASS_REPORTER, TEXT_REPORTER},
	{CASS_RUNTIME, TEXT_RUNTIME},
	{CASS_GUID, TEXT_GUID},
	{CASS_P2P_REQUESTER, TEXT_P2P_REQUESTER},
	{CASS_P2P_HANDLER, TEXT_P2P_HANDLER},
};
#define TEXTS (sizeof(texts) / sizeof(texts[0]))

static const enum cass_column lists[LIST_COUNT] = {
	[LIST_RESOURCES] = CASS_RESOURCES,
	[LIST_DATA_SCHEMES] = CASS_DATA_SCHEMES,
};

/* presence and gone, as they are written: a tuple of a text and bigints. */
struct stance {
	struct slice status;
	int64_t away_s;
	int64_t news;
	int64_t at;
	int64_t sign_s; /* of gone only */
};
#define PRESENCE_NUMBERS 3
#define GONE_NUMBERS 4

/* ---- Reading ---- */

static bool decode_stance(struct cql_value value, int numbers, struct stance *ret_stance)
{
	int64_t *fields[] = {&ret_stance->away_s, &ret_stance->news, &ret_stance->at,
			     &ret_stance->sign_s};
	struct slice rest = {value.data, value.len};
	struct slice field;

	if (!cass_take_field(&rest, &ret_stance->status) || !ret_stance->status.data)
		return false;
	for (int i = 0; i < numbers; i++) {
		if (!cass_take_field(&rest, &field) || field.len != sizeof(int64_t))
			return false;
		*fields[i] = cass_bigint_of(
			(struct cql_value){.data = field.data, .len = (uint32_t)field.len});
	}
	return rest.len == 0;
}

/* The sweep has judged what is there: not an earlier sign of life, nor an earlier lifetime, which
 * in one and the same second another server may have made longer. */
static bool gone_counts(const struct stance *gone, const struct stance *presence,
			const struct entry *entry)
{
	return gone->status.data && gone->sign_s == entry->sign_s && gone->at > presence->at &&
	       gone->away_s - entry->sign_s > entry->fields.expires_s;
}

/* What counts of the two. */
static bool decode_presence(const struct cql_value *columns, struct cass_row *row)
{
	struct stance presence = {0};
	struct stance gone = {0};

	if (!decode_stance(columns[CASS_PRESENCE], PRESENCE_NUMBERS, &presence))
		return false;
	if (columns[CASS_GONE].data && !decode_stance(columns[CASS_GONE], GONE_NUMBERS, &gone))
		return false;
	row->is_gone = gone_counts(&gone, &presence, &row->entry);
	if (row->is_gone)
		presence = gone;
	row->entry.fields.text[TEXT_STATUS] = presence.status;
	row->entry.away_s = presence.away_s;
	row->news = presence.news;
	return true;
}

int cass_texts_decode(struct cql_value value, struct arena *arena, struct text_list *ret_list)
{
	struct buffer out = {0};
	struct slice rest;
	struct slice text;
	uint32_t count;
	struct slice packed;

	if (!value.data)
		return 0;
	if (!cass_list_begin(value, &rest, &count))
		return STORE_DAMAGED;
	for (uint32_t i = 0; i < count; i++) {
		if (!cass_take_field(&rest, &text)) {
			buffer_deinit(&out);
			return STORE_DAMAGED;
		}
		text_list_append(&out, text);
	}
	packed = arena_copy(arena, (struct slice){out.len ? out.data : "", out.len});
	if (out.failed || !packed.data) {
		buffer_deinit(&out);
		return -ENOMEM;
	}
	buffer_deinit(&out);
	*ret_list = (struct text_list){packed, count};
	return 0;
}

static int decode_guids(struct cql_value value, struct entry *entry)
{
	struct slice rest;
	uint32_t count;

	if (!value.data)
		return 0;
	if (!cass_list_begin(value, &rest, &count) || count > GUIDS_MAX)
		return STORE_DAMAGED;
	for (uint32_t i = 0; i < count; i++) {
		if (!cass_take_field(&rest, &entry->guids[i]))
			return STORE_DAMAGED;
	}
	entry->guid_count = count;
	return 0;
}

static int decode_fields(const struct cql_value *columns, struct arena *arena, struct entry *entry)
{
	int r = decode_guids(columns[CASS_GUIDS], entry);

	for (size_t i = 0; i < TEXTS; i++)
		entry->fields.text[texts[i].member] = cass_text_of(columns[texts[i].column]);
	for (int i = 0; i < LIST_COUNT && r == 0; i++)
		r = cass_texts_decode(columns[lists[i]], arena, &entry->fields.list[i]);
	entry->fields.expires_s =
		columns[CASS_EXPIRES].data ? cass_bigint_of(columns[CASS_EXPIRES]) : EXPIRES_ABSENT;
	return r;
}

int cass_row_decode(enum entry_kind kind, const struct cql_value values[CASS_ROW_VALUES],
		    struct arena *arena, struct cass_row *ret_row)
{
	const struct cql_value *columns = values + 2;
	struct cass_row row = {0};
	struct entry *entry = &row.entry;
	int r;

	row.stamp = cass_bigint_of(columns[CASS_STAMP]);
	row.exists = columns[CASS_PRESENCE].data && columns[CASS_STARTING].data;
	if (!row.exists) {
		*ret_row = row;
		return STORE_DONE;
	}
	entry->key = (struct entry_key){kind, cass_text_of(values[0])};
	if (kind == ENTRY_HYPERTY)
		entry->owner = cass_text_of(values[1]);
	row.claim = cass_claim_of(columns[CASS_CLAIM]);
	entry->starting_wall_s = cass_bigint_of(columns[CASS_STARTING]);
	entry->modified_wall_s = cass_bigint_of(columns[CASS_MODIFIED]);
	entry->sign_s = cass_bigint_of(columns[CASS_SIGN]);
	entry->due_s = cass_bigint_of(columns[CASS_DUE]);
	r = decode_fields(columns, arena, entry);
	if (r == 0 && !decode_presence(columns, &row))
		r = STORE_DAMAGED;
	if (r == 0)
		*ret_row = row;
	return r;
}

/* ---- Writing ---- */

static struct cql_value encode_stance(struct arena *arena, const struct stance *stance, int numbers)
{
	const int64_t fields[] = {stance->away_s, stance->news, stance->at, stance->sign_s};
	struct cass_packer packer;

	if (!cass_packer_init(&packer, arena,
			      cass_field_bytes(stance->status.len) +
				      (size_t)numbers * cass_field_bytes(sizeof(int64_t))))
		return cass_packed(&packer);
	cass_pack_field(&packer, stance->status);
	for (int i = 0; i < numbers; i++)
		cass_pack_bigint_field(&packer, fields[i]);
	return cass_packed(&packer);
}

static struct cql_value encode_list(struct arena *arena, struct text_list list)
{
	struct slice cursor = list.packed;
	struct cass_packer packer;
	struct slice text;
	size_t bytes = sizeof(int32_t);

	if (!list.packed.data)
		return CASS_NULL;
	while (text_list_next(&cursor, &text))
		bytes += cass_field_bytes(text.len);
	if (!cass_packer_init(&packer, arena, bytes))
		return cass_packed(&packer);
	cass_pack_count(&packer, list.count);
	cursor = list.packed;
	while (text_list_next(&cursor, &text))
		cass_pack_field(&packer, text);
	return cass_packed(&packer);
}

static struct cql_value encode_guids(struct arena *arena, const struct entry *entry)
{
	struct cass_packer packer;
	size_t bytes = sizeof(int32_t);

	for (uint32_t i = 0; i < entry->guid_count; i++)
		bytes += cass_field_bytes(entry->guids[i].len);
	if (!cass_packer_init(&packer, arena, bytes))
		return cass_packed(&packer);
	cass_pack_count(&packer, entry->guid_count);
	for (uint32_t i = 0; i < entry->guid_count; i++)
		cass_pack_field(&packer, entry->guids[i]);
	return cass_packed(&packer);
}

/* Whether the row may hold something there, be it what is left of a removed entry. */
static bool may_hold(const struct cass_write *write, bool has)
{
	const struct cass_row *old = write->old;

	return write->unsure || (old->exists ? has : old->stamp > 0);
}

/* A column that has no value and had none is left alone: writing null would leave a tombstone. */
static struct cql_value said(struct cql_value value, bool has_now, bool had, bool changed)
{
	if (!changed || (!has_now && !had))
		return CASS_UNSET;
	return has_now ? value : CASS_NULL;
}

static bool guids_equal(const struct entry *a, const struct entry *b)
{
	if (a->guid_count != b->guid_count)
		return false;
	for (uint32_t i = 0; i < a->guid_count; i++) {
		if (!slice_equal(a->guids[i], b->guids[i]))
			return false;
	}
	return true;
}

static void encode_fields(const struct cass_write *write, struct arena *arena,
			  struct cql_value *columns)
{
	const struct fields *old = &write->old->entry.fields;
	const struct fields *now = &write->change->entry.fields;
	uint32_t changed = write->old->exists ? write->change->changed : UINT32_MAX;

	for (size_t i = 0; i < TEXTS; i++) {
		struct slice text = now->text[texts[i].member];

		columns[texts[i].column] = said(cass_text(text), text.data,
						may_hold(write, old->text[texts[i].member].data),
						changed & CHANGED_TEXT(texts[i].member));
	}
	for (int i = 0; i < LIST_COUNT; i++)
		columns[lists[i]] =
			changed & CHANGED_LIST(i)
				? said(encode_list(arena, now->list[i]), now->list[i].packed.data,
				       may_hold(write, old->list[i].packed.data), true)
				: CASS_UNSET;
	columns[CASS_EXPIRES] =
		changed & CHANGED_EXPIRES ? cass_bigint(arena, now->expires_s) : CASS_UNSET;
}

/* The status that clients see, in the column of whoever says so. */
static void encode_presence(const struct cass_write *write, struct arena *arena,
			    struct cql_value *columns)
{
	const struct cass_row *old = write->old;
	const struct entry *entry = &write->change->entry;
	struct stance stance = {
		.status = entry->fields.text[TEXT_STATUS],
		.away_s = entry->away_s,
		.news = write->news,
		.at = write->stamp,
		.sign_s = entry->sign_s,
	};
	bool differs = !old->exists || write->change->changed & CHANGED_TEXT(TEXT_STATUS) ||
		       entry->away_s != old->entry.away_s || write->news != old->news;

	columns[CASS_GONE] = CASS_UNSET;
	columns[CASS_PRESENCE] = CASS_UNSET;
	if (write->by_sweep && old->exists && entry->sign_s == old->entry.sign_s) {
		if (differs)
			columns[CASS_GONE] = encode_stance(arena, &stance, GONE_NUMBERS);
	} else if (differs || old->is_gone) {
		columns[CASS_PRESENCE] = encode_stance(arena, &stance, PRESENCE_NUMBERS);
	}
}

static struct cql_value encode_number(struct arena *arena, const struct cass_write *write,
				      int64_t now, int64_t old)
{
	return write->old->exists && now == old ? CASS_UNSET : cass_bigint(arena, now);
}

int cass_write_encode(const struct cass_write *write, struct arena *arena,
		      struct cql_value ret_values[CASS_SET_VALUES], size_t *ret_count)
{
	const struct entry *entry = &write->change->entry;
	const struct entry *old = &write->old->entry;
	struct cql_value *columns = ret_values + 1;
	size_t count = 1 + CASS_COLUMN_COUNT;

	assert(write->stamp > write->old->stamp);
	ret_values[0] = cass_bigint(arena, write->stamp);
	columns[CASS_CLAIM] = write->old->exists || entry->key.kind != ENTRY_HYPERTY
				      ? CASS_UNSET
				      : cass_uuid_copy(arena, &write->claim);
	encode_presence(write, arena, columns);
	encode_fields(write, arena, columns);
	columns[CASS_STARTING] =
		encode_number(arena, write, entry->starting_wall_s, old->starting_wall_s);
	columns[CASS_MODIFIED] =
		encode_number(arena, write, entry->modified_wall_s, old->modified_wall_s);
	columns[CASS_SIGN] = encode_number(arena, write, entry->sign_s, old->sign_s);
	columns[CASS_DUE] = encode_number(arena, write, write->due_s, old->due_s);
	columns[CASS_GUIDS] =
		(write->old->exists || write->old->stamp == 0) && guids_equal(entry, old)
			? CASS_UNSET
			: encode_guids(arena, entry);
	columns[CASS_STAMP] = cass_bigint(arena, write->stamp);
	if (entry->key.kind == ENTRY_HYPERTY)
		ret_values[count++] = cass_text(entry->owner);
	ret_values[count++] = cass_text(entry->key.id);
	*ret_count = count;
	for (size_t i = 0; i < count; i++) {
		if (cass_failed(&ret_values[i]))
			return -ENOMEM;
	}
	return 0;
}
