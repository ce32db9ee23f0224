/* Talks to systemd. */
#include "server/supervisor.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <systemd/sd-daemon.h>

void supervisor_ready(const char *status)
{
	sd_notifyf(0, "READY=1\nSTATUS=%s", status);
}

void supervisor_reloading(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld\nSTATUS=reloading",
		   (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
}

void supervisor_stopping(void)
{
	sd_notify(0, "STOPPING=1\nSTATUS=draining");
}

int64_t supervisor_beat_ms(void)
{
	uint64_t limit_us;

	if (sd_watchdog_enabled(0, &limit_us) <= 0)
		return -1;
	return limit_us >= 4000 ? (int64_t)(limit_us / 4000) : 1;
}

void supervisor_alive(const char *status)
{
	sd_notifyf(0, "WATCHDOG=1\nSTATUS=%s", status);
}

/* Whoever accepts from it goes on until nobody is left. */
static int made_ready(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (sd_is_socket_inet(fd, AF_UNSPEC, SOCK_STREAM, 1, 0) <= 0 || flags < 0 ||
	    fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return -1;
	return fd;
}

int supervisor_listener(const char *name)
{
	char **names = NULL;
	int count = sd_listen_fds_with_names(0, &names);
	int found = -1;

	for (int i = 0; i < count; i++) {
		if (found < 0 && strcmp(names[i], name) == 0)
			found = made_ready(SD_LISTEN_FDS_START + i);
		free(names[i]);
	}
	free(names);
	return found;
}
