/* Reads the claims that were set aside, out of the store's own tables. */
#include "registryctl/conflicts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "store/cassandra_statements.h"
#include "store/cassandra_value.h"

#define PAGE_ROWS 256
#define COLUMNS 6 /* of CASS_CONFLICTS_SCAN */
#define TEXT_ROOM 512
#define PLACE "{keyspace}"

struct reading {
	struct session *session;
	const struct cql_statement *statement;
	int64_t since_wall_s;
	struct conflicts *conflicts;
	char *reason;
	size_t reason_size;
};

static int prepare(struct reading *reading, const char *keyspace)
{
	const char *text = cass_statement_rows[CASS_CONFLICTS_SCAN].text;
	const char *place = strstr(text, PLACE);
	char whole[TEXT_ROOM];

	snprintf(whole, sizeof(whole), "%.*s%s%s", (int)(place - text), text, keyspace,
		 place + strlen(PLACE));
	return session_prepare(reading->session, whole, &reading->statement, reading->reason,
			       reading->reason_size);
}

static bool make_room(struct conflicts *conflicts)
{
	size_t capacity = conflicts->capacity ? 2 * conflicts->capacity : 64;
	struct conflict *rows;

	if (conflicts->count < conflicts->capacity)
		return true;
	rows = reallocarray(conflicts->rows, capacity, sizeof(*rows));
	if (!rows)
		return false;
	conflicts->rows = rows;
	conflicts->capacity = capacity;
	return true;
}

static int keep(struct conflicts *conflicts, const struct cql_value *values)
{
	struct arena *arena = &conflicts->arena;
	const struct conflict conflict = {
		.wall_s = cass_bigint_of(values[0]),
		.id = arena_copy(arena, cass_text_of(values[1])),
		.user = arena_copy(arena, cass_text_of(values[3])),
		.winner = arena_copy(arena, cass_text_of(values[4])),
		.record = arena_copy(arena, cass_text_of(values[5])),
	};

	if (!conflict.id.data || !conflict.user.data || !conflict.winner.data ||
	    !conflict.record.data || !make_room(conflicts))
		return -ENOMEM;
	conflicts->rows[conflicts->count++] = conflict;
	return 0;
}

static int keep_page(struct reading *reading, struct cql_rows *rows)
{
	struct cql_value values[COLUMNS];
	int r = 0;

	while (r == 0 && cql_rows_next(rows, values, COLUMNS)) {
		if (cass_bigint_of(values[0]) >= reading->since_wall_s)
			r = keep(reading->conflicts, values);
	}
	if (r < 0)
		snprintf(reading->reason, reading->reason_size, "out of memory");
	return r;
}

/* The page is moved on; empty at the end. */
static int read_page(struct reading *reading, struct buffer *page)
{
	const struct cql_bound bound = {reading->statement, NULL, 0};
	struct slice from = {page->len ? page->data : NULL, page->len};
	struct cql_rows *rows;
	int r = session_ask(reading->session, &bound, from, PAGE_ROWS, &rows, reading->reason,
			    reading->reason_size);

	if (r < 0)
		return r;
	r = keep_page(reading, rows);
	buffer_clear(page);
	buffer_append_slice(page, cql_rows_page(rows));
	cql_rows_free(rows);
	return r;
}

static int compare(const void *a, const void *b)
{
	const struct conflict *one = a;
	const struct conflict *other = b;
	size_t len = one->id.len < other->id.len ? one->id.len : other->id.len;

	if (one->wall_s != other->wall_s)
		return one->wall_s < other->wall_s ? -1 : 1;
	return memcmp(one->id.data, other->id.data, len);
}

int conflicts_read(struct session *session, const char *keyspace, int64_t since_wall_s,
		   struct conflicts *conflicts, char *ret_reason, size_t reason_size)
{
	struct reading reading = {
		.session = session,
		.since_wall_s = since_wall_s,
		.conflicts = conflicts,
		.reason = ret_reason,
		.reason_size = reason_size,
	};
	struct buffer page = {0};
	int r = prepare(&reading, keyspace);

	do {
		r = r == 0 ? read_page(&reading, &page) : r;
	} while (r == 0 && page.len > 0);
	buffer_deinit(&page);
	if (r == 0 && conflicts->count > 1)
		qsort(conflicts->rows, conflicts->count, sizeof(*conflicts->rows), compare);
	return r;
}

void conflicts_deinit(struct conflicts *conflicts)
{
	arena_deinit(&conflicts->arena);
	free(conflicts->rows);
	*conflicts = (struct conflicts){0};
}
