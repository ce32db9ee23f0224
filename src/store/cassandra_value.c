/* Big-endian numbers, and fields behind their lengths. */
#include "store/cassandra_value.h"

#include <endian.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

/* Keys of partitions are limited to 64 KiB, members of entries are not. */
#define INDEX_KEY_MAX 1024
#define FAILED_LEN UINT32_MAX

static struct cql_value failed(void)
{
	return (struct cql_value){.len = FAILED_LEN};
}

bool cass_failed(const struct cql_value *value)
{
	return !value->data && value->len == FAILED_LEN;
}

static struct cql_value copied(struct arena *arena, const void *data, uint32_t len)
{
	void *copy = arena_alloc(arena, len);

	if (!copy)
		return failed();
	memcpy(copy, data, len);
	return (struct cql_value){.data = copy, .len = len};
}

struct cql_value cass_bigint(struct arena *arena, int64_t value)
{
	uint64_t bytes = htobe64((uint64_t)value);

	return copied(arena, &bytes, sizeof(bytes));
}

struct cql_value cass_int(struct arena *arena, int32_t value)
{
	uint32_t bytes = htobe32((uint32_t)value);

	return copied(arena, &bytes, sizeof(bytes));
}

struct cql_value cass_bool(bool value)
{
	return (struct cql_value){.data = value ? "\1" : "\0", .len = 1};
}

struct cql_value cass_text(struct slice text)
{
	return (struct cql_value){.data = text.data, .len = (uint32_t)text.len};
}

struct cql_value cass_uuid(const struct cass_claim *claim)
{
	return (struct cql_value){.data = claim->bytes, .len = CASS_CLAIM_BYTES};
}

struct cql_value cass_uuid_copy(struct arena *arena, const struct cass_claim *claim)
{
	return cass_text(
		arena_copy(arena, (struct slice){(const char *)claim->bytes, CASS_CLAIM_BYTES}));
}

bool cass_packer_init(struct cass_packer *packer, struct arena *arena, size_t bytes)
{
	packer->start = packer->next = arena_alloc(arena, bytes);
	return packer->start;
}

void cass_pack_count(struct cass_packer *packer, uint32_t count)
{
	uint32_t bytes = htobe32(count);

	memcpy(packer->next, &bytes, sizeof(bytes));
	packer->next += sizeof(bytes);
}

void cass_pack_field(struct cass_packer *packer, struct slice field)
{
	cass_pack_count(packer, (uint32_t)field.len);
	if (field.len > 0)
		memcpy(packer->next, field.data, field.len);
	packer->next += field.len;
}

void cass_pack_bigint_field(struct cass_packer *packer, int64_t value)
{
	uint64_t bytes = htobe64((uint64_t)value);

	cass_pack_field(packer, (struct slice){(const char *)&bytes, sizeof(bytes)});
}

struct cql_value cass_packed(const struct cass_packer *packer)
{
	if (!packer->start)
		return failed();
	return (struct cql_value){.data = packer->start,
				  .len = (uint32_t)(packer->next - packer->start)};
}

int64_t cass_bigint_of(struct cql_value value)
{
	uint64_t bytes;

	if (!value.data || value.len != sizeof(bytes))
		return 0;
	memcpy(&bytes, value.data, sizeof(bytes));
	return (int64_t)be64toh(bytes);
}

int32_t cass_int_of(struct cql_value value)
{
	uint32_t bytes;

	if (!value.data || value.len != sizeof(bytes))
		return 0;
	memcpy(&bytes, value.data, sizeof(bytes));
	return (int32_t)be32toh(bytes);
}

bool cass_bool_of(struct cql_value value)
{
	return value.data && value.len == 1 && *(const char *)value.data;
}

struct slice cass_text_of(struct cql_value value)
{
	return (struct slice){value.data, value.data ? value.len : 0};
}

struct cass_claim cass_claim_of(struct cql_value value)
{
	struct cass_claim claim = {0};

	if (value.data && value.len == CASS_CLAIM_BYTES)
		memcpy(claim.bytes, value.data, CASS_CLAIM_BYTES);
	return claim;
}

static bool take_int(struct slice *rest, int32_t *ret_value)
{
	if (rest->len < sizeof(*ret_value))
		return false;
	*ret_value = cass_int_of((struct cql_value){.data = rest->data, .len = sizeof(*ret_value)});
	*rest = (struct slice){rest->data + sizeof(*ret_value), rest->len - sizeof(*ret_value)};
	return true;
}

bool cass_list_begin(struct cql_value value, struct slice *ret_rest, uint32_t *ret_count)
{
	struct slice rest = cass_text_of(value);
	int32_t count;

	if (!take_int(&rest, &count) || count < 0)
		return false;
	*ret_rest = rest;
	*ret_count = (uint32_t)count;
	return true;
}

bool cass_take_field(struct slice *rest, struct slice *ret_field)
{
	struct slice behind = *rest;
	int32_t len;

	if (!take_int(&behind, &len) || (len > 0 && (size_t)len > behind.len))
		return false;
	*ret_field = len < 0 ? SLICE_NONE : (struct slice){behind.data, (size_t)len};
	*rest = (struct slice){behind.data + ret_field->len, behind.len - ret_field->len};
	return true;
}

bool cass_claim_same(const struct cass_claim *a, const struct cass_claim *b)
{
	return memcmp(a->bytes, b->bytes, CASS_CLAIM_BYTES) == 0;
}

/* A UUID of version 4 (RFC 9562 §5.4): Cassandra looks at the version. */
struct cass_claim cass_claim_new(void)
{
	struct cass_claim claim;

	randombytes_buf(claim.bytes, sizeof(claim.bytes));
	claim.bytes[6] = (unsigned char)((claim.bytes[6] & 0x0f) | 0x40);
	claim.bytes[8] = (unsigned char)((claim.bytes[8] & 0x3f) | 0x80);
	return claim;
}

static struct slice behind_nul(struct arena *arena, struct slice text)
{
	char *key = arena_alloc(arena, text.len + 1);

	if (!key)
		return SLICE_NONE;
	key[0] = '\0';
	if (text.len > 0)
		memcpy(key + 1, text.data, text.len);
	return (struct slice){key, text.len + 1};
}

struct slice cass_index_key(struct arena *arena, struct slice text)
{
	unsigned char hash[crypto_generichash_BYTES];
	size_t hex_size = 2 * sizeof(hash) + 1;
	char *key;

	if (text.len == 0 || (text.data[0] == '\0' && text.len <= INDEX_KEY_MAX))
		return behind_nul(arena, text);
	if (text.len <= INDEX_KEY_MAX)
		return text;
	key = arena_alloc(arena, hex_size);
	if (!key)
		return SLICE_NONE;
	crypto_generichash(hash, sizeof(hash), (const unsigned char *)text.data, text.len, NULL, 0);
	sodium_bin2hex(key, hex_size, hash, sizeof(hash));
	return (struct slice){key, hex_size - 1};
}
