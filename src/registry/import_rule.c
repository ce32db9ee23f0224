/* The rule of an import. */
#include "registry/import_rule.h"

#include "registry/lifetime.h"

static int64_t at_least(int64_t value, int64_t limit)
{
	return value > limit ? value : limit;
}

/* expires, and the last sign of life in lifetime time. */
static void place_in_time(struct entry *entry, const struct moment *now,
			  const struct import_request *request)
{
	int64_t age_s = request->is_restored ? request->silent_s
					     : at_least(now->wall_s - entry->modified_wall_s, 0);
	int64_t expires_s = lifetime_cap(entry->fields.expires_s, request->expires_max_s);
	/* What is cut from a lifetime is cut from its end that is still to come. */
	int64_t cut_s = entry->fields.expires_s - expires_s;

	entry->sign_s = now->lifetime_s - at_least(age_s - cut_s, 0);
	entry->fields.expires_s = expires_s;
}

static int64_t due_of_disconnected(const struct entry *entry, int64_t retention_s)
{
	return retention_s > 0 ? at_least(entry->away_s + retention_s, 1) : 0;
}

/* Not 0, which is never. */
static int64_t away_since(const struct moment *now, const struct import_request *request)
{
	int64_t away_s = now->lifetime_s - (request->is_restored ? request->away_for_s : 0);

	return away_s != 0 ? away_s : -1;
}

int import_rule(const struct entry *old, const struct moment *now, const void *ctx,
		struct change *ret_change)
{
	const struct import_request *request = ctx;
	struct change change = {.action = CHANGE_WRITE, .entry = request->entry};
	struct entry *entry = &change.entry;

	if (old) {
		*ret_change = (struct change){.action = CHANGE_NOTHING};
		return slice_equal(old->owner, entry->owner) ? IMPORT_THERE : IMPORT_OTHERS;
	}

	place_in_time(entry, now, request);
	if (entry_is_disconnected(entry) || lifetime_is_overdue(entry, now)) {
		bool overdue = !entry_is_disconnected(entry);

		entry->away_s = overdue ? now->lifetime_s : away_since(now, request);
		entry->fields.text[TEXT_STATUS] = STATUS_DISCONNECTED;
		entry->due_s = due_of_disconnected(entry, request->retention_s);
		change.news = overdue || request->pending ? NEWS_ADD : NEWS_KEEP;
	} else {
		entry->due_s = lifetime_deadline_s(entry);
	}
	change.changed = UINT32_MAX;
	*ret_change = change;
	return change.news == NEWS_ADD ? IMPORT_WRITTEN_TOLD : IMPORT_WRITTEN;
}
