/* Accepts connections and hands them to the HTTP library. */
#include "http/acceptor.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <microhttpd.h>

#include "log/log.h"
#include "monitor/counters.h"

/* Without descriptors or memory to accept with, the next try waits for others to give some back. */
#define PAUSE_MS 100
/* Then it is looked whether it is time to stop, however many clients come. */
#define TURN_MAX 64

/* Of what follows, besides a negative errno. */
enum {
	GO_ON = 0,
	STOP = 1,
};

static int wait_for_client(struct acceptor *acceptor)
{
	struct pollfd either[] = {
		{.fd = acceptor->wake, .events = POLLIN},
		{.fd = acceptor->listener, .events = POLLIN},
	};

	if (poll(either, 2, -1) < 0)
		return -errno;
	return either[0].revents ? STOP : GO_ON;
}

static int accept_one(struct acceptor *acceptor)
{
	struct sockaddr_storage address;
	socklen_t size = sizeof(address);
	int fd = accept4(acceptor->listener, (struct sockaddr *)&address, &size,
			 SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return -errno;
	/* Beyond its limit of connections the library closes it. */
	(void)MHD_add_connection(acceptor->daemon, fd, (struct sockaddr *)&address, size);
	return GO_ON;
}

static int accept_turn(struct acceptor *acceptor)
{
	int r = GO_ON;

	for (int i = 0; i < TURN_MAX && r == GO_ON; i++)
		r = accept_one(acceptor);
	return r;
}

/* Nobody waits, a signal came, or a client left before its turn. */
static bool is_ordinary(int r)
{
	return r >= 0 || r == -EAGAIN || r == -EINTR || r == -ECONNABORTED;
}

/* Logged once, until a turn goes well: what is short now is short for the next client, too. */
static void note_failure(struct acceptor *acceptor, int r)
{
	counter_add(acceptor->counters, COUNTER_HTTP_ACCEPT_FAILED, 1);
	if (!acceptor->failing)
		log_warn("http.accept_failed", LOG_TEXT("reason", strerror(-r)));
	acceptor->failing = true;
}

static int pause_accepting(struct acceptor *acceptor)
{
	const struct timespec limit = {.tv_nsec = PAUSE_MS * 1000000};
	struct pollfd wake = {.fd = acceptor->wake, .events = POLLIN};
	int n = poll(&wake, 1, PAUSE_MS);

	/* Whatever poll() lacks: no turning in circles. */
	if (n < 0)
		nanosleep(&limit, NULL);
	return n > 0 ? STOP : GO_ON;
}

static void *acceptor_main(void *arg)
{
	struct acceptor *acceptor = arg;
	int r;

	do {
		r = wait_for_client(acceptor);
		if (r == GO_ON)
			r = accept_turn(acceptor);
		if (is_ordinary(r)) {
			acceptor->failing = false;
			continue;
		}
		note_failure(acceptor, r);
		r = pause_accepting(acceptor);
	} while (r != STOP);
	return NULL;
}

static void close_all(struct acceptor *acceptor)
{
	if (acceptor->wake >= 0)
		close(acceptor->wake);
	close(acceptor->listener);
	acceptor->wake = -1;
	acceptor->listener = -1;
}

int acceptor_init(struct acceptor *acceptor, struct MHD_Daemon *daemon, struct counters *counters,
		  int listener)
{
	int r;

	*acceptor = (struct acceptor){.daemon = daemon, .counters = counters, .listener = listener};
	acceptor->wake = eventfd(0, EFD_CLOEXEC);
	r = acceptor->wake < 0 ? errno
			       : pthread_create(&acceptor->thread, NULL, acceptor_main, acceptor);
	if (r != 0)
		close_all(acceptor);
	return -r;
}

void acceptor_stop(struct acceptor *acceptor)
{
	if (acceptor->listener < 0)
		return;
	eventfd_write(acceptor->wake, 1);
	pthread_join(acceptor->thread, NULL);
	close_all(acceptor);
}
