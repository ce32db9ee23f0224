/*
 * The log: one JSON object a line, Elastic Common Schema names. The one who decides, logs, once:
 *
 *   log_warn("store.unwritable", LOG_TEXT("path", path), LOG_TEXT("reason", reason));
 *
 * gives {"@timestamp":"…","log.level":"warn","event.action":"store.unwritable",
 * "service.name":"registryd","path":"…","reason":"…"}. Values may come from outside: they are
 * escaped, and invalid UTF-8 is shown as U+FFFD. Thread-safe; a line is written whole, or dropped
 * and counted. Lines go to standard error, until log_start() says where else.
 */
#pragma once

#include <stdint.h>

#include "base/slice.h"

enum log_level {
	LOG_LEVEL_DEBUG,
	LOG_LEVEL_INFO,
	LOG_LEVEL_WARN,
	LOG_LEVEL_ERROR,
};

/* A value: a C string, a slice or a number. */
struct log_value {
	const char *name;
	struct slice text; /* if data is not NULL */
	int64_t number;
};

#define LOG_TEXT(name, value) ((struct log_value){(name), slice_of(value), 0})
#define LOG_SLICE(name, value) ((struct log_value){(name), (value), 0})
#define LOG_NUMBER(name, value) ((struct log_value){(name), SLICE_NONE, (int64_t)(value)})

/* Lines below the level are not written. Before the first call: info. Process-wide, set at start.
 */
void log_set_level(enum log_level level);
bool log_is_wanted(enum log_level level);
bool log_level_parse(struct slice name, enum log_level *ret_level);

/* event is subject.verb, static. values ends with a name of NULL. */
void log_event(enum log_level level, const char *event, const struct log_value *values);

/*
 * From now on a thread writes the lines, so that who logs never waits. to is stderr, file:/PATH,
 * syslog or syslog:/PATH, journal or journal:/PATH. 0, or a negative errno with a sentence in
 * ret_reason. While no other thread logs, like log_stop().
 */
int log_start(const char *to, char *ret_reason, size_t reason_size);
/* What is there is written, for two seconds at most. Then standard error has the lines again. */
void log_stop(void);
/* The file was renamed: from the next line on there is a new one. Any thread. */
void log_reopen(void);

/* Lines dropped since start, because they were not taken in time. When lines are taken again, a
 * line "log.dropped" tells how many. */
uint64_t log_dropped(void);
/* One more: for the parts of the log. */
void log_note_dropped(void);

#define LOG_VALUES(...) ((const struct log_value[]){__VA_ARGS__, {NULL, {NULL, 0}, 0}})

/* With at least one value. */
#define log_debug(event, ...)                                                                      \
	do {                                                                                       \
		if (log_is_wanted(LOG_LEVEL_DEBUG))                                                \
			log_event(LOG_LEVEL_DEBUG, event, LOG_VALUES(__VA_ARGS__));                \
	} while (0)
#define log_info(event, ...) log_event(LOG_LEVEL_INFO, event, LOG_VALUES(__VA_ARGS__))
#define log_warn(event, ...) log_event(LOG_LEVEL_WARN, event, LOG_VALUES(__VA_ARGS__))
#define log_error(event, ...) log_event(LOG_LEVEL_ERROR, event, LOG_VALUES(__VA_ARGS__))
