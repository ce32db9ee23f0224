/* Finds the spelling of a value in a JSON text that is known to be valid. */
#include "api/json_source.h"

#include "api/json_parse.h"

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool ends_value(char c)
{
	return c == ',' || c == ']' || c == '}' || c == ':' || is_space(c);
}

static void advance(struct slice *rest, size_t n)
{
	n = n < rest->len ? n : rest->len;
	*rest = (struct slice){rest->data + n, rest->len - n};
}

/* Leaves rest at something that is neither white space nor a separator. */
static void skip_to_value(struct slice *rest)
{
	while (rest->len > 0 &&
	       (is_space(rest->data[0]) || rest->data[0] == ',' || rest->data[0] == ':'))
		advance(rest, 1);
}

static size_t length_of_string(struct slice text)
{
	size_t i = 1;

	while (i < text.len && text.data[i] != '"')
		i += text.data[i] == '\\' ? 2 : 1;
	return i + 1;
}

/* Of any value: up to where no bracket is open and something follows that is not part of it. */
static size_t length_of_value(struct slice text)
{
	size_t i = 0;
	size_t open = 0;

	while (i < text.len) {
		char c = text.data[i];

		if (c == '"') {
			i += length_of_string((struct slice){text.data + i, text.len - i});
		} else {
			open += c == '{' || c == '[';
			open -= (c == '}' || c == ']') && open > 0;
			i++;
		}
		if (open == 0 && (i >= text.len || ends_value(text.data[i])))
			break;
	}
	return i < text.len ? i : text.len;
}

static bool take_value(struct slice *rest, struct slice *ret_value)
{
	skip_to_value(rest);
	if (rest->len == 0 || rest->data[0] == '}' || rest->data[0] == ']')
		return false;
	*ret_value = (struct slice){rest->data, length_of_value(*rest)};
	advance(rest, ret_value->len);
	return true;
}

/* So long can a byte be as an escape. */
#define ESCAPE_MAX 6

/* quoted is a name as it is written, with its quotes and perhaps with escapes. */
static bool is_name(struct slice quoted, struct slice name)
{
	struct arena parsed;
	char room[JSON_PARSE_ROOM];
	json_t *decoded;
	json_error_t error;
	bool same = false;

	if (!memchr(quoted.data, '\\', quoted.len))
		return slice_equal((struct slice){quoted.data + 1, quoted.len - 2}, name);
	/* What is left is short enough for room. */
	if (quoted.len - 2 > ESCAPE_MAX * name.len)
		return false;
	arena_init(&parsed, room, sizeof(room));
	if (json_parse(quoted, JSON_DECODE_ANY, &parsed, &decoded, &error) == 0)
		same = slice_equal(name, (struct slice){json_string_value(decoded),
							json_string_length(decoded)});
	arena_deinit(&parsed);
	return same;
}

static void skip_opening(struct slice *rest)
{
	skip_to_value(rest);
	advance(rest, 1);
}

struct slice json_source_member(struct slice object, struct slice name)
{
	struct slice found = SLICE_NONE;
	struct slice quoted, value;

	skip_opening(&object);
	while (take_value(&object, &quoted) && take_value(&object, &value)) {
		if (quoted.len >= 2 && is_name(quoted, name))
			found = value;
	}
	return found;
}

struct slice json_source_elements(struct slice array)
{
	skip_opening(&array);
	return array;
}

bool json_source_next(struct slice *cursor, struct slice *ret_element)
{
	return take_value(cursor, ret_element);
}

bool json_source_is_deeper(struct slice text, size_t depth)
{
	size_t open = 0;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i];

		if (c == '"')
			i += length_of_string((struct slice){text.data + i, text.len - i}) - 1;
		else if ((c == '{' || c == '[') && ++open > depth)
			return true;
		else if ((c == '}' || c == ']') && open > 0)
			open--;
	}
	return false;
}
