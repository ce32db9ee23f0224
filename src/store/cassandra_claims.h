/*
 * Whose an id is: found, claimed, freed; rounds of somebody else's job.
 *
 * A claim is made by a lightweight transaction on the id's row in owners, and holds for good. While
 * too few nodes are up for one it is made by a plain row in claims, and settled later: of all
 * claims on an id the earliest wins (since, then the claim's bytes), and what the others registered
 * is set aside in conflicts. A claim without an entry is pending: readers see nothing, its owner
 * completes it, the sweep frees it after CASS_CLAIM_GRACE_S.
 */
#pragma once

#include "store/cassandra_rows.h"

/* When the sweep looks at a claim that was made without a quorum: its entry is written by then, or
 * never. */
#define CASS_SETTLE_AFTER_S (CASS_CLAIM_ABANDON_MS / 1000 + 5)
/* And again, when it could not be settled. */
#define CASS_SETTLE_AGAIN_S 5

struct cass_claim_state {
	struct slice owner; /* absent: nobody's */
	struct cass_claim claim;
	int64_t since;
	bool light;  /* in owners; otherwise in claims */
	bool others; /* more than one claim is there: to be settled */
};

/* A row of owners, and of claims, as read. */
struct cass_claim_state cass_claim_in_owners(const struct cql_value values[3]);
struct cass_claim_state cass_claim_in_claims(const struct cql_value values[3]);
/* Keeps the earlier of the two; owner absent is none. */
void cass_claim_note(struct cass_claim_state *state, const struct cass_claim_state *found);

/* Adds to the job's round what tells the owner: one read of owners, one of claims. Then, in the
 * next step, cass_claim_found() judges. */
struct cass_claim_asks {
	struct cass_ask *owners; /* a read, a read at SERIAL, or the transaction */
	struct cass_ask *claims;
};
void cass_claim_ask(struct cass_job *job, struct slice id, struct cass_claim_asks *ret_asks);
/* The texts point into the rows. */
void cass_claim_found(struct cass_claim_asks *asks, struct cass_claim_state *ret_state);

/*
 * Claims an id for an owner, in one round (the transaction, and the read of claims beside it); the
 * caller adds its own statements to that round.
 */
struct cass_claiming {
	struct slice id;
	struct slice owner;
	struct cass_claim claim;
	int64_t since;
	struct cass_claim_asks asks;
	struct cass_claim_state state; /* afterwards: whose it is now */
	bool won;                      /* it is ours by this claim */
	unsigned tries;
	void (*over)(struct cass_job *job, int result); /* STORE_DONE or STORE_UNAVAILABLE */
};
void cass_claiming_ask(struct cass_job *job, struct cass_claiming *claiming);
/* In the step behind that round. May take more rounds (an outcome that is not known is read at
 * SERIAL; too few nodes: a plain claim, with its row in due), then calls over(). */
void cass_claiming_judge(struct cass_job *job, struct cass_claiming *claiming);
/* A step: the transaction was sent again. */
void cass_claiming_again(struct cass_job *job);
