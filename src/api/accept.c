/* Reads an Accept header. */
#include "api/accept.h"

#include <strings.h>

static bool is_space(char byte)
{
	return byte == ' ' || byte == '\t';
}

static struct slice trimmed(struct slice text)
{
	while (text.len > 0 && is_space(text.data[0]))
		text = (struct slice){text.data + 1, text.len - 1};
	while (text.len > 0 && is_space(text.data[text.len - 1]))
		text.len--;
	return text;
}

/* What stands before the next separator, taken off the cursor with it. */
static struct slice next_part(struct slice *cursor, char separator)
{
	size_t end = slice_find(*cursor, separator);
	size_t taken = end < cursor->len ? end + 1 : end;
	struct slice part = {cursor->data, end};

	*cursor = (struct slice){cursor->data + taken, cursor->len - taken};
	return trimmed(part);
}

static bool same_word(struct slice text, struct slice word)
{
	return text.len == word.len && strncasecmp(text.data, word.data, word.len) == 0;
}

/* "q=0", "q=0.", "q=0.000" */
static bool is_refusal(struct slice parameter)
{
	if (parameter.len < 3 || strncasecmp(parameter.data, "q=0", 3) != 0)
		return false;
	for (size_t i = 3; i < parameter.len; i++) {
		if (parameter.data[i] != (i == 3 ? '.' : '0'))
			return false;
	}
	return true;
}

static bool is_wanted_html(struct slice range)
{
	if (!same_word(next_part(&range, ';'), SLICE("text/html")))
		return false;
	while (range.len > 0) {
		if (is_refusal(next_part(&range, ';')))
			return false;
	}
	return true;
}

bool accept_names_html(struct slice accept)
{
	while (accept.len > 0) {
		if (is_wanted_html(next_part(&accept, ',')))
			return true;
	}
	return false;
}
