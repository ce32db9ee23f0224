/* Which requests are refused because their end is ambiguous (spec 2), as tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "http/framing.h"

struct headers_row {
	bool sound;
	bool http_1_0;
	uint64_t content_length;
	const char *headers[3]; /* name, ':', value */
};

static const struct headers_row headers_rows[] = {
	{true, false, 0, {"Host: h", "Accept: */*"}},
	{true, true, 0, {"Connection: keep-alive"}},
	{true, false, 12, {"Content-Length: 12"}},
	{true, true, 12, {"content-length: 12"}},
	{true, false, 0, {"Content-Length: 0"}},
	{true, false, UINT64_MAX, {"Content-Length: 99999999999999999999999"}},
	{true, false, 0, {"Transfer-Encoding: chunked"}},
	{true, false, 0, {"transfer-encoding: CHUNKED"}},
	{true, false, 0, {"X-Content-Length: 1", "Content-Lengths: 2"}},
	{false, false, 12, {"Content-Length: 12", "Content-Length: 12"}},
	{false, false, 13, {"Content-Length: 12", "CONTENT-LENGTH: 13"}},
	{false, false, 12, {"Content-Length: 12", "Transfer-Encoding: chunked"}},
	{false, false, 12, {"Transfer-Encoding: chunked", "Content-Length: 12"}},
	{false, false, 0, {"Transfer-Encoding: chunked", "Transfer-Encoding: chunked"}},
	{false, false, 0, {"Transfer-Encoding: gzip, chunked"}},
	{false, false, 0, {"Transfer-Encoding: chunked, chunked"}},
	{false, false, 0, {"Transfer-Encoding: identity"}},
	{false, false, 0, {"Transfer-Encoding: chunked "}},
	{false, false, 0, {"Transfer-Encoding: xchunked"}},
	{false, false, 0, {"Transfer-Encoding: "}},
	{false, true, 0, {"Transfer-Encoding: chunked"}},
	{false, false, 0, {"Content-Length : 12"}},
	{false, false, 0, {"Transfer-Encoding\t: chunked"}},
	{false, false, 0, {" Host: h"}},
	{false, false, 0, {"X Y: h"}},
	{false, false, 0, {"X\rY: h"}},
	{false, false, 0, {": h"}},
	{true, false, 7, {"Content-Length:7"}},
	{true, false, 7, {"Content-Length: \t 7"}},
	{true, false, 0, {"X:"}},
};

/* As the library does: a NUL for the colon, and the value without the blanks before it. */
static void add_header(struct framing *framing, const char *header)
{
	char line[64];
	char *value;

	snprintf(line, sizeof(line), "%s", header);
	value = strchr(line, ':');
	*value++ = '\0';
	value += strspn(value, " \t");
	framing_add_header(framing, slice_of(line), slice_of(value));
}

static void headers_are_sound_as_the_table_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(headers_rows) / sizeof(headers_rows[0]); i++) {
		const struct headers_row *row = &headers_rows[i];
		struct framing framing = {0};

		for (size_t k = 0; k < 3 && row->headers[k]; k++)
			add_header(&framing, row->headers[k]);
		if (framing_is_sound(&framing, row->http_1_0) != row->sound ||
		    framing.content_length != row->content_length)
			fail_msg("row %zu (%s)", i, row->headers[0]);
	}
}

static void header_whose_name_was_moved_is_not_sound(void **state)
{
	const char *lines = "Folded\0 value\0Foldedmore\0and more";
	struct slice value = slice_of(lines + 8);
	const struct slice names[] = {slice_of(lines), slice_of(lines + 14)};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct framing framing = {0};

		framing_add_header(&framing, names[i], value);
		assert_int_equal(framing_is_sound(&framing, false), i == 0);
	}
}

struct line_row {
	bool sound;
	const char *line; /* spaces, as the library reads them, are given as '|' */
	size_t len;
};

#define LINE(text) text, sizeof(text) - 1

static const struct line_row line_rows[] = {
	{true, LINE("GET|/|HTTP/1.1")},
	{true, LINE("GET|/a?b|HTTP/1.1")},
	{true, LINE("GET|http://h/a|HTTP/1.0")},
	{true, LINE("OPTIONS|*|HTTP/1.1")},
	{true, LINE("GET|/caf\xC3\xA9|HTTP/1.1")},
	{false, LINE("GET|/a b|HTTP/1.1")},
	{false, LINE("GET|/a |HTTP/1.1")},
	{false, LINE("GET|/a\tb|HTTP/1.1")},
	{false, LINE("GET|/a\rb|HTTP/1.1")},
	{false, LINE("GET|/a\x7F|HTTP/1.1")},
	{false, LINE("GET|/a\0b|HTTP/1.1")},
	{false, LINE("GET|/a\0|HTTP/1.1")},
	{false, LINE("GET|\0/a|HTTP/1.1")},
	{false, LINE("GET\0|/a|HTTP/1.1")},
	{false, LINE("G\0T|/a|HTTP/1.1")},
	{false, LINE("GET| /a|HTTP/1.1")},
	{false, LINE("GET||HTTP/1.1")},
};

/* As the library does: the first and the last space end the method and the target. */
static bool is_sound(const struct line_row *row)
{
	char line[64];
	char *target, *version;

	memcpy(line, row->line, row->len + 1);
	target = memchr(line, '|', row->len);
	version = memrchr(line, '|', row->len);
	*target++ = '\0';
	*version++ = '\0';
	while (*target == ' ')
		target++;
	return framing_line_is_sound(line, target, slice_of(target), version);
}

static void request_line_is_sound_as_the_table_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(line_rows) / sizeof(line_rows[0]); i++)
		if (is_sound(&line_rows[i]) != line_rows[i].sound)
			fail_msg("row %zu (%s)", i, line_rows[i].line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers_are_sound_as_the_table_says),
		cmocka_unit_test(header_whose_name_was_moved_is_not_sound),
		cmocka_unit_test(request_line_is_sound_as_the_table_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
