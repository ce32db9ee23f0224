/*
 * A lease that one server of the cluster holds at a time: a row with a time to live, taken by a
 * lightweight transaction. Its holder stops relying on it before the row ends.
 *
 * Where too few nodes are up for a transaction nobody can hold it. Its work goes on without it
 * then, as both sides of a cut must: whatever is done under a lease may be done twice.
 */
#pragma once

#include "store/cassandra_job.h"

struct cass_lease {
	struct slice name;    /* static, or the owner's */
	int64_t until_ms;     /* real time of this boot until which we hold it; 0: we do not */
	int64_t asked_ms;     /* when it was last asked for */
	unsigned failures;    /* times in a row that nobody answered */
	bool degraded;        /* relied upon without holding it */
	bool renewing;        /* what was asked for last */
	bool ran_out;         /* it was to be renewed, and nobody holds it: ask at once */
	struct cass_ask *ask; /* of the round at hand */
};

bool cass_lease_is_held(const struct cass_lease *lease);
/* Whether it is worth asking: it is to be renewed soon, or we have not tried for a while. */
bool cass_lease_wants(const struct cass_lease *lease);

/* Takes or renews it, in the job's round. */
void cass_lease_ask(struct cass_job *job, struct cass_lease *lease);
/* In the step behind that. True if we hold it now. */
bool cass_lease_judge(struct cass_job *job, struct cass_lease *lease);
/* Gives it back, in the job's round. */
void cass_lease_free(struct cass_job *job, struct cass_lease *lease);
