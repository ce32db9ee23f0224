/*
 * The thread that writes lines where they are to go. Those who log only copy a line into a buffer
 * of bounded size, and never wait for a disk or a reader. Not for other folders: see log.h.
 */
#pragma once

#include <stdbool.h>

#include "log/line.h"
#include "log/sink.h"

struct log_writer;

/* Takes over the sink. level_names, dropped: log.c's. 0 or a negative errno. */
int log_writer_new(const struct log_sink *sink, struct log_writer **ret_writer);
/* Writes what is there, for a while at most. */
void log_writer_free(struct log_writer *writer);

/* Thread-safe. False if there is no room. */
bool log_writer_put(struct log_writer *writer, enum log_level level, const struct log_line *line);
/* Thread-safe. Before the next line. */
void log_writer_reopen(struct log_writer *writer);
