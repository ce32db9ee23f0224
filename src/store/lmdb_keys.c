/* How keys and values look in the file. */
#include "store/lmdb_tables.h"

#include <sodium.h>
#include <string.h>

#include "model/record.h"

#define LONG_ID_FLAG 0x80
#define LONG_ID_HASH_BYTES 32

_Static_assert(crypto_shorthash_siphashx24_BYTES == LMDB_HASH_BYTES, "one hash");
_Static_assert(crypto_shorthash_siphashx24_KEYBYTES <= LMDB_SECRET_BYTES, "enough secret");

void lmdb_entry_key(const struct lmdb_env *env, struct entry_key key, struct lmdb_entry_key *ret)
{
	if (key.id.len < sizeof(ret->bytes)) {
		ret->bytes[0] = (unsigned char)key.kind;
		memcpy(ret->bytes + 1, key.id.data, key.id.len);
		ret->len = 1 + key.id.len;
		return;
	}
	ret->bytes[0] = (unsigned char)(key.kind | LONG_ID_FLAG);
	crypto_generichash(ret->bytes + 1, LONG_ID_HASH_BYTES, (const unsigned char *)key.id.data,
			   key.id.len, env->secret, sizeof(env->secret));
	ret->len = 1 + LONG_ID_HASH_BYTES;
}

unsigned lmdb_entry_kind(MDB_val entry_key)
{
	return *(const unsigned char *)entry_key.mv_data & ~(unsigned)LONG_ID_FLAG;
}

void lmdb_index_key(const struct lmdb_env *env, enum store_index index, struct slice key,
		    unsigned char ret_key[LMDB_INDEX_KEY_BYTES])
{
	ret_key[0] = (unsigned char)index;
	crypto_shorthash_siphashx24(ret_key + 1, (const unsigned char *)key.data, key.len,
				    env->secret);
}

bool lmdb_index_leads_to(enum store_index index, struct slice key, const struct entry *entry)
{
	switch (index) {
	case INDEX_USER:
		return slice_equal(entry->owner, key);
	case INDEX_NAME:
		return slice_equal(entry->fields.text[TEXT_NAME], key);
	case INDEX_REPORTER:
		return slice_equal(entry->fields.text[TEXT_REPORTER], key);
	case INDEX_EMAIL:
		return slice_equal(user_email(entry->owner), key);
	default:
		return true;
	}
}

int lmdb_value_decode(MDB_val value, struct entry *ret_entry, uint64_t *ret_pending)
{
	struct slice record;

	if (value.mv_size < LMDB_VALUE_PREFIX)
		return RECORD_DAMAGED;
	memcpy(ret_pending, value.mv_data, LMDB_VALUE_PREFIX);
	record = (struct slice){(const char *)value.mv_data + LMDB_VALUE_PREFIX,
				value.mv_size - LMDB_VALUE_PREFIX};
	return record_decode(record, ret_entry);
}

struct lmdb_number lmdb_number_of(uint64_t value)
{
	struct lmdb_number number;

	for (size_t i = 0; i < sizeof(number.bytes); i++)
		number.bytes[i] = (unsigned char)(value >> (8 * (sizeof(number.bytes) - 1 - i)));
	return number;
}

uint64_t lmdb_number_value(MDB_val value)
{
	const unsigned char *bytes = value.mv_data;
	uint64_t number = 0;

	for (size_t i = 0; i < value.mv_size && i < sizeof(number); i++)
		number = number << 8 | bytes[i];
	return number;
}

static MDB_val state_key(void)
{
	return (MDB_val){sizeof("state") - 1, (void *)"state"};
}

int lmdb_state_get(struct lmdb_env *env, MDB_txn *txn, struct lmdb_state *ret_state)
{
	MDB_val key = state_key();
	MDB_val value;
	int r = mdb_get(txn, env->meta, &key, &value);

	if (r != 0)
		return r;
	if (value.mv_size != sizeof(*ret_state))
		return MDB_CORRUPTED;
	memcpy(ret_state, value.mv_data, sizeof(*ret_state));
	return 0;
}

int lmdb_state_put(struct lmdb_env *env, MDB_txn *txn, const struct lmdb_state *state)
{
	MDB_val key = state_key();
	MDB_val value = {sizeof(*state), (void *)state};

	return mdb_put(txn, env->meta, &key, &value, 0);
}
