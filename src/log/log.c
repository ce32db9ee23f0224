/* Levels, and the way of a line: to the writer, or to standard error at once if there is none. */
#include "log/log.h"

#include <stdatomic.h>
#include <stdio.h>
#include <strings.h>

#include "log/direct.h"
#include "log/writer.h"

static const char *const level_names[] = {
	[LOG_LEVEL_DEBUG] = "debug",
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_WARN] = "warn",
	[LOG_LEVEL_ERROR] = "error",
};

static _Atomic int lowest_level = LOG_LEVEL_INFO;
static _Atomic uint64_t dropped;
static struct log_writer *writer; /* set while nobody else logs */

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

void log_note_dropped(void)
{
	atomic_fetch_add_explicit(&dropped, 1, memory_order_relaxed);
}

bool log_is_wanted(enum log_level level)
{
	return (int)level >= atomic_load_explicit(&lowest_level, memory_order_relaxed);
}

void log_event(enum log_level level, const char *event, const struct log_value *values)
{
	struct log_line line;

	if (!log_is_wanted(level))
		return;
	log_line_begin(&line, level_names[level], event);
	log_line_add(&line, values);
	log_line_end(&line);
	if (!(writer ? log_writer_put(writer, level, &line) : log_direct_write(&line)))
		log_note_dropped();
}

/* ---- The writer ---- */

int log_start(const char *to, char *ret_reason, size_t reason_size)
{
	struct log_sink sink;
	int r = log_sink_open(&sink, to, ret_reason, reason_size);

	if (r < 0)
		return r;
	r = log_writer_new(&sink, &writer);
	if (r < 0) {
		log_sink_close(&sink);
		snprintf(ret_reason, reason_size, "log_to: cannot start a thread");
	}
	return r;
}

void log_reopen(void)
{
	if (writer)
		log_writer_reopen(writer);
}

void log_stop(void)
{
	struct log_writer *stopped = writer;

	writer = NULL;
	log_writer_free(stopped);
}
