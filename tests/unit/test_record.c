/* The stored form: what is written is read again, and nothing else is. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "model/record.h"
#include "model/text_list.h"
#include "model/varint.h"

static struct entry full_hyperty(void)
{
	struct entry entry = {
		.key = {ENTRY_HYPERTY, SLICE("hyperty://x.org/1")},
		.owner = SLICE("user://x.org/ann@x.org"),
		.fields = {.expires_s = 3600},
		.starting_wall_s = 1488360605,
		.modified_wall_s = -1,
		.sign_s = 77,
		.away_s = 88,
		.due_s = INT64_MAX,
		.guids = {SLICE("g1"), SLICE("")},
		.guid_count = 2,
	};

	entry.fields.text[TEXT_DESCRIPTOR] = SLICE("d");
	entry.fields.text[TEXT_STATUS] = SLICE("");
	entry.fields.text[TEXT_P2P_HANDLER] = SLICE("\xc3\xa9");
	entry.fields.list[LIST_RESOURCES] = (struct text_list){SLICE("\4chat\0\5voice"), 3};
	entry.fields.list[LIST_DATA_SCHEMES] = (struct text_list){SLICE(""), 0};
	return entry;
}

static void assert_same(struct slice a, struct slice b)
{
	assert_int_equal(a.data == NULL, b.data == NULL);
	assert_true(slice_equal(a, b));
}

static void assert_same_entry(const struct entry *a, const struct entry *b)
{
	assert_int_equal(a->key.kind, b->key.kind);
	assert_same(a->key.id, b->key.id);
	assert_same(a->owner, b->owner);
	for (int i = 0; i < TEXT_COUNT; i++)
		assert_same(a->fields.text[i], b->fields.text[i]);
	for (int i = 0; i < LIST_COUNT; i++) {
		assert_same(a->fields.list[i].packed, b->fields.list[i].packed);
		assert_int_equal(a->fields.list[i].count, b->fields.list[i].count);
	}
	assert_int_equal(a->fields.expires_s, b->fields.expires_s);
	assert_int_equal(a->starting_wall_s, b->starting_wall_s);
	assert_int_equal(a->modified_wall_s, b->modified_wall_s);
	assert_int_equal(a->sign_s, b->sign_s);
	assert_int_equal(a->away_s, b->away_s);
	assert_int_equal(a->due_s, b->due_s);
	assert_int_equal(a->guid_count, b->guid_count);
	for (uint32_t i = 0; i < a->guid_count; i++)
		assert_same(a->guids[i], b->guids[i]);
}

static struct slice slice_of_buffer(const struct buffer *buffer)
{
	return (struct slice){buffer->data, buffer->len};
}

static void an_entry_comes_back_as_it_was(void **state)
{
	struct entry entries[2] = {full_hyperty(), {.key = {ENTRY_DATA_OBJECT, SLICE("o")}}};
	struct buffer record = {0};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct entry back;

		buffer_clear(&record);
		record_encode(&entries[i], &record);
		assert_false(record.failed);
		assert_int_equal(record_decode(slice_of_buffer(&record), &back), RECORD_OK);
		assert_same_entry(&entries[i], &back);
	}
	buffer_deinit(&record);
}

static void any_flipped_bit_is_damage(void **state)
{
	struct entry entry = full_hyperty();
	struct buffer record = {0};
	struct entry back;

	(void)state;
	record_encode(&entry, &record);
	for (size_t bit = 0; bit < record.len * 8; bit++) {
		record.data[bit / 8] ^= (char)(1 << bit % 8);
		assert_int_equal(record_decode(slice_of_buffer(&record), &back), RECORD_DAMAGED);
		record.data[bit / 8] ^= (char)(1 << bit % 8);
	}
	assert_int_equal(record_decode(slice_of_buffer(&record), &back), RECORD_OK);
	buffer_deinit(&record);
}

static void any_shorter_record_is_damage(void **state)
{
	struct entry entry = full_hyperty();
	struct buffer record = {0};
	struct entry back;

	(void)state;
	record_encode(&entry, &record);
	for (size_t len = 0; len < record.len; len++) {
		/* A copy of just that length, so that a sanitizer sees a read behind it. */
		char *copy = malloc(len + 1);

		memcpy(copy, record.data, len);
		assert_int_equal(record_decode((struct slice){copy, len}, &back), RECORD_DAMAGED);
		free(copy);
	}
	buffer_deinit(&record);
}

static void varints_hold_64_bits_in_ten_bytes(void **state)
{
	static const uint64_t values[] = {0, 1, 127, 128, 16383, 16384, INT64_MAX, UINT64_MAX};
	struct buffer bytes = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct slice cursor;
		uint64_t back;

		buffer_clear(&bytes);
		varint_append(&bytes, values[i]);
		cursor = slice_of_buffer(&bytes);
		assert_true(cursor.len <= VARINT_MAX);
		assert_true(varint_take(&cursor, &back));
		assert_int_equal(back, values[i]);
		assert_int_equal(cursor.len, 0);
	}
	buffer_deinit(&bytes);
}

static void a_varint_beyond_64_bits_is_refused(void **state)
{
	struct slice cursor = SLICE("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02");
	uint64_t value;

	(void)state;
	assert_false(varint_take(&cursor, &value));
	assert_int_equal(cursor.len, 10);
}

static void a_list_is_walked_in_order_with_its_duplicates(void **state)
{
	static const char *const items[] = {"chat", "", "chat"};
	struct buffer packed = {0};
	struct slice cursor;
	struct slice text;
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < 3; i++)
		text_list_append(&packed, slice_of(items[i]));
	cursor = slice_of_buffer(&packed);
	while (text_list_next(&cursor, &text))
		assert_same(text, slice_of(items[n++]));
	assert_int_equal(n, 3);
	buffer_deinit(&packed);
}

static void the_e_mail_is_the_last_component_of_the_user(void **state)
{
	static const struct {
		const char *user;
		const char *email;
	} table[] = {
		{"user://google.com/ann@example.org", "ann@example.org"},
		{"ann@example.org", "ann@example.org"},
		{"user://gmail.com/openidtest10", "openidtest10"},
		{"user://example.org/", "example.org"},
		{"user://example.org///", "example.org"},
		{"/", NULL},
		{"///", NULL},
		{"", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		assert_same(user_email(slice_of(table[i].user)), slice_of(table[i].email));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_entry_comes_back_as_it_was),
		cmocka_unit_test(any_flipped_bit_is_damage),
		cmocka_unit_test(any_shorter_record_is_damage),
		cmocka_unit_test(varints_hold_64_bits_in_ten_bytes),
		cmocka_unit_test(a_varint_beyond_64_bits_is_refused),
		cmocka_unit_test(a_list_is_walked_in_order_with_its_duplicates),
		cmocka_unit_test(the_e_mail_is_the_last_component_of_the_user),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
