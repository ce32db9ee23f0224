/* Waits for an operation. */
#include "registryctl/waited.h"

/* On any thread. */
static void on_complete(struct store_op *op)
{
	struct waited *waited = (struct waited *)op;

	pthread_mutex_lock(&waited->lock);
	waited->is_over = true;
	pthread_cond_signal(&waited->changed);
	pthread_mutex_unlock(&waited->lock);
}

void waited_init(struct waited *waited)
{
	*waited = (struct waited){.scan.read.op.complete = on_complete};
	pthread_mutex_init(&waited->lock, NULL);
	pthread_cond_init(&waited->changed, NULL);
}

int waited_end(struct waited *waited, int submitted)
{
	if (submitted == STORE_PENDING) {
		pthread_mutex_lock(&waited->lock);
		while (!waited->is_over)
			pthread_cond_wait(&waited->changed, &waited->lock);
		pthread_mutex_unlock(&waited->lock);
		submitted = waited->op.result;
	}
	pthread_cond_destroy(&waited->changed);
	pthread_mutex_destroy(&waited->lock);
	return submitted;
}
