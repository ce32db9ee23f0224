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
	if (call->request->is_head) {
		answers_give(call->request, ANSWER_NO_NEWS);
		return ROUTE_ANSWERED;
	}
	return registry_take_updates(call_registry(call), call_begin_take(call));
}

void updates_answer(struct api_call *call, int outcome)
{
	struct http_request *request = call->request;

	if (outcome == REGISTRY_OK) {
		call_close_map(&request->out);
		call->news_in_answer = !request->out.failed;
		request->status = 200;
	}
	if (!call->news_in_answer) {
		counter_add(call->api->options.counters, COUNTER_UPDATES_REFUSED, 1);
		answers_give(request, ANSWER_NO_NEWS);
	}
}

void updates_settle(struct api_call *call, bool sent)
{
	if (call->operation == API_TAKE)
		registry_settle_updates(call_registry(call), &call->take,
					sent && call->news_in_answer);
}
