/* Turns the answer that stands in a request into one of the HTTP library. */
#include "http/answer.h"

#include "base/steady.h"
#include "http/access.h"
#include "http/http_server.h"
#include "http/late.h"
#include "monitor/counters.h"

#define LIMIT(field) offsetof(struct http_server, field)

#define UNAVAILABLE "{\"message\":\"Temporary Unavailable\"}"

/* counter is COUNTER_COUNT where none but the status is counted. */
static const struct refusal_row {
	int status;
	enum counter counter;
	const char *body;
	const char *subject; /* what was longer than its limit; NULL: nothing */
	size_t limit;        /* where that is, by LIMIT() */
} refusal_rows[] = {
	[REFUSAL_PEER] = {401, COUNTER_HTTP_REFUSED_PEER, "{\"message\":\"Unauthorized request\"}",
			  NULL, 0},
	[REFUSAL_FRAMING] = {400, COUNTER_HTTP_REFUSED_FRAMING, "{\"message\":\"Bad Request\"}",
			     NULL, 0},
	[REFUSAL_LONG_TARGET] = {414, COUNTER_HTTP_REFUSED_SIZE, "{\"message\":\"URI Too Long\"}",
				 "target", LIMIT(header_max_bytes)},
	[REFUSAL_LARGE_HEADERS] = {431, COUNTER_HTTP_REFUSED_SIZE,
				   "{\"message\":\"Request Header Fields Too Large\"}", "headers",
				   LIMIT(header_max_bytes)},
	[REFUSAL_LARGE_BODY] = {413, COUNTER_HTTP_REFUSED_SIZE,
				"{\"message\":\"Payload Too Large\"}", "body",
				LIMIT(body_max_bytes)},
	[REFUSAL_LATE] = {503, COUNTER_HTTP_REFUSED_LATE,
			  "{\"message\":\"Temporary Unavailable\",\"detail\":\"" LATE_HEADER
			  ": is past\"}",
			  NULL, 0},
	[REFUSAL_NO_MEMORY] = {503, COUNTER_COUNT, UNAVAILABLE, NULL, 0},
};

static void write_answer(struct http_request *request, int status, const char *body)
{
	request->status = status;
	request->content_type = NULL;
	request->allow = NULL;
	request->location = NULL;
	request->headers = NULL;
	request->retry_after = status == 503;
	buffer_clear(&request->out);
	buffer_append_slice(&request->out, slice_of(body));
}

static void add_limit(struct buffer *out, const char *subject, size_t limit)
{
	out->len -= out->len > 0; /* the closing bracket */
	buffer_append_slice(out, SLICE(",\"detail\":\""));
	buffer_append_slice(out, slice_of(subject));
	buffer_append_slice(out, SLICE(": longer than "));
	buffer_append_uint(out, limit);
	buffer_append_slice(out, SLICE(" bytes\"}"));
}

static void count(const struct exchange *exchange)
{
	struct counters *counters = exchange->server->counters;
	const struct http_request *request = &exchange->request;
	int status = request->status;

	requests_count(&counters->requests, request->route, request->method, status);
	histogram_add(counters->histograms, request->class,
		      (uint64_t)(steady_ns() - exchange->began_ns));
	counter_add(counters, COUNTER_HTTP_REQUESTS, 1);
	if (status >= 200 && status < 600)
		counter_add(counters, COUNTER_HTTP_2XX + (enum counter)(status / 100 - 2), 1);
}

static bool add_header(struct MHD_Response *response, const char *name, const char *value)
{
	return !value || MHD_add_response_header(response, name, value) == MHD_YES;
}

static bool add_more(struct MHD_Response *response, const struct http_header *header)
{
	for (; header && header->name; header++) {
		if (!add_header(response, header->name, header->value))
			return false;
	}
	return true;
}

static bool add_headers(struct MHD_Response *response, const struct http_request *request,
			bool close)
{
	const char *type = request->content_type ? request->content_type : "application/json";

	return add_header(response, REQUEST_ID_HEADER, request->id.data) &&
	       add_header(response, "Connection", close ? "close" : NULL) &&
	       add_header(response, "Content-Type", request->out.len > 0 ? type : NULL) &&
	       add_header(response, "Allow", request->allow) &&
	       add_header(response, "Location", request->location) &&
	       add_header(response, "Retry-After", request->retry_after ? "1" : NULL) &&
	       add_more(response, request->headers);
}

/* The body is not copied: out stays as it is until the library says that the exchange is over. */
static struct MHD_Response *build(struct http_request *request, bool close)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
		request->out.len, request->out.len > 0 ? request->out.data : (void *)"",
		MHD_RESPMEM_PERSISTENT);

	if (response && !add_headers(response, request, close)) {
		MHD_destroy_response(response);
		return NULL;
	}
	return response;
}

enum MHD_Result answer_send(struct exchange *exchange)
{
	struct http_server *server = exchange->server;
	struct http_request *request = &exchange->request;
	struct MHD_Response *response;
	enum MHD_Result queued;

	if (request->status == 0)
		write_answer(request, 500, "{\"message\":\"Internal Server Error\"}");
	if (request->out.failed)
		write_answer(request, 503, UNAVAILABLE);
	response = build(request, request->close || atomic_load(&server->quiesced));
	/* Before it is queued: queueing may send it and end the exchange. Nor is there anything
	 * left to wait for without one. */
	exchange->phase = EXCHANGE_ANSWERED;
	if (!response)
		return MHD_NO;

	connection_enter(&server->connections, exchange->own, CONNECTION_SENDING);
	count(exchange);
	access_log(exchange);
	queued = MHD_queue_response(exchange->connection, (unsigned)request->status, response);
	MHD_destroy_response(response);
	return queued;
}

enum MHD_Result answer_refuse(struct exchange *exchange, enum refusal refusal)
{
	const struct refusal_row *row = &refusal_rows[refusal];

	if (row->counter != COUNTER_COUNT)
		counter_add(exchange->server->counters, row->counter, 1);
	write_answer(&exchange->request, row->status, row->body);
	if (row->subject)
		add_limit(&exchange->request.out, row->subject,
			  atomic_load((const _Atomic size_t *)((const char *)exchange->server +
							       row->limit)));
	exchange->request.close = true;
	return answer_send(exchange);
}
