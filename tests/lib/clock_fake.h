/* A clock that stands still until the test moves it. */
#pragma once

#include <stdatomic.h>

#include "base/clock.h"

struct clock_fake {
	struct clock clock; /* first */
	_Atomic int64_t wall_ms;
	_Atomic int64_t steady_ms;
};

/* Noon of 1 March 2017, an hour after the machine was started. */
void clock_fake_init(struct clock_fake *fake);

/* Time goes by: both clocks. Any thread. */
void clock_fake_pass_ms(struct clock_fake *fake, int64_t ms);
void clock_fake_pass_s(struct clock_fake *fake, int64_t s);
/* Somebody sets the wall clock, forward or back. */
void clock_fake_step_wall_s(struct clock_fake *fake, int64_t s);
