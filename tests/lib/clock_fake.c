/* Time under a test's control. */
#include "clock_fake.h"

static int64_t wall_ms(struct clock *clock)
{
	return ((struct clock_fake *)clock)->wall_ms;
}

static int64_t steady_ms(struct clock *clock)
{
	return ((struct clock_fake *)clock)->steady_ms;
}

void clock_fake_init(struct clock_fake *fake)
{
	fake->clock = (struct clock){.wall_ms = wall_ms, .steady_ms = steady_ms, .tick_ms = 1};
	fake->wall_ms = INT64_C(1488369600000);
	fake->steady_ms = INT64_C(3600000);
}

void clock_fake_pass_ms(struct clock_fake *fake, int64_t ms)
{
	fake->wall_ms += ms;
	fake->steady_ms += ms;
}

void clock_fake_pass_s(struct clock_fake *fake, int64_t s)
{
	clock_fake_pass_ms(fake, s * 1000);
}

void clock_fake_step_wall_s(struct clock_fake *fake, int64_t s)
{
	fake->wall_ms += s * 1000;
}
