/* Sending the answer that stands in a request, and the refusals of the HTTP border itself. */
#pragma once

#include <microhttpd.h>

#include "http/exchange.h"

enum refusal {
	REFUSAL_NONE,
	REFUSAL_PEER,
	REFUSAL_FRAMING,
	REFUSAL_LONG_TARGET,
	REFUSAL_LARGE_HEADERS,
	REFUSAL_LARGE_BODY,
	REFUSAL_LATE,
	REFUSAL_NO_MEMORY,
};

/* MHD_NO if it cannot be sent: then the connection is to be closed. */
enum MHD_Result answer_send(struct exchange *exchange);
/* Sends the refusal, behind which the connection closes. */
enum MHD_Result answer_refuse(struct exchange *exchange, enum refusal refusal);
