/* Looks for ambiguity in the request line and the headers. */
#include "http/framing.h"

#include <strings.h>

static bool equals_ignoring_case(struct slice text, const char *word, size_t len)
{
	return text.len == len && strncasecmp(text.data, word, len) == 0;
}

#define EQUALS(text, word) equals_ignoring_case((text), (word), sizeof(word) - 1)

static bool is_control_or_space(char byte)
{
	return (unsigned char)byte <= ' ' || byte == '\x7f';
}

static bool has_control_or_space(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (is_control_or_space(text.data[i]))
			return true;
	return false;
}

/* The digits were checked by the HTTP library; more than fit are as good as the largest. */
static uint64_t parse_length(struct slice digits)
{
	uint64_t length = 0;

	for (size_t i = 0; i < digits.len; i++) {
		if (length > (UINT64_MAX - 9) / 10)
			return UINT64_MAX;
		length = length * 10 + (uint64_t)(digits.data[i] - '0');
	}
	return length;
}

/*
 * Of a header that is folded into several lines (RFC 9112 §5.2), libmicrohttpd 0.9.75 appends the
 * further lines to the name. It puts that name elsewhere, which is how we know.
 */
static bool is_folded(struct slice name, struct slice value)
{
	const char *at = name.data + name.len + 1;

	if (value.data < at)
		return true;
	while (at < value.data && (*at == ' ' || *at == '\t'))
		at++;
	return at != value.data;
}

void framing_add_header(struct framing *framing, struct slice name, struct slice value)
{
	if (name.len == 0 || has_control_or_space(name) || is_folded(name, value))
		framing->odd = true;
	if (EQUALS(name, "Content-Length")) {
		framing->content_lengths++;
		framing->content_length = parse_length(value);
	} else if (EQUALS(name, "Transfer-Encoding")) {
		framing->transfer_encodings++;
		if (!EQUALS(value, "chunked"))
			framing->odd = true;
	}
}

bool framing_is_sound(const struct framing *framing, bool http_1_0)
{
	if (http_1_0 && framing->transfer_encodings > 0)
		return false;
	return !framing->odd && framing->content_lengths + framing->transfer_encodings <= 1;
}

bool framing_line_is_sound(const char *method, const char *target_at, struct slice target,
			   const char *version)
{
	return method + strlen(method) + 1 == target_at && target_at + target.len + 1 == version &&
	       target.len > 0 && !has_control_or_space(target);
}
