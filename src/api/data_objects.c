/* Data objects: create, refresh, delete, look up, search (spec 6.10 to 6.13). */
#include "api/handlers.h"

enum piece {
	PIECE_URL = 2, /* /hyperty/dataobject/:url, /dataobject/url/:url */
	PIECE_KEY = 3, /* /hyperty/dataobject/url/:url, …/name/:name, …/reporter/:reporter */
};

static bool read_url(struct api_call *call, enum piece piece, struct entry_key *ret_key)
{
	ret_key->kind = ENTRY_DATA_OBJECT;
	return call_read_id(call, piece, &ret_key->id);
}

/* ---- Changes ---- */

static int put(struct api_call *call, enum piece piece)
{
	struct entry_key key;

	if (!read_url(call, piece, &key) || !call_read_body(call, ENTRY_DATA_OBJECT, BODY_WHOLE))
		return ROUTE_ANSWERED;
	return registry_put(call_registry(call), call_begin_change(call), key, SLICE_NONE,
			    &call->body.fields);
}

int data_objects_put(struct api_call *call)
{
	return put(call, PIECE_URL);
}

int data_objects_put_by_url(struct api_call *call)
{
	return put(call, PIECE_KEY);
}

void data_objects_answer_put(struct api_call *call, int outcome)
{
	call_answer_change(call, outcome, ANSWER_DATA_OBJECT_CREATED, ANSWER_DATA_OBJECT_CREATED);
}

int data_objects_update(struct api_call *call)
{
	struct entry_key key;

	if (!read_url(call, PIECE_URL, &key) ||
	    !call_read_body(call, ENTRY_DATA_OBJECT, BODY_PARTIAL))
		return ROUTE_ANSWERED;
	if (call->body.is_empty)
		return registry_keep_alive(call_registry(call), call_begin_change(call), key);
	return registry_update(call_registry(call), call_begin_change(call), key,
			       &call->body.fields);
}

/* There is no statusChanged here (spec 6.11). */
void data_objects_answer_update(struct api_call *call, int outcome)
{
	enum answer done =
		call->body.is_empty ? ANSWER_DATA_OBJECT_KEPT_ALIVE : ANSWER_DATA_OBJECT_UPDATED;

	call_answer_change(call, outcome, done, done);
}

int data_objects_delete(struct api_call *call)
{
	struct entry_key key;

	if (!read_url(call, PIECE_KEY, &key))
		return ROUTE_ANSWERED;
	return registry_delete(call_registry(call), call_begin_change(call), key, SLICE_NONE);
}

void data_objects_answer_delete(struct api_call *call, int outcome)
{
	call_answer_change(call, outcome, ANSWER_DATA_OBJECT_DELETED, ANSWER_DATA_OBJECT_DELETED);
}

/* ---- Reads ---- */

int data_objects_get(struct api_call *call)
{
	struct entry_key key;

	if (!read_url(call, PIECE_KEY, &key))
		return ROUTE_ANSWERED;
	return call_show_one(call, key, SLICE_NONE);
}

int data_objects_search_by_url(struct api_call *call)
{
	struct entry_key key;

	if (!read_url(call, PIECE_KEY, &key) || !call_read_criteria(call))
		return ROUTE_ANSWERED;
	return call_show_match(call, key);
}

int data_objects_list_by_name(struct api_call *call)
{
	return call_list_by(call, PIECE_KEY, INDEX_NAME);
}

int data_objects_search_by_name(struct api_call *call)
{
	return call_search_by(call, PIECE_KEY, INDEX_NAME);
}

int data_objects_list_by_reporter(struct api_call *call)
{
	return call_list_by(call, PIECE_KEY, INDEX_REPORTER);
}

int data_objects_search_by_reporter(struct api_call *call)
{
	return call_search_by(call, PIECE_KEY, INDEX_REPORTER);
}

/* Data objects are shown with 200 even if all of them are away (spec 6.12). */
void data_objects_answer_read(struct api_call *call, int outcome)
{
	call_answer_shown(call, outcome, 200);
}
