/* The HTTP border: answers, connections, limits, refusals (spec 2 and 13). Waits: test_http_wait.c.
 */
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "http_fixture.h"

static struct fixture fixture;

static int start(void **state)
{
	struct http_options options = fixture_options();

	(void)state;
	fixture_start(&fixture, &options);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	fixture_stop(&fixture);
	return 0;
}

static void answer_is_json_with_its_length(void **state)
{
	struct raw_answer answer;

	(void)state;
	fixture_ask(&fixture, "GET /now/a%2Fb//c?x=1&y HTTP/1.1\r\nHost: h\r\n\r\n", &answer);

	assert_int_equal(answer.status, 200);
	assert_string_equal(answer.body, "GET|now|a%2Fb||c?x=1&y 0 ");
	assert_true(raw_has_header(&answer, "Content-Type: application/json"));
	assert_true(raw_has_header(&answer, "Content-Length: 25"));
	assert_false(raw_names_header(&answer, "Retry-After"));
	assert_false(raw_names_header(&answer, "Allow"));
	fixture_await(EVENT_SENT, 1);
}

static void handler_sees_the_raw_target_without_scheme_and_host(void **state)
{
	struct raw_answer answer;

	(void)state;
	fixture_ask(&fixture, "GET http://h:1/now/%zz+%00/?%zz HTTP/1.1\r\nHost: h\r\n\r\n",
		    &answer);
	assert_string_equal(answer.body, "GET|now|%zz+%00?%zz 0 ");
}

static void redirect_has_no_body_and_no_type(void **state)
{
	struct raw_answer answer;

	(void)state;
	fixture_ask(&fixture, "GET /moved HTTP/1.1\r\nHost: h\r\n\r\n", &answer);

	assert_int_equal(answer.status, 302);
	assert_true(raw_has_header(&answer, "Location: /live"));
	assert_true(raw_has_header(&answer, "Content-Length: 0"));
	assert_false(raw_names_header(&answer, "Content-Type"));
}

static void headers_of_the_answer_are_as_the_handler_wants(void **state)
{
	struct raw_answer answer;

	(void)state;
	fixture_ask(&fixture, "GET /unready HTTP/1.1\r\nHost: h\r\n\r\n", &answer);
	assert_int_equal(answer.status, 503);
	assert_true(raw_has_header(&answer, "Retry-After: 1"));

	fixture_ask(&fixture, "PUT /method HTTP/1.1\r\nHost: h\r\n\r\n", &answer);
	assert_int_equal(answer.status, 405);
	assert_true(raw_has_header(&answer, "Allow: GET, HEAD"));

	fixture_ask(&fixture, "GET /typed HTTP/1.1\r\nHost: h\r\nX-Test: some text\r\n\r\n",
		    &answer);
	assert_true(raw_has_header(&answer, "Content-Type: text/plain; version=0.0.4"));
	assert_string_equal(answer.body, "some text");

	fixture_ask(&fixture, "GET /typed HTTP/1.1\r\nHost: h\r\n\r\n", &answer);
	assert_string_equal(answer.body, "absent");
}

static void answer_that_was_not_written_is_500_and_one_without_memory_503(void **state)
{
	struct raw_answer answer;

	(void)state;
	fixture_ask(&fixture, "GET /empty HTTP/1.1\r\nHost: h\r\n\r\n", &answer);
	assert_int_equal(answer.status, 500);
	assert_string_equal(answer.body, "{\"message\":\"Internal Server Error\"}");
	fixture_ask(&fixture, "GET /failed HTTP/1.1\r\nHost: h\r\n\r\n", &answer);
	assert_int_equal(answer.status, 503);
	assert_string_equal(answer.body, "{\"message\":\"Temporary Unavailable\"}");
	assert_true(raw_has_header(&answer, "Retry-After: 1"));
}

static void head_is_answered_like_get_without_the_body(void **state)
{
	struct raw_client client;
	struct raw_answer answer;

	(void)state;
	raw_connect(&client, fixture.port);
	raw_send(&client, "HEAD /now HTTP/1.1\r\nHost: h\r\n\r\n");
	raw_receive_head(&client, &answer);
	assert_int_equal(answer.status, 200);
	assert_true(raw_has_header(&answer, "Content-Length: 16"));
	assert_true(raw_has_header(&answer, "Content-Type: application/json"));

	raw_send(&client, "GET /now/next HTTP/1.1\r\nHost: h\r\n\r\n");
	raw_receive(&client, &answer);
	assert_string_equal(answer.body, "GET|now|next 0 ");
	raw_close(&client);
}

static void connection_is_kept_whatever_the_status(void **state)
{
	const char *paths[] = {"now", "status", "unready", "method", "moved", "empty", "now"};
	struct raw_client client;
	struct raw_answer answer;
	char request[128];

	(void)state;
	raw_connect(&client, fixture.port);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		snprintf(request, sizeof(request), "GET /%s HTTP/1.1\r\nHost: h\r\n\r\n", paths[i]);
		raw_send(&client, request);
		raw_receive(&client, &answer);
		assert_false(raw_names_header(&answer, "Connection"));
	}
	assert_int_equal(counter_get(&fixture.counters, COUNTER_HTTP_CONNECTIONS), 1);
	raw_close(&client);
}

static void connection_closes_when_either_side_wants_it(void **state)
{
	const char *requests[] = {"GET /close HTTP/1.1\r\nHost: h\r\n\r\n",
				  "GET /now HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"};
	struct raw_client client;
	struct raw_answer answer;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		raw_connect(&client, fixture.port);
		raw_send(&client, requests[i]);
		raw_receive(&client, &answer);
		assert_int_equal(answer.status, 200);
		assert_true(raw_has_header(&answer, "Connection: close"));
		raw_expect_end(&client);
		raw_close(&client);
	}
}

static void http_1_0_closes_unless_it_asks_to_be_kept(void **state)
{
	struct raw_client client;
	struct raw_answer answer;

	(void)state;
	raw_connect(&client, fixture.port);
	raw_send(&client, "GET /now HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
	raw_receive(&client, &answer);
	assert_int_equal(answer.status, 200);
	assert_true(raw_has_header(&answer, "Connection: Keep-Alive"));

	raw_send(&client, "GET /now HTTP/1.0\r\n\r\n");
	raw_receive(&client, &answer);
	assert_int_equal(answer.status, 200);
	raw_expect_end(&client);
	raw_close(&client);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
	struct raw_client client;
	struct raw_answer answer;
	char request[128], wanted[64];

	(void)state;
	raw_connect(&client, fixture.port);
	for (int i = 0; i < 50; i++) {
		snprintf(request, sizeof(request),
			 "PUT /now/%d HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc", i);
		raw_send(&client, request);
	}
	for (int i = 0; i < 50; i++) {
		raw_receive(&client, &answer);
		snprintf(wanted, sizeof(wanted), "PUT|now|%d 3 abc", i);
		assert_string_equal(answer.body, wanted);
	}
	raw_close(&client);
}

static void request_in_single_bytes_is_read(void **state)
{
	const char *text = "PUT /now HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc";
	struct raw_client client;
	struct raw_answer answer;

	(void)state;
	raw_connect(&client, fixture.port);
	for (const char *at = text; *at; at++)
		assert_true(raw_try_send(&client, at, 1));
	raw_receive(&client, &answer);
	assert_string_equal(answer.body, "PUT|now 3 abc");
	raw_close(&client);
}

static void body_is_read_on_any_method_however_it_is_sent(void **state)
{
	struct raw_answer answer;

	(void)state;
	fixture_ask(&fixture,
		    "GET /now HTTP/1.1\r\nHost: h\r\nContent-Type: text/plain\r\n"
		    "Content-Length: 4\r\n\r\nbody",
		    &answer);
	assert_string_equal(answer.body, "GET|now 4 body");

	fixture_ask(&fixture,
		    "DELETE /now HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n"
		    "3\r\nabc\r\n1;x=y\r\nd\r\n0\r\nTrailer: t\r\n\r\n",
		    &answer);
	assert_string_equal(answer.body, "DELETE|now 4 abcd");

	fixture_ask(&fixture,
		    "PUT /now HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		    &answer);
	assert_string_equal(answer.body, "PUT|now 0 ");
}

static void client_that_asks_first_is_told_to_continue(void **state)
{
	struct raw_client client;
	struct raw_answer answer;

	(void)state;
	raw_connect(&client, fixture.port);
	raw_send(&client, "PUT /now HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
			  "Content-Length: 4\r\n\r\n");
	raw_receive(&client, &answer);
	assert_int_equal(answer.status, 100);
	raw_send(&client, "body");
	raw_receive(&client, &answer);
	assert_int_equal(answer.status, 200);
	assert_string_equal(answer.body, "PUT|now 4 body");
	raw_close(&client);
}

/* Refused before anything is served, and nothing behind it is. */
static void expect_refusal(const void *request, size_t len, int status, const char *body)
{
	unsigned begun = fixture_seen(EVENT_BEGIN);
	struct raw_client client;
	struct raw_answer answer;

	raw_connect(&client, fixture.port);
	assert_true(raw_try_send(&client, request, len));
	raw_try_send(&client, "GET /now HTTP/1.1\r\nHost: h\r\n\r\n", 30);
	raw_receive(&client, &answer);
	if (answer.status != status)
		fail_msg("%d to \"%.*s\"", answer.status, (int)len, (const char *)request);
	assert_string_equal(answer.body, body);
	assert_true(raw_has_header(&answer, "Content-Type: application/json"));
	assert_true(raw_has_header(&answer, "Connection: close"));
	raw_expect_end(&client);
	raw_close(&client);
	assert_int_equal(fixture_seen(EVENT_BEGIN), begun);
}

struct bytes {
	const char *data;
	size_t len;
};

#define BYTES(text)                                                                                \
	{                                                                                          \
		text, sizeof(text) - 1                                                             \
	}

static const struct bytes ambiguous[] = {
	BYTES("PUT /now HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n"
	      "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
	BYTES("PUT /now HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n"
	      "Content-Length: 5\r\n\r\n0\r\n\r\n"),
	BYTES("PUT /now HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n"),
	BYTES("PUT /now HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nContent-Length: 30\r\n\r\n"),
	BYTES("PUT /now HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
	BYTES("PUT /now HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n"
	      "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
	BYTES("PUT /now HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: identity\r\n\r\n"),
	BYTES("PUT /now HTTP/1.1\r\nHost: h\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n"),
	BYTES("PUT /now HTTP/1.1\r\nHost: h\r\nX-First: a\r\n\tb\r\n\r\n"),
	BYTES("PUT /now HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n 0\r\n\r\n"),
	BYTES("PUT /now HTTP/1.1\r\nHost: h\r\nX: a\r\n Content-Length: 9\r\n  b\r\n\r\n"),
	BYTES("PUT /now HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
	BYTES("PUT /now HTTP/1.1\r\nHost: h\r\nContent-Length : 0\r\n\r\n"),
	BYTES("PUT /now HTTP/1.1\r\nHost: h\r\nTransfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n"),
	BYTES("PUT /now HTTP/1.1\r\n Content-Length: 0\r\n\r\n"),
	BYTES("GET /now HTTP/1.1\r\n: nameless\r\n\r\n"),
	BYTES("GET /now/a b HTTP/1.1\r\nHost: h\r\n\r\n"),
	BYTES("GET /now/a  HTTP/1.1\r\nHost: h\r\n\r\n"),
	BYTES("GET  /now/a HTTP/1.1\r\nHost: h\r\n\r\n"),
	BYTES("GET /now HTTP/1.1 HTTP/1.1\r\nHost: h\r\n\r\n"),
	BYTES("GET /now?a b HTTP/1.1\r\nHost: h\r\n\r\n"),
	BYTES("GET /now\0/b HTTP/1.1\r\nHost: h\r\n\r\n"),
	BYTES("GET /now\0 HTTP/1.1\r\nHost: h\r\n\r\n"),
	BYTES("GET /now?a\0&b HTTP/1.1\r\nHost: h\r\n\r\n"),
	BYTES("G\0T /now HTTP/1.1\r\nHost: h\r\n\r\n"),
	BYTES("GET /now/\tb HTTP/1.1\r\nHost: h\r\n\r\n"),
	BYTES("GET /now/\rb HTTP/1.1\r\nHost: h\r\n\r\n"),
};

static void ambiguous_framing_is_refused_and_nothing_behind_it_served(void **state)
{
	const size_t count = sizeof(ambiguous) / sizeof(ambiguous[0]);

	(void)state;
	for (size_t i = 0; i < count; i++)
		expect_refusal(ambiguous[i].data, ambiguous[i].len, 400,
			       "{\"message\":\"Bad Request\"}");
	assert_int_equal(counter_get(&fixture.counters, COUNTER_HTTP_REFUSED_FRAMING), count);
	assert_int_equal(counter_get(&fixture.counters, COUNTER_HTTP_4XX), count);
	assert_int_equal(counter_get(&fixture.counters, COUNTER_HTTP_REQUESTS), count);
	fixture_await(EVENT_SENT, (unsigned)count);
}

/* What the HTTP library refuses by itself: no JSON, but nothing behind it is served either. */
static void what_is_not_http_ends_the_connection(void **state)
{
	const struct bytes requests[] = {
		BYTES("nonsense\r\n\r\n"),
		BYTES("GET /now\r\n\r\n"),
		BYTES("GET /now HTTP/2.0\r\n\r\n"),
		BYTES("GET /now HTTP/1.1\r\nno colon\r\n\r\n"),
		BYTES("PUT /now HTTP/1.1\r\nHost: h\r\nContent-Length: 3,3\r\n\r\nabc"),
		BYTES("PUT /now HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n"),
		BYTES("PUT /now HTTP/1.1\r\nHost: h\r\nContent-Length: +3\r\n\r\nabc"),
		BYTES("PUT /now HTTP/1.1\r\nHost: h\r\nContent-Length: 0x3\r\n\r\nabc"),
		BYTES("PUT /now HTTP/1.1\r\nHost: h\r\nContent-Length: \r\n\r\n"),
		BYTES("PUT /now HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n"),
		BYTES("PUT /now HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc"),
	};
	struct raw_client client;

	(void)state;
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		raw_connect(&client, fixture.port);
		assert_true(raw_try_send(&client, requests[i].data, requests[i].len));
		raw_try_send(&client, "GET /now HTTP/1.1\r\nHost: h\r\n\r\n", 30);
		raw_drain(&client);
		raw_close(&client);
	}
	assert_int_equal(fixture_seen(EVENT_BEGIN), 0);
}

/* "PUT /now/aaa…", its target of len bytes. */
static char *request_with_target(size_t len)
{
	char *request = malloc(len + 64);

	snprintf(request, 64, "GET ");
	memset(request + 4, 'a', len);
	memcpy(request + 4, "/now/", 5);
	snprintf(request + 4 + len, 60, " HTTP/1.1\r\nHost: h\r\n\r\n");
	return request;
}

#define TARGET_TOO_LONG                                                                            \
	"{\"message\":\"URI Too Long\",\"detail\":\"target: longer than 16384 bytes\"}"
#define HEADERS_TOO_LARGE                                                                          \
	"{\"message\":\"Request Header Fields Too Large\","                                        \
	"\"detail\":\"headers: longer than 16384 bytes\"}"

static void target_up_to_the_limit_is_read_and_beyond_is_414(void **state)
{
	char *fits = request_with_target(16384), *exceeds = request_with_target(16385);
	struct raw_client client;
	struct raw_answer answer;

	(void)state;
	raw_connect(&client, fixture.port);
	raw_send(&client, fits);
	raw_receive_head(&client, &answer);
	assert_int_equal(answer.status, 200);
	assert_true(raw_has_header(&answer, "Content-Length: 16390"));
	raw_close(&client);

	expect_refusal(exceeds, strlen(exceeds), 414, TARGET_TOO_LONG);
	assert_int_equal(counter_get(&fixture.counters, COUNTER_HTTP_REFUSED_SIZE), 1);
	free(exceeds);
	free(fits);
}

/* All headers together have len bytes, and count lines. */
static char *request_with_headers(size_t len, size_t count)
{
	char *request = malloc(len + 128);
	size_t at = (size_t)sprintf(request, "GET /now HTTP/1.1\r\n");
	size_t end = at + len;

	for (size_t i = 0; i < count; i++) {
		size_t line = i + 1 < count ? len / count : end - at;

		memset(request + at, 'x', line);
		memcpy(request + at, "X: ", 3);
		memcpy(request + at + line - 2, "\r\n", 2);
		at += line;
	}
	memcpy(request + at, "\r\n", 3);
	return request;
}

static void headers_up_to_the_limit_are_read_and_beyond_is_431(void **state)
{
	const size_t counts[] = {1, 3, 100};
	struct raw_answer answer;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		char *fits = request_with_headers(16384 - 4, counts[i]);
		char *exceeds = request_with_headers(16384 + 4, counts[i]);

		fixture_ask(&fixture, fits, &answer);
		assert_int_equal(answer.status, 200);
		expect_refusal(exceeds, strlen(exceeds), 431, HEADERS_TOO_LARGE);
		free(exceeds);
		free(fits);
	}
}

static void target_and_headers_at_their_limits_fit_together(void **state)
{
	char *target = request_with_target(16384), *headers = request_with_headers(16000, 50);
	char *both = malloc(40000);
	struct raw_client client;
	struct raw_answer answer;

	(void)state;
	sprintf(both, "%.*s%s", (int)(4 + 16384), target, headers + strlen("GET /now"));
	raw_connect(&client, fixture.port);
	raw_send(&client, both);
	raw_receive_head(&client, &answer);
	assert_int_equal(answer.status, 200);
	raw_close(&client);
	free(both);
	free(headers);
	free(target);
}

static void refusals_for_size_come_from_us_well_beyond_the_limit(void **state)
{
	char *target = request_with_target(30000), *headers = request_with_headers(40000, 20);

	(void)state;
	expect_refusal(target, strlen(target), 414, TARGET_TOO_LONG);
	expect_refusal(headers, strlen(headers), 431, HEADERS_TOO_LARGE);
	free(headers);
	free(target);
}

static void query_of_thousands_of_parameters_is_answered(void **state)
{
	const char *fillers[] = {"&", "a&", "a=b&", "=&", "&=", "a=%zz+&"};
	struct raw_client client;
	struct raw_answer answer;

	(void)state;
	raw_connect(&client, fixture.port);
	for (size_t i = 0; i < 6; i++) {
		char *request = request_with_target(7000);
		char *at = request + 8, *end = request + 4 + 7000;

		*at++ = '?';
		for (; at + strlen(fillers[i]) < end; at += strlen(fillers[i]))
			memcpy(at, fillers[i], strlen(fillers[i]));
		raw_send(&client, request);
		raw_receive(&client, &answer);
		assert_int_equal(answer.status, 200);
		/* All of it reaches the handler. */
		assert_int_equal(answer.body_len, strlen("GET|now?") + 7000 - 5 + strlen(" 0 "));
		free(request);
	}
	raw_close(&client);
}

/* Here the HTTP library's own memory runs out, sooner for many small parts, and it answers itself.
 */
static void what_exceeds_all_memory_is_refused_and_forgotten(void **state)
{
	const char *fillers[] = {"a:b\r\n", "Cookie: a;b;c;d;e;f;g;h;i;j;k;l;m;n\r\n", "a;",
				 "a: b\r\n c"};
	const char *starts[] = {"", "", "Cookie: ", ""};
	char *request = malloc(300000);

	(void)state;
	for (size_t i = 0; i < 8; i++) {
		size_t limit = i < 4 ? 16000 : 200000;
		struct raw_client client;
		struct raw_answer answer;
		int at = sprintf(request, "GET /now HTTP/1.1\r\nConnection: close\r\n%s",
				 starts[i % 4]);

		while ((size_t)at < limit)
			at += sprintf(request + at, "%s", fillers[i % 4]);
		sprintf(request + at, "\r\n\r\n");
		raw_connect(&client, fixture.port);
		raw_try_send(&client, request, strlen(request));
		raw_receive(&client, &answer);
		if (answer.status != 431 && (i >= 4 || answer.status == 500))
			fail_msg("%d in row %zu", answer.status, i);
		raw_drain(&client);
		raw_close(&client);
	}
	free(request);
}

/* The library splits the query before we see the line; it must survive what it cannot keep. */
static void thousands_of_parameters_behind_a_nul_are_refused(void **state)
{
	const struct bytes starts[] = {BYTES("\0?"), BYTES("\0HTTP/1.1\0?"), BYTES("?\0?"),
				       BYTES("?")};
	const char *fillers[] = {"&", "a&", "a=b&", "a=HTTP/1.1&", "=&", "&="};

	(void)state;
	for (size_t i = 0; i < 4 * 6; i++) {
		struct bytes start = starts[i / 6];
		const char *filler = fillers[i % 6];
		char *request = request_with_target(16000);
		size_t len = strlen(request);
		char *at = request + 9, *end = request + 4 + 16000;

		memcpy(at, start.data, start.len);
		for (at += start.len; at + strlen(filler) < end; at += strlen(filler))
			memcpy(at, filler, strlen(filler));
		end[-1] = '\0';
		expect_refusal(request, len, 400, "{\"message\":\"Bad Request\"}");
		free(request);
	}
}

static void body_up_to_the_limit_is_read(void **state)
{
	struct raw_answer answer;
	char request[2048];
	int len;

	(void)state;
	len = snprintf(request, sizeof(request),
		       "PUT /now HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n");
	memset(request + len, 'b', 1000);
	request[len + 1000] = '\0';
	fixture_ask(&fixture, request, &answer);
	assert_string_equal(answer.body, "PUT|now 1000 bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb");
}

#define TOO_LARGE "{\"message\":\"Payload Too Large\",\"detail\":\"body: longer than 1000 bytes\"}"

static void declared_body_far_beyond_the_limit_is_refused_at_once(void **state)
{
	const char *plain = "PUT /now HTTP/1.1\r\nHost: h\r\nContent-Length: 4001\r\n\r\n";
	const char *huge =
		"PUT /now HTTP/1.1\r\nHost: h\r\nContent-Length: 18446744073709551000\r\n\r\n";
	const char *asking = "PUT /now HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
			     "Content-Length: 1001\r\n\r\n";

	(void)state;
	expect_refusal(plain, strlen(plain), 413, TOO_LARGE);
	expect_refusal(huge, strlen(huge), 413, TOO_LARGE);
	expect_refusal(asking, strlen(asking), 413, TOO_LARGE);
	assert_int_equal(counter_get(&fixture.counters, COUNTER_HTTP_REFUSED_SIZE), 3);
}

/* So that a client that sends it all before it reads gets the answer. */
static void declared_body_little_beyond_the_limit_is_refused_at_its_end(void **state)
{
	struct raw_client client;
	struct raw_answer answer;
	char body[4000];

	(void)state;
	memset(body, 'b', sizeof(body));
	raw_connect(&client, fixture.port);
	raw_send(&client, "PUT /now HTTP/1.1\r\nHost: h\r\nContent-Length: 4000\r\n\r\n");
	assert_true(raw_try_send(&client, body, sizeof(body)));
	raw_receive(&client, &answer);
	assert_int_equal(answer.status, 413);
	assert_string_equal(answer.body, TOO_LARGE);
	raw_expect_end(&client);
	raw_close(&client);
	assert_int_equal(fixture_seen(EVENT_BEGIN), 0);
}

/* A body of len bytes, in chunks of 100. */
static void send_chunks(struct raw_client *client, size_t len)
{
	char chunk[128];

	raw_send(client, "PUT /now HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
	memcpy(chunk, "64\r\n", 4);
	memset(chunk + 4, 'c', 100);
	memcpy(chunk + 104, "\r\n", 3);
	for (size_t sent = 0; sent < len; sent += 100)
		if (!raw_try_send(client, chunk, 106))
			return;
	raw_try_send(client, "0\r\n\r\n", 5);
}

static void chunks_beyond_the_limit_are_refused_at_their_end(void **state)
{
	struct raw_client client;
	struct raw_answer answer;

	(void)state;
	raw_connect(&client, fixture.port);
	send_chunks(&client, 1000);
	raw_receive(&client, &answer);
	assert_int_equal(answer.status, 200);
	send_chunks(&client, 4000);
	raw_send(&client, "GET /now HTTP/1.1\r\nHost: h\r\n\r\n");
	raw_receive(&client, &answer);
	assert_int_equal(answer.status, 413);
	assert_string_equal(answer.body, TOO_LARGE);
	raw_expect_end(&client);
	raw_close(&client);
	assert_int_equal(fixture_seen(EVENT_BEGIN), 1);
}

static void endless_chunks_end_the_connection(void **state)
{
	struct raw_client client;

	(void)state;
	raw_connect(&client, fixture.port);
	send_chunks(&client, 100000);
	raw_expect_end(&client);
	raw_close(&client);
	fixture_await(EVENT_UNSENT, 1);
	assert_int_equal(fixture_seen(EVENT_BEGIN), 0);
}

static void request_that_never_ends_is_finished_unsent(void **state)
{
	const char *requests[] = {"PUT /now HTTP/1.1\r\nHost: h\r\nContent-Le",
				  "PUT /now HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbo"};
	struct http_options options = fixture_options();
	struct raw_client clients[2];

	(void)state;
	options.idle_timeout_s = 1;
	fixture_start(&fixture, &options);
	for (size_t i = 0; i < 2; i++) {
		raw_connect(&clients[i], fixture.port);
		raw_send(&clients[i], requests[i]);
	}
	for (size_t i = 0; i < 2; i++) {
		raw_expect_end(&clients[i]);
		raw_close(&clients[i]);
	}
	fixture_await(EVENT_UNSENT, 2);
	assert_int_equal(fixture_seen(EVENT_BEGIN), 0);
	assert_int_equal(http_server_in_flight(fixture.server), 0);
	fixture_stop(&fixture);
}

static void answers_are_counted_by_their_class(void **state)
{
	const char *paths[] = {"now", "now", "moved", "status", "empty"};
	struct raw_answer answer;
	char request[64];

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		snprintf(request, sizeof(request), "GET /%s HTTP/1.1\r\nHost: h\r\n\r\n", paths[i]);
		fixture_ask(&fixture, request, &answer);
	}
	assert_int_equal(counter_get(&fixture.counters, COUNTER_HTTP_CONNECTIONS), 5);
	assert_int_equal(counter_get(&fixture.counters, COUNTER_HTTP_REQUESTS), 5);
	assert_int_equal(counter_get(&fixture.counters, COUNTER_HTTP_2XX), 2);
	assert_int_equal(counter_get(&fixture.counters, COUNTER_HTTP_3XX), 1);
	assert_int_equal(counter_get(&fixture.counters, COUNTER_HTTP_4XX), 1);
	assert_int_equal(counter_get(&fixture.counters, COUNTER_HTTP_5XX), 1);
	fixture_await(EVENT_SENT, 5);
}

static void unknown_peer_is_refused_on_every_path(void **state)
{
	const char *requests[] = {"GET /live HTTP/1.1\r\nHost: h\r\n\r\n",
				  "GET /a%zz HTTP/1.1\r\nHost: h\r\n\r\n",
				  "PUT /now HTTP/1.1\r\nHost: h\r\nContent-Length: 9999\r\n\r\n"};
	struct http_options options = fixture_options();

	(void)state;
	options.allowed_peers = "192.0.2.1, ::1";
	fixture_start(&fixture, &options);
	for (size_t i = 0; i < 3; i++)
		expect_refusal(requests[i], strlen(requests[i]), 401,
			       "{\"message\":\"Unauthorized request\"}");
	assert_int_equal(counter_get(&fixture.counters, COUNTER_HTTP_REFUSED_PEER), 3);
	fixture_stop(&fixture);
}

static void known_peer_is_served(void **state)
{
	const char *lists[] = {"192.0.2.1,127.0.0.1", "::ffff:127.0.0.1"};
	const char *binds[] = {"127.0.0.1", ""};
	struct http_options options = fixture_options();
	struct raw_answer answer;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		options.allowed_peers = lists[i % 2];
		options.bind = binds[i / 2];
		fixture_start(&fixture, &options);
		fixture_ask(&fixture, "GET /now HTTP/1.1\r\nHost: h\r\n\r\n", &answer);
		assert_int_equal(answer.status, 200);
		fixture_stop(&fixture);
	}
}

static int refuse_to_start(struct http_options options, char *ret_reason, size_t size)
{
	static struct counters counters;
	const struct http_handler handler = {0};
	struct http_server *server = NULL;
	int r = http_server_new(&options, &handler, &counters, &server, ret_reason, size);

	assert_null(server);
	return r;
}

static void server_that_cannot_start_says_why(void **state)
{
	struct http_options options = fixture_options();
	char reason[128], wanted[128];

	(void)state;
	options.port = fixture.port;
	assert_true(refuse_to_start(options, reason, sizeof(reason)) < 0);
	snprintf(wanted, sizeof(wanted), "bind 127.0.0.1:%u: Address already in use", fixture.port);
	assert_string_equal(reason, wanted);

	options.bind = "192.0.2.1";
	options.port = 4567;
	assert_true(refuse_to_start(options, reason, sizeof(reason)) < 0);
	assert_string_equal(reason, "bind 192.0.2.1:4567: Cannot assign requested address");

	options = fixture_options();
	options.allowed_peers = "lb1";
	assert_true(refuse_to_start(options, reason, sizeof(reason)) < 0);
	assert_string_equal(reason, "not an address: lb1");

	options = fixture_options();
	options.tls_certificate_pem = "no certificate";
	assert_true(refuse_to_start(options, reason, sizeof(reason)) < 0);
	assert_string_equal(reason, "TLS certificate without a key");
	options.tls_key_pem = "no key";
	assert_true(refuse_to_start(options, reason, sizeof(reason)) < 0);
	assert_non_null(strstr(reason, "TLS certificate: "));
}

static void idle_connection_is_closed(void **state)
{
	struct http_options options = fixture_options();
	struct raw_client client;
	struct raw_answer answer;

	(void)state;
	options.idle_timeout_s = 1;
	fixture_start(&fixture, &options);
	raw_connect(&client, fixture.port);
	raw_send(&client, "GET /now HTTP/1.1\r\nHost: h\r\n\r\n");
	raw_receive(&client, &answer);
	raw_expect_end(&client);
	raw_close(&client);
	fixture_stop(&fixture);
}

static void one_thread_is_enough(void **state)
{
	struct http_options options = fixture_options();
	struct raw_answer answer;

	(void)state;
	options.threads = 1;
	fixture_start(&fixture, &options);
	fixture_ask(&fixture, "GET /early HTTP/1.1\r\nHost: h\r\n\r\n", &answer);
	assert_int_equal(answer.status, 200);
	fixture_stop(&fixture);
}

/* ---- Accepting ---- */

#define DESCRIPTORS_MAX 256

/* Descriptors that are used up, and standard error kept. */
struct shortage {
	struct rlimit limit; /* as it was */
	int fds[DESCRIPTORS_MAX];
	unsigned count;
	int standard_error; /* the real one */
	FILE *log;
};

static void use_up_descriptors(struct shortage *shortage)
{
	struct rlimit low;
	int fd;

	shortage->log = tmpfile();
	assert_non_null(shortage->log);
	shortage->standard_error = dup(STDERR_FILENO);
	dup2(fileno(shortage->log), STDERR_FILENO);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &shortage->limit), 0);
	low = shortage->limit;
	low.rlim_cur = DESCRIPTORS_MAX;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	while ((fd = dup(STDERR_FILENO)) >= 0)
		shortage->fds[shortage->count++] = fd;
	assert_int_equal(errno, EMFILE);
}

/* How many lines of the event were logged meanwhile. */
static unsigned give_back_descriptors(struct shortage *shortage, const char *event)
{
	char line[1024];
	unsigned lines = 0;

	while (shortage->count > 0)
		close(shortage->fds[--shortage->count]);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &shortage->limit), 0);
	dup2(shortage->standard_error, STDERR_FILENO);
	close(shortage->standard_error);
	rewind(shortage->log);
	while (fgets(line, sizeof(line), shortage->log))
		lines += strstr(line, event) != NULL;
	fclose(shortage->log);
	return lines;
}

static void await_counter(enum counter counter, uint64_t number)
{
	time_t until = time(NULL) + 20;

	while (counter_get(&fixture.counters, counter) < number) {
		assert_true(time(NULL) < until);
		sched_yield();
	}
}

static void clients_wait_while_descriptors_are_short_and_that_is_said_once(void **state)
{
	struct shortage shortage = {.count = 0};
	struct raw_client client;
	struct raw_answer answer;

	(void)state;
	/* given: one descriptor is left, and it is the client's */
	use_up_descriptors(&shortage);
	close(shortage.fds[--shortage.count]);
	raw_connect(&client, fixture.port);

	/* when: it cannot be accepted, several times */
	await_counter(COUNTER_HTTP_ACCEPT_FAILED, 3);

	/* then: once there are descriptors, it is */
	assert_int_equal(give_back_descriptors(&shortage, "\"http.accept_failed\""), 1);
	raw_send(&client, "GET /now HTTP/1.1\r\nHost: h\r\n\r\n");
	raw_receive(&client, &answer);
	assert_int_equal(answer.status, 200);
	raw_close(&client);
}

#define served(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		served(answer_is_json_with_its_length),
		served(handler_sees_the_raw_target_without_scheme_and_host),
		served(redirect_has_no_body_and_no_type),
		served(headers_of_the_answer_are_as_the_handler_wants),
		served(answer_that_was_not_written_is_500_and_one_without_memory_503),
		served(head_is_answered_like_get_without_the_body),
		served(connection_is_kept_whatever_the_status),
		served(connection_closes_when_either_side_wants_it),
		served(http_1_0_closes_unless_it_asks_to_be_kept),
		served(pipelined_requests_are_answered_in_order),
		served(request_in_single_bytes_is_read),
		served(body_is_read_on_any_method_however_it_is_sent),
		served(client_that_asks_first_is_told_to_continue),
		served(ambiguous_framing_is_refused_and_nothing_behind_it_served),
		served(what_is_not_http_ends_the_connection),
		served(target_up_to_the_limit_is_read_and_beyond_is_414),
		served(headers_up_to_the_limit_are_read_and_beyond_is_431),
		served(target_and_headers_at_their_limits_fit_together),
		served(refusals_for_size_come_from_us_well_beyond_the_limit),
		served(query_of_thousands_of_parameters_is_answered),
		served(what_exceeds_all_memory_is_refused_and_forgotten),
		served(thousands_of_parameters_behind_a_nul_are_refused),
		served(body_up_to_the_limit_is_read),
		served(declared_body_far_beyond_the_limit_is_refused_at_once),
		served(declared_body_little_beyond_the_limit_is_refused_at_its_end),
		served(chunks_beyond_the_limit_are_refused_at_their_end),
		served(endless_chunks_end_the_connection),
		cmocka_unit_test(request_that_never_ends_is_finished_unsent),
		served(answers_are_counted_by_their_class),
		cmocka_unit_test(unknown_peer_is_refused_on_every_path),
		cmocka_unit_test(known_peer_is_served),
		served(server_that_cannot_start_says_why),
		cmocka_unit_test(idle_connection_is_closed),
		cmocka_unit_test(one_thread_is_enough),
		served(clients_wait_while_descriptors_are_short_and_that_is_said_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
