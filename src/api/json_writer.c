/*
 * Writes entries as JSON.
 *
 * Most answers are made of long texts in which nothing needs escaping: these are found eight bytes
 * at a time and copied as they are.
 */
#include "api/json_writer.h"

#include <assert.h>

#include "api/json_time.h"
#include "model/text_list.h"

/* ---- Texts ---- */

#define BYTES(byte) (~UINT64_C(0) / 255 * (byte))

/* Some byte of the word is zero. */
static bool has_zero(uint64_t word)
{
	return ((word - BYTES(0x01)) & ~word & BYTES(0x80)) != 0;
}

/* Some byte of the word is below 0x20. */
static bool has_control(uint64_t word)
{
	return ((word - BYTES(0x20)) & ~word & BYTES(0x80)) != 0;
}

static bool needs_escape(unsigned char byte)
{
	return byte < 0x20 || byte == '"' || byte == '\\';
}

/* How many bytes from the start can be copied as they are. */
static size_t clean_run(const char *text, size_t len)
{
	size_t i = 0;

	while (len - i >= sizeof(uint64_t)) {
		uint64_t word;

		memcpy(&word, text + i, sizeof(word));
		if (has_control(word) || has_zero(word ^ BYTES('"')) ||
		    has_zero(word ^ BYTES('\\')))
			break;
		i += sizeof(word);
	}
	while (i < len && !needs_escape((unsigned char)text[i]))
		i++;
	return i;
}

/* What follows the backslash, for those that have a short form. */
static const char short_forms[0x20] = {
	['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r',
};

static void write_escaped(struct buffer *out, unsigned char byte)
{
	static const char digits[] = "0123456789abcdef";
	char escape[6] = {'\\', 'u', '0', '0', digits[byte >> 4], digits[byte & 15]};

	if (byte >= 0x20)
		escape[1] = (char)byte;
	else if (short_forms[byte])
		escape[1] = short_forms[byte];
	buffer_append(out, escape, escape[1] == 'u' ? 6 : 2);
}

void json_write_text(struct buffer *out, struct slice text)
{
	/* The common case needs no more room than this. */
	buffer_reserve(out, text.len + 2);
	buffer_append_byte(out, '"');
	while (text.len > 0) {
		size_t run = clean_run(text.data, text.len);

		buffer_append(out, text.data, run);
		if (run < text.len)
			write_escaped(out, (unsigned char)text.data[run++]);
		text = (struct slice){text.data + run, text.len - run};
	}
	buffer_append_byte(out, '"');
}

static void write_list(struct buffer *out, struct text_list list)
{
	struct slice cursor = list.packed;
	struct slice item;
	bool first = true;

	buffer_append_byte(out, '[');
	while (text_list_next(&cursor, &item)) {
		if (!first)
			buffer_append_byte(out, ',');
		first = false;
		json_write_text(out, item);
	}
	buffer_append_byte(out, ']');
}

/* ---- Entries ---- */

enum output {
	OUTPUT_TEXT,
	OUTPUT_LIST,
	OUTPUT_EXPIRES,
	OUTPUT_ID,
	OUTPUT_OWNER,
	OUTPUT_STARTING,
	OUTPUT_MODIFIED,
};

/* One member of an answer: its name as it is written, and where the value is. */
struct output_row {
	struct slice name;
	enum output output;
	int index; /* enum text_member or enum list_member */
};

/* The rest of a row's name, as it is written. */
#define NAMED(name) "\"" name "\":", sizeof(name) + 2

/* In the order in which the original has them (spec 2). */
static const struct output_row hyperty_rows[] = {
	{{NAMED("resources")}, OUTPUT_LIST, LIST_RESOURCES},
	{{NAMED("dataSchemes")}, OUTPUT_LIST, LIST_DATA_SCHEMES},
	{{NAMED("descriptor")}, OUTPUT_TEXT, TEXT_DESCRIPTOR},
	{{NAMED("startingTime")}, OUTPUT_STARTING, 0},
	{{NAMED("hypertyID")}, OUTPUT_ID, 0},
	{{NAMED("userID")}, OUTPUT_OWNER, 0},
	{{NAMED("lastModified")}, OUTPUT_MODIFIED, 0},
	{{NAMED("status")}, OUTPUT_TEXT, TEXT_STATUS},
	{{NAMED("expires")}, OUTPUT_EXPIRES, 0},
	{{NAMED("guid")}, OUTPUT_TEXT, TEXT_GUID},
	{{NAMED("runtime")}, OUTPUT_TEXT, TEXT_RUNTIME},
	{{NAMED("p2pRequester")}, OUTPUT_TEXT, TEXT_P2P_REQUESTER},
	{{NAMED("p2pHandler")}, OUTPUT_TEXT, TEXT_P2P_HANDLER},
};

static const struct output_row data_object_rows[] = {
	{{NAMED("schema")}, OUTPUT_TEXT, TEXT_SCHEMA},
	{{NAMED("url")}, OUTPUT_ID, 0},
	{{NAMED("reporter")}, OUTPUT_TEXT, TEXT_REPORTER},
	{{NAMED("name")}, OUTPUT_TEXT, TEXT_NAME},
	{{NAMED("status")}, OUTPUT_TEXT, TEXT_STATUS},
	{{NAMED("startingTime")}, OUTPUT_STARTING, 0},
	{{NAMED("resources")}, OUTPUT_LIST, LIST_RESOURCES},
	{{NAMED("dataSchemes")}, OUTPUT_LIST, LIST_DATA_SCHEMES},
	{{NAMED("lastModified")}, OUTPUT_MODIFIED, 0},
	{{NAMED("expires")}, OUTPUT_EXPIRES, 0},
	{{NAMED("runtime")}, OUTPUT_TEXT, TEXT_RUNTIME},
	{{NAMED("p2pRequester")}, OUTPUT_TEXT, TEXT_P2P_REQUESTER},
};

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static const struct output_table {
	const struct output_row *rows;
	size_t count;
} output_tables[ENTRY_KIND_COUNT] = {
	[ENTRY_HYPERTY] = {hyperty_rows, COUNT(hyperty_rows)},
	[ENTRY_DATA_OBJECT] = {data_object_rows, COUNT(data_object_rows)},
};

static bool is_present(const struct entry *entry, const struct output_row *row)
{
	switch (row->output) {
	case OUTPUT_TEXT:
		return entry->fields.text[row->index].data;
	case OUTPUT_LIST:
		return entry->fields.list[row->index].packed.data;
	case OUTPUT_EXPIRES:
		return entry->fields.expires_s >= 0;
	case OUTPUT_OWNER:
		return entry->owner.data;
	default:
		return true;
	}
}

static void write_value(struct buffer *out, const struct entry *entry, const struct output_row *row)
{
	switch (row->output) {
	case OUTPUT_TEXT:
		json_write_text(out, entry->fields.text[row->index]);
		break;
	case OUTPUT_LIST:
		write_list(out, entry->fields.list[row->index]);
		break;
	case OUTPUT_EXPIRES:
		buffer_append_uint(out, (uint64_t)entry->fields.expires_s);
		break;
	case OUTPUT_ID:
		json_write_text(out, entry->key.id);
		break;
	case OUTPUT_OWNER:
		json_write_text(out, entry->owner);
		break;
	case OUTPUT_STARTING:
		json_write_time(out, entry->starting_wall_s);
		break;
	case OUTPUT_MODIFIED:
		json_write_time(out, entry->modified_wall_s);
		break;
	}
}

void json_write_entry(struct buffer *out, const struct entry *entry)
{
	const struct output_table *table = &output_tables[entry->key.kind];
	char before = '{';

	assert(entry->key.kind < ENTRY_KIND_COUNT);
	for (size_t i = 0; i < table->count; i++) {
		const struct output_row *row = &table->rows[i];

		if (!is_present(entry, row))
			continue;
		buffer_append_byte(out, before);
		buffer_append_slice(out, row->name);
		write_value(out, entry, row);
		before = ',';
	}
	buffer_append_byte(out, '}');
}
