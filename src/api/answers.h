/* What is answered: every status and fixed body there is (spec 7), a row each. */
#pragma once

#include "http/http.h"

enum answer {
	ANSWER_HYPERTY_CREATED,
	ANSWER_HYPERTY_UPDATED,
	ANSWER_HYPERTY_UPDATED_STATUS,
	ANSWER_HYPERTY_KEPT_ALIVE,
	ANSWER_HYPERTY_KEPT_ALIVE_STATUS,
	ANSWER_HYPERTY_DELETED,
	ANSWER_DATA_OBJECT_CREATED,
	ANSWER_DATA_OBJECT_UPDATED,
	ANSWER_DATA_OBJECT_KEPT_ALIVE,
	ANSWER_DATA_OBJECT_DELETED,
	ANSWER_NO_NEWS,
	ANSWER_READY,
	ANSWER_SEE_LIVE,
	ANSWER_SEE_OVERVIEW,
	ANSWER_BAD_REQUEST,
	ANSWER_UNAUTHORIZED,
	ANSWER_NOT_FOUND,
	ANSWER_METHOD_NOT_ALLOWED,
	ANSWER_FAULT,
	ANSWER_UNAVAILABLE,
	ANSWER_FULL,
	ANSWER_COUNT,
};

/* Each replaces whatever the request's answer was. */

void answers_give(struct http_request *request, enum answer answer);

/* What a registry_outcome that is not a success means to a client. */
void answers_give_failure(struct http_request *request, int outcome);

/* With what is wrong and where; nothing from outside is in it. answer has a body of its own. */
void answers_give_detailed(struct http_request *request, enum answer answer, struct slice detail);

/* 503 with the reason as its message, for /ready. */
void answers_give_not_ready(struct http_request *request, struct slice reason);

/* 405; allow is the static value of the header. */
void answers_give_not_allowed(struct http_request *request, const char *allow);
