/*
 * Where a request begins and ends, and what must be refused because another reader of the same
 * bytes, such as a load balancer, could see that differently (spec 2, RFC 9112 §11.2). Pure.
 */
#pragma once

#include <stdint.h>

#include "base/slice.h"

struct framing {
	unsigned content_lengths;
	unsigned transfer_encodings;
	bool odd;                /* a name, a coding or a folding that others may read otherwise */
	uint64_t content_length; /* 0 if there is none */
};

/*
 * For every header, in a zero-initialised framing. A Content-Length is known to be a number. Both
 * slices are where the header stood in the connection's buffer, with a NUL in the place of ':'.
 */
void framing_add_header(struct framing *framing, struct slice name, struct slice value);
bool framing_is_sound(const struct framing *framing, bool http_1_0);

/*
 * method, target_at and version point into the request line as it was read, with a NUL in the place
 * of the two spaces that part them. target is what strlen() found there, copied before anybody
 * wrote on it: a NUL inside it, and a third space, show in the distances.
 */
bool framing_line_is_sound(const char *method, const char *target_at, struct slice target,
			   const char *version);
