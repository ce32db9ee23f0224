/*
 * What of an entry is shown in the overview: packed when the store shows it, read for the page.
 *
 * A packed row is the struct, whose texts tell only whether there is one and how long it is, and
 * then the texts, one behind the other.
 */
#include "api/overview.h"
#include "registry/lifetime.h"

static const enum text_member owners[ENTRY_KIND_COUNT] = {
	[ENTRY_HYPERTY] = TEXT_COUNT, /* no member of it */
	[ENTRY_DATA_OBJECT] = TEXT_REPORTER,
};

static const enum text_member labels[ENTRY_KIND_COUNT] = {
	[ENTRY_HYPERTY] = TEXT_GUID,
	[ENTRY_DATA_OBJECT] = TEXT_NAME,
};

static void find_texts(const struct entry *entry, bool available,
		       struct slice ret_texts[OVERVIEW_TEXT_COUNT])
{
	const struct slice *texts = entry->fields.text;
	enum text_member owner = owners[entry->key.kind];

	ret_texts[OVERVIEW_ID] = entry->key.id;
	ret_texts[OVERVIEW_OWNER] = owner == TEXT_COUNT ? entry->owner : texts[owner];
	ret_texts[OVERVIEW_LABEL] = texts[labels[entry->key.kind]];
	ret_texts[OVERVIEW_STATUS] = available ? texts[TEXT_STATUS] : STATUS_DISCONNECTED;
}

/* ---- Whether it is wanted ---- */

static bool contains(struct slice text, struct slice part)
{
	return text.data && memmem(text.data, text.len, part.data, part.len);
}

static bool is_of_list(const struct overview_query *query, enum entry_kind kind)
{
	if (query->list == OVERVIEW_UPDATES)
		return true;
	return (kind == ENTRY_DATA_OBJECT) == (query->list == OVERVIEW_OBJECTS);
}

static bool is_in_state(const struct overview_query *query, bool available)
{
	return query->state == OVERVIEW_ANY_STATE || available == (query->state == OVERVIEW_LIVE);
}

bool overview_row_matches(const struct overview_query *query, const struct entry *entry,
			  const struct moment *now)
{
	struct slice texts[OVERVIEW_TEXT_COUNT];
	bool available = lifetime_is_available(entry, now);

	/* A search shows all that it finds. */
	if (query->text.data)
		return true;
	if (!is_of_list(query, entry->key.kind) || !is_in_state(query, available))
		return false;
	if (!query->contains.data)
		return true;
	find_texts(entry, available, texts);
	for (int i = 0; i < OVERVIEW_TEXT_COUNT; i++) {
		if (contains(texts[i], query->contains))
			return true;
	}
	return false;
}

/* ---- Packing ---- */

/* At most so long, and no character in halves. */
static size_t cut_length(struct slice text, size_t max)
{
	size_t len = text.len < max ? text.len : max;

	while (len > 0 && len < text.len && ((unsigned char)text.data[len] & 0xC0) == 0x80)
		len--;
	return len;
}

static int64_t at_least_zero(int64_t seconds)
{
	return seconds > 0 ? seconds : 0;
}

void overview_row_append(struct buffer *rows, const struct entry *entry, const struct moment *now)
{
	bool available = lifetime_is_available(entry, now);
	struct overview_row row = {
		.kind = entry->key.kind,
		.available = available,
		.modified_wall_s = entry->modified_wall_s,
		.seen_s = at_least_zero(now->lifetime_s - entry->sign_s),
		.left_s = available ? lifetime_deadline_s(entry) - now->lifetime_s : 0,
	};

	find_texts(entry, available, row.texts);
	for (int i = 0; i < OVERVIEW_TEXT_COUNT; i++) {
		size_t len = cut_length(row.texts[i], OVERVIEW_TEXT_MAX);

		row.cut[i] = len < row.texts[i].len;
		row.texts[i].len = len;
	}
	buffer_append(rows, &row, sizeof(row));
	for (int i = 0; i < OVERVIEW_TEXT_COUNT; i++)
		buffer_append_slice(rows, row.texts[i]);
}

bool overview_row_next(struct slice *cursor, struct overview_row *ret_row)
{
	const char *at;

	if (cursor->len < sizeof(*ret_row))
		return false;
	memcpy(ret_row, cursor->data, sizeof(*ret_row));
	at = cursor->data + sizeof(*ret_row);
	for (int i = 0; i < OVERVIEW_TEXT_COUNT; i++) {
		if (ret_row->texts[i].data)
			ret_row->texts[i].data = at;
		at += ret_row->texts[i].len;
	}
	*cursor = (struct slice){at, cursor->len - (size_t)(at - cursor->data)};
	return true;
}
