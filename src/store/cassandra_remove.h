/* Removal of an entry with all that leads to it, in rounds of somebody else's job. */
#pragma once

#include "store/cassandra_rows.h"

/* First round: the entry is gone for every reader. */
void cass_remove_entry(struct cass_job *job, const struct cass_row *row, int64_t stamp);
/* Second round: what led to it, and its claim, by a lightweight transaction: what is returned, and
 * NULL for a data object. If that is not done, a row of due must lead the sweep to the claim. May
 * be repeated. Its news is the caller's. */
struct cass_ask *cass_remove_rest(struct cass_job *job, const struct cass_row *row, int64_t stamp);
/* Behind both, in a job of the store's own: the user's e-mail, if this was its last entry. */
void cass_remove_user(struct store_cassandra *cassandra, struct slice owner, int64_t stamp);
