/* HTML: what comes from outside stays text; and the overview's style is the one its policy lets in.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <sodium.h>
#include <string.h>

#include "api/accept.h"
#include "api/html_writer.h"
#include "api/overview.h"
#include "contents.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void texts_are_escaped_and_what_is_unseen_is_told_by_its_number(void **state)
{
	static const struct {
		const char *text;
		const char *expected;
	} cases[] = {
		{"", ""},
		{"plain gr\xC3\xBC\xC3\x9F \xF0\x9F\x98\x80",
		 "plain gr\xC3\xBC\xC3\x9F \xF0\x9F\x98\x80"},
		{"<script>&\"'", "&lt;script&gt;&amp;&quot;&#39;"},
		{"&lt;", "&amp;lt;"},
		{"%t%s%q", "%t%s%q"},
		{"a\x01\t\n\r\x1b\x7f", "a[U+0001][U+0009][U+000A][U+000D][U+001B][U+007F]"},
		{"\xC2\x85\xC2\x9F\xC2\xA0", "[U+0085][U+009F]\xC2\xA0"},
		{"\xE2\x80\xAE\xE2\x81\xA6\xE2\x80\x8B\xEF\xBB\xBF",
		 "[U+202E][U+2066][U+200B][U+FEFF]"},
		{"\xF3\xA0\x81\x81", "[U+E0041]"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buffer out = {0};

		html_write(&out, "%t", slice_of(cases[i].text));
		assert_contents(&out, cases[i].expected);
		buffer_deinit(&out);
	}
}

static void a_format_has_a_sign_for_each_way_to_write(void **state)
{
	struct buffer out = {0};

	(void)state;
	html_write(&out, "<a href=\"?q=%q&amp;n=%u\">%t</a>%s %x %d", SLICE("a b&\"/\xC3\xBC~"),
		   (uint64_t)18446744073709551615u, SLICE("x<"), "<b>", SLICE("\x00\xffz"),
		   (int64_t)0);
	assert_contents(&out, "<a href=\"?q=a%20b%26%22%2F%C3%BC~&amp;n=18446744073709551615\">"
			      "x&lt;</a><b> 00ff7a 1970-01-01T00:00:00Z");
	buffer_deinit(&out);
}

static void an_absent_text_is_nothing(void **state)
{
	struct buffer out = {0};

	(void)state;
	html_write(&out, "(%t%q%x)", SLICE_NONE, SLICE_NONE, SLICE_NONE);
	assert_contents(&out, "()");
	buffer_deinit(&out);
}

static void the_policy_names_the_style_by_its_hash(void **state)
{
	unsigned char hash[crypto_hash_sha256_BYTES];
	char text[64];

	(void)state;
	crypto_hash_sha256(hash, (const unsigned char *)overview_style, strlen(overview_style));
	sodium_bin2base64(text, sizeof(text), hash, sizeof(hash), sodium_base64_VARIANT_ORIGINAL);

	if (!strstr(overview_policy, text))
		fail_msg("overview_policy must have sha256-%s", text);
}

static void html_is_wanted_if_it_is_named_and_not_refused(void **state)
{
	static const struct {
		const char *accept;
		bool wanted;
	} cases[] = {
		{"text/html", true},
		{"TEXT/HTML", true},
		{"application/json, text/html;q=0.1", true},
		{"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true},
		{" text/html ; level=1 ; q=1 ", true},
		{"text/html;q=0,text/html;q=0.001", true},
		{"", false},
		{",;,", false},
		{"*/*", false},
		{"text/*", false},
		{"text/htm", false},
		{"text/html5", false},
		{"xtext/html", false},
		{"application/json;x=text/html", false},
		{"text/html;q=0", false},
		{"text/html; Q=0.000", false},
	};

	(void)state;
	assert_false(accept_names_html(SLICE_NONE));
	for (size_t i = 0; i < COUNT(cases); i++) {
		if (accept_names_html(slice_of(cases[i].accept)) != cases[i].wanted)
			fail_msg("%s", cases[i].accept);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_escaped_and_what_is_unseen_is_told_by_its_number),
		cmocka_unit_test(a_format_has_a_sign_for_each_way_to_write),
		cmocka_unit_test(an_absent_text_is_nothing),
		cmocka_unit_test(the_policy_names_the_style_by_its_hash),
		cmocka_unit_test(html_is_wanted_if_it_is_named_and_not_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
