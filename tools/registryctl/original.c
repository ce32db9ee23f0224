/* Reads the tables of the original registry's keyspace. */
#include "registryctl/original.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "config/reason.h"
#include "store/cassandra_value.h"

#define COLUMNS_MAX 64
#define TEXT_ROOM 1024
#define GUIDS_TABLE "guid_by_user_id"

const struct original_table_row original_tables[ORIGINAL_TABLE_COUNT] = {
	[ORIGINAL_HYPERTIES] = {"hyperties_by_id", ENTRY_HYPERTY, ORIGINAL_HYPERTIES, false},
	[ORIGINAL_BY_USER] = {"hyperties_by_user", ENTRY_HYPERTY, ORIGINAL_HYPERTIES, false},
	[ORIGINAL_UPDATED_HYPERTIES] = {"updated_hyperties", ENTRY_HYPERTY, ORIGINAL_HYPERTIES,
					true},
	[ORIGINAL_OBJECTS] = {"data_objects_by_url", ENTRY_DATA_OBJECT, ORIGINAL_OBJECTS, false},
	[ORIGINAL_BY_NAME] = {"data_objects_by_name", ENTRY_DATA_OBJECT, ORIGINAL_OBJECTS, false},
	[ORIGINAL_BY_REPORTER] = {"data_objects_by_reporter", ENTRY_DATA_OBJECT, ORIGINAL_OBJECTS,
				  false},
	[ORIGINAL_UPDATED_OBJECTS] = {"updated_data_objects", ENTRY_DATA_OBJECT, ORIGINAL_OBJECTS,
				      true},
};

enum column_type {
	COLUMN_TEXT,
	COLUMN_TEXTS, /* a list or a set */
	COLUMN_INT,
};

static const struct {
	const char *name[ENTRY_KIND_COUNT]; /* of hyperties, of data objects */
	enum column_type type;
} columns[ORIGINAL_COLUMN_COUNT] = {
	[ORIGINAL_ID] = {{"hypertyid", "url"}, COLUMN_TEXT},
	[ORIGINAL_USER] = {{"user", NULL}, COLUMN_TEXT},
	[ORIGINAL_DESCRIPTOR] = {{"descriptor", NULL}, COLUMN_TEXT},
	[ORIGINAL_SCHEMA] = {{NULL, "schem"}, COLUMN_TEXT},
	[ORIGINAL_NAME] = {{NULL, "name"}, COLUMN_TEXT},
	[ORIGINAL_REPORTER] = {{NULL, "reporter"}, COLUMN_TEXT},
	[ORIGINAL_STATUS] = {{"status", "status"}, COLUMN_TEXT},
	[ORIGINAL_RUNTIME] = {{"runtime", "runtime"}, COLUMN_TEXT},
	[ORIGINAL_GUID] = {{"guid", NULL}, COLUMN_TEXT},
	[ORIGINAL_P2P_REQUESTER] = {{"p2prequester", "p2prequester"}, COLUMN_TEXT},
	[ORIGINAL_P2P_HANDLER] = {{"p2phandler", NULL}, COLUMN_TEXT},
	[ORIGINAL_RESOURCES] = {{"resources", "resources"}, COLUMN_TEXTS},
	[ORIGINAL_DATA_SCHEMES] = {{"dataschemes", "dataschemes"}, COLUMN_TEXTS},
	[ORIGINAL_EXPIRES] = {{"expires", "expires"}, COLUMN_INT},
	[ORIGINAL_STARTING] = {{"startingtime", "startingtime"}, COLUMN_TEXT},
	[ORIGINAL_MODIFIED] = {{"lastmodified", "lastmodified"}, COLUMN_TEXT},
};

const char *original_column_name(enum entry_kind kind, enum original_column column)
{
	return columns[column].name[kind];
}

/* Finding out; one for each table. */
struct opening {
	struct original *original;
	const struct cql_statement *described; /* keyspace, table → column, type */
	char *reason;
	size_t reason_size;
};

/* ---- Which columns there are ---- */

static bool is_of_type(struct slice type, enum column_type wanted)
{
	static const char *const texts[] = {"list<text>", "set<text>", "frozen<list<text>>",
					    "frozen<set<text>>"};

	if (wanted != COLUMN_TEXTS)
		return slice_equal(type, slice_of(wanted == COLUMN_INT ? "int" : "text"));
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (slice_equal(type, slice_of(texts[i])))
			return true;
	}
	return false;
}

static int find_column(enum entry_kind kind, struct slice name)
{
	for (int i = 0; i < ORIGINAL_COLUMN_COUNT; i++) {
		if (columns[i].name[kind] && slice_equal(name, slice_of(columns[i].name[kind])))
			return i;
	}
	return -1;
}

static int note_column(struct opening *opening, enum original_table table, struct slice name,
		       struct slice type)
{
	int column = find_column(original_tables[table].kind, name);

	if (column < 0)
		return 0;
	if (!is_of_type(type, columns[column].type)) {
		reason_set(opening->reason, opening->reason_size,
			   "%s.%s.%s is of type %s: these are not the original's tables",
			   opening->original->keyspace, original_tables[table].name,
			   original_column_name(original_tables[table].kind,
						(enum original_column)column),
			   quote(type).text);
		return -ENOENT;
	}
	opening->original->selects[table].at[column] = 0;
	return 0;
}

static int describe(struct opening *opening, const char *table, struct cql_rows **ret_rows)
{
	const struct cql_value values[] = {cass_text(slice_of(opening->original->keyspace)),
					   cass_text(slice_of(table))};
	const struct cql_bound bound = {opening->described, values, 2};

	return session_ask(&opening->original->session, &bound, SLICE_NONE, 0, ret_rows,
			   opening->reason, opening->reason_size);
}

/* Marks the columns that are there. 0 or an errno. */
static int find_columns(struct opening *opening, enum original_table table)
{
	struct original_select *select = &opening->original->selects[table];
	struct cql_rows *rows;
	struct cql_value values[2];
	int r = describe(opening, original_tables[table].name, &rows);

	for (int i = 0; i < ORIGINAL_COLUMN_COUNT; i++)
		select->at[i] = -1;
	if (r < 0)
		return r;
	while (r == 0 && cql_rows_next(rows, values, 2))
		r = note_column(opening, table, cass_text_of(values[0]), cass_text_of(values[1]));
	cql_rows_free(rows);
	return r;
}

/* ---- Statements ---- */

/* "SELECT …, … FROM keyspace.table", of the columns that are there; says where each will be. */
static void write_select(struct opening *opening, enum original_table table, char *ret_text,
			 size_t size)
{
	struct original_select *select = &opening->original->selects[table];
	size_t len = (size_t)snprintf(ret_text, size, "SELECT");

	for (int i = 0; i < ORIGINAL_COLUMN_COUNT; i++) {
		if (select->at[i] < 0)
			continue;
		select->at[i] = (int)select->count++;
		len += (size_t)snprintf(ret_text + len, size - len, "%s %s",
					select->count > 1 ? "," : "",
					columns[i].name[original_tables[table].kind]);
	}
	snprintf(ret_text + len, size - len, " FROM %s.%s", opening->original->keyspace,
		 original_tables[table].name);
}

static int prepare(struct opening *opening, const char *text,
		   const struct cql_statement **ret_statement)
{
	return session_prepare(&opening->original->session, text, ret_statement, opening->reason,
			       opening->reason_size);
}

static int prepare_table(struct opening *opening, enum original_table table)
{
	struct original_select *select = &opening->original->selects[table];
	char text[TEXT_ROOM];
	char get[TEXT_ROOM + 64];
	int r = find_columns(opening, table);

	if (r < 0 || select->at[ORIGINAL_ID] < 0)
		return r;
	write_select(opening, table, text, sizeof(text));
	r = prepare(opening, text, &select->scan);
	if (r < 0 || original_tables[table].main != table)
		return r;
	snprintf(get, sizeof(get), "%s WHERE %s = ?", text,
		 columns[ORIGINAL_ID].name[original_tables[table].kind]);
	return prepare(opening, get, &select->get);
}

static int prepare_guids(struct opening *opening)
{
	struct cql_rows *rows;
	char text[TEXT_ROOM];
	int r = describe(opening, GUIDS_TABLE, &rows);

	if (r < 0)
		return r;
	if (cql_rows_count(rows) > 0) {
		snprintf(text, sizeof(text), "SELECT guid, user FROM %s." GUIDS_TABLE,
			 opening->original->keyspace);
		r = prepare(opening, text, &opening->original->guids);
	}
	cql_rows_free(rows);
	return r;
}

static int prepare_all(struct opening *opening)
{
	int r = prepare(opening,
			"SELECT column_name, type FROM system_schema.columns "
			"WHERE keyspace_name = ? AND table_name = ?",
			&opening->described);

	for (int i = 0; i < ORIGINAL_TABLE_COUNT && r == 0; i++)
		r = prepare_table(opening, (enum original_table)i);
	return r == 0 ? prepare_guids(opening) : r;
}

static int check_there(struct opening *opening)
{
	const struct original *original = opening->original;

	if (original->selects[ORIGINAL_HYPERTIES].scan && original->selects[ORIGINAL_OBJECTS].scan)
		return 0;
	reason_set(opening->reason, opening->reason_size,
		   "keyspace %s has no table %s: it is not there, or not the original's",
		   original->keyspace,
		   original->selects[ORIGINAL_HYPERTIES].scan
			   ? original_tables[ORIGINAL_OBJECTS].name
			   : original_tables[ORIGINAL_HYPERTIES].name);
	return -ENOENT;
}

int original_open(const struct settings *settings, struct original *ret_original, char *ret_reason,
		  size_t reason_size)
{
	struct original original = {.keyspace = settings->cassandra_keyspace};
	struct opening opening = {&original, NULL, ret_reason, reason_size};
	int r = session_open(settings, &original.session, ret_reason, reason_size);

	if (r == 0)
		r = prepare_all(&opening);
	if (r == 0)
		r = check_there(&opening);
	if (r < 0) {
		original_close(&original);
		return r;
	}

	*ret_original = original;
	return 0;
}

void original_close(struct original *original)
{
	session_close(&original->session);
}

/* ---- Rows ---- */

bool original_next(const struct original_select *select, struct cql_rows *rows,
		   struct original_row *ret_row)
{
	struct cql_value values[COLUMNS_MAX];

	if (!cql_rows_next(rows, values, select->count))
		return false;
	for (int i = 0; i < ORIGINAL_COLUMN_COUNT; i++)
		ret_row->values[i] = select->at[i] < 0 ? CASS_NULL : values[select->at[i]];
	return true;
}
