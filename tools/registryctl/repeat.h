/* Verbs that look again and again, as --interval and --count say, until a signal ends them. */
#pragma once

#include "registryctl/client.h"

/* look() returns an exit_code; what is not EXIT_ALL ends it. extra: so many looks beside those that
 * --count says, to have something to compare with. Returns an exit_code. */
int repeat(const struct client *client, unsigned extra, int (*look)(void *ctx), void *ctx);
