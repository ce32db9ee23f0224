/* What all handlers share: reading a request, submitting it, answering. */
#include "api/call.h"

#include <errno.h>
#include <stdio.h>

#include "api/criteria.h"
#include "api/json_source.h"
#include "api/json_writer.h"
#include "base/container.h"
#include "http/target.h"
#include "log/log.h"
#include "monitor/counters.h"

/* ---- What the request says ---- */

static bool refuse_for_now(struct api_call *call)
{
	answers_give_failure(call->request, REGISTRY_UNAVAILABLE);
	return false;
}

static void refuse_id(struct api_call *call, size_t piece, enum target_id why)
{
	static const char *const reasons[] = {
		[TARGET_ID_EMPTY] = "is empty",
		[TARGET_ID_BAD_ESCAPE] = "has a % without two hexadecimal digits behind it",
		[TARGET_ID_NUL] = "has a NUL character",
		[TARGET_ID_NOT_UTF8] = "is not UTF-8",
	};
	struct slice name = routes_id_name(call->route, piece);
	char detail[96];

	snprintf(detail, sizeof(detail), "path: piece %zu (%.*s) %s", piece + 1, (int)name.len,
		 name.data, reasons[why]);
	answers_give_detailed(call->request, ANSWER_BAD_REQUEST, slice_of(detail));
}

static bool refuse_long_id(struct api_call *call, size_t piece)
{
	const struct api_options *options = &call->api->options;
	struct slice name = routes_id_name(call->route, piece);
	char detail[96];

	snprintf(detail, sizeof(detail), "path: piece %zu (%.*s) is longer than %zu bytes",
		 piece + 1, (int)name.len, name.data, options->id_max_bytes);
	answers_give_detailed(call->request, ANSWER_BAD_REQUEST, slice_of(detail));
	counter_add(options->counters, COUNTER_HTTP_REFUSED_ID, 1);
	return false;
}

bool call_read_id(struct api_call *call, size_t piece, struct slice *ret_id)
{
	struct http_request *request = call->request;
	int r;

	r = target_decode_id(request->pieces[piece], &request->arena, ret_id);
	if (r < 0)
		return refuse_for_now(call);
	if (r != TARGET_ID_OK) {
		refuse_id(call, piece, (enum target_id)r);
		return false;
	}
	return ret_id->len <= call->api->options.id_max_bytes || refuse_long_id(call, piece);
}

static bool refuse_depth(struct api_call *call)
{
	const struct api_options *options = &call->api->options;
	char detail[96];

	snprintf(detail, sizeof(detail), "body: more than %zu brackets inside each other",
		 options->json_depth_max);
	answers_give_detailed(call->request, ANSWER_BAD_REQUEST, slice_of(detail));
	counter_add(options->counters, COUNTER_HTTP_REFUSED_DEPTH, 1);
	return false;
}

bool call_read_body(struct api_call *call, enum entry_kind kind, enum body_use use)
{
	struct http_request *request = call->request;
	struct body_problem problem;
	int r;

	if (json_source_is_deeper(request->body, call->api->options.json_depth_max))
		return refuse_depth(call);
	r = body_read(request->body, kind, use, &request->arena, &call->body, &problem);
	if (r < 0)
		return refuse_for_now(call);
	if (r == BODY_BAD)
		answers_give_detailed(request, ANSWER_BAD_REQUEST, slice_of(problem.text));
	return r == BODY_OK;
}

bool call_read_criteria(struct api_call *call)
{
	static const struct {
		enum answer answer;
		const char *detail;
	} refusals[] = {
		[CRITERIA_NONE] = {ANSWER_NOT_FOUND,
				   "query: a search needs resources or dataSchemes"},
		[CRITERIA_UNKNOWN] = {ANSWER_NOT_FOUND,
				      "query: only resources and dataSchemes are known"},
		[CRITERIA_TOO_MANY] = {ANSWER_BAD_REQUEST, "query: more than 64 values wanted"},
	};
	struct http_request *request = call->request;
	int r;

	r = criteria_read(request->query, &request->arena, &call->search);
	if (r < 0)
		return refuse_for_now(call);
	if (r != CRITERIA_OK)
		answers_give_detailed(request, refusals[r].answer, slice_of(refusals[r].detail));
	return r == CRITERIA_OK;
}

/* ---- Submitting ---- */

struct registry *call_registry(const struct api_call *call)
{
	return call->api->options.registry;
}

/* The operation is the head of the union, so the call is found from it. */
static void complete(struct store_op *op)
{
	struct api_call *call = container_of(op, struct api_call, op);

	http_request_wake(call->request);
}

static void begin(struct api_call *call, enum api_operation operation)
{
	call->operation = operation;
	call->op.complete = complete;
}

struct registry_change *call_begin_change(struct api_call *call)
{
	begin(call, API_CHANGE);
	return &call->change;
}

static void lend_out(struct api_call *call)
{
	call->shown = call->request->out;
	call->request->out = (struct buffer){0};
}

struct registry_take *call_begin_take(struct api_call *call)
{
	begin(call, API_TAKE);
	lend_out(call);
	call->take.show = call_write_member;
	call->take.ctx = call;
	return &call->take;
}

struct store_read *call_begin_look(struct api_call *call, store_see *see)
{
	begin(call, API_LOOK);
	lend_out(call);
	call->look.read.see = see;
	call->look.read.ctx = call;
	return &call->look.read;
}

int call_refuse_look(struct api_call *call, const char *reason)
{
	if (call->operation == API_LOOK) {
		call->operation = API_NONE;
		call->request->out = call->shown;
		call->shown = (struct buffer){0};
	}
	answers_give_detailed(call->request, ANSWER_BAD_REQUEST, slice_of(reason));
	return ROUTE_ANSWERED;
}

/* -ECANCELED: see() had enough. */
int call_look_outcome(const struct api_call *call)
{
	switch (call->op.result) {
	case STORE_DONE:
	case STORE_NOT_FOUND:
	case -ECANCELED:
		return REGISTRY_OK;
	case STORE_UNAVAILABLE:
	case -ENOMEM:
		return REGISTRY_UNAVAILABLE;
	case STORE_DAMAGED:
		return REGISTRY_DAMAGED;
	default:
		return REGISTRY_FAULT;
	}
}

int call_look_begun(struct api_call *call, int r)
{
	if (r == STORE_PENDING)
		return REGISTRY_PENDING;
	call->op.result = r;
	return call_look_outcome(call);
}

static struct registry_read *begin_read(struct api_call *call, registry_show *show)
{
	begin(call, API_READ);
	lend_out(call);
	call->read.show = show;
	call->read.ctx = call;
	return &call->read;
}

int call_show_one(struct api_call *call, struct entry_key key, struct slice owner)
{
	struct registry_read *read = begin_read(call, call_write_object);

	read->owner = owner;
	return registry_get(call_registry(call), read, key);
}

int call_show_match(struct api_call *call, struct entry_key key)
{
	struct registry_read *read = begin_read(call, call_write_member);

	read->search = &call->search;
	return registry_get(call_registry(call), read, key);
}

/* search is NULL or &call->search. */
static int show_all(struct api_call *call, enum store_index index, struct slice key,
		    const struct search *search)
{
	struct registry_read *read = begin_read(call, call_write_member);

	read->search = search;
	return registry_list(call_registry(call), read, index, key);
}

int call_list_by(struct api_call *call, size_t piece, enum store_index index)
{
	struct slice key;

	if (!call_read_id(call, piece, &key))
		return ROUTE_ANSWERED;
	return show_all(call, index, key, NULL);
}

int call_search_by(struct api_call *call, size_t piece, enum store_index index)
{
	struct slice key;

	if (!call_read_id(call, piece, &key) || !call_read_criteria(call))
		return ROUTE_ANSWERED;
	return show_all(call, index, key, &call->search);
}

/* ---- Showing ---- */

int call_write_object(void *ctx, const struct entry *entry)
{
	struct api_call *call = ctx;

	json_write_entry(&call->shown, entry);
	return call->shown.failed ? -ENOMEM : 0;
}

int call_write_member(void *ctx, const struct entry *entry)
{
	struct api_call *call = ctx;
	struct buffer *out = &call->shown;

	buffer_append_byte(out, out->len == 0 ? '{' : ',');
	json_write_text(out, entry->key.id);
	buffer_append_byte(out, ':');
	json_write_entry(out, entry);
	if (out->failed)
		return -ENOMEM;
	/* One alone is no larger than the body that it came in, escapes apart. */
	if (out->len > call->api->options.answer_max_bytes && call->member_count > 0)
		return -EFBIG;
	call->member_count++;
	return 0;
}

void call_close_map(struct buffer *out)
{
	if (out->len == 0)
		buffer_append_byte(out, '{');
	buffer_append_byte(out, '}');
}

/* ---- Answering ---- */

void call_answer_failure(struct api_call *call, int outcome)
{
	if (outcome == REGISTRY_FAULT)
		log_error("request.failed", LOG_SLICE("http.request.method", call->request->method),
			  LOG_TEXT("http.route", call->route->shape),
			  LOG_SLICE("trace.id", call->request->id));
	if (outcome == REGISTRY_FULL)
		counter_add(call->api->options.counters, COUNTER_REFUSED_FULL, 1);
	if (outcome == REGISTRY_CROWDED)
		counter_add(call->api->options.counters, COUNTER_REFUSED_CROWDED, 1);
	if (outcome == REGISTRY_TOO_LARGE) {
		counter_add(call->api->options.counters, COUNTER_REFUSED_ANSWER, 1);
		answers_give_detailed(call->request, ANSWER_FULL,
				      SLICE("the answer would be larger than answer_max_bytes"));
		return;
	}
	answers_give_failure(call->request, outcome);
}

void call_answer_change(struct api_call *call, int outcome, enum answer done, enum answer changed)
{
	if (outcome == REGISTRY_OK)
		answers_give(call->request, done);
	else if (outcome == REGISTRY_STATUS_CHANGED)
		answers_give(call->request, changed);
	else
		call_answer_failure(call, outcome);
}

void call_answer_shown(struct api_call *call, int outcome, int status_if_away)
{
	struct http_request *request = call->request;

	if (outcome != REGISTRY_OK && outcome != REGISTRY_AWAY) {
		call_answer_failure(call, outcome);
		return;
	}
	if (call->read.show == call_write_member)
		call_close_map(&request->out);
	request->status = outcome == REGISTRY_AWAY ? status_if_away : 200;
}
