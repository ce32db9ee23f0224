/* One request on its way through the registry, and what all handlers share. Private to api/. */
#pragma once

#include "api/answers.h"
#include "api/api.h"
#include "api/body.h"
#include "api/routes.h"
#include "registry/registry.h"

struct api_listener {
	struct api *api;
	enum route_listener name;
	unsigned routes; /* which it has: of listeners, a mask */
};

struct api {
	struct api_options options;
	struct routes routes;
	struct api_listener public;
	struct api_listener admin;
	/* How many pending updates an answer has room for, as the last one showed; 0: all. */
	_Atomic uint32_t updates_fit;
};

enum api_operation {
	API_NONE, /* the request needs nothing from the registry */
	API_CHANGE,
	API_READ,
	API_TAKE,
	API_LOOK,
};

/*
 * Lives in the request's arena, cleared at first. While an operation is pending, only the store
 * touches the operation and shown: when the wait was given up, until late().
 */
struct api_call {
	struct api *api;
	const struct api_listener *listener;
	struct http_request *request;
	const struct route *route;         /* NULL if there is none */
	const struct route_method *method; /* NULL until it is known and allowed */

	enum api_operation operation;
	union {
		struct store_op op; /* the head of each */
		struct registry_change change;
		struct registry_read read;
		struct registry_take take;
		/* For operators, past the rules: what a store shows, as it is stored. */
		union {
			struct store_read read;
			struct store_scan scan;
			struct store_peek peek;
		} look;
	};
	bool given_up; /* answered without waiting for the operation */

	struct body body;
	struct search search;
	struct overview *overview; /* what it is asked, and how far it is */
	/* Entries as JSON, as lines, or packed. The memory of request->out, lent while the
	 * operation is under way. */
	struct buffer shown;
	uint32_t member_count; /* of a map, in shown */
	bool news_in_answer;   /* what was taken stands in the answer */
};

/* ---- For start(): what the request says. False: it was answered (400, or 500). ---- */

bool call_read_id(struct api_call *call, size_t piece, struct slice *ret_id);
bool call_read_body(struct api_call *call, enum entry_kind kind, enum body_use use);
/* Into call->search; answers 404 if it is not one, 400 if it wants too much (spec 8). */
bool call_read_criteria(struct api_call *call);

/* ---- For start(): submitting. The result is a registry_outcome. ---- */

struct registry *call_registry(const struct api_call *call);
struct registry_change *call_begin_change(struct api_call *call);
struct registry_take *call_begin_take(struct api_call *call);
/* see()'s ctx is the call; it writes to call->shown. */
struct store_read *call_begin_look(struct api_call *call, store_see *see);
/* It cannot begin by what the query says: 400. Returns ROUTE_ANSWERED. */
int call_refuse_look(struct api_call *call, const char *reason);
/* r is what the store said when it was asked to show. A registry_outcome. */
int call_look_begun(struct api_call *call, int r);
/* Of a look that is over, a registry_outcome. That there is nothing is no failure. */
int call_look_outcome(const struct api_call *call);
/* What is found becomes the answer: an object, or a map by id. */
int call_show_one(struct api_call *call, struct entry_key key, struct slice owner);
int call_show_match(struct api_call *call, struct entry_key key);
/* All that the id in this piece leads to; of it, what the query asks for. */
int call_list_by(struct api_call *call, size_t piece, enum store_index index);
int call_search_by(struct api_call *call, size_t piece, enum store_index index);

/* ---- For finish() ---- */

/* What the outcome, which is no success, means; a fault is logged. */
void call_answer_failure(struct api_call *call, int outcome);
/* done, or changed with REGISTRY_STATUS_CHANGED, or what the failure means. */
void call_answer_change(struct api_call *call, int outcome, enum answer done, enum answer changed);
/* What was shown, with the status if all of it is disconnected; or what the failure means. */
void call_answer_shown(struct api_call *call, int outcome, int status_if_away);

/* registry_show functions for a ctx that is the call. -EFBIG: the answer would be too large. */
int call_write_object(void *ctx, const struct entry *entry);
int call_write_member(void *ctx, const struct entry *entry);
/* Behind the last call_write_member(), or without any. */
void call_close_map(struct buffer *out);
