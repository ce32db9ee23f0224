/* The raw request target: every consequence of spec 3.1 to 3.3, as tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "http/target.h"

#define ROOM 4

static void assert_slice(const char *what, struct slice got, struct slice wanted)
{
	if ((got.data == NULL) == (wanted.data == NULL) && slice_equal(got, wanted))
		return;
	fail_msg("%s: got \"%.*s\"%s, wanted \"%.*s\"%s", what, (int)got.len,
		 got.data ? got.data : "", got.data ? "" : " (absent)", (int)wanted.len,
		 wanted.data ? wanted.data : "", wanted.data ? "" : " (absent)");
}

struct split_row {
	const char *target;
	size_t count;
	const char *pieces[ROOM];
	const char *query; /* NULL: absent */
};

static const struct split_row split_rows[] = {
	{"/", 0, {0}, NULL},
	{"", 0, {0}, NULL},
	{"//", 0, {0}, NULL},
	{"/live", 1, {"live"}, NULL},
	{"/live/", 1, {"live"}, NULL},
	{"/live///", 1, {"live"}, NULL},
	{"/a/b/c", 3, {"a", "b", "c"}, NULL},
	{"/hyperty/user//h", 4, {"hyperty", "user", "", "h"}, NULL},
	{"//a", 2, {"", "a"}, NULL},
	{"/a/b/c/d/e/f", 6, {"a", "b", "c", "d"}, NULL},
	/* Split raw: nothing is decoded before. */
	{"/url/a%2Fb", 2, {"url", "a%2Fb"}, NULL},
	{"/url/hyperty%3A%2F%2Fx%2Fy", 2, {"url", "hyperty%3A%2F%2Fx%2Fy"}, NULL},
	{"/a%3Fb", 1, {"a%3Fb"}, NULL},
	/* No dot segments, no parameters, no fragments: bytes of an id. */
	{"/a/../b/.", 4, {"a", "..", "b", "."}, NULL},
	{"/a;b=c/d#e", 2, {"a;b=c", "d#e"}, NULL},
	{"/alice@example.org", 1, {"alice@example.org"}, NULL},
	/* The query. */
	{"/a?x=1", 1, {"a"}, "x=1"},
	{"/a/?x=1", 1, {"a"}, "x=1"},
	{"/a?", 1, {"a"}, NULL},
	{"/a?&", 1, {"a"}, NULL},
	{"/a?&&", 1, {"a"}, NULL},
	{"/a?&x", 1, {"a"}, "&x"},
	{"/a?b?c/d", 1, {"a"}, "b?c/d"},
	{"?", 0, {0}, NULL},
	{"?a", 0, {0}, "a"},
	{"/?a", 0, {0}, "a"},
	/* Absolute form: scheme and authority go. */
	{"http://h:1/x", 1, {"x"}, NULL},
	{"http://h", 0, {0}, NULL},
	{"http://h/", 0, {0}, NULL},
	{"http://h?q", 0, {0}, "q"},
	{"https://u@h:443/a/b?c=http://d/e", 2, {"a", "b"}, "c=http://d/e"},
	{"http://", 0, {0}, NULL},
	{"http:/x", 2, {"http:", "x"}, NULL},
	{"://h/x", 4, {":", "", "h", "x"}, NULL},
	/* An absolute URL inside a path is no absolute form. */
	{"/http://h/x", 4, {"http:", "", "h", "x"}, NULL},
	/* Neither. */
	{"*", 1, {"*"}, NULL},
	{"live", 1, {"live"}, NULL},
	{"a/b", 2, {"a", "b"}, NULL},
};

static void target_is_split_as_the_table_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(split_rows) / sizeof(split_rows[0]); i++) {
		const struct split_row *row = &split_rows[i];
		struct slice pieces[ROOM];
		struct target target = target_split(slice_of(row->target), pieces, ROOM);

		assert_slice(row->target, target.query, slice_of(row->query));
		if (target.piece_count != row->count)
			fail_msg("%s: %zu pieces", row->target, target.piece_count);
		for (size_t k = 0; k < row->count && k < ROOM; k++)
			assert_slice(row->target, pieces[k], slice_of(row->pieces[k]));
	}
}

static void splitting_writes_no_piece_beyond_the_room(void **state)
{
	struct slice pieces[2] = {SLICE("untouched"), SLICE("untouched")};
	struct target target;

	(void)state;
	target = target_split(SLICE("/a/b/c"), pieces, 1);

	assert_int_equal(target.piece_count, 3);
	assert_slice("first", pieces[0], SLICE("a"));
	assert_slice("second", pieces[1], SLICE("untouched"));
}

static void absent_target_has_no_pieces(void **state)
{
	struct slice pieces[ROOM];

	(void)state;
	assert_int_equal(target_split(SLICE_NONE, pieces, ROOM).piece_count, 0);
}

struct id_row {
	struct slice piece;
	struct slice id; /* absent: refused */
	enum target_id result;
};

#define ID(text) SLICE(text), TARGET_ID_OK
#define REFUSED(why) SLICE_NONE, TARGET_ID_##why

static const struct id_row id_rows[] = {
	{SLICE("plain"), ID("plain")},
	{SLICE("alice@example.org"), ID("alice@example.org")},
	{SLICE("alice%40example%2eorg"), ID("alice@example.org")},
	{SLICE("hyperty%3A%2F%2Fa%2Fb"), ID("hyperty://a/b")},
	{SLICE("hyperty%3a%2f%2fa%2fb"), ID("hyperty://a/b")},
	{SLICE("a;b"), ID("a;b")},
	{SLICE(".."), ID("..")},
	{SLICE("%2E%2e"), ID("..")},
	{SLICE("a+b"), ID("a b")},
	{SLICE("a%20b"), ID("a b")},
	{SLICE("a%2Bb"), ID("a+b")},
	{SLICE("+"), ID(" ")},
	/* Once. */
	{SLICE("%252F"), ID("%2F")},
	{SLICE("%2525"), ID("%25")},
	{SLICE("%25zz"), ID("%zz")},
	/* UTF-8, escaped or raw, complete or not. */
	{SLICE("caf%C3%A9"), ID("caf\xC3\xA9")},
	{SLICE("caf\xC3\xA9"), ID("caf\xC3\xA9")},
	{SLICE("%F0%9F%98%80"), ID("\xF0\x9F\x98\x80")},
	{SLICE("caf%E9"), REFUSED(NOT_UTF8)},
	{SLICE("caf\xE9"), REFUSED(NOT_UTF8)},
	{SLICE("%C3"), REFUSED(NOT_UTF8)},
	{SLICE("%C0%AF"), REFUSED(NOT_UTF8)},
	{SLICE("%ED%A0%80"), REFUSED(NOT_UTF8)},
	{SLICE("%F5%80%80%80"), REFUSED(NOT_UTF8)},
	/* Escapes that are none. */
	{SLICE("%zz"), REFUSED(BAD_ESCAPE)},
	{SLICE("%"), REFUSED(BAD_ESCAPE)},
	{SLICE("a%"), REFUSED(BAD_ESCAPE)},
	{SLICE("a%2"), REFUSED(BAD_ESCAPE)},
	{SLICE("%2g"), REFUSED(BAD_ESCAPE)},
	{SLICE("%g2"), REFUSED(BAD_ESCAPE)},
	{SLICE("%+2"), REFUSED(BAD_ESCAPE)},
	{SLICE("%%41"), REFUSED(BAD_ESCAPE)},
	{SLICE("ok%41%4"), REFUSED(BAD_ESCAPE)},
	/* NUL and nothing. */
	{SLICE("%00"), REFUSED(NUL)},
	{SLICE("a%00b"), REFUSED(NUL)},
	{SLICE("a\0b"), REFUSED(NUL)},
	{SLICE(""), REFUSED(EMPTY)},
	/* Other control characters are bytes of an id. */
	{SLICE("a%0Ab"), ID("a\nb")},
	{SLICE("%7F"), ID("\x7F")},
};

static void id_is_decoded_once_or_refused_with_the_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(id_rows) / sizeof(id_rows[0]); i++) {
		const struct id_row *row = &id_rows[i];
		struct slice id = SLICE_NONE;
		struct arena arena;
		int r;

		arena_init(&arena, NULL, 0);
		r = target_decode_id(row->piece, &arena, &id);
		assert_slice(row->piece.data, id, row->id);
		assert_int_equal(r, row->result);
		arena_deinit(&arena);
	}
}

static void id_without_escapes_is_not_copied(void **state)
{
	struct slice piece = SLICE("alice@example.org");
	struct slice id;
	struct arena arena;

	(void)state;
	arena_init(&arena, NULL, 0);
	assert_int_equal(target_decode_id(piece, &arena, &id), TARGET_ID_OK);
	assert_ptr_equal(id.data, piece.data);
	arena_deinit(&arena);
}

struct query_row {
	const char *query;
	size_t count;
	struct {
		struct slice name, value;
	} parameters[3];
};

static const struct query_row query_rows[] = {
	{"", 0, {{SLICE_NONE, SLICE_NONE}}},
	{"&", 0, {{SLICE_NONE, SLICE_NONE}}},
	{"&&&", 0, {{SLICE_NONE, SLICE_NONE}}},
	{"a=b", 1, {{SLICE("a"), SLICE("b")}}},
	{"a=b&c=d", 2, {{SLICE("a"), SLICE("b")}, {SLICE("c"), SLICE("d")}}},
	{"&a=b&&c=d&", 2, {{SLICE("a"), SLICE("b")}, {SLICE("c"), SLICE("d")}}},
	{"a=b&a=c", 2, {{SLICE("a"), SLICE("b")}, {SLICE("a"), SLICE("c")}}},
	{"a", 1, {{SLICE("a"), SLICE("")}}},
	{"a=", 1, {{SLICE("a"), SLICE("")}}},
	{"=b", 1, {{SLICE(""), SLICE("b")}}},
	{"=", 1, {{SLICE(""), SLICE("")}}},
	{"a=b=c", 1, {{SLICE("a"), SLICE("b=c")}}},
	{"resources=chat,video", 1, {{SLICE("resources"), SLICE("chat,video")}}},
	{"resources=chat%2Cvideo", 1, {{SLICE("resources"), SLICE("chat,video")}}},
	{"a+b=c+d", 1, {{SLICE("a b"), SLICE("c d")}}},
	{"a%2Bb=c%26d%3De", 1, {{SLICE("a+b"), SLICE("c&d=e")}}},
	{"a=%252C", 1, {{SLICE("a"), SLICE("%2C")}}},
	{"a=?/;#", 1, {{SLICE("a"), SLICE("?/;#")}}},
	/* Bad escapes stay as they are written. */
	{"a=%zz", 1, {{SLICE("a"), SLICE("%zz")}}},
	{"%=%4", 1, {{SLICE("%"), SLICE("%4")}}},
	{"a=%41%4+%", 1, {{SLICE("a"), SLICE("A%4 %")}}},
	{"a=%00", 1, {{SLICE("a"), SLICE("\0")}}},
	{"a=%E9", 1, {{SLICE("a"), SLICE("\xE9")}}},
};

static void query_is_walked_as_form_data(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(query_rows) / sizeof(query_rows[0]); i++) {
		const struct query_row *row = &query_rows[i];
		struct slice cursor = slice_of(row->query);
		struct slice name, value;
		struct arena arena;
		bool no_memory = true;
		size_t count = 0;

		arena_init(&arena, NULL, 0);
		while (target_next_parameter(&cursor, &arena, &name, &value, &no_memory)) {
			assert_in_range(count, 0, 2);
			assert_slice(row->query, name, row->parameters[count].name);
			assert_slice(row->query, value, row->parameters[count].value);
			count++;
		}
		assert_false(no_memory);
		if (count != row->count)
			fail_msg("%s: %zu parameters", row->query, count);
		arena_deinit(&arena);
	}
}

static void absent_query_has_no_parameters(void **state)
{
	struct slice cursor = SLICE_NONE;
	struct slice name, value;
	struct arena arena;
	bool no_memory;

	(void)state;
	arena_init(&arena, NULL, 0);
	assert_false(target_next_parameter(&cursor, &arena, &name, &value, &no_memory));
	assert_false(no_memory);
	arena_deinit(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(target_is_split_as_the_table_says),
		cmocka_unit_test(splitting_writes_no_piece_beyond_the_room),
		cmocka_unit_test(absent_target_has_no_pieces),
		cmocka_unit_test(id_is_decoded_once_or_refused_with_the_reason),
		cmocka_unit_test(id_without_escapes_is_not_copied),
		cmocka_unit_test(query_is_walked_as_form_data),
		cmocka_unit_test(absent_query_has_no_parameters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
