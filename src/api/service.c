/* What is about the server rather than about entries (spec 6.15). */
#include "api/handlers.h"

#include "api/accept.h"
#include "api/json_writer.h"
#include "monitor/process.h"

int service_home(struct api_call *call)
{
	answers_give(call->request, ANSWER_SEE_LIVE);
	return ROUTE_ANSWERED;
}

int service_error(struct api_call *call)
{
	answers_give(call->request, ANSWER_UNAUTHORIZED);
	return ROUTE_ANSWERED;
}

/* ---- /live ---- */

static void write_name(struct buffer *out, const char *name)
{
	buffer_append_byte(out, out->len == 0 ? '{' : ',');
	json_write_text(out, slice_of(name));
	buffer_append_byte(out, ':');
}

static void write_text(struct buffer *out, const char *name, const char *value)
{
	write_name(out, name);
	json_write_text(out, slice_of(value));
}

/* All values are strings, numbers too. */
static void write_number(struct buffer *out, const char *name, uint64_t value)
{
	write_name(out, name);
	buffer_append_byte(out, '"');
	buffer_append_uint(out, value);
	buffer_append_byte(out, '"');
}

static void write_cluster(struct buffer *out, const struct store_health *health)
{
	write_text(out, "Database connection", health->readable ? "up" : "down");
	write_number(out, "Database cluster size", health->nodes);
	write_number(out, "Database up nodes", health->nodes_up);
}

/* A browser is led to the overview, where there is one. */
static bool is_for_people(const struct api_call *call)
{
	static const unsigned have_overview = ROUTE_ADMIN | ROUTE_DEVELOPMENT;

	return (call->listener->routes & have_overview) &&
	       accept_names_html(http_request_header(call->request, "Accept"));
}

static int lead_to_overview(struct api_call *call)
{
	static const struct http_header headers[] = {
		{"Cache-Control", "no-store"},
		{"Vary", "Accept"},
		{NULL, NULL},
	};

	answers_give(call->request, ANSWER_SEE_OVERVIEW);
	call->request->headers = headers;
	return ROUTE_ANSWERED;
}

int service_live(struct api_call *call)
{
	struct store *store = call->api->options.store;
	struct buffer *out = &call->request->out;
	struct store_count count;
	struct store_health health;

	if (is_for_people(call))
		return lead_to_overview(call);
	store_count(store, &count);
	store_health(store, &health);

	buffer_clear(out);
	write_text(out, "status", "up");
	write_text(out, "Storage_type", store_type(store));
	write_number(out, "Hyperties_stored", count.entries[ENTRY_HYPERTY]);
	if (health.nodes > 0)
		write_cluster(out, &health);
	buffer_append_byte(out, '}');
	call->request->status = 200;
	return ROUTE_ANSWERED;
}

/* ---- For load balancers and monitoring ---- */

int service_ready(struct api_call *call)
{
	const struct api_hooks *hooks = &call->api->options.hooks;
	char reason[256] = "";

	if (!hooks->ready(hooks->ctx, reason, sizeof(reason)))
		answers_give_not_ready(call->request, slice_of(reason));
	else if (reason[0])
		answers_give_detailed(call->request, ANSWER_READY, slice_of(reason));
	else
		answers_give(call->request, ANSWER_READY);
	return ROUTE_ANSWERED;
}

int service_metrics(struct api_call *call)
{
	const struct api_options *options = &call->api->options;
	struct http_request *request = call->request;
	struct gauges gauges = {0};
	const char *names[ROUTES_MAX + 1];

	options->hooks.gauges(options->hooks.ctx, &gauges);
	buffer_clear(&request->out);
	prometheus_write_build(&request->out);
	prometheus_write(options->counters, &gauges, &request->out);
	prometheus_write_requests(&options->counters->requests, names, routes_names(names),
				  &request->out);
	prometheus_write_histograms(options->counters->histograms, &request->out);
	process_write(&request->out);
	request->content_type = "text/plain; version=0.0.4; charset=utf-8";
	request->status = 200;
	return ROUTE_ANSWERED;
}
