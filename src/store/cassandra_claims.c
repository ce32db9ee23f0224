/* Claims on ids: found, made, and made again where the outcome is not known. */
#include "store/cassandra_claims.h"

#include "log/log.h"

#define TRIES_MAX 3
#define TRY_AGAIN_MS 50

/* ---- Who owns an id ---- */

void cass_claim_ask(struct cass_job *job, struct slice id, struct cass_claim_asks *ret_asks)
{
	struct cql_value value = cass_text(id);

	ret_asks->owners = cass_ask(job, CASS_OWNER_GET, &value, 1);
	ret_asks->claims = cass_ask(job, CASS_CLAIMS_LIST, &value, 1);
}

/* The earlier of the two; of equals the one with the lesser bytes. */
static bool is_earlier(const struct cass_claim_state *a, const struct cass_claim_state *b)
{
	if (a->since != b->since)
		return a->since < b->since;
	return memcmp(a->claim.bytes, b->claim.bytes, CASS_CLAIM_BYTES) < 0;
}

void cass_claim_note(struct cass_claim_state *state, const struct cass_claim_state *found)
{
	bool others = state->owner.data && !cass_claim_same(&state->claim, &found->claim);

	if (!found->owner.data)
		return;
	others = others || state->others;
	if (!state->owner.data || is_earlier(found, state))
		*state = *found;
	state->others = others;
}

struct cass_claim_state cass_claim_in_owners(const struct cql_value values[3])
{
	return (struct cass_claim_state){
		.owner = cass_text_of(values[0]),
		.claim = cass_claim_of(values[1]),
		.since = cass_bigint_of(values[2]),
		.light = true,
	};
}

struct cass_claim_state cass_claim_in_claims(const struct cql_value values[3])
{
	return (struct cass_claim_state){
		.owner = cass_text_of(values[2]),
		.claim = cass_claim_of(values[1]),
		.since = cass_bigint_of(values[0]),
	};
}

static void note_light(struct cass_claim_state *state, const struct cql_value values[3])
{
	const struct cass_claim_state found = cass_claim_in_owners(values);

	cass_claim_note(state, &found);
}

static void note_plain(struct cass_claim_state *state, struct cass_ask *claims)
{
	struct cql_value values[3];

	while (cass_ask_next(claims, values, 3)) {
		const struct cass_claim_state found = cass_claim_in_claims(values);

		cass_claim_note(state, &found);
	}
}

void cass_claim_found(struct cass_claim_asks *asks, struct cass_claim_state *ret_state)
{
	struct cql_value values[3];

	*ret_state = (struct cass_claim_state){0};
	if (cass_ask_next(asks->owners, values, 3))
		note_light(ret_state, values);
	note_plain(ret_state, asks->claims);
}

/* ---- Claiming ---- */

static struct cass_claiming *claiming_of(struct cass_job *job)
{
	return job->claiming;
}

static void ask_light(struct cass_job *job, struct cass_claiming *claiming)
{
	const struct cql_value values[] = {
		cass_text(claiming->id),
		cass_text(claiming->owner),
		cass_uuid(&claiming->claim),
		cass_bigint(&job->arena, claiming->since),
	};

	claiming->tries++;
	claiming->asks.owners = cass_ask_light(job, CASS_OWNER_CLAIM, values, 4);
}

void cass_claiming_ask(struct cass_job *job, struct cass_claiming *claiming)
{
	struct cql_value id = cass_text(claiming->id);

	job->claiming = claiming;
	ask_light(job, claiming);
	claiming->asks.claims = cass_ask(job, CASS_CLAIMS_LIST, &id, 1);
}

static void conclude(struct cass_job *job, struct cass_claiming *claiming)
{
	claiming->won = cass_claim_same(&claiming->state.claim, &claiming->claim);
	claiming->over(job, STORE_DONE);
}

static void on_plain_claim(struct cass_job *job)
{
	struct cass_claiming *claiming = claiming_of(job);

	if (atomic_load(&job->failed)) {
		claiming->over(job, STORE_UNAVAILABLE);
		return;
	}
	conclude(job, claiming);
}

static void note_degraded(struct cass_job *job, struct cass_claiming *claiming)
{
	counter_add(job->store->counters, COUNTER_CASSANDRA_CLAIMS_DEGRADED, 1);
	log_warn("store.claim_degraded", LOG_SLICE("id", claiming->id),
		 LOG_SLICE("user", claiming->owner));
}

/* Without a quorum: a row of its own, and one that leads the sweep to it. */
static void claim_plainly(struct cass_job *job, struct cass_claiming *claiming)
{
	const struct cass_claim_state own = {claiming->owner, claiming->claim, claiming->since,
					     false, false};
	struct store_cassandra *cassandra = job->store;
	int64_t stamp = cass_stamp(cassandra, claiming->since);
	const struct cql_value values[] = {
		cass_text(claiming->id),         cass_bigint(&job->arena, claiming->since),
		cass_uuid(&claiming->claim),     cass_text(claiming->owner),
		cass_bigint(&job->arena, stamp),
	};
	const struct cass_due due = {
		.due_s = store_cassandra_now(&cassandra->store).lifetime_s + CASS_SETTLE_AFTER_S,
		.kind = CASS_DUE_PLAIN_CLAIM,
		.id = claiming->id,
		.owner = claiming->owner,
		.claim = claiming->claim,
	};

	note_degraded(job, claiming);
	claiming->state = own;
	cass_round(job, "claim.plain", on_plain_claim);
	cass_ask(job, CASS_CLAIM_ADD, values, 5);
	cass_due_add(job, &due, stamp);
	cass_round_go(job);
}

static void on_looked_plainly(struct cass_job *job)
{
	struct cass_claiming *claiming = claiming_of(job);

	cass_claim_found(&claiming->asks, &claiming->state);
	if (atomic_load(&job->failed))
		claiming->over(job, STORE_UNAVAILABLE);
	else if (claiming->state.owner.data)
		conclude(job, claiming);
	else
		claim_plainly(job, claiming);
}

/* It may be somebody's already, which can be read without a quorum. */
static void look_plainly(struct cass_job *job, struct cass_claiming *claiming)
{
	cass_round(job, "claim.look_plainly", on_looked_plainly);
	cass_claim_ask(job, claiming->id, &claiming->asks);
	cass_round_go(job);
}

/* All nodes are there, but busy: what is asked again will be answered. */
static bool is_only_slow(struct cass_job *job, const struct cass_ask *ask)
{
	return (ask->request.result == CQL_TIMED_OUT || ask->request.result == CQL_OVERLOADED) &&
	       !cass_is_degraded(job->store, 0);
}

/* If the transaction that is in doubt took place, the answer to the same one is our own row. */
static void ask_again(struct cass_job *job)
{
	struct cass_claiming *claiming = claiming_of(job);

	cass_round(job, "claim.again", cass_claiming_again);
	ask_light(job, claiming);
	cass_round_go(job);
}

static void try_again(struct cass_job *job, struct cass_claiming *claiming)
{
	if (claiming->tries >= TRIES_MAX) {
		claiming->over(job, STORE_UNAVAILABLE);
		return;
	}
	cass_round(job, "claim.pause", ask_again);
	cass_ask_pause(job, TRY_AGAIN_MS);
	cass_round_go(job);
}

static void on_looked(struct cass_job *job)
{
	struct cass_claiming *claiming = claiming_of(job);
	struct cass_ask *owners = claiming->asks.owners;
	struct cql_value values[3];

	if (!owners || owners->request.result == CQL_REFUSED ||
	    owners->request.result == CQL_CLOSED) {
		claiming->over(job, STORE_UNAVAILABLE);
	} else if (owners->request.result == CQL_DONE && cass_ask_next(owners, values, 3)) {
		note_light(&claiming->state, values);
		conclude(job, claiming);
	} else if (owners->request.result == CQL_DONE || is_only_slow(job, owners)) {
		try_again(job, claiming);
	} else {
		look_plainly(job, claiming);
	}
}

/* The outcome is not known: what is there decides. */
static void look(struct cass_job *job, struct cass_claiming *claiming)
{
	struct cql_value id = cass_text(claiming->id);

	cass_round(job, "claim.look", on_looked);
	claiming->asks.owners = cass_ask_serial(job, CASS_OWNER_GET, &id, 1);
	cass_round_go(job);
}

static void judge_applied(struct cass_job *job, struct cass_claiming *claiming)
{
	const struct cass_claim_state own = {claiming->owner, claiming->claim, claiming->since,
					     true, false};
	/* [applied], then key first and the others by name: id, claim, owner, since. */
	struct cql_value values[5];

	if (cass_ask_applied(claiming->asks.owners, values, 5)) {
		cass_claim_note(&claiming->state, &own);
	} else {
		const struct cql_value theirs[] = {values[3], values[2], values[4]};

		note_light(&claiming->state, theirs);
	}
	conclude(job, claiming);
}

void cass_claiming_again(struct cass_job *job)
{
	struct cass_claiming *claiming = claiming_of(job);
	struct cass_ask *owners = claiming->asks.owners;

	if (!owners || owners->request.result == CQL_REFUSED ||
	    owners->request.result == CQL_CLOSED)
		claiming->over(job, STORE_UNAVAILABLE);
	else if (owners->request.result == CQL_DONE)
		judge_applied(job, claiming);
	else if (owners->request.result == CQL_UNAVAILABLE)
		look_plainly(job, claiming);
	else
		look(job, claiming);
}

void cass_claiming_judge(struct cass_job *job, struct cass_claiming *claiming)
{
	job->claiming = claiming;
	note_plain(&claiming->state, claiming->asks.claims);
	cass_claiming_again(job);
}
