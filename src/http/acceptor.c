/* Accepts connections and hands them to the HTTP library. */
#include "http/acceptor.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <microhttpd.h>

/* Without descriptors or memory to accept with, the next try waits for others to give some back. */
#define PAUSE_MS 100

static bool is_for_lack_of_something(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

/* True if it is time to stop. */
static bool wait_to_stop(struct acceptor *acceptor, int limit_ms)
{
	struct pollfd wake = {.fd = acceptor->wake, .events = POLLIN};

	return poll(&wake, 1, limit_ms) > 0;
}

/* True if a client waits; false if it is time to stop. */
static bool wait_for_client(struct acceptor *acceptor)
{
	struct pollfd either[] = {
		{.fd = acceptor->wake, .events = POLLIN},
		{.fd = acceptor->listener, .events = POLLIN},
	};

	do {
		if (poll(either, 2, -1) < 0 && errno != EINTR)
			return false;
	} while (!either[0].revents && !either[1].revents);
	return !either[0].revents;
}

/* 0, or why there was nobody to accept. */
static int accept_one(struct acceptor *acceptor)
{
	struct sockaddr_storage address;
	socklen_t size = sizeof(address);
	int fd = accept4(acceptor->listener, (struct sockaddr *)&address, &size,
			 SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return errno;
	/* Beyond its limit of connections the library closes it. */
	(void)MHD_add_connection(acceptor->daemon, fd, (struct sockaddr *)&address, size);
	return 0;
}

static void *acceptor_main(void *arg)
{
	struct acceptor *acceptor = arg;

	while (wait_for_client(acceptor)) {
		int error;

		do {
			error = accept_one(acceptor);
		} while (error == 0);
		if (is_for_lack_of_something(error) && wait_to_stop(acceptor, PAUSE_MS))
			break;
	}
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

int acceptor_init(struct acceptor *acceptor, struct MHD_Daemon *daemon, int listener)
{
	int r;

	*acceptor = (struct acceptor){.daemon = daemon, .listener = listener};
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
