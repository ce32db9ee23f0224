/* Looks again. */
#include "registryctl/repeat.h"

#include <stdlib.h>
#include <time.h>

#include "registryctl/stop.h"
#include "registryctl/verb.h"

#define INTERVAL_S 2

/* A signal ends it. */
static void pause_s(long seconds)
{
	const struct timespec pause = {seconds, 0};

	if (!stop_is_asked())
		nanosleep(&pause, NULL);
}

int repeat(const struct client *client, unsigned extra, int (*look)(void *ctx), void *ctx)
{
	const char *interval = client->values[CLIENT_INTERVAL];
	const char *count = client->values[CLIENT_COUNT];
	long seconds = interval ? strtol(interval, NULL, 10) : INTERVAL_S;
	long left = count ? strtol(count, NULL, 10) + (long)extra : -1;
	int status = EXIT_ALL;

	stop_on_signals();
	while (status == EXIT_ALL && left != 0 && !stop_is_asked()) {
		status = look(ctx);
		left -= left > 0;
		if (status == EXIT_ALL && left != 0)
			pause_s(seconds);
	}
	return status;
}
