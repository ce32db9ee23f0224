/* CLOCK_MONOTONIC, which nobody sets, and condition variables whose time-outs go by it. */
#pragma once

#include <pthread.h>
#include <stdint.h>

int64_t steady_ns(void);
int64_t steady_ms(void);

void steady_condition_init(pthread_cond_t *condition);
/* The lock is held. Returns when it is signalled, or so much later. */
void steady_condition_wait_ms(pthread_cond_t *condition, pthread_mutex_t *lock, int64_t ms);
