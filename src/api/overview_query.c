/* Reads what a page of the overview is asked to show. */
#include <errno.h>

#include <unistr.h>

#include "api/cursor.h"
#include "api/overview.h"
#include "http/target.h"

const struct overview_word overview_lists[] = {
	[OVERVIEW_HYPERTIES] = {"hyperties", "Hyperties"},
	[OVERVIEW_OBJECTS] = {"objects", "Data objects"},
	[OVERVIEW_USERS] = {"users", "Users"},
	[OVERVIEW_UPDATES] = {"updates", "Pending updates"},
};

const struct overview_word overview_states[] = {
	[OVERVIEW_ANY_STATE] = {"any", "Live and disconnected"},
	[OVERVIEW_LIVE] = {"live", "Live only"},
	[OVERVIEW_DISCONNECTED] = {"disconnected", "Disconnected only"},
};

const struct overview_word overview_searches[] = {
	[OVERVIEW_BY_USER] = {"user", "User"},
	[OVERVIEW_BY_EMAIL] = {"email", "E-mail"},
	[OVERVIEW_BY_GUID] = {"guid", "GUID"},
	[OVERVIEW_BY_HYPERTY] = {"hyperty", "Hyperty"},
	[OVERVIEW_BY_URL] = {"url", "Data object URL"},
	[OVERVIEW_BY_NAME] = {"name", "Data object name"},
	[OVERVIEW_BY_REPORTER] = {"reporter", "Reporter"},
};

/* ---- Values ---- */

/* -1 if it is none of them. */
static int find_word(const struct overview_word *words, int count, struct slice value)
{
	for (int i = 0; i < count; i++) {
		if (slice_equal(value, slice_of(words[i].name)))
			return i;
	}
	return -1;
}

/* 0, or -1. */
static int read_word(const struct overview_word *words, int count, struct slice value, int *ret)
{
	int found = find_word(words, count, value);

	if (found >= 0)
		*ret = found;
	return found >= 0 ? 0 : -1;
}

/* ---- Parameters: 0, -EINVAL, or -ENOMEM; an empty one is as good as none ---- */

typedef int read_parameter(struct slice value, struct arena *arena, struct overview_query *query);

static int read_list(struct slice value, struct arena *arena, struct overview_query *query)
{
	int list = OVERVIEW_HYPERTIES;
	int r = read_word(overview_lists, OVERVIEW_LIST_COUNT, value, &list);

	(void)arena;
	query->list = (enum overview_list)list;
	return r < 0 ? -EINVAL : 0;
}

static int read_state(struct slice value, struct arena *arena, struct overview_query *query)
{
	int state = OVERVIEW_ANY_STATE;
	int r = read_word(overview_states, OVERVIEW_STATE_COUNT, value, &state);

	(void)arena;
	query->state = (enum overview_state)state;
	return r < 0 ? -EINVAL : 0;
}

static int read_by(struct slice value, struct arena *arena, struct overview_query *query)
{
	int by = OVERVIEW_BY_USER;
	int r = read_word(overview_searches, OVERVIEW_SEARCH_COUNT, value, &by);

	(void)arena;
	query->by = (enum overview_search)by;
	return r < 0 ? -EINVAL : 0;
}

static int check_text(struct slice value)
{
	if (memchr(value.data, '\0', value.len) || u8_check((const uint8_t *)value.data, value.len))
		return -EINVAL;
	return 0;
}

static int read_text(struct slice value, struct arena *arena, struct overview_query *query)
{
	(void)arena;
	query->text = value;
	return check_text(value);
}

static int read_contains(struct slice value, struct arena *arena, struct overview_query *query)
{
	(void)arena;
	query->contains = value;
	return check_text(value);
}

static int read_from(struct slice value, struct arena *arena, struct overview_query *query)
{
	return cursor_read(value, arena, &query->from);
}

static const struct {
	const char *name;
	read_parameter *read;
	const char *reason;
} parameters[] = {
	{"list", read_list, "query: list must be hyperties, objects, users or updates"},
	{"state", read_state, "query: state must be any, live or disconnected"},
	{"by", read_by, "query: by must be user, email, guid, hyperty, url, name or reporter"},
	{"q", read_text, "query: q must be UTF-8 without NUL"},
	{"contains", read_contains, "query: contains must be UTF-8 without NUL"},
	{"from", read_from, "query: from is not what a page gave as its next one"},
};

/* Those that are not known are left alone. */
static int read_one(struct slice name, struct slice value, struct arena *arena,
		    struct overview_query *query, const char **ret_reason)
{
	for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++) {
		int r;

		if (!slice_equal(name, slice_of(parameters[i].name)))
			continue;
		r = parameters[i].read(value, arena, query);
		if (r == -EINVAL)
			*ret_reason = parameters[i].reason;
		return r;
	}
	return 0;
}

int overview_query_read(struct slice query, struct arena *arena, struct overview_query *ret_query,
			const char **ret_reason)
{
	struct overview_query read = {.list = OVERVIEW_HYPERTIES};
	struct slice name, value;
	bool no_memory = false;

	while (target_next_parameter(&query, arena, &name, &value, &no_memory)) {
		int r = value.len > 0 ? read_one(name, value, arena, &read, ret_reason) : 0;

		if (r < 0)
			return r;
	}
	if (no_memory)
		return -ENOMEM;
	*ret_query = read;
	return 0;
}
