/* Fuzzes request bodies: whatever is accepted is written out as JSON that says the same. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include <jansson.h>

#include "api/body.h"
#include "api/json_writer.h"
#include "model/member.h"
#include "model/text_list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void assert_same_text(const json_t *value, struct slice text)
{
	struct slice shown = {json_string_value(value), json_string_length(value)};

	assert(json_is_string(value) && slice_equal(shown, text));
}

static void assert_same_list(const json_t *value, struct text_list list)
{
	struct slice cursor = list.packed;
	struct slice item;
	size_t i = 0;

	assert(json_is_array(value) && json_array_size(value) == list.count);
	while (text_list_next(&cursor, &item))
		assert_same_text(json_array_get(value, i++), item);
	assert(i == list.count && cursor.len == 0);
}

static void assert_same(const json_t *object, const struct member *member,
			const struct fields *fields)
{
	const json_t *value = json_object_get(object, member->name.data);

	switch (member->type) {
	case MEMBER_TEXT:
		assert(!value == !fields->text[member->index].data);
		if (value)
			assert_same_text(value, fields->text[member->index]);
		break;
	case MEMBER_LIST:
		assert(!value == !fields->list[member->index].packed.data);
		if (value)
			assert_same_list(value, fields->list[member->index]);
		break;
	case MEMBER_EXPIRES:
		assert(!value == (fields->expires_s == EXPIRES_ABSENT));
		assert(!value || json_integer_value(value) == fields->expires_s);
		break;
	}
}

static void check_written(const struct body *body, enum entry_kind kind)
{
	const struct member_table *table = &member_tables[kind];
	struct entry entry = {.key = {kind, SLICE("id")}, .fields = body->fields};
	struct buffer out = {0};
	json_t *object;

	json_write_entry(&out, &entry);
	object = json_loadb(out.data, out.len, JSON_REJECT_DUPLICATES, NULL);
	assert(object);
	for (size_t i = 0; i < table->count; i++)
		assert_same(object, &table->rows[i], &body->fields);
	json_decref(object);
	buffer_deinit(&out);
}

static void check(struct slice text, enum entry_kind kind, enum body_use use)
{
	struct body_problem problem = {"unset"};
	struct arena arena;
	struct body body;
	int r;

	arena_init(&arena, NULL, 0);
	r = body_read(text, kind, use, &arena, &body, &problem);
	if (r == BODY_OK)
		check_written(&body, kind);
	else
		assert(r == BODY_BAD && strcmp(problem.text, "unset") != 0);
	arena_deinit(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = {(const char *)data, size};

	for (int kind = 0; kind < ENTRY_KIND_COUNT; kind++) {
		check(text, (enum entry_kind)kind, BODY_WHOLE);
		check(text, (enum entry_kind)kind, BODY_PARTIAL);
	}
	return 0;
}
