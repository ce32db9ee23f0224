/* What each request means for an entry. The table of spec 10, a function a row. */
#include "registry/rules.h"

#include <assert.h>
#include <string.h>

#include "registry/lifetime.h"

/* The old entry as it is at this moment: an overdue one has become disconnected. */
static enum change_news materialise(const struct entry *old, const struct moment *now,
				    struct entry *ret_entry)
{
	*ret_entry = *old;
	if (!lifetime_is_overdue(old, now))
		return NEWS_KEEP;
	ret_entry->away_s = lifetime_deadline_s(old);
	ret_entry->fields.text[TEXT_STATUS] = STATUS_DISCONNECTED;
	return NEWS_ADD;
}

static bool belongs_to(const struct entry *entry, const struct rule_request *request)
{
	return entry->key.kind != ENTRY_HYPERTY || slice_equal(entry->owner, request->owner);
}

/* When the sweep shall look at it: at its expiry, or at the end of its retention. */
static int64_t due_of(const struct entry *entry, const struct rule_request *request)
{
	if (!entry_is_disconnected(entry))
		return lifetime_deadline_s(entry);
	return request->retention_s > 0 ? entry->away_s + request->retention_s : 0;
}

static bool lists_equal(struct text_list a, struct text_list b)
{
	return a.count == b.count && slice_equal(a.packed, b.packed);
}

static uint32_t changed_members(const struct fields *old, const struct fields *entry)
{
	uint32_t changed = old->expires_s != entry->expires_s ? CHANGED_EXPIRES : 0;

	for (int i = 0; i < TEXT_COUNT; i++)
		changed |= slice_same(old->text[i], entry->text[i]) ? 0 : CHANGED_TEXT(i);
	for (int i = 0; i < LIST_COUNT; i++)
		changed |= lists_equal(old->list[i], entry->list[i]) ? 0 : CHANGED_LIST(i);
	return changed;
}

/* The GUID that the entry carries goes to the end of those it has carried (spec 6.8). */
static void remember_guid(struct entry *entry)
{
	struct slice guid = entry->fields.text[TEXT_GUID];
	uint32_t at = 0;

	if (!guid.data)
		return;
	while (at < entry->guid_count && !slice_equal(entry->guids[at], guid))
		at++;
	if (at == GUIDS_MAX)
		at = 0;
	else if (at == entry->guid_count)
		entry->guid_count++;
	for (; at + 1 < entry->guid_count; at++)
		entry->guids[at] = entry->guids[at + 1];
	entry->guids[at] = guid;
}

static void sign_of_life(struct entry *entry, const struct moment *now)
{
	entry->sign_s = now->lifetime_s;
	entry->modified_wall_s = now->wall_s;
}

/* Completes *change, whose entry and news are those of the request, for writing. */
static void write_entry(const struct entry *old, const struct rule_request *request,
			struct change *change)
{
	struct entry *entry = &change->entry;

	remember_guid(entry);
	entry->due_s = due_of(entry, request);
	change->action = CHANGE_WRITE;
	change->changed = old ? changed_members(&old->fields, &entry->fields) : UINT32_MAX;
}

/* News of an entry that has shown a sign of life: dropped, unless it stays away (spec 10). */
static enum change_news news_after(const struct entry *entry, enum change_news expiry)
{
	return entry_is_disconnected(entry) ? expiry : NEWS_DROP;
}

static int refuse(int outcome, struct change *ret_change)
{
	*ret_change = (struct change){.action = CHANGE_NOTHING};
	return outcome;
}

static void limit_indexes(const struct rule_request *request, struct change *change)
{
	memcpy(change->index_max, request->index_max, sizeof(change->index_max));
	change->crowded = RULE_CROWDED;
}

int rule_put(const struct entry *old, const struct moment *now, const void *ctx,
	     struct change *ret_change)
{
	const struct rule_request *request = ctx;
	struct change change = {0};
	struct entry *entry = &change.entry;

	assert(request->fields.expires_s >= 0);
	if (old && !belongs_to(old, request))
		return refuse(RULE_NOT_OWNER, ret_change);
	if (!old && request->is_full)
		return refuse(RULE_FULL, ret_change);

	if (old)
		change.news = materialise(old, now, entry);
	else
		entry->starting_wall_s = now->wall_s;
	entry->key = request->key;
	entry->owner = request->owner;
	entry->fields = request->fields;
	entry->fields.expires_s = lifetime_cap(entry->fields.expires_s, request->expires_max_s);
	entry->away_s = entry_is_disconnected(entry) ? now->lifetime_s : 0;
	sign_of_life(entry, now);
	change.news = news_after(entry, change.news);
	write_entry(old, request, &change);
	change.changed = UINT32_MAX; /* a replacement says every member */
	limit_indexes(request, &change);
	*ret_change = change;
	return RULE_DONE;
}

static void overlay(struct fields *fields, const struct rule_request *request)
{
	const struct fields *given = &request->fields;

	for (int i = 0; i < TEXT_COUNT; i++) {
		if (given->text[i].data)
			fields->text[i] = given->text[i];
	}
	for (int i = 0; i < LIST_COUNT; i++) {
		if (given->list[i].packed.data)
			fields->list[i] = given->list[i];
	}
	if (given->expires_s != EXPIRES_ABSENT)
		fields->expires_s = lifetime_cap(given->expires_s, request->expires_max_s);
}

/* Partial update and keep-alive: what is given replaces what was, and it is a sign of life. */
static int refresh(const struct entry *old, const struct moment *now,
		   const struct rule_request *request, struct change *ret_change)
{
	struct change change = {0};
	struct entry *entry = &change.entry;
	struct slice status_before;
	bool was_away;

	change.news = materialise(old, now, entry);
	status_before = entry->fields.text[TEXT_STATUS];
	was_away = entry_is_disconnected(entry);

	overlay(&entry->fields, request);
	if (!entry_is_disconnected(entry))
		entry->away_s = 0;
	else if (!was_away)
		entry->away_s = now->lifetime_s;
	sign_of_life(entry, now);
	change.news = news_after(entry, change.news);
	write_entry(old, request, &change);
	limit_indexes(request, &change);
	*ret_change = change;
	return slice_equal(status_before, entry->fields.text[TEXT_STATUS])
		       ? RULE_DONE
		       : RULE_DONE_STATUS_CHANGED;
}

int rule_update(const struct entry *old, const struct moment *now, const void *ctx,
		struct change *ret_change)
{
	if (!old)
		return refuse(RULE_NOT_FOUND, ret_change);
	return refresh(old, now, ctx, ret_change);
}

int rule_keep_alive(const struct entry *old, const struct moment *now, const void *ctx,
		    struct change *ret_change)
{
	struct rule_request request = *(const struct rule_request *)ctx;

	if (!old)
		return refuse(RULE_NOT_FOUND, ret_change);
	request.fields = (struct fields){.expires_s = EXPIRES_ABSENT};
	request.fields.text[TEXT_STATUS] = STATUS_LIVE;
	return refresh(old, now, &request, ret_change);
}

int rule_delete(const struct entry *old, const struct moment *now, const void *ctx,
		struct change *ret_change)
{
	const struct rule_request *request = ctx;
	struct change change = {0};

	if (!old)
		return refuse(RULE_NOT_FOUND, ret_change);
	if (!belongs_to(old, request))
		return refuse(RULE_NOT_OWNER, ret_change);
	if (entry_is_disconnected(old))
		return refuse(RULE_DONE, ret_change);

	if (materialise(old, now, &change.entry) == NEWS_KEEP) {
		change.entry.fields.text[TEXT_STATUS] = STATUS_DISCONNECTED;
		change.entry.away_s = now->lifetime_s;
	}
	change.news = NEWS_ADD;
	write_entry(old, request, &change);
	*ret_change = change;
	return RULE_DONE;
}

static bool retention_is_over(const struct entry *entry, const struct moment *now,
			      const struct rule_request *request)
{
	return entry_is_disconnected(entry) && request->retention_s > 0 &&
	       entry->away_s + request->retention_s <= now->lifetime_s;
}

/* Not where it was due long ago: no sweep looks there any more. */
int rule_place(const struct entry *old, const struct moment *now, const void *ctx,
	       struct change *ret_change)
{
	struct change change = {0};

	if (!old)
		return refuse(RULE_NOT_FOUND, ret_change);
	change.news = materialise(old, now, &change.entry);
	write_entry(old, ctx, &change);
	if (change.entry.due_s != 0 && change.entry.due_s < now->lifetime_s)
		change.entry.due_s = now->lifetime_s;
	*ret_change = change;
	return RULE_DONE;
}

int rule_due(const struct entry *old, const struct moment *now, const void *ctx,
	     struct change *ret_change)
{
	const struct rule_request *request = ctx;
	struct change change = {0};

	if (!old)
		return refuse(RULE_NOT_FOUND, ret_change);
	if (retention_is_over(old, now, request)) {
		*ret_change = (struct change){.action = CHANGE_REMOVE, .news = NEWS_DROP};
		return RULE_REMOVED;
	}
	change.news = materialise(old, now, &change.entry);
	write_entry(old, request, &change);
	*ret_change = change;
	return change.news == NEWS_ADD ? RULE_EXPIRED : RULE_DONE;
}
