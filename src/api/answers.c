/* What is answered: every status and fixed body there is (spec 7), a row each. */
#include "api/answers.h"

#include <assert.h>

#include "api/json_writer.h"
#include "registry/registry.h"

struct answer_row {
	int status;
	struct slice body;
	const char *location;
	bool retry_after;
};

/* Each the rest of a row. */
#define BODY(json) .body = {(json), sizeof(json) - 1}
#define MESSAGE(text) BODY("{\"message\":\"" text "\"}")
#define CHANGED(changed, text) BODY("{\"statusChanged\":\"" changed "\",\"message\":\"" text "\"}")

static const struct answer_row answers[ANSWER_COUNT] = {
	[ANSWER_HYPERTY_CREATED] = {200, MESSAGE("Hyperty created")},
	[ANSWER_HYPERTY_UPDATED] = {200, CHANGED("false", "Hyperty updated")},
	[ANSWER_HYPERTY_UPDATED_STATUS] = {200, CHANGED("true", "Hyperty updated")},
	[ANSWER_HYPERTY_KEPT_ALIVE] = {200, CHANGED("false", "Keep alive")},
	[ANSWER_HYPERTY_KEPT_ALIVE_STATUS] = {200, CHANGED("true", "Keep alive")},
	[ANSWER_HYPERTY_DELETED] = {200, MESSAGE("Hyperty deleted")},
	[ANSWER_DATA_OBJECT_CREATED] = {200, MESSAGE("Data object created")},
	[ANSWER_DATA_OBJECT_UPDATED] = {200, MESSAGE("data object updated")},
	[ANSWER_DATA_OBJECT_KEPT_ALIVE] = {200, MESSAGE("Keep alive")},
	[ANSWER_DATA_OBJECT_DELETED] = {200, MESSAGE("Data object deleted")},
	[ANSWER_NO_NEWS] = {200, BODY("{}")},
	[ANSWER_READY] = {200, BODY("{\"status\":\"ready\"}")},
	[ANSWER_SEE_LIVE] = {302, .location = "/live"},
	[ANSWER_SEE_OVERVIEW] = {302, .location = "/overview"},
	[ANSWER_BAD_REQUEST] = {400, MESSAGE("Bad Request")},
	[ANSWER_UNAUTHORIZED] = {401, MESSAGE("Unauthorized.")},
	[ANSWER_NOT_FOUND] = {404, MESSAGE("Not Found")},
	[ANSWER_METHOD_NOT_ALLOWED] = {405, MESSAGE("Method Not Allowed")},
	[ANSWER_FAULT] = {500, MESSAGE("Internal Server Error")},
	[ANSWER_FULL] = {507, MESSAGE("Insufficient Storage")},
	[ANSWER_UNAVAILABLE] = {503, MESSAGE("Temporary Unavailable"), .retry_after = true},
};

static const enum answer failures[] = {
	[REGISTRY_NOT_FOUND] = ANSWER_NOT_FOUND,
	[REGISTRY_FULL] = ANSWER_FULL,
	[REGISTRY_CROWDED] = ANSWER_FULL,
	[REGISTRY_TOO_LARGE] = ANSWER_FULL,
	[REGISTRY_UNAVAILABLE] = ANSWER_UNAVAILABLE,
	[REGISTRY_DAMAGED] = ANSWER_FAULT,
	[REGISTRY_FAULT] = ANSWER_FAULT,
};

void answers_give(struct http_request *request, enum answer answer)
{
	const struct answer_row *row = &answers[answer];

	buffer_clear(&request->out);
	buffer_append_slice(&request->out, row->body);
	request->status = row->status;
	request->location = row->location;
	request->headers = NULL;
	request->retry_after = row->retry_after;
}

void answers_give_failure(struct http_request *request, int outcome)
{
	assert(outcome >= REGISTRY_NOT_FOUND && outcome <= REGISTRY_FAULT);
	answers_give(request, failures[outcome]);
}

void answers_give_detailed(struct http_request *request, enum answer answer, struct slice detail)
{
	struct buffer *out = &request->out;

	answers_give(request, answer);
	out->len -= out->len > 0; /* the closing bracket */
	buffer_append_slice(out, SLICE(",\"detail\":"));
	json_write_text(out, detail);
	buffer_append_byte(out, '}');
}

void answers_give_not_ready(struct http_request *request, struct slice reason)
{
	answers_give(request, ANSWER_UNAVAILABLE);
	buffer_clear(&request->out);
	buffer_append_slice(&request->out, SLICE("{\"message\":"));
	json_write_text(&request->out, reason);
	buffer_append_byte(&request->out, '}');
}

void answers_give_not_allowed(struct http_request *request, const char *allow)
{
	answers_give(request, ANSWER_METHOD_NOT_ALLOWED);
	request->allow = allow;
}
