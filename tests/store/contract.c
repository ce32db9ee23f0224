/* All parts of the contract suite, over one store. */
#include "contract.h"

#include <stdio.h>

#include "contract_kit.h"

int contract_run(const struct contract_factory *factory)
{
	int failed = 0;

	print_message("The store contract over %s\n", factory->name);
	kit_use(factory);
	failed += contract_entries();
	failed += contract_indexes();
	failed += contract_scan();
	failed += contract_time();
	failed += contract_updates();
	failed += contract_threads();
	if (factory->durable)
		failed += contract_durable();
	return failed;
}
