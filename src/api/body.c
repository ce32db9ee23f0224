/* Reads a request body into the members of an entry. */
#include "api/body.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "api/json_parse.h"
#include "api/json_source.h"
#include "model/member.h"
#include "model/text_list.h"

/* What reading one body needs; each reader below returns a body_result or -ENOMEM. */
struct reader {
	struct slice source;
	struct arena *arena;
	struct fields fields;
	struct buffer list; /* one list at a time is packed here */
	struct body_problem *problem;
};

__attribute__((format(printf, 2, 3))) static int bad(struct body_problem *problem,
						     const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(problem->text, sizeof(problem->text), format, args);
	va_end(args);
	return BODY_BAD;
}

static int keep(struct arena *arena, struct slice text, struct slice *ret_copy)
{
	*ret_copy = arena_copy(arena, text);
	return ret_copy->data ? BODY_OK : -ENOMEM;
}

static struct slice text_of(const json_t *string)
{
	return (struct slice){json_string_value(string), json_string_length(string)};
}

/* ---- Texts ---- */

/* The text that the value stands for, if it needs no look at the source; absent otherwise. */
static struct slice text_of_value(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_STRING:
		return text_of(value);
	case JSON_TRUE:
		return SLICE("true");
	case JSON_FALSE:
		return SLICE("false");
	default:
		return SLICE_NONE;
	}
}

static int read_text(struct reader *reader, const struct member *member, const json_t *value)
{
	struct slice text = text_of_value(value);

	if (json_is_number(value))
		text = json_source_member(reader->source, member->name);
	if (!text.data)
		return bad(reader->problem, "%s: must be a string", member->name.data);
	return keep(reader->arena, text, &reader->fields.text[member->index]);
}

/* ---- Lists ---- */

/* Walks the spelling of a list behind its parsed elements, once one of them is a number. */
struct spelling {
	struct slice cursor; /* absent: not begun */
	size_t next;         /* element that the cursor stands before */
};

static struct slice spelling_of(struct spelling *spelling, const struct reader *reader,
				const struct member *member, size_t index)
{
	struct slice found = SLICE_NONE;

	if (!spelling->cursor.data)
		spelling->cursor =
			json_source_elements(json_source_member(reader->source, member->name));
	while (spelling->next <= index && json_source_next(&spelling->cursor, &found))
		spelling->next++;
	return found;
}

static int pack_list(struct reader *reader, const struct member *member, const json_t *array,
		     uint32_t *ret_count)
{
	struct spelling spelling = {SLICE_NONE, 0};
	const json_t *value;
	uint32_t count = 0;
	size_t i;

	json_array_foreach(array, i, value)
	{
		struct slice text = text_of_value(value);

		if (json_is_null(value))
			continue;
		if (json_is_number(value))
			text = spelling_of(&spelling, reader, member, i);
		if (!text.data)
			return bad(reader->problem, "%s[%zu]: must be a string", member->name.data,
				   i);
		text_list_append(&reader->list, text);
		count++;
	}
	*ret_count = count;
	return BODY_OK;
}

static int read_list(struct reader *reader, const struct member *member, const json_t *value)
{
	struct text_list *list = &reader->fields.list[member->index];
	int r;

	if (!json_is_array(value))
		return bad(reader->problem, "%s: must be an array", member->name.data);
	buffer_clear(&reader->list);
	r = pack_list(reader, member, value, &list->count);
	if (r != BODY_OK)
		return r;
	if (reader->list.failed)
		return -ENOMEM;
	/* An empty list is there all the same. */
	return keep(reader->arena,
		    (struct slice){reader->list.len > 0 ? reader->list.data : "", reader->list.len},
		    &list->packed);
}

/* ---- Seconds ---- */

#define BEYOND_INT64 9223372036854775808.0

/* A number with an integral value in any notation; false for anything else. */
static bool seconds_of_number(const json_t *value, int64_t *ret_seconds)
{
	double real;

	if (json_is_integer(value)) {
		*ret_seconds = json_integer_value(value);
		return *ret_seconds >= 0;
	}
	if (!json_is_real(value))
		return false;
	real = json_real_value(value);
	if (!(real >= 0 && real < BEYOND_INT64))
		return false;
	*ret_seconds = (int64_t)real;
	return (double)*ret_seconds == real;
}

/* A string that holds such a number and nothing else. BODY_OK, BODY_BAD or -ENOMEM. */
static int seconds_of_text(struct slice text, int64_t *ret_seconds)
{
	struct arena parsed;
	char room[JSON_PARSE_ROOM];
	json_t *number;
	json_error_t error;
	int r;

	if (text.len == 0 || text.data[0] < '-' || text.data[text.len - 1] < '-')
		return BODY_BAD; /* white space around it, which the parser would pass over */
	arena_init(&parsed, room, sizeof(room));
	r = json_parse(text, JSON_DECODE_ANY, &parsed, &number, &error);
	if (r != -ENOMEM)
		r = r == 0 && seconds_of_number(number, ret_seconds) ? BODY_OK : BODY_BAD;
	arena_deinit(&parsed);
	return r;
}

static int read_expires(struct reader *reader, const struct member *member, const json_t *value)
{
	int64_t *seconds = &reader->fields.expires_s;
	int r = BODY_BAD;

	if (json_is_string(value))
		r = seconds_of_text(text_of(value), seconds);
	else if (seconds_of_number(value, seconds))
		r = BODY_OK;
	if (r == BODY_BAD)
		return bad(reader->problem, "%s: must be a whole number of seconds, not negative",
			   member->name.data);
	return r;
}

/* ---- The object ---- */

typedef int read_member(struct reader *reader, const struct member *member, const json_t *value);

static read_member *const readers[] = {
	[MEMBER_TEXT] = read_text,
	[MEMBER_LIST] = read_list,
	[MEMBER_EXPIRES] = read_expires,
};

/* null counts as absent. */
static int read_members(struct reader *reader, const json_t *object, enum entry_kind kind,
			enum body_use use)
{
	const struct member_table *table = &member_tables[kind];

	for (size_t i = 0; i < table->count; i++) {
		const struct member *member = &table->rows[i];
		const json_t *value = json_object_getn(object, member->name.data, member->name.len);
		int r = BODY_OK;

		if (value && !json_is_null(value))
			r = readers[member->type](reader, member, value);
		else if (member->required && use == BODY_WHOLE)
			r = bad(reader->problem, "%s: is required", member->name.data);
		if (r != BODY_OK)
			return r;
	}
	return BODY_OK;
}

/* The parser's own words may quote the body, so they are not used. */
static const char *reason_of(enum json_error_code code)
{
	switch (code) {
	case json_error_invalid_utf8:
		return "not valid UTF-8";
	case json_error_premature_end_of_input:
		return "ends too early";
	case json_error_end_of_input_expected:
		return "something follows the object";
	case json_error_null_character:
	case json_error_null_byte_in_key:
		return "a NUL character";
	case json_error_numeric_overflow:
		return "a number too large";
	case json_error_stack_overflow:
		return "nested too deeply";
	default:
		return "not valid JSON";
	}
}

/* The object lives as long as the arena. */
static int parse(struct slice text, struct arena *arena, json_t **ret_object,
		 struct body_problem *problem)
{
	const char *nul = text.len > 0 ? memchr(text.data, '\0', text.len) : NULL;
	json_error_t error;
	json_t *value;
	int r;

	if (text.len == 0)
		return bad(problem, "body: is empty");
	/* Behind a number the parser would pass over it. */
	if (nul)
		return bad(problem, "body: a NUL character at byte %d", (int)(nul - text.data) + 1);
	r = json_parse(text, 0, arena, &value, &error);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return bad(problem, "body: %s at byte %d", reason_of(json_error_code(&error)),
			   error.position);
	if (!json_is_object(value))
		return bad(problem, "body: must be a JSON object");
	*ret_object = value;
	return BODY_OK;
}

static struct slice without_byte_order_mark(struct slice text)
{
	static const char mark[] = "\xEF\xBB\xBF";

	if (text.len < 3 || memcmp(text.data, mark, 3) != 0)
		return text;
	return (struct slice){text.data + 3, text.len - 3};
}

int body_read(struct slice text, enum entry_kind kind, enum body_use use, struct arena *arena,
	      struct body *ret_body, struct body_problem *ret_problem)
{
	struct reader reader = {
		.source = without_byte_order_mark(text),
		.arena = arena,
		.fields = {.expires_s = EXPIRES_ABSENT},
		.problem = ret_problem,
	};
	char room[JSON_PARSE_ROOM];
	struct arena parsed;
	json_t *object = NULL;
	int r;

	arena_init(&parsed, room, sizeof(room));
	r = parse(reader.source, &parsed, &object, ret_problem);
	if (r == BODY_OK)
		r = read_members(&reader, object, kind, use);
	if (r == BODY_OK)
		*ret_body = (struct body){reader.fields, json_object_size(object) == 0};

	arena_deinit(&parsed);
	buffer_deinit(&reader.list);
	return r;
}
