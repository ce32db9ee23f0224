/*
 * The overview: pages for operators about what is registered, made by the server alone.
 *
 * A page looks at a slice of the store, however much there is in all. What is seen is packed into
 * rows at once, as the store shows each entry only for a moment; the page is written from them
 * when the store is done. Private to api/.
 */
#pragma once

#include "base/arena.h"
#include "base/buffer.h"
#include "registry/registry.h"

/* ---- What is asked for (overview_query.c) ---- */

enum overview_list {
	OVERVIEW_HYPERTIES,
	OVERVIEW_OBJECTS,
	OVERVIEW_USERS,
	OVERVIEW_UPDATES,
	OVERVIEW_LIST_COUNT,
};

enum overview_state {
	OVERVIEW_ANY_STATE,
	OVERVIEW_LIVE,
	OVERVIEW_DISCONNECTED,
	OVERVIEW_STATE_COUNT,
};

/* What can be searched for: the indexes there are, and the ids. */
enum overview_search {
	OVERVIEW_BY_USER,
	OVERVIEW_BY_EMAIL,
	OVERVIEW_BY_GUID,
	OVERVIEW_BY_HYPERTY,
	OVERVIEW_BY_URL,
	OVERVIEW_BY_NAME,
	OVERVIEW_BY_REPORTER,
	OVERVIEW_SEARCH_COUNT,
};

/* A word of the query, and how it is told to people. */
struct overview_word {
	const char *name;
	const char *label;
};

extern const struct overview_word overview_lists[OVERVIEW_LIST_COUNT];
extern const struct overview_word overview_states[OVERVIEW_STATE_COUNT];
extern const struct overview_word overview_searches[OVERVIEW_SEARCH_COUNT];

struct overview_query {
	enum overview_list list;
	enum overview_state state;
	enum overview_search by;
	struct slice text;     /* a search for exactly this, in the place of a list; or absent */
	struct slice contains; /* only entries with this somewhere; or absent */
	struct slice from;     /* the store's cursor; absent: from the start */
};

/* 0 with *ret_query; -EINVAL with *ret_reason, static; -ENOMEM. query is raw, may be absent. */
int overview_query_read(struct slice query, struct arena *arena, struct overview_query *ret_query,
			const char **ret_reason);

/* ---- What was seen (overview_row.c) ---- */

enum overview_text {
	OVERVIEW_ID,
	OVERVIEW_OWNER, /* the user of a hyperty, the reporter of a data object */
	OVERVIEW_LABEL, /* the GUID of a hyperty, the name of a data object */
	OVERVIEW_STATUS,
	OVERVIEW_TEXT_COUNT,
};

/* Longer texts are cut: they could not be searched for in a request either. */
#define OVERVIEW_TEXT_MAX 4096

struct overview_row {
	enum entry_kind kind;
	bool available;
	int64_t modified_wall_s;
	int64_t seen_s;                          /* ago */
	int64_t left_s;                          /* of its lifetime; 0 unless available */
	struct slice texts[OVERVIEW_TEXT_COUNT]; /* absent: it has none */
	bool cut[OVERVIEW_TEXT_COUNT];
};

/* Whether the query wants it. */
bool overview_row_matches(const struct overview_query *query, const struct entry *entry,
			  const struct moment *now);
/* Behind the others; only rows->failed can go wrong. */
void overview_row_append(struct buffer *rows, const struct entry *entry, const struct moment *now);
/* Walks them: start with *cursor = all. False at the end. Texts point into the rows. */
bool overview_row_next(struct slice *cursor, struct overview_row *ret_row);

/* ---- The page (overview_page.c, overview_table.c, overview_style.c) ---- */

struct overview_page {
	const struct overview_query *query;
	struct slice rows;
	struct slice next; /* cursor of the next page; absent: this is the last */
	bool is_cut;       /* there was more, and no cursor leads to it */
	struct store_count count;
	struct store_health health;
	const char *store_type;
	struct moment now;
};

void overview_page_write(struct buffer *out, const struct overview_page *page);
void overview_tables_write(struct buffer *out, const struct overview_page *page);

/* The style sheet, which stands in the page, and the policy that lets nothing else in. */
extern const char overview_style[];
extern const char overview_policy[];
