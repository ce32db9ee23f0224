/* The parser of the configuration file: what it takes, and what it says of what it refuses. */
#include "config/file.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "config/reason.h"

/* A constant slice of a literal that may hold NULs. */
#define BYTES(literal)                                                                             \
	{                                                                                          \
		(literal), sizeof(literal) - 1                                                     \
	}

/* From memory of exactly that size, so that a sanitizer sees any step beyond it. */
static int parse(struct slice text, struct config_file *ret_file, char *ret_reason, size_t size)
{
	char *copy = malloc(text.len ? text.len : 1);
	int r;

	memcpy(copy, text.data, text.len);
	r = config_file_parse("f", (struct slice){copy, text.len}, ret_file, ret_reason, size);
	for (size_t i = 0; r == 0 && i < option_count; i++) {
		if (ret_file->values[i].data)
			ret_file->values[i].data = text.data + (ret_file->values[i].data - copy);
	}
	free(copy);
	return r;
}

static void assert_value(struct slice text, const char *name, struct slice value)
{
	struct config_file file;
	char reason[REASON_SIZE] = "";
	struct slice found;

	if (parse(text, &file, reason, sizeof(reason)) != 0)
		fail_msg("%.*s: %s", (int)text.len, text.data, reason);
	found = file.values[option_find(slice_of(name)) - options];
	if (!slice_equal(found, value) || !found.data != !value.data)
		fail_msg("%.*s: %s is \"%.*s\"", (int)text.len, text.data, name, (int)found.len,
			 found.data);
}

static void settings_are_found_however_they_are_spaced(void **state)
{
	static const struct {
		struct slice text;
		const char *name;
		struct slice value;
	} rows[] = {
		{BYTES("port=1"), "port", BYTES("1")},
		{BYTES("  port\t =  1 \t\r\n"), "port", BYTES("1")},
		{BYTES("\n\n# x = y\n\t# port = 2\nport = 1"), "port", BYTES("1")},
		{BYTES("port = 1 # the port\n"), "port", BYTES("1")},
		{BYTES("port = 1\t#\n"), "port", BYTES("1")},
		{BYTES("data_dir = /a#b\n"), "data_dir", BYTES("/a#b")},
		{BYTES("data_dir = /a b\n"), "data_dir", BYTES("/a b")},
		{BYTES("data_dir = /a=b\n"), "data_dir", BYTES("/a=b")},
		{BYTES("data-dir = /a\n"), "data_dir", BYTES("/a")},
		{BYTES("data_dir = /\xc3\xa4\n"), "data_dir", BYTES("/\xc3\xa4")},
		{BYTES("\xef\xbb\xbfport = 1\n"), "port", BYTES("1")},
		{BYTES("bind =\n"), "bind", BYTES("")},
		{BYTES("bind = # all\n"), "bind", BYTES("")},
		{BYTES("bind = ::1\n"), "port", {NULL, 0}},
		{BYTES(""), "port", {NULL, 0}},
		{BYTES("#"), "port", {NULL, 0}},
		{BYTES("\r\n \t\n"), "port", {NULL, 0}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_value(rows[i].text, rows[i].name, rows[i].value);
}

static void lines_are_counted_from_one(void **state)
{
	struct config_file file;
	char reason[REASON_SIZE];

	(void)state;
	assert_int_equal(
		parse(SLICE("port = 1\r\n\n# x\nbind = ::\n"), &file, reason, sizeof(reason)), 0);

	assert_int_equal(file.lines[option_find(SLICE("port")) - options], 1);
	assert_int_equal(file.lines[option_find(SLICE("bind")) - options], 4);
	assert_int_equal(file.lines[option_find(SLICE("admin")) - options], 0);
}

static void assert_refused(struct slice text, const char *expected)
{
	struct config_file file = {.lines = {77}};
	char reason[REASON_SIZE] = "";
	int r = parse(text, &file, reason, sizeof(reason));

	if (r != -EINVAL || !strstr(reason, expected))
		fail_msg("expected \"%s\", got %d \"%s\"", expected, r, reason);
	assert_int_equal(file.lines[0], 77);
}

static void what_is_wrong_is_told_with_its_line(void **state)
{
	static const struct {
		struct slice text;
		const char *reason;
	} rows[] = {
		{BYTES("port"), "f:1: \"port\" is not: name = value"},
		{BYTES("port 1\n"), "f:1: \"port 1\" is not: name = value"},
		{BYTES("= 1\n"), "f:1: no name before \"=\""},
		{BYTES(" ="), "f:1: no name before \"=\""},
		{BYTES("\n\nprot = 1\n"), "f:3: unknown option \"prot\""},
		{BYTES("Port = 1\n"), "f:1: unknown option \"Port\""},
		{BYTES("port x = 1\n"), "f:1: unknown option \"port x\""},
		{BYTES("config = /x\n"), "f:1: config cannot be set in a file"},
		{BYTES("port = 1\nport = 1\n"), "f:2: port is set already, in line 1"},
		{BYTES("data-dir=/a\n\ndata_dir=/b"), "f:3: data_dir is set already, in line 1"},
		{BYTES("bind =\nbind ="), "f:2: bind is set already, in line 1"},
		{BYTES("port =\n"), "f:1: port: \"\" is not a whole number"},
		{BYTES("port = 65536\n"), "f:1: port: \"65536\" is not between 0 and 65535"},
		{BYTES("port = 1# x\n"), "f:1: port: \"1# x\" is not a whole number"},
		{BYTES("body_max_bytes = 1000\n"),
		 "f:1: body_max_bytes: \"1000\" is not between 1K and"},
		{BYTES("data_dir =\n"), "f:1: data_dir: must not be empty"},
		{BYTES("store = ram\n"), "f:1: store: \"ram\" is not one of lmdb, memory"},
		{BYTES("admin = x\n"), "f:1: admin: \"x\" is not ADDRESS:PORT"},
		{BYTES("port = 1\0\n"), "f:1: the line has a NUL byte"},
		{BYTES("# \0"), "f:1: the line has a NUL byte"},
		{BYTES("# \xff\n"), "f:1: the line is not UTF-8"},
		{BYTES("data_dir = /\xc3"), "f:1: the line is not UTF-8"},
		{BYTES("\xef\xbb"), "f:1: the line is not UTF-8"},
		{BYTES("data_dir = /a\x1b[1m\n"),
		 "f:1: data_dir: \"/a?[1m\" has a control character"},
		{BYTES("port = 1\nbind = \"::1\"\n"),
		 "f:2: bind: \"\"::1\"\" is not an IP address; values are not quoted"},
		{BYTES("port = '4570'\n"),
		 "f:1: port: \"'4570'\" is not a whole number; values are not quoted"},
		{BYTES("data_dir = \"/a b\"\n"),
		 "f:1: data_dir: \"\"/a b\"\" is not a path; values are not quoted"},
		{BYTES("data_dir = ~/data\n"), "f:1: data_dir: \"~/data\": ~ is not expanded here"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_refused(rows[i].text, rows[i].reason);
}

static void a_line_may_be_long_but_not_without_end(void **state)
{
	char text[CONFIG_LINE_MAX + 1];

	(void)state;
	memset(text, ' ', sizeof(text));
	memcpy(text, "port = 1", 8);

	assert_value((struct slice){text, CONFIG_LINE_MAX}, "port", SLICE("1"));
	assert_refused((struct slice){text, CONFIG_LINE_MAX + 1}, "f:1: the line is longer than");
}

static void a_path_may_be_as_long_as_the_system_takes(void **state)
{
	char text[4200];

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text, "data_dir=", 9);

	assert_value((struct slice){text, 9 + 4095}, "data_dir", (struct slice){text + 9, 4095});
	assert_refused((struct slice){text, 9 + 4096}, "data_dir: is longer than 4095 bytes");
}

static void a_reason_quotes_only_the_start_of_a_long_text(void **state)
{
	struct quoted quoted;
	char text[300];

	(void)state;
	memset(text, 'x', sizeof(text));

	quoted = quote((struct slice){text, sizeof(text)});

	assert_int_equal(strlen(quoted.text), sizeof(quoted.text) - 1);
	assert_non_null(strstr(quoted.text, "x…\""));
}

static void a_reason_is_cut_to_its_room(void **state)
{
	struct config_file file;
	char reason[8];

	(void)state;
	assert_int_equal(parse(SLICE("port = x"), &file, reason, sizeof(reason)), -EINVAL);

	assert_string_equal(reason, "f:1: po");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(settings_are_found_however_they_are_spaced),
		cmocka_unit_test(lines_are_counted_from_one),
		cmocka_unit_test(what_is_wrong_is_told_with_its_line),
		cmocka_unit_test(a_line_may_be_long_but_not_without_end),
		cmocka_unit_test(a_path_may_be_as_long_as_the_system_takes),
		cmocka_unit_test(a_reason_quotes_only_the_start_of_a_long_text),
		cmocka_unit_test(a_reason_is_cut_to_its_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
