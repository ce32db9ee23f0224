/* Waiting for an event, with a limit that only a failing test reaches. */
#include "latch.h"

#include <time.h>

#define PATIENCE_S 30

void latch_init(struct latch *latch)
{
	pthread_mutex_init(&latch->lock, NULL);
	pthread_cond_init(&latch->opened, NULL);
	latch->is_open = false;
}

void latch_deinit(struct latch *latch)
{
	pthread_cond_destroy(&latch->opened);
	pthread_mutex_destroy(&latch->lock);
}

void latch_open(struct latch *latch)
{
	pthread_mutex_lock(&latch->lock);
	latch->is_open = true;
	pthread_cond_broadcast(&latch->opened);
	pthread_mutex_unlock(&latch->lock);
}

bool latch_wait(struct latch *latch)
{
	struct timespec limit;
	bool is_open;
	int r = 0;

	clock_gettime(CLOCK_REALTIME, &limit);
	limit.tv_sec += PATIENCE_S;
	pthread_mutex_lock(&latch->lock);
	while (!latch->is_open && r == 0)
		r = pthread_cond_timedwait(&latch->opened, &latch->lock, &limit);
	is_open = latch->is_open;
	pthread_mutex_unlock(&latch->lock);
	return is_open;
}
