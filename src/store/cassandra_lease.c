/* Leases, taken and renewed. */
#include "store/cassandra_lease.h"

#include <time.h>

#define TTL_MS (CASS_LEASE_TTL_S * 1000)
/* It is not relied upon in the last moments of its row. */
#define MARGIN_MS 2000
#define RENEW_BEFORE_MS (TTL_MS * 2 / 3)
#define TRY_AGAIN_MS 3000
/* No answer so often while nodes are missing: there is no majority. While all are there it only
 * takes long, and somebody else may well hold it. */
#define FAILURES_DEGRADED 2

/* Nodes count a row's time on their own clocks, so this is real time, whatever lifetimes go by. */
static int64_t real_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool cass_lease_is_held(const struct cass_lease *lease)
{
	return lease->until_ms != 0 && real_ms() < lease->until_ms - MARGIN_MS;
}

bool cass_lease_wants(const struct cass_lease *lease)
{
	int64_t now_ms = real_ms();

	if (lease->until_ms != 0 && !lease->degraded)
		return now_ms >= lease->until_ms - RENEW_BEFORE_MS;
	return lease->asked_ms == 0 || now_ms - lease->asked_ms >= TRY_AGAIN_MS;
}

void cass_lease_ask(struct cass_job *job, struct cass_lease *lease)
{
	struct cql_value holder = cass_uuid(&job->store->server);
	struct cql_value ttl = cass_int(&job->arena, CASS_LEASE_TTL_S);
	const struct cql_value take[] = {cass_text(lease->name), holder, ttl};
	const struct cql_value renew[] = {ttl, holder, cass_text(lease->name), holder};

	lease->asked_ms = real_ms();
	lease->renewing = lease->until_ms != 0 && !lease->degraded;
	lease->ran_out = false;
	if (lease->renewing)
		lease->ask = cass_ask_light(job, CASS_LEASE_RENEW, renew, 4);
	else
		lease->ask = cass_ask_light(job, CASS_LEASE_TAKE, take, 3);
}

/* Nobody can hold it for now. */
static bool go_on_without(const struct store_cassandra *cassandra, struct cass_lease *lease,
			  enum cql_result result)
{
	lease->failures++;
	lease->degraded = result == CQL_UNAVAILABLE || (lease->failures >= FAILURES_DEGRADED &&
							cass_nodes_are_missing(cassandra));
	lease->until_ms = lease->degraded ? lease->asked_ms + TTL_MS : 0;
	return lease->degraded;
}

bool cass_lease_judge(struct cass_job *job, struct cass_lease *lease)
{
	/* [applied], and of the row that is there: its name, unless it was to be renewed; holder.
	 */
	struct cql_value values[3];
	struct cass_ask *ask = lease->ask;
	struct cass_claim holder;

	lease->ask = NULL;
	if (!ask || ask->request.result == CQL_REFUSED || ask->request.result == CQL_CLOSED) {
		lease->until_ms = 0;
		return false;
	}
	if (ask->request.result != CQL_DONE)
		return go_on_without(job->store, lease, ask->request.result);
	lease->failures = 0;
	lease->degraded = false;
	lease->until_ms = 0;
	if (cass_ask_applied(ask, values, 3)) {
		lease->until_ms = lease->asked_ms + TTL_MS;
		return true;
	}
	lease->ran_out = lease->renewing && !values[1].data;
	/* An earlier try of ours that we had no answer to. It is renewed the next time. */
	holder = cass_claim_of(values[lease->renewing ? 1 : 2]);
	if (cass_claim_same(&holder, &job->store->server))
		lease->until_ms = lease->asked_ms + MARGIN_MS + 1;
	return cass_lease_is_held(lease);
}

void cass_lease_free(struct cass_job *job, struct cass_lease *lease)
{
	const struct cql_value values[] = {cass_text(lease->name), cass_uuid(&job->store->server)};

	lease->until_ms = 0;
	lease->asked_ms = 0;
	if (!lease->degraded)
		cass_ask_light(job, CASS_LEASE_FREE, values, 2);
	lease->degraded = false;
}
