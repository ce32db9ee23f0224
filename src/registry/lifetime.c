/* When an entry expires. */
#include "registry/lifetime.h"

/* Expired once now - sign > expires (spec 5.3): the first such second. */
int64_t lifetime_deadline_s(const struct entry *entry)
{
	if (entry_is_disconnected(entry))
		return 0;
	return entry->sign_s + entry->fields.expires_s + 1;
}

bool lifetime_is_overdue(const struct entry *entry, const struct moment *now)
{
	return !entry_is_disconnected(entry) && lifetime_deadline_s(entry) <= now->lifetime_s;
}

bool lifetime_is_available(const struct entry *entry, const struct moment *now)
{
	return !entry_is_disconnected(entry) && !lifetime_is_overdue(entry, now);
}

int64_t lifetime_cap(int64_t expires_s, int64_t cap_s)
{
	return expires_s < cap_s ? expires_s : cap_s;
}
