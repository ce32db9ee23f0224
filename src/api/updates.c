/*
 * Pending updates: who went away since somebody last asked (spec 6.14, 11).
 *
 * Always 200 with an object: the clients break on anything else. What was taken is settled when the
 * answer has left, and is pending again if it has not.
 */
#include "api/handlers.h"

#include "monitor/counters.h"

/* HEAD must not take anything. */
int updates_take(struct api_call *call)
{
	struct registry_take *take;

	if (call->request->is_head) {
		answers_give(call->request, ANSWER_NO_NEWS);
		return ROUTE_ANSWERED;
	}
	take = call_begin_take(call);
	take->limit = atomic_load(&call->api->updates_fit);
	return registry_take_updates(call_registry(call), take);
}

static bool is_half_empty(const struct api_call *call)
{
	return call->request->out.len < call->api->options.answer_max_bytes / 2;
}

/* Where there was no room for all of it the next poll takes as much as there was room for, and
 * those behind it more again, as soon as there is room for twice as much. */
static void fit(struct api_call *call, int outcome)
{
	uint32_t count = call->take.limit;

	if (outcome == REGISTRY_TOO_LARGE)
		count = call->member_count;
	else if (outcome == REGISTRY_OK && count <= UINT32_MAX / 2 && is_half_empty(call))
		count *= 2;
	if (count != call->take.limit)
		atomic_store(&call->api->updates_fit, count);
}

void updates_answer(struct api_call *call, int outcome)
{
	struct http_request *request = call->request;

	if (!call->given_up)
		fit(call, outcome);
	if (outcome == REGISTRY_OK) {
		call_close_map(&request->out);
		call->news_in_answer = !request->out.failed;
		request->status = 200;
	}
	if (!call->news_in_answer) {
		counter_add(call->api->options.counters,
			    outcome == REGISTRY_TOO_LARGE ? COUNTER_REFUSED_ANSWER
							  : COUNTER_UPDATES_REFUSED,
			    1);
		answers_give(request, ANSWER_NO_NEWS);
	}
}

void updates_settle(struct api_call *call, bool sent)
{
	if (call->operation == API_TAKE)
		registry_settle_updates(call_registry(call), &call->take,
					sent && call->news_in_answer);
}
