/* Splits the raw request target and decodes its parts, each exactly once (spec 3). */
#include "http/target.h"

#include <errno.h>

#include <unistr.h>

static size_t scheme_length(struct slice raw)
{
	size_t at = 0;

	while (at < raw.len && raw.data[at] != ':' && raw.data[at] != '/' && raw.data[at] != '?')
		at++;
	if (at == 0 || raw.len - at < 3 || memcmp(raw.data + at, "://", 3) != 0)
		return 0;
	return at + 3;
}

static struct slice after(struct slice text, size_t skipped)
{
	return (struct slice){text.data + skipped, text.len - skipped};
}

/* "http://host:1/x" names the same as "/x" (RFC 9112 §3.2.2). */
static struct slice drop_authority(struct slice raw)
{
	size_t at = scheme_length(raw);

	if (at == 0)
		return raw;
	while (at < raw.len && raw.data[at] != '/' && raw.data[at] != '?')
		at++;
	return after(raw, at);
}

static size_t split_path(struct slice path, struct slice *pieces, size_t room)
{
	size_t count = 0;

	while (path.len > 0 && path.data[path.len - 1] == '/')
		path.len--;
	if (path.len == 0)
		return 0;
	if (path.data[0] == '/')
		path = after(path, 1);

	for (;;) {
		size_t end = slice_find(path, '/');

		if (count < room)
			pieces[count] = (struct slice){path.data, end};
		count++;
		if (end == path.len)
			return count;
		path = after(path, end + 1);
	}
}

/* The query behind '?'. One without a part that says something counts as none (spec 3.3). */
static struct slice query_of(struct slice rest)
{
	for (size_t i = 0; i < rest.len; i++) {
		if (rest.data[i] != '&')
			return rest;
	}
	return SLICE_NONE;
}

struct target target_split(struct slice raw, struct slice *pieces, size_t room)
{
	struct slice rest = drop_authority(raw);
	size_t path_len = slice_find(rest, '?');
	struct target target = {.query = SLICE_NONE};

	if (path_len + 1 < rest.len)
		target.query = query_of(after(rest, path_len + 1));
	target.piece_count = split_path((struct slice){rest.data, path_len}, pieces, room);
	return target;
}

static int hex_value(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	if (digit >= 'A' && digit <= 'F')
		return digit - 'A' + 10;
	return -1;
}

/* The byte that "%XX" stands for, or -1 if text does not begin with an escape. */
static int escaped_byte(struct slice text)
{
	int high, low;

	if (text.len < 3 || text.data[0] != '%')
		return -1;
	high = hex_value(text.data[1]);
	low = hex_value(text.data[2]);
	return high < 0 || low < 0 ? -1 : high * 16 + low;
}

static bool needs_decoding(struct slice text)
{
	return slice_find(text, '%') < text.len || slice_find(text, '+') < text.len;
}

/* into has room for text.len bytes. Returns how many were written; tells of bad escapes. */
static size_t decode_form(struct slice text, char *into, bool *ret_bad_escape)
{
	size_t written = 0;

	while (text.len > 0) {
		int byte = escaped_byte(text);

		if (byte < 0 && text.data[0] == '%')
			*ret_bad_escape = true;
		if (byte >= 0)
			into[written++] = (char)byte;
		else
			into[written++] = text.data[0] == '+' ? ' ' : text.data[0];
		text = after(text, byte >= 0 ? 3 : 1);
	}
	return written;
}

/* False when out of memory. */
static bool decode(struct slice text, struct arena *arena, struct slice *ret_decoded,
		   bool *ret_bad_escape)
{
	char *into;

	if (!needs_decoding(text)) {
		*ret_decoded = text;
		return true;
	}
	into = arena_alloc(arena, text.len);
	if (!into)
		return false;
	*ret_decoded = (struct slice){into, decode_form(text, into, ret_bad_escape)};
	return true;
}

static enum target_id check_id(struct slice text)
{
	if (text.len == 0)
		return TARGET_ID_EMPTY;
	if (memchr(text.data, '\0', text.len))
		return TARGET_ID_NUL;
	if (u8_check((const uint8_t *)text.data, text.len))
		return TARGET_ID_NOT_UTF8;
	return TARGET_ID_OK;
}

int target_decode_id(struct slice piece, struct arena *arena, struct slice *ret_id)
{
	bool bad_escape = false;
	enum target_id result;
	struct slice id;

	if (!decode(piece, arena, &id, &bad_escape))
		return -ENOMEM;
	result = bad_escape ? TARGET_ID_BAD_ESCAPE : check_id(id);
	if (result == TARGET_ID_OK)
		*ret_id = id;
	return (int)result;
}

/* Takes the next part that is not empty off the cursor. */
static bool next_part(struct slice *cursor, struct slice *ret_part)
{
	while (cursor->len > 0) {
		size_t end = slice_find(*cursor, '&');
		struct slice part = {cursor->data, end};

		*cursor = after(*cursor, end < cursor->len ? end + 1 : end);
		if (part.len > 0) {
			*ret_part = part;
			return true;
		}
	}
	return false;
}

bool target_next_parameter(struct slice *cursor, struct arena *arena, struct slice *ret_name,
			   struct slice *ret_value, bool *ret_no_memory)
{
	struct slice part, name, value;
	size_t equals;
	bool ignored;

	*ret_no_memory = false;
	if (!next_part(cursor, &part))
		return false;
	equals = slice_find(part, '=');
	name = (struct slice){part.data, equals};
	value = equals < part.len ? after(part, equals + 1) : SLICE("");
	if (!decode(name, arena, &name, &ignored) || !decode(value, arena, &value, &ignored)) {
		*ret_no_memory = true;
		return false;
	}
	*ret_name = name;
	*ret_value = value;
	return true;
}
