/*
 * A whole registry on 127.0.0.1, above a store whose answers the test holds in its hand: http, api
 * and registry as the server has them, and below them the fake store.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/api.h"
#include "clock_fake.h"
#include "monitor/counters.h"
#include "raw_http.h"
#include "registry/registry.h"
#include "store_fake.h"

struct rig {
	struct clock_fake clock;
	struct counters counters;
	struct store *store; /* the fake one */
	struct registry *registry;
	struct api *api;
	struct http_server *http;
};

/* For a case: a request that waits longer is answered without its store. */
#define PATIENT_MS 20000
#define IMPATIENT_MS 30

void rig_start(struct rig *rig, unsigned request_timeout_ms);
/* In the order in which the server ends; each step once, those that are left out come with the
 * next: who waits is answered, the store completes what it holds, connections and threads end. */
void rig_abandon_waits(struct rig *rig);
void rig_stop_store(struct rig *rig);
void rig_end(struct rig *rig);

/* Conducts of all verbs that requests use. */
void rig_conduct(struct rig *rig, enum fake_conduct conduct, int result);

uint64_t rig_counter(const struct rig *rig, enum counter counter);

/* ---- Requests, as text ---- */

#define PUT_H1                                                                                     \
	"PUT /hyperty/user/ann/h1 HTTP/1.1\r\nHost: t\r\nContent-Length: 108\r\n\r\n"              \
	"{\"descriptor\":\"d\",\"resources\":[\"chat\"],\"dataSchemes\":[\"comm\"],\"expires\":"   \
	"60,"                                                                                      \
	"\"status\":\"created\",\"runtime\":\"r\"}"
#define KEEP_ALIVE_H1 "PUT /hyperty/url/h1 HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\n\r\n{}"
#define DELETE_H1 "DELETE /hyperty/user/ann/h1 HTTP/1.1\r\nHost: t\r\n\r\n"
#define GET(path) "GET " path " HTTP/1.1\r\nHost: t\r\n\r\n"
#define GET_H1 GET("/hyperty/url/h1")
#define GET_ANN GET("/hyperty/user/ann")
#define GET_UPDATED GET("/registry/updated")

/* Sends one request on a connection of its own, and asserts what comes: part is in the body. */
void rig_expect(struct rig *rig, const char *text, int status, const char *part);
/* Receives an answer, and asserts the same. */
void rig_receive(struct raw_client *client, int status, const char *part);
/* Receives what is answered without the store. */
void rig_receive_unavailable(struct raw_client *client);
/* Connects and sends; returns once the store holds count operations in all. */
void rig_send_held(struct rig *rig, struct raw_client *client, const char *text, unsigned count);

/* The store answers at once. Afterwards it holds h1, of ann: live, or deleted, which is news. */
void rig_make_hyperty(struct rig *rig);
void rig_make_news(struct rig *rig);
