/* The store contract over the fake store: every answer from another thread, every rule asked twice.
 */
#include "contract.h"

#include "store/store_memory.h"
#include "store_fake.h"

static int open_fake(void *ctx, struct clock *clock, struct counters *counters,
		     struct store **ret_store)
{
	const enum fake_conduct *conduct = ctx;
	struct store *memory;
	int r = store_memory_new(clock, counters, &memory);

	if (r < 0)
		return r;
	r = store_fake_new(memory, ret_store);
	if (r < 0) {
		store_free(memory);
		return r;
	}
	for (int verb = 0; verb < FAKE_VERB_COUNT; verb++)
		store_fake_conduct(*ret_store, verb, *conduct, 0);
	return 0;
}

int main(void)
{
	enum fake_conduct conducts[] = {FAKE_EARLY, FAKE_TWICE};
	const struct contract_factory early = {.name = "fake: from another thread",
					       .many = CONTRACT_MANY,
					       .ctx = &conducts[0],
					       .open = open_fake};
	const struct contract_factory twice = {.name = "fake: asked twice",
					       .many = CONTRACT_MANY,
					       .ctx = &conducts[1],
					       .open = open_fake};

	return contract_run(&early) + contract_run(&twice);
}
