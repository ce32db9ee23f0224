/* Reads what is written for an option, and keeps it in its field. */
#include "config/option_value.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

/* As other formats have them. */
static bool is_quoted(struct slice text)
{
	return text.len > 0 && (text.data[0] == '"' || text.data[0] == '\'');
}

/* ---- Numbers ---- */

struct quoted option_value_words(const struct option *option, int64_t number)
{
	static const char units[] = "\0KMG";
	struct quoted words;
	int unit = 0;

	while (option->type == OPTION_SIZE && unit < 3 && number != 0 && number % 1024 == 0) {
		number /= 1024;
		unit++;
	}
	snprintf(words.text, sizeof(words.text), "%" PRId64 "%.1s", number, units + unit);
	return words;
}

static int refuse_range(const struct option *option, struct slice text, char *ret_reason,
			size_t reason_size)
{
	return reason_set(ret_reason, reason_size, "%s is not between %s and %s", quote(text).text,
			  option_value_words(option, option->min).text,
			  option_value_words(option, option->max).text);
}

/* Digits, perhaps behind a minus. False if that is not all. Too large a one becomes the largest. */
static bool read_digits(struct slice text, int64_t *ret_number)
{
	bool minus = text.len > 0 && text.data[0] == '-';
	int64_t number = 0;

	if (text.len == minus)
		return false;
	for (size_t i = minus; i < text.len; i++) {
		int digit = text.data[i] - '0';

		if (digit < 0 || digit > 9)
			return false;
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, digit, &number))
			number = INT64_MAX;
	}
	*ret_number = minus ? -number : number;
	return true;
}

static int read_integer(const struct option *option, struct slice text,
			struct option_value *ret_value, char *ret_reason, size_t reason_size)
{
	if (!read_digits(text, &ret_value->number))
		return reason_set(ret_reason, reason_size, "%s is not a whole number",
				  quote(text).text);
	if (ret_value->number < option->min || ret_value->number > option->max)
		return refuse_range(option, text, ret_reason, reason_size);
	return 0;
}

static int suffix_shift(char byte)
{
	static const char suffixes[] = "kKmMgG";
	const char *found = byte ? strchr(suffixes, byte) : NULL;

	return found ? 10 * (1 + (int)(found - suffixes) / 2) : 0;
}

static int read_size(const struct option *option, struct slice text, struct option_value *ret_value,
		     char *ret_reason, size_t reason_size)
{
	int shift = text.len ? suffix_shift(text.data[text.len - 1]) : 0;
	struct slice digits = {text.data, text.len - (shift != 0)};
	int64_t number;

	if (!read_digits(digits, &number))
		return reason_set(ret_reason, reason_size,
				  "%s is not a size: a whole number, perhaps with k, M or G",
				  quote(text).text);
	if (__builtin_mul_overflow(number, (int64_t)1 << shift, &number) || number < option->min ||
	    number > option->max)
		return refuse_range(option, text, ret_reason, reason_size);
	ret_value->number = number;
	return 0;
}

/* ---- Words ---- */

static bool same_word(const char *word, struct slice text)
{
	return strlen(word) == text.len && strncasecmp(word, text.data, text.len) == 0;
}

static int refuse_word(const struct option_word *words, struct slice text, char *ret_reason,
		       size_t reason_size)
{
	char list[REASON_SIZE / 2] = "";

	for (size_t len = 0; words->written && len < sizeof(list); words++)
		len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s", len ? ", " : "",
					words->written);
	return reason_set(ret_reason, reason_size, "%s is not one of %s", quote(text).text, list);
}

static int read_word(const struct option_word *words, struct slice text,
		     struct option_value *ret_value, char *ret_reason, size_t reason_size)
{
	for (const struct option_word *word = words; word->written; word++) {
		if (same_word(word->written, text)) {
			ret_value->text = slice_of(word->meaning);
			return 0;
		}
	}
	return refuse_word(words, text, ret_reason, reason_size);
}

static int read_choice(const struct option *option, struct slice text,
		       struct option_value *ret_value, char *ret_reason, size_t reason_size)
{
	return read_word(option->words, text, ret_value, ret_reason, reason_size);
}

/* ---- Paths ---- */

static int read_text(const struct option *option, struct slice text, struct option_value *ret_value,
		     char *ret_reason, size_t reason_size)
{
	if ((int64_t)text.len < option->min)
		return reason_set(ret_reason, reason_size, "must not be empty");
	if ((int64_t)text.len > option->max)
		return reason_set(ret_reason, reason_size, "is longer than %" PRId64 " bytes",
				  option->max);
	ret_value->text = text;
	return 0;
}

static int read_path(const struct option *option, struct slice text, struct option_value *ret_value,
		     char *ret_reason, size_t reason_size)
{
	/* Some shells leave it as it is behind "--data-dir=", and nobody wants a file "~". */
	if (text.len > 0 && text.data[0] == '~')
		return reason_set(ret_reason, reason_size, "%s: ~ is not expanded here",
				  quote(text).text);
	if (is_quoted(text) && text.len > 1 && text.data[text.len - 1] == text.data[0])
		return reason_set(ret_reason, reason_size, "%s is not a path", quote(text).text);
	return read_text(option, text, ret_value, ret_reason, reason_size);
}

/* ---- Addresses ---- */

static bool is_address_of(int family, struct slice text)
{
	char copy[INET6_ADDRSTRLEN];
	struct in6_addr address;

	if (text.len >= sizeof(copy))
		return false;
	memcpy(copy, text.data, text.len);
	copy[text.len] = '\0';
	return inet_pton(family, copy, &address) == 1;
}

static int check_address(struct slice text, char *ret_reason, size_t reason_size)
{
	if (is_address_of(AF_INET, text) || is_address_of(AF_INET6, text))
		return 0;
	return reason_set(ret_reason, reason_size, "%s is not an IP address", quote(text).text);
}

static int read_address(const struct option *option, struct slice text,
			struct option_value *ret_value, char *ret_reason, size_t reason_size)
{
	(void)option;
	ret_value->text = text;
	return text.len ? check_address(text, ret_reason, reason_size) : 0;
}

static struct slice without_spaces_around(struct slice text)
{
	while (text.len && text.data[0] == ' ')
		text = (struct slice){text.data + 1, text.len - 1};
	while (text.len && text.data[text.len - 1] == ' ')
		text.len--;
	return text;
}

static int read_addresses(const struct option *option, struct slice text,
			  struct option_value *ret_value, char *ret_reason, size_t reason_size)
{
	const char *start = text.data;
	const char *end = text.data + text.len;

	(void)option;
	ret_value->text = text;
	while (text.len) {
		const char *comma = memchr(start, ',', (size_t)(end - start));
		struct slice piece = {start, (size_t)((comma ? comma : end) - start)};
		int r = check_address(without_spaces_around(piece), ret_reason, reason_size);

		if (r < 0 || !comma)
			return r;
		start = comma + 1;
	}
	return 0;
}

/* 192.0.2.1:80 or [2001:db8::1]:80 */
static bool is_listener(struct slice text)
{
	size_t end = text.len;
	struct slice host;
	struct slice port;
	int64_t number;

	while (end > 0 && text.data[end - 1] != ':')
		end--;
	if (end == 0)
		return false;
	host = (struct slice){text.data, end - 1};
	port = (struct slice){text.data + end, text.len - end};
	if (port.len > 5 || memchr(port.data, '-', port.len) || !read_digits(port, &number) ||
	    number > 65535)
		return false;
	if (host.len > 2 && host.data[0] == '[' && host.data[host.len - 1] == ']')
		return is_address_of(AF_INET6, (struct slice){host.data + 1, host.len - 2});
	return is_address_of(AF_INET, host);
}

static int read_listener(const struct option *option, struct slice text,
			 struct option_value *ret_value, char *ret_reason, size_t reason_size)
{
	(void)option;
	ret_value->text = same_word("none", text) ? SLICE("none") : text;
	if (same_word("none", text) || is_listener(text))
		return 0;
	return reason_set(ret_reason, reason_size,
			  "%s is not ADDRESS:PORT (IPv6: [ADDRESS]:PORT), nor none",
			  quote(text).text);
}

/* ---- All of them ---- */

typedef int read_value(const struct option *option, struct slice text,
		       struct option_value *ret_value, char *ret_reason, size_t reason_size);

static read_value *const readers[] = {
	[OPTION_TEXT] = read_text,           [OPTION_PATH] = read_path,
	[OPTION_INTEGER] = read_integer,     [OPTION_SIZE] = read_size,
	[OPTION_CHOICE] = read_choice,       [OPTION_ADDRESS] = read_address,
	[OPTION_ADDRESSES] = read_addresses, [OPTION_LISTENER] = read_listener,
};

static bool has_control_byte(struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		if ((unsigned char)text.data[i] < 0x20 || text.data[i] == 0x7f)
			return true;
	}
	return false;
}

static void add_reason(const char *more, char *ret_reason, size_t reason_size)
{
	size_t len = strlen(ret_reason);

	snprintf(ret_reason + len, reason_size - len, "%s", more);
}

int option_value_read(const struct option *option, const struct option_word *words,
		      struct slice text, struct option_value *ret_value, char *ret_reason,
		      size_t reason_size)
{
	struct option_value value = {SLICE_NONE, 0};
	int r;

	if (has_control_byte(text))
		return reason_set(ret_reason, reason_size, "%s has a control character",
				  quote(text).text);
	if (words)
		r = read_word(words, text, &value, ret_reason, reason_size);
	else
		r = readers[option->type](option, text, &value, ret_reason, reason_size);
	if (r < 0 && is_quoted(text))
		add_reason("; values are not quoted", ret_reason, reason_size);
	if (r < 0)
		return r;

	*ret_value = value;
	return 0;
}

static char **text_field(const struct option *option, const struct settings *settings)
{
	assert(!option_is_number(option));
	return (char **)((char *)settings + option->offset);
}

static int64_t *number_field(const struct option *option, const struct settings *settings)
{
	assert(option_is_number(option));
	return (int64_t *)((char *)settings + option->offset);
}

static void drop_spaces(char *text)
{
	char *out = text;

	for (; *text; text++) {
		if (*text != ' ')
			*out++ = *text;
	}
	*out = '\0';
}

int option_value_store(const struct option *option, const struct option_value *value,
		       struct settings *settings)
{
	char *copy;

	if (option_is_number(option)) {
		*number_field(option, settings) = value->number;
		return 0;
	}
	copy = value->text.len ? strndup(value->text.data, value->text.len) : strdup("");
	if (!copy)
		return -ENOMEM;
	if (option->type == OPTION_ADDRESSES)
		drop_spaces(copy);

	free(*text_field(option, settings));
	*text_field(option, settings) = copy;
	return 0;
}

void option_value_clear(const struct option *option, struct settings *settings)
{
	if (option_is_number(option))
		return;
	free(*text_field(option, settings));
	*text_field(option, settings) = NULL;
}

const char *option_value_text(const struct option *option, const struct settings *settings)
{
	return *text_field(option, settings);
}

int64_t option_value_number(const struct option *option, const struct settings *settings)
{
	return *number_field(option, settings);
}
