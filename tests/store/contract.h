/*
 * The contract suite: what every store must do, as cases that run over any of them. Where store.h
 * and a case seem to differ, the case is the definition.
 */
#pragma once

#include "monitor/counters.h"
#include "store/store.h"

#define CONTRACT_MANY 100000

/* How the suite gets at a store. */
struct contract_factory {
	const char *name;
	bool durable;  /* what is kept outlives the store */
	bool shared;   /* with other servers: the time in which none of ours runs counts, too */
	uint32_t many; /* entries of one user: CONTRACT_MANY where that does not take minutes */
	void *ctx;
	/* Opens; a durable one with all that it had. 0 or a negative errno. */
	int (*open)(void *ctx, struct clock *clock, struct counters *counters,
		    struct store **ret_store);
	/* Throws away what a durable store left behind, so that the next one is new. */
	void (*wipe)(void *ctx);
};

/* Runs all cases. The number of those that failed. */
int contract_run(const struct contract_factory *factory);
