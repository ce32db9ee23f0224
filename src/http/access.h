/* The line that each answered request has in the log, where that is wanted. */
#pragma once

#include "http/exchange.h"

/* When the answer stands. */
void access_log(const struct exchange *exchange);
