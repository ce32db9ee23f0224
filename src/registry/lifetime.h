/* When an entry expires (spec 5.3). One function computes status at a moment; everybody uses it. */
#pragma once

#include "base/clock.h"
#include "model/entry.h"

/* First second in which the entry is overdue; 0 if it is disconnected already. */
int64_t lifetime_deadline_s(const struct entry *entry);

/* It is not disconnected, and its deadline has come. */
bool lifetime_is_overdue(const struct entry *entry, const struct moment *now);

/* Available as far as a client is concerned: neither disconnected nor overdue. */
bool lifetime_is_available(const struct entry *entry, const struct moment *now);

/* The cap on expires (spec 4.4). */
int64_t lifetime_cap(int64_t expires_s, int64_t cap_s);
