/*
 * Requests that come after nobody waits for their answer any more: a server that was frozen finds
 * them in its sockets when it thaws, and the load balancer has asked another one meanwhile. The
 * balancer stamps each with the moment up to which it waits, in milliseconds since 1970 UTC.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

#define LATE_HEADER "X-Request-Deadline"

/* Pure. What is no number says nothing. */
bool late_is_past(struct slice stamp, int64_t wall_ms);
