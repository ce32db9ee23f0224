/*
 * The thread that accepts connections and hands them to the HTTP library. The library could accept
 * by itself, but in 0.9.75 its worker pool cannot stop doing so reliably: MHD_quiesce_daemon()
 * races with its threads, and aborts the process when it loses.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>

struct MHD_Daemon;
struct counters;

/* Embedded; listener and wake are -1 when closed. */
struct acceptor {
	struct MHD_Daemon *daemon; /* not owned */
	struct counters *counters; /* not owned */
	int listener;
	int wake;     /* an eventfd: readable when it is time to stop */
	bool failing; /* the last turn ended with a failure, and that was logged; the thread's own
		       */
	pthread_t thread;
};

/* Owns listener, also when it fails. 0 or a negative errno. */
int acceptor_init(struct acceptor *acceptor, struct MHD_Daemon *daemon, struct counters *counters,
		  int listener);
/* New clients are refused when it returns. May be called again. */
void acceptor_stop(struct acceptor *acceptor);
