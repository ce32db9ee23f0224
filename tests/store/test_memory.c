/* The store contract over the memory store. */
#include "contract.h"

#include "store/store_memory.h"

static int open_memory(void *ctx, struct clock *clock, struct counters *counters,
		       struct store **ret_store)
{
	(void)ctx;
	return store_memory_new(clock, counters, ret_store);
}

int main(void)
{
	const struct contract_factory factory = {
		.name = "memory", .many = CONTRACT_MANY, .open = open_memory};

	return contract_run(&factory);
}
