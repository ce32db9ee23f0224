/* Writes a line of the log: one JSON object, in which nothing from outside is more than a value. */
#include "log/line.h"

#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include <unictype.h>
#include <unistr.h>

#define VALUE_MAX_BYTES 1000
#define CUT_MARK "…"
#define LINE_END "}\n"

static bool append(struct log_line *line, struct slice text, size_t limit)
{
	if (text.len > limit - line->len)
		return false;
	memcpy(line->data + line->len, text.data, text.len);
	line->len += text.len;
	return true;
}

/* What a terminal or a reader of lines might act upon instead of showing it. */
static bool is_active(ucs4_t character)
{
	return uc_is_general_category_withtable(character,
						UC_CATEGORY_MASK_Cc | UC_CATEGORY_MASK_Cf |
							UC_CATEGORY_MASK_Zl | UC_CATEGORY_MASK_Zp);
}

struct escaped {
	char text[16];
};

static struct escaped escape_character(ucs4_t character)
{
	struct escaped escaped;

	if (character == '"' || character == '\\')
		snprintf(escaped.text, sizeof(escaped.text), "\\%c", (char)character);
	else if (is_active(character) && character > 0xffff)
		snprintf(escaped.text, sizeof(escaped.text), "\\u%04x\\u%04x",
			 0xd800 + ((character - 0x10000) >> 10), 0xdc00 + (character & 0x3ff));
	else if (is_active(character))
		snprintf(escaped.text, sizeof(escaped.text), "\\u%04x", character);
	else
		escaped.text[u8_uctomb((uint8_t *)escaped.text, character, 4)] = '\0';
	return escaped;
}

/* Room is left behind limit for the mark and for what ends the line. */
static void append_escaped(struct log_line *line, struct slice text, size_t limit)
{
	size_t at = 0;

	while (at < text.len) {
		struct escaped escaped;
		ucs4_t character; /* U+FFFD where the text is not UTF-8 */

		at += (size_t)u8_mbtouc(&character, (const uint8_t *)text.data + at, text.len - at);
		escaped = escape_character(character);
		if (!append(line, slice_of(escaped.text), limit)) {
			append(line, SLICE(CUT_MARK), LOG_LINE_MAX_BYTES);
			return;
		}
	}
}

static void append_text(struct log_line *line, struct slice text)
{
	size_t limit = line->len + 1 + VALUE_MAX_BYTES;
	size_t end = LOG_LINE_MAX_BYTES - strlen(CUT_MARK "\"" LINE_END);

	append(line, SLICE("\""), end);
	append_escaped(line, text, limit < end ? limit : end);
	append(line, SLICE("\""), LOG_LINE_MAX_BYTES);
}

static void append_number(struct log_line *line, int64_t number)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%lld", (long long)number);

	append(line, (struct slice){digits, (size_t)len}, LOG_LINE_MAX_BYTES);
}

/* The least room that a value needs: a number, or an empty text with a mark. */
#define VALUE_MIN_BYTES 32

static void append_value(struct log_line *line, const struct log_value *value)
{
	/* Names are ours, static and plain. One that there is no room for is left out. */
	size_t needed = strlen(",\"\":") + strlen(value->name) + VALUE_MIN_BYTES;

	if (needed > LOG_LINE_MAX_BYTES - line->len)
		return;
	append(line, SLICE(",\""), LOG_LINE_MAX_BYTES);
	append(line, slice_of(value->name), LOG_LINE_MAX_BYTES);
	append(line, SLICE("\":"), LOG_LINE_MAX_BYTES);
	if (value->text.data)
		append_text(line, value->text);
	else
		append_number(line, value->number);
}

static void append_timestamp(struct log_line *line)
{
	struct timespec now;
	struct tm parts;
	char text[80];
	int len;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &parts);
	len = snprintf(text, sizeof(text),
		       "{\"@timestamp\":\"%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ\"",
		       parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
		       parts.tm_min, parts.tm_sec, now.tv_nsec / 1000000);
	append(line, (struct slice){text, (size_t)len}, LOG_LINE_MAX_BYTES);
}

void log_line_begin(struct log_line *line, const char *level, const char *event)
{
	line->len = 0;
	append_timestamp(line);
	append_value(line, &LOG_TEXT("log.level", level));
	append_value(line, &LOG_TEXT("event.action", event));
	append_value(line, &LOG_TEXT("service.name", "registryd"));
}

void log_line_add(struct log_line *line, const struct log_value *values)
{
	for (; values && values->name; values++)
		append_value(line, values);
}

void log_line_end(struct log_line *line)
{
	append(line, SLICE(LINE_END), LOG_LINE_MAX_BYTES);
}
