/*
 * Writes a line to standard error by the thread that has it: before there is a writer, and without
 * one.
 *
 * Before a line is written, poll(2) says whether it would be taken at once, so that a reader who
 * stands still costs lines and not time. What poll(2) says holds for one line: one thread at a time
 * asks and writes. Should a stranger on the same pipe be faster, one thread waits in write(2), and
 * the others drop their lines.
 */
#include "log/direct.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#define LOCK_LIMIT_MS 100

static bool would_be_taken(int fd)
{
	struct pollfd descriptor = {.fd = fd, .events = POLLOUT};

	return poll(&descriptor, 1, 0) == 1 && descriptor.revents == POLLOUT;
}

static pthread_mutex_t writing = PTHREAD_MUTEX_INITIALIZER;
static _Atomic bool stuck; /* whoever is writing has been at it for LOCK_LIMIT_MS */

/* False, soon, if whoever is writing does not come back. */
static bool begin_writing(void)
{
	struct timespec until;

	if (pthread_mutex_trylock(&writing) == 0)
		return true;
	if (atomic_load(&stuck))
		return false;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += LOCK_LIMIT_MS * 1000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	if (pthread_mutex_timedlock(&writing, &until) == 0)
		return true;
	atomic_store(&stuck, true);
	return false;
}

static void end_writing(void)
{
	atomic_store(&stuck, false);
	pthread_mutex_unlock(&writing);
}

bool log_direct_write(const struct log_line *line)
{
	bool written;

	if (!begin_writing())
		return false;
	written = would_be_taken(STDERR_FILENO) &&
		  write(STDERR_FILENO, line->data, line->len) == (ssize_t)line->len;
	end_writing();
	return written;
}
