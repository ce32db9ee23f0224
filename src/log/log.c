/*
 * Writes the log to standard error: one line, one write(2).
 *
 * A line is no longer than what a pipe takes as a whole (PIPE_BUF), so that lines of several
 * threads never mix; and before it is written, poll(2) says whether it would be taken at once, so
 * that a reader who stands still costs lines and not time. What poll(2) says holds for one line:
 * one thread at a time asks and writes. Should a stranger on the same pipe be faster, one thread
 * waits in write(2), and the others drop their lines.
 */
#include "log/log.h"

#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include <unictype.h>
#include <unistr.h>

#define LINE_MAX_BYTES PIPE_BUF
#define VALUE_MAX_BYTES 1000
#define CUT_MARK "…"
#define LINE_END "}\n"
#define LOCK_LIMIT_MS 100

static const char *const level_names[] = {
	[LOG_LEVEL_DEBUG] = "debug",
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_WARN] = "warn",
	[LOG_LEVEL_ERROR] = "error",
};

static _Atomic int lowest_level = LOG_LEVEL_INFO;
static _Atomic uint64_t dropped;

void log_set_level(enum log_level level)
{
	atomic_store_explicit(&lowest_level, level, memory_order_relaxed);
}

bool log_level_parse(struct slice name, enum log_level *ret_level)
{
	for (int level = LOG_LEVEL_DEBUG; level <= LOG_LEVEL_ERROR; level++) {
		const char *known = level_names[level];

		if (strlen(known) == name.len && strncasecmp(known, name.data, name.len) == 0) {
			*ret_level = (enum log_level)level;
			return true;
		}
	}
	return false;
}

uint64_t log_dropped(void)
{
	return atomic_load_explicit(&dropped, memory_order_relaxed);
}

/* ---- A line ---- */

struct line {
	char data[LINE_MAX_BYTES];
	size_t len;
};

static bool append(struct line *line, struct slice text, size_t limit)
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
static void append_escaped(struct line *line, struct slice text, size_t limit)
{
	size_t at = 0;

	while (at < text.len) {
		struct escaped escaped;
		ucs4_t character; /* U+FFFD where the text is not UTF-8 */

		at += (size_t)u8_mbtouc(&character, (const uint8_t *)text.data + at, text.len - at);
		escaped = escape_character(character);
		if (!append(line, slice_of(escaped.text), limit)) {
			append(line, SLICE(CUT_MARK), LINE_MAX_BYTES);
			return;
		}
	}
}

static void append_text(struct line *line, struct slice text)
{
	size_t limit = line->len + 1 + VALUE_MAX_BYTES;
	size_t end = LINE_MAX_BYTES - strlen(CUT_MARK "\"" LINE_END);

	append(line, SLICE("\""), end);
	append_escaped(line, text, limit < end ? limit : end);
	append(line, SLICE("\""), LINE_MAX_BYTES);
}

static void append_number(struct line *line, int64_t number)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%lld", (long long)number);

	append(line, (struct slice){digits, (size_t)len}, LINE_MAX_BYTES);
}

/* The least room that a value needs: a number, or an empty text with a mark. */
#define VALUE_MIN_BYTES 32

static void append_value(struct line *line, const struct log_value *value)
{
	/* Names are ours, static and plain. One that there is no room for is left out. */
	size_t needed = strlen(",\"\":") + strlen(value->name) + VALUE_MIN_BYTES;

	if (needed > LINE_MAX_BYTES - line->len)
		return;
	append(line, SLICE(",\""), LINE_MAX_BYTES);
	append(line, slice_of(value->name), LINE_MAX_BYTES);
	append(line, SLICE("\":"), LINE_MAX_BYTES);
	if (value->text.data)
		append_text(line, value->text);
	else
		append_number(line, value->number);
}

static void append_timestamp(struct line *line)
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
	append(line, (struct slice){text, (size_t)len}, LINE_MAX_BYTES);
}

/* ---- Writing ---- */

static bool would_be_taken(int fd)
{
	struct pollfd descriptor = {.fd = fd, .events = POLLOUT};

	return poll(&descriptor, 1, 0) == 1 && descriptor.revents == POLLOUT;
}

static pthread_mutex_t writing = PTHREAD_MUTEX_INITIALIZER;
static _Atomic bool stuck; /* whoever is writing has been at it for LOCK_LIMIT_MS */

/* False, soon, if whoever is writing does not come back. */
static bool begin_writing(void)
{
	struct timespec until;

	if (pthread_mutex_trylock(&writing) == 0)
		return true;
	if (atomic_load(&stuck))
		return false;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += LOCK_LIMIT_MS * 1000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	if (pthread_mutex_timedlock(&writing, &until) == 0)
		return true;
	atomic_store(&stuck, true);
	return false;
}

static void end_writing(void)
{
	atomic_store(&stuck, false);
	pthread_mutex_unlock(&writing);
}

static bool try_to_write(const struct line *line)
{
	bool written;

	if (!begin_writing())
		return false;
	written = would_be_taken(STDERR_FILENO) &&
		  write(STDERR_FILENO, line->data, line->len) == (ssize_t)line->len;
	end_writing();
	return written;
}

static void write_line(const struct line *line)
{
	if (!try_to_write(line))
		atomic_fetch_add_explicit(&dropped, 1, memory_order_relaxed);
}

bool log_is_wanted(enum log_level level)
{
	return (int)level >= atomic_load_explicit(&lowest_level, memory_order_relaxed);
}

void log_event(enum log_level level, const char *event, const struct log_value *values)
{
	struct line line;

	if (!log_is_wanted(level))
		return;

	line.len = 0;
	append_timestamp(&line);
	append_value(&line, &LOG_TEXT("log.level", level_names[level]));
	append_value(&line, &LOG_TEXT("event.action", event));
	append_value(&line, &LOG_TEXT("service.name", "registryd"));
	for (; values && values->name; values++)
		append_value(&line, values);
	append(&line, SLICE(LINE_END), LINE_MAX_BYTES);
	write_line(&line);
}
