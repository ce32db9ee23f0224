/*
 * A server on 127.0.0.1 with a scripted handler. The first piece of the path is the script:
 *
 *   /now…         answers at once, telling method, pieces, query and body
 *   /echo         answers with the body, however long
 *   /wait…        waits; the test takes the request with fixture_take() and wakes it
 *   /early        waits, and is woken by another thread before begin() returns
 *   /again        waits, and waits again when resumed
 *   /giving-up    waits, and is woken while it is told that it timed out
 *   /certificate  tells whether the client has shown a good one
 *   /moved /status /failed /empty /unready /method /close /typed   special answers
 */
#pragma once

#include "http/http.h"
#include "monitor/counters.h"
#include "raw_http.h"

enum event {
	EVENT_BEGIN,
	EVENT_WAITING, /* a request can be taken */
	EVENT_RESUME,
	EVENT_TIMED_OUT,
	EVENT_LATE,
	EVENT_SENT,
	EVENT_UNSENT,
	EVENT_COUNT,
};

struct fixture {
	struct http_server *server;
	struct counters counters;
	uint16_t port;
};

/* body 1000, headers 16384, 2 threads; a wait takes 20 s. The test may change them before start. */
struct http_options fixture_options(void);
void fixture_start(struct fixture *fixture, const struct http_options *options);
/* Wakes what the handler holds, then frees the server. */
void fixture_stop(struct fixture *fixture);

/* Waits until it has happened so often since the start; fails after 20 s. */
void fixture_await(enum event event, unsigned times);
unsigned fixture_seen(enum event event);
/* The number falls right after finished(), which is the last that can be waited for. */
void fixture_await_in_flight(struct fixture *fixture, unsigned number);
/* The oldest request that waits, once there is one. */
struct http_request *fixture_take(void);

/* Sends text on a new connection; for one answer. */
void fixture_ask(struct fixture *fixture, const char *text, struct raw_answer *answer);
