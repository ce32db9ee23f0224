/* The stored form of an entry. */
#include "model/record.h"

#include <string.h>
#include <xxhash.h>

#include "model/text_list.h"
#include "model/varint.h"

#define VERSION 1
#define CHECKSUM_SIZE sizeof(uint64_t)

/* One bit for each member, as in CHANGED_*: texts, lists; then the owner. */
#define HAS_LIST(member) (1u << (TEXT_COUNT + (member)))
#define HAS_OWNER (1u << (TEXT_COUNT + LIST_COUNT))

static uint64_t checksum_of(const char *data, size_t len)
{
	uint8_t bytes[CHECKSUM_SIZE];
	uint64_t sum = XXH3_64bits(data, len);

	/* Least significant byte first, on every machine. */
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(sum >> (8 * i));
	memcpy(&sum, bytes, sizeof(sum));
	return sum;
}

static uint64_t presence_of(const struct entry *entry)
{
	uint64_t presence = entry->owner.data ? HAS_OWNER : 0;

	for (int i = 0; i < TEXT_COUNT; i++)
		presence |= entry->fields.text[i].data ? 1u << i : 0;
	for (int i = 0; i < LIST_COUNT; i++)
		presence |= entry->fields.list[i].packed.data ? HAS_LIST(i) : 0;
	return presence;
}

static void encode_texts(const struct entry *entry, struct buffer *out)
{
	varint_append_text(out, entry->key.id);
	if (entry->owner.data)
		varint_append_text(out, entry->owner);
	for (int i = 0; i < TEXT_COUNT; i++) {
		if (entry->fields.text[i].data)
			varint_append_text(out, entry->fields.text[i]);
	}
	for (int i = 0; i < LIST_COUNT; i++) {
		if (!entry->fields.list[i].packed.data)
			continue;
		varint_append(out, entry->fields.list[i].count);
		varint_append_text(out, entry->fields.list[i].packed);
	}
	varint_append(out, entry->guid_count);
	for (uint32_t i = 0; i < entry->guid_count; i++)
		varint_append_text(out, entry->guids[i]);
}

void record_encode(const struct entry *entry, struct buffer *out)
{
	static const char unknown_yet[CHECKSUM_SIZE];
	size_t start = out->len;
	uint64_t sum;

	buffer_append(out, unknown_yet, sizeof(unknown_yet));
	varint_append(out, VERSION);
	varint_append(out, entry->key.kind);
	varint_append(out, presence_of(entry));
	varint_append(out, (uint64_t)entry->fields.expires_s);
	varint_append(out, (uint64_t)entry->starting_wall_s);
	varint_append(out, (uint64_t)entry->modified_wall_s);
	varint_append(out, (uint64_t)entry->sign_s);
	varint_append(out, (uint64_t)entry->away_s);
	varint_append(out, (uint64_t)entry->due_s);
	encode_texts(entry, out);
	if (out->failed)
		return;
	sum = checksum_of(out->data + start + CHECKSUM_SIZE, out->len - start - CHECKSUM_SIZE);
	memcpy(out->data + start, &sum, sizeof(sum));
}

static bool take_number(struct slice *cursor, int64_t *ret_number)
{
	uint64_t number;

	if (!varint_take(cursor, &number))
		return false;
	*ret_number = (int64_t)number;
	return true;
}

static bool take_list(struct slice *cursor, struct text_list *ret_list)
{
	uint64_t count;

	if (!varint_take(cursor, &count) || count > UINT32_MAX)
		return false;
	ret_list->count = (uint32_t)count;
	return varint_take_text(cursor, &ret_list->packed);
}

static bool take_guids(struct slice *cursor, struct entry *entry)
{
	uint64_t count;

	if (!varint_take(cursor, &count) || count > GUIDS_MAX)
		return false;
	entry->guid_count = (uint32_t)count;
	for (uint32_t i = 0; i < entry->guid_count; i++) {
		if (!varint_take_text(cursor, &entry->guids[i]))
			return false;
	}
	return true;
}

static bool decode_texts(struct slice *cursor, uint64_t presence, struct entry *entry)
{
	if (!varint_take_text(cursor, &entry->key.id))
		return false;
	if (presence & HAS_OWNER && !varint_take_text(cursor, &entry->owner))
		return false;
	for (int i = 0; i < TEXT_COUNT; i++) {
		if (presence & 1u << i && !varint_take_text(cursor, &entry->fields.text[i]))
			return false;
	}
	for (int i = 0; i < LIST_COUNT; i++) {
		if (presence & HAS_LIST(i) && !take_list(cursor, &entry->fields.list[i]))
			return false;
	}
	return take_guids(cursor, entry);
}

static bool decode_body(struct slice cursor, struct entry *entry)
{
	uint64_t kind;
	uint64_t presence;

	if (!varint_take(&cursor, &kind) || kind >= ENTRY_KIND_COUNT)
		return false;
	entry->key.kind = (enum entry_kind)kind;
	return varint_take(&cursor, &presence) && take_number(&cursor, &entry->fields.expires_s) &&
	       take_number(&cursor, &entry->starting_wall_s) &&
	       take_number(&cursor, &entry->modified_wall_s) &&
	       take_number(&cursor, &entry->sign_s) && take_number(&cursor, &entry->away_s) &&
	       take_number(&cursor, &entry->due_s) && decode_texts(&cursor, presence, entry) &&
	       cursor.len == 0;
}

int record_decode(struct slice record, struct entry *ret_entry)
{
	struct entry entry = {0};
	struct slice cursor;
	uint64_t sum;
	uint64_t version;

	if (record.len <= CHECKSUM_SIZE)
		return RECORD_DAMAGED;
	memcpy(&sum, record.data, sizeof(sum));
	cursor = (struct slice){record.data + CHECKSUM_SIZE, record.len - CHECKSUM_SIZE};
	if (sum != checksum_of(cursor.data, cursor.len) || !varint_take(&cursor, &version))
		return RECORD_DAMAGED;
	if (version > VERSION)
		return RECORD_NEWER_VERSION;
	if (!decode_body(cursor, &entry))
		return RECORD_DAMAGED;
	*ret_entry = entry;
	return RECORD_OK;
}
