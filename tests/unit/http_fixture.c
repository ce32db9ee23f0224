/* The scripted handler, and what it saw. */
#include "http_fixture.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#define PATIENCE_S 20
#define WAITING_MAX 4096

/* One server at a time is scripted. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned seen[EVENT_COUNT];
	struct http_request *waiting[WAITING_MAX];
	unsigned taken;
} script = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void note(enum event event)
{
	pthread_mutex_lock(&script.lock);
	script.seen[event]++;
	pthread_cond_broadcast(&script.changed);
	pthread_mutex_unlock(&script.lock);
}

static void offer(struct http_request *request)
{
	pthread_mutex_lock(&script.lock);
	script.waiting[script.seen[EVENT_WAITING]++ % WAITING_MAX] = request;
	pthread_cond_broadcast(&script.changed);
	pthread_mutex_unlock(&script.lock);
}

void fixture_await(enum event event, unsigned times)
{
	struct timespec until;
	int r = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += PATIENCE_S;
	pthread_mutex_lock(&script.lock);
	while (script.seen[event] < times && r == 0)
		r = pthread_cond_timedwait(&script.changed, &script.lock, &until);
	pthread_mutex_unlock(&script.lock);
	if (r != 0)
		fail_msg("event %d did not happen %u times", (int)event, times);
}

unsigned fixture_seen(enum event event)
{
	unsigned times;

	pthread_mutex_lock(&script.lock);
	times = script.seen[event];
	pthread_mutex_unlock(&script.lock);
	return times;
}

void fixture_await_in_flight(struct fixture *fixture, unsigned number)
{
	time_t until = time(NULL) + PATIENCE_S;

	while (http_server_in_flight(fixture->server) != number) {
		assert_true(time(NULL) < until);
		sched_yield();
	}
}

struct http_request *fixture_take(void)
{
	struct http_request *request;

	fixture_await(EVENT_WAITING, script.taken + 1);
	pthread_mutex_lock(&script.lock);
	request = script.waiting[script.taken++ % WAITING_MAX];
	pthread_mutex_unlock(&script.lock);
	return request;
}

static void describe(struct http_request *request)
{
	char number[32];

	request->status = 200;
	buffer_append_slice(&request->out, request->method);
	for (size_t i = 0; i < request->piece_count && i < HTTP_PIECES_MAX; i++) {
		buffer_append_byte(&request->out, '|');
		buffer_append_slice(&request->out, request->pieces[i]);
	}
	if (request->query.data) {
		buffer_append_byte(&request->out, '?');
		buffer_append_slice(&request->out, request->query);
	}
	snprintf(number, sizeof(number), " %zu ", request->body.len);
	buffer_append_slice(&request->out, slice_of(number));
	buffer_append(&request->out, request->body.data,
		      request->body.len < 32 ? request->body.len : 32);
	buffer_append_slice(&request->out, request->is_head ? SLICE(" head") : SLICE(""));
}

static enum http_verdict answer(struct http_request *request, int status, const char *body)
{
	request->status = status;
	buffer_append_slice(&request->out, slice_of(body));
	return HTTP_ANSWERED;
}

static enum http_verdict say_now(struct http_request *request)
{
	describe(request);
	return HTTP_ANSWERED;
}

static enum http_verdict echo(struct http_request *request)
{
	request->status = 200;
	buffer_append_slice(&request->out, request->body);
	return HTTP_ANSWERED;
}

static enum http_verdict let_wait(struct http_request *request)
{
	offer(request);
	return HTTP_WAIT;
}

static void *wake(void *request)
{
	http_request_wake(request);
	return NULL;
}

static enum http_verdict wake_early(struct http_request *request)
{
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, wake, request), 0);
	pthread_join(thread, NULL);
	return HTTP_WAIT;
}

static enum http_verdict say_moved(struct http_request *request)
{
	request->location = "/live";
	return answer(request, 302, "");
}

static enum http_verdict say_nothing(struct http_request *request)
{
	(void)request;
	return HTTP_ANSWERED;
}

static enum http_verdict fail_to_say(struct http_request *request)
{
	answer(request, 200, "{\"half\":");
	request->out.failed = true;
	return HTTP_ANSWERED;
}

static enum http_verdict say_408(struct http_request *request)
{
	return answer(request, 408, "{}");
}

static enum http_verdict say_503(struct http_request *request)
{
	request->retry_after = true;
	return answer(request, 503, "{}");
}

static enum http_verdict say_405(struct http_request *request)
{
	request->allow = "GET, HEAD";
	return answer(request, 405, "{}");
}

static enum http_verdict say_and_close(struct http_request *request)
{
	request->close = true;
	return answer(request, 200, "{}");
}

static enum http_verdict say_header(struct http_request *request)
{
	struct slice value = http_request_header(request, "x-test");

	request->content_type = "text/plain; version=0.0.4";
	request->status = 200;
	buffer_append_slice(&request->out, value.data ? value : SLICE("absent"));
	return HTTP_ANSWERED;
}

static enum http_verdict say_certificate(struct http_request *request)
{
	return answer(request, 200, http_request_has_certificate(request) ? "yes" : "no");
}

static const struct row {
	const char *piece;
	enum http_verdict (*begin)(struct http_request *request);
} rows[] = {
	{"now", say_now},         {"echo", echo},         {"wait", let_wait},
	{"early", wake_early},    {"again", let_wait},    {"giving-up", let_wait},
	{"moved", say_moved},     {"empty", say_nothing}, {"failed", fail_to_say},
	{"status", say_408},      {"unready", say_503},   {"method", say_405},
	{"close", say_and_close}, {"typed", say_header},  {"certificate", say_certificate},
};

static bool is_script(const struct http_request *request, const char *piece)
{
	return request->piece_count > 0 && slice_equal(request->pieces[0], slice_of(piece));
}

static enum http_verdict begin(void *ctx, struct http_request *request)
{
	(void)ctx;
	note(EVENT_BEGIN);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (is_script(request, rows[i].piece))
			return rows[i].begin(request);
	return say_now(request);
}

static enum http_verdict resume(void *ctx, struct http_request *request, bool timed_out)
{
	(void)ctx;
	if (timed_out) {
		if (is_script(request, "giving-up"))
			http_request_wake(request);
		answer(request, 503, "{}");
		note(EVENT_TIMED_OUT);
		return HTTP_ANSWERED;
	}
	note(EVENT_RESUME);
	if (is_script(request, "again") && !request->user) {
		request->user = request;
		offer(request);
		return HTTP_WAIT;
	}
	return say_now(request);
}

static void late(void *ctx, struct http_request *request)
{
	(void)ctx;
	(void)request;
	note(EVENT_LATE);
}

static void finished(void *ctx, struct http_request *request, bool sent)
{
	(void)ctx;
	(void)request;
	note(sent ? EVENT_SENT : EVENT_UNSENT);
}

struct http_options fixture_options(void)
{
	return (struct http_options){
		.bind = "127.0.0.1",
		.threads = 2,
		.body_max_bytes = 1000,
		.header_max_bytes = 16384,
		.connections_max = 100,
		.idle_timeout_s = 60,
		.receive_timeout_ms = 60000,
		.send_timeout_ms = 60000,
		.request_timeout_ms = 20000,
		.allowed_peers = "",
	};
}

void fixture_start(struct fixture *fixture, const struct http_options *options)
{
	const struct http_handler handler = {NULL, begin, resume, late, finished};
	char reason[128] = "";

	memset(script.seen, 0, sizeof(script.seen));
	script.taken = 0;
	*fixture = (struct fixture){0};
	if (http_server_new(options, &handler, &fixture->counters, &fixture->server, reason,
			    sizeof(reason)) < 0)
		fail_msg("%s", reason);
	fixture->port = http_server_port(fixture->server);
}

void fixture_stop(struct fixture *fixture)
{
	http_server_abandon_waits(fixture->server);
	while (script.taken < fixture_seen(EVENT_WAITING))
		http_request_wake(fixture_take());
	http_server_free(fixture->server);
}

void fixture_ask(struct fixture *fixture, const char *text, struct raw_answer *answer_at)
{
	struct raw_client client;

	raw_connect(&client, fixture->port);
	raw_send(&client, text);
	raw_receive(&client, answer_at);
	raw_close(&client);
}
