/*
 * The overview for operators: always on the admin listener, and on the public one while developing.
 *
 * Each page costs a slice of the store, or what a search finds, up to a limit.
 */
#include "api/overview.h"

#include <errno.h>
#include <stdlib.h>

#include "api/handlers.h"

/* Entries on a page, and how many are looked at for it where only some are wanted. */
#define PAGE_ROWS 50
#define PAGE_SLACK 10000
/* What a search shows, and how many of the pending updates: there is no way on from there. */
#define FOUND_MAX 200
/* Hyperties whose users make a page. */
#define USERS_LOOKED_AT 250

static const struct http_header page_headers[] = {
	{"Content-Security-Policy", overview_policy},
	{"X-Content-Type-Options", "nosniff"},
	{"Referrer-Policy", "no-referrer"},
	{"Cache-Control", "no-store"},
	{NULL, NULL},
};

struct overview {
	struct overview_query query;
	uint32_t found;
};

/* ---- What the store shows ---- */

static int see_slice(void *ctx, const struct entry *entry, const struct moment *now)
{
	struct api_call *call = ctx;

	if (!overview_row_matches(&call->overview->query, entry, now)) {
		call->look.scan.passed++;
		return 0;
	}
	overview_row_append(&call->shown, entry, now);
	return call->shown.failed ? -ENOMEM : 0;
}

/* One too many, and it is over: -ECANCELED. */
static int see_found(void *ctx, const struct entry *entry, const struct moment *now)
{
	struct api_call *call = ctx;

	if (call->overview->found++ == FOUND_MAX)
		return -ECANCELED;
	overview_row_append(&call->shown, entry, now);
	return call->shown.failed ? -ENOMEM : 0;
}

/* ---- Asking the store. Each is a store_result ---- */

static int find(struct api_call *call)
{
	static const enum store_index indexes[] = {
		[OVERVIEW_BY_USER] = INDEX_USER,         [OVERVIEW_BY_EMAIL] = INDEX_EMAIL,
		[OVERVIEW_BY_GUID] = INDEX_GUID,         [OVERVIEW_BY_NAME] = INDEX_NAME,
		[OVERVIEW_BY_REPORTER] = INDEX_REPORTER,
	};
	struct store *store = call->api->options.store;
	const struct overview_query *query = &call->overview->query;
	struct store_read *read = call_begin_look(call, see_found);

	if (query->by == OVERVIEW_BY_HYPERTY)
		return store_get(store, (struct entry_key){ENTRY_HYPERTY, query->text}, read);
	if (query->by == OVERVIEW_BY_URL)
		return store_get(store, (struct entry_key){ENTRY_DATA_OBJECT, query->text}, read);
	return store_list(store, indexes[query->by], query->text, read);
}

static int peek(struct api_call *call)
{
	call_begin_look(call, see_found);
	call->look.peek.limit = FOUND_MAX + 1;
	return store_peek_updates(call->api->options.store, &call->look.peek);
}

static int scan(struct api_call *call)
{
	const struct overview_query *query = &call->overview->query;
	enum entry_kind other = query->list == OVERVIEW_OBJECTS ? ENTRY_HYPERTY : ENTRY_DATA_OBJECT;

	call_begin_look(call, see_slice);
	call->look.scan.cursor = query->from;
	call->look.scan.limit = query->list == OVERVIEW_USERS ? USERS_LOOKED_AT : PAGE_ROWS;
	call->look.scan.slack = PAGE_SLACK;
	call->look.scan.skip_kinds = 1u << other;
	call->look.scan.by_user = query->list == OVERVIEW_USERS;
	return store_scan(call->api->options.store, &call->look.scan);
}

static bool is_scan(const struct overview_query *query)
{
	return !query->text.data && query->list != OVERVIEW_UPDATES;
}

static int look(struct api_call *call)
{
	const struct overview_query *query = &call->overview->query;

	if (is_scan(query))
		return scan(call);
	return query->text.data ? find(call) : peek(call);
}

/* ---- What came of it ---- */

int overview_show(struct api_call *call)
{
	struct arena *arena = &call->request->arena;
	const char *reason = NULL;
	int r;

	call->overview = arena_alloc(arena, sizeof(*call->overview));
	if (!call->overview)
		return REGISTRY_UNAVAILABLE;
	*call->overview = (struct overview){0};
	r = overview_query_read(call->request->query, arena, &call->overview->query, &reason);
	if (r == -EINVAL)
		return call_refuse_look(call, reason);
	if (r < 0)
		return REGISTRY_UNAVAILABLE;

	r = look(call);
	/* Only what came from the request can be: the cursor. */
	if (r == -EINVAL)
		return call_refuse_look(call,
					"query: from is not what a page gave as its next one");
	return call_look_begun(call, r);
}

static void fill_page(const struct api_call *call, struct slice rows,
		      struct overview_page *ret_page)
{
	struct store *store = call->api->options.store;
	const struct overview *overview = call->overview;

	*ret_page = (struct overview_page){
		.query = &overview->query,
		.rows = rows,
		.is_cut = overview->found > FOUND_MAX,
		.store_type = store_type(store),
		.now = store_now(store),
	};
	if (is_scan(&overview->query))
		ret_page->next =
			(struct slice){call->look.scan.ret_cursor, call->look.scan.ret_cursor_len};
	store_count(store, &ret_page->count);
	store_health(store, &ret_page->health);
}

/* The rows are in the place of the answer. */
void overview_answer(struct api_call *call, int outcome)
{
	struct http_request *request = call->request;
	struct buffer rows = request->out;
	struct overview_page page;

	if (outcome != REGISTRY_OK) {
		call_answer_failure(call, outcome);
		return;
	}
	request->out = (struct buffer){0};
	fill_page(call, (struct slice){rows.data, rows.len}, &page);
	overview_page_write(&request->out, &page);
	buffer_deinit(&rows);
	request->status = 200;
	request->content_type = "text/html; charset=utf-8";
	request->headers = page_headers;
}

void overview_settle(struct api_call *call, bool sent)
{
	(void)sent;
	if (call->operation == API_LOOK && is_scan(&call->overview->query))
		free(call->look.scan.ret_cursor);
}

/* ---- What leads there ---- */

int overview_home(struct api_call *call)
{
	answers_give(call->request, ANSWER_SEE_OVERVIEW);
	return ROUTE_ANSWERED;
}
