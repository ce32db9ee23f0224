/* A read of a store, for somebody who waits until it is over. */
#pragma once

#include <pthread.h>
#include <stdbool.h>

#include "store/store.h"

struct waited {
	union { /* first */
		struct store_op op;
		struct store_read read;
		struct store_scan scan;
		struct store_peek peek;
	};
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool is_over; /* lock */
};

/* Before the operation is filled in. */
void waited_init(struct waited *waited);
/* submitted: what the submission returned; waits if that is STORE_PENDING. Returns the outcome; the
 * operation may be looked at afterwards. */
int waited_end(struct waited *waited, int submitted);
