/* Reads the stamp of a load balancer. */
#include "http/late.h"

/* More digits than a moment has, and fewer than an int64_t holds. */
#define DIGITS_MAX 16

bool late_is_past(struct slice stamp, int64_t wall_ms)
{
	int64_t deadline_ms = 0;

	if (stamp.len == 0 || stamp.len > DIGITS_MAX)
		return false;
	for (size_t i = 0; i < stamp.len; i++) {
		if (stamp.data[i] < '0' || stamp.data[i] > '9')
			return false;
		deadline_ms = deadline_ms * 10 + (stamp.data[i] - '0');
	}
	return deadline_ms < wall_ms;
}
