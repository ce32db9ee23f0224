/* The life of a request in the registry: route, access, start, wait, finish, settle. */
#include "api/api.h"

#include <errno.h>
#include <stdlib.h>

#include "api/admission.h"
#include "api/call.h"

/* ---- Beginning ---- */

static struct api_call *new_call(const struct api_listener *listener, struct http_request *request)
{
	struct api_call *call = arena_alloc(&request->arena, sizeof(*call));

	if (!call)
		return NULL;
	memset(call, 0, sizeof(*call));
	call->api = listener->api;
	call->listener = listener;
	call->request = request;
	return call;
}

static bool is_read(struct slice method)
{
	return slice_equal(method, SLICE("GET")) || slice_equal(method, SLICE("HEAD"));
}

/* Where certificates are asked for, by whether something is changed. */
static bool may_pass(const struct api_call *call)
{
	const struct api_options *options = &call->api->options;
	bool takes = call->route && call->route->is_write && !options->updates_are_open;
	bool is_write = !is_read(call->request->method) || takes;
	bool is_needed =
		is_write ? options->writes_need_certificate : options->reads_need_certificate;

	return !is_needed || call->listener == &call->api->admin ||
	       http_request_has_certificate(call->request);
}

static void refuse_path(struct http_request *request, enum route_listener listener)
{
	static const char *const reasons[] = {
		[ROUTE_PUBLIC] = "no such path; each id is one percent-encoded piece",
		[ROUTE_ADMIN] = "no such path on the admin listener",
	};

	answers_give_detailed(request, ANSWER_NOT_FOUND, slice_of(reasons[listener]));
}

/* Finds who handles the request. False: it was answered. */
static bool find_method(struct api_call *call)
{
	struct http_request *request = call->request;

	call->route = routes_find(&call->api->routes, call->listener->routes, request->pieces,
				  request->piece_count);
	if (call->route) {
		call->method = routes_method(call->route, request->method);
		request->route = routes_number(call->route);
		request->class =
			routes_class(call->route, request->method, request->query.data != NULL);
	}

	if (!may_pass(call))
		answers_give(request, ANSWER_UNAUTHORIZED);
	else if (!call->route)
		refuse_path(request, call->listener->name);
	else if (!call->method)
		answers_give_not_allowed(request, routes_allow(call->route));
	else
		return true;
	return false;
}

/* ---- Ending ---- */

static int outcome_of(const struct api_call *call)
{
	switch (call->operation) {
	case API_CHANGE:
		return registry_change_outcome(&call->change);
	case API_READ:
		return registry_read_outcome(&call->read);
	case API_TAKE:
		return registry_take_outcome(&call->take);
	case API_LOOK:
		return call_look_outcome(call);
	default:
		return REGISTRY_FAULT;
	}
}

/* The operation is over: what it has shown becomes the answer, until finish() thinks otherwise. */
static enum http_verdict finish(struct api_call *call, int outcome)
{
	struct http_request *request = call->request;

	if (call->operation != API_NONE && call->operation != API_CHANGE) {
		request->out = call->shown;
		call->shown = (struct buffer){0};
	}
	call->method->finish(call, outcome);
	return HTTP_ANSWERED;
}

static enum http_verdict give_up(struct api_call *call)
{
	call->given_up = true;
	call->method->finish(call, REGISTRY_UNAVAILABLE);
	return HTTP_ANSWERED;
}

/* A sign of life says no more than its status, and perhaps its lifetime. */
#define SIGN_OF_LIFE_BYTES 256

static bool is_shed(struct api_call *call)
{
	const struct api_options *options = &call->api->options;
	struct http_request *request = call->request;
	struct http_queue queue = http_request_queue(request);
	const struct admission_load load = {
		.waiting = queue.waiting,
		.oldest_ms = queue.oldest_ms,
		.memory_is_full = memory_watch_is_full(options->memory),
		.is_large = request->body.len > SIGN_OF_LIFE_BYTES,
	};
	enum counter counter;

	if (!admission_refuses(request->class, &options->admission, &load, &counter))
		return false;
	counter_add(options->counters, counter, 1);
	answers_give_detailed(request, ANSWER_UNAVAILABLE,
			      load.memory_is_full ? SLICE("too little memory is left")
						  : SLICE("too many requests wait"));
	return true;
}

/* ---- As http/ calls them ---- */

static enum http_verdict api_begin(void *ctx, struct http_request *request)
{
	const struct api_listener *listener = ctx;
	struct api_call *call = new_call(listener, request);
	int outcome;

	request->user = call;
	if (!call) {
		answers_give(request, ANSWER_UNAVAILABLE);
		return HTTP_ANSWERED;
	}
	if (!find_method(call) || is_shed(call))
		return HTTP_ANSWERED;
	outcome = call->method->start(call);
	if (outcome == ROUTE_ANSWERED)
		return HTTP_ANSWERED;
	/* From here on another thread may be at work on the call. */
	if (outcome == REGISTRY_PENDING)
		return HTTP_WAIT;
	return finish(call, outcome);
}

static enum http_verdict api_resume(void *ctx, struct http_request *request, bool timed_out)
{
	struct api_call *call = request->user;

	(void)ctx;
	return timed_out ? give_up(call) : finish(call, outcome_of(call));
}

static void api_late(void *ctx, struct http_request *request)
{
	struct api_call *call = request->user;

	(void)ctx;
	if (call->method->settle)
		call->method->settle(call, false);
	buffer_deinit(&call->shown);
}

/* If the wait was given up, late() is the one that settles. */
static void api_finished(void *ctx, struct http_request *request, bool sent)
{
	struct api_call *call = request->user;

	(void)ctx;
	if (call && call->method && call->method->settle && !call->given_up)
		call->method->settle(call, sent);
}

/* ---- Life ---- */

int api_new(const struct api_options *options, struct api **ret_api)
{
	struct api *api = malloc(sizeof(*api));

	if (!api)
		return -ENOMEM;
	*api = (struct api){
		.options = *options,
		.public = {api, ROUTE_PUBLIC,
			   ROUTE_PUBLIC | (options->shows_overview ? ROUTE_DEVELOPMENT : 0)},
		.admin = {api, ROUTE_ADMIN, ROUTE_ADMIN},
	};
	routes_init(&api->routes);
	*ret_api = api;
	return 0;
}

void api_free(struct api *api)
{
	free(api);
}

static struct http_handler handler_of(struct api_listener *listener)
{
	return (struct http_handler){
		.ctx = listener,
		.begin = api_begin,
		.resume = api_resume,
		.late = api_late,
		.finished = api_finished,
	};
}

struct http_handler api_public_handler(struct api *api)
{
	return handler_of(&api->public);
}

struct http_handler api_admin_handler(struct api *api)
{
	return handler_of(&api->admin);
}
