/* Hyperties: create, refresh, delete, look up, search (spec 6.1 to 6.9). */
#include "api/handlers.h"

enum piece {
	PIECE_KEY = 2,     /* /hyperty/url/:hyperty, /hyperty/user/:user, … */
	PIECE_HYPERTY = 3, /* /hyperty/user/:user/:hyperty */
};

/* ---- Changes ---- */

static bool read_user_and_hyperty(struct api_call *call, struct slice *ret_user,
				  struct entry_key *ret_key)
{
	ret_key->kind = ENTRY_HYPERTY;
	return call_read_id(call, PIECE_KEY, ret_user) &&
	       call_read_id(call, PIECE_HYPERTY, &ret_key->id);
}

static bool read_hyperty(struct api_call *call, struct entry_key *ret_key)
{
	ret_key->kind = ENTRY_HYPERTY;
	return call_read_id(call, PIECE_KEY, &ret_key->id);
}

int hyperties_put(struct api_call *call)
{
	struct slice user;
	struct entry_key key;

	if (!read_user_and_hyperty(call, &user, &key) ||
	    !call_read_body(call, ENTRY_HYPERTY, BODY_WHOLE))
		return ROUTE_ANSWERED;
	return registry_put(call_registry(call), call_begin_change(call), key, user,
			    &call->body.fields);
}

void hyperties_answer_put(struct api_call *call, int outcome)
{
	call_answer_change(call, outcome, ANSWER_HYPERTY_CREATED, ANSWER_HYPERTY_CREATED);
}

int hyperties_update(struct api_call *call)
{
	struct entry_key key;

	if (!read_hyperty(call, &key) || !call_read_body(call, ENTRY_HYPERTY, BODY_PARTIAL))
		return ROUTE_ANSWERED;
	if (call->body.is_empty)
		return registry_keep_alive(call_registry(call), call_begin_change(call), key);
	return registry_update(call_registry(call), call_begin_change(call), key,
			       &call->body.fields);
}

void hyperties_answer_update(struct api_call *call, int outcome)
{
	if (call->body.is_empty)
		call_answer_change(call, outcome, ANSWER_HYPERTY_KEPT_ALIVE,
				   ANSWER_HYPERTY_KEPT_ALIVE_STATUS);
	else
		call_answer_change(call, outcome, ANSWER_HYPERTY_UPDATED,
				   ANSWER_HYPERTY_UPDATED_STATUS);
}

int hyperties_delete(struct api_call *call)
{
	struct slice user;
	struct entry_key key;

	if (!read_user_and_hyperty(call, &user, &key))
		return ROUTE_ANSWERED;
	return registry_delete(call_registry(call), call_begin_change(call), key, user);
}

void hyperties_answer_delete(struct api_call *call, int outcome)
{
	call_answer_change(call, outcome, ANSWER_HYPERTY_DELETED, ANSWER_HYPERTY_DELETED);
}

/* ---- Reads ---- */

int hyperties_get(struct api_call *call)
{
	struct entry_key key;

	if (!read_hyperty(call, &key))
		return ROUTE_ANSWERED;
	return call_show_one(call, key, SLICE_NONE);
}

/* Any query makes it a search, whatever the last piece says (spec 6.6); without one, the last
 * piece is a hyperty of that user (spec 6.7). */
int hyperties_get_of_user(struct api_call *call)
{
	struct slice user;
	struct entry_key key;

	if (call->request->query.data)
		return call_search_by(call, PIECE_KEY, INDEX_USER);
	if (!read_user_and_hyperty(call, &user, &key))
		return ROUTE_ANSWERED;
	return call_show_one(call, key, user);
}

int hyperties_list_by_user(struct api_call *call)
{
	return call_list_by(call, PIECE_KEY, INDEX_USER);
}

int hyperties_list_by_guid(struct api_call *call)
{
	return call_list_by(call, PIECE_KEY, INDEX_GUID);
}

int hyperties_list_by_email(struct api_call *call)
{
	return call_list_by(call, PIECE_KEY, INDEX_EMAIL);
}

int hyperties_search_by_email(struct api_call *call)
{
	return call_search_by(call, PIECE_KEY, INDEX_EMAIL);
}

/* All of them away: an ordinary answer, but with 408 (spec 2). */
void hyperties_answer_read(struct api_call *call, int outcome)
{
	call_answer_shown(call, outcome, 408);
}
