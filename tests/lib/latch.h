/* A gate that one thread opens and others wait at. Opened once, it stays open. */
#pragma once

#include <pthread.h>
#include <stdbool.h>

struct latch {
	pthread_mutex_t lock;
	pthread_cond_t opened;
	bool is_open; /* under lock */
};

void latch_init(struct latch *latch);
void latch_deinit(struct latch *latch);

void latch_open(struct latch *latch);
/* False if nobody has opened it within half a minute: the test has failed. */
bool latch_wait(struct latch *latch);
