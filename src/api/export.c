/*
 * All that a server keeps in its own memory, for registryctl export and for nobody else: on the
 * admin listener, where the store is such a one.
 *
 * A slice of the store a request: each entry a line (entry_line.h), and behind them one more that
 * says where it goes on, {"next":"…"}, or {"next":null} at the end. An answer without it was cut
 * off.
 */
#include <errno.h>
#include <stdlib.h>

#include "api/cursor.h"
#include "api/entry_line.h"
#include "api/handlers.h"
#include "base/hex.h"
#include "http/target.h"

/* A slice is formatted under the lock of the store, and must not hold up others for long. */
#define SLICE_ENTRIES 500
#define SLICE_BYTES (256 << 10)

static int see(void *ctx, const struct entry *entry, const struct moment *now)
{
	struct api_call *call = ctx;

	entry_line_write(&call->shown, entry, now->lifetime_s, entry->pending);
	if (call->shown.len >= SLICE_BYTES)
		call->look.scan.limit = 0;
	return call->shown.failed ? -ENOMEM : 0;
}

static int refuse_cursor(struct api_call *call)
{
	return call_refuse_look(call, "query: from is not what this server gave as its next one");
}

/* 0 with where to begin, -EINVAL, or -ENOMEM. */
static int read_query(struct http_request *request, struct slice *ret_from)
{
	struct slice query = request->query;
	struct slice name, value;
	bool no_memory = false;
	int r = 0;

	while (r == 0 &&
	       target_next_parameter(&query, &request->arena, &name, &value, &no_memory)) {
		if (slice_equal(name, SLICE("from")) && value.len > 0)
			r = cursor_read(value, &request->arena, ret_from);
	}
	return no_memory ? -ENOMEM : r;
}

static int scan(struct api_call *call, struct slice from)
{
	call_begin_look(call, see);
	call->look.scan.cursor = from;
	call->look.scan.limit = SLICE_ENTRIES;
	return store_scan(call->api->options.store, &call->look.scan);
}

int export_show(struct api_call *call)
{
	struct slice from = SLICE_NONE;
	int r;

	if (!call->api->options.shows_export) {
		answers_give_detailed(call->request, ANSWER_NOT_FOUND,
				      SLICE("registryctl export reads this store itself"));
		return ROUTE_ANSWERED;
	}
	r = read_query(call->request, &from);
	if (r < 0)
		return r == -EINVAL ? refuse_cursor(call) : REGISTRY_UNAVAILABLE;
	r = scan(call, from);
	return r == -EINVAL ? refuse_cursor(call) : call_look_begun(call, r);
}

static void write_next(struct buffer *out, struct slice next)
{
	buffer_append_slice(out, next.data ? SLICE("{\"next\":\"") : SLICE("{\"next\":null"));
	hex_append(out, next);
	buffer_append_slice(out, next.data ? SLICE("\"}\n") : SLICE("}\n"));
}

void export_answer(struct api_call *call, int outcome)
{
	static const struct http_header headers[] = {{"Cache-Control", "no-store"}, {NULL, NULL}};
	struct http_request *request = call->request;

	if (outcome != REGISTRY_OK) {
		call_answer_failure(call, outcome);
		return;
	}
	write_next(&request->out,
		   (struct slice){call->look.scan.ret_cursor, call->look.scan.ret_cursor_len});
	request->status = 200;
	request->content_type = "application/x-ndjson";
	request->headers = headers;
}

void export_settle(struct api_call *call, bool sent)
{
	(void)sent;
	if (call->operation == API_LOOK)
		free(call->look.scan.ret_cursor);
}
