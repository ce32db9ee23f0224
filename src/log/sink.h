/* Where lines go. Not for other folders: see log.h. */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/un.h>

#include "log/log.h"

enum log_sink_kind {
	LOG_SINK_STDERR,
	LOG_SINK_FILE,
	LOG_SINK_SYSLOG,  /* a datagram each, as syslog(3) sends it, "@cee:" before the JSON */
	LOG_SINK_JOURNAL, /* a datagram each, in the journal's own protocol */
};

/* Embedded; one thread's. */
struct log_sink {
	enum log_sink_kind kind;
	char path[PATH_MAX]; /* of a file */
	struct sockaddr_un address;
	int fd;
};

/* to: as log_start() has it. 0, or a negative errno with a sentence in ret_reason. */
int log_sink_open(struct log_sink *sink, const char *to, char *ret_reason, size_t reason_size);
/* The file has been renamed, or the socket's owner restarted. 0, or a negative errno: then lines go
 * where they went before. */
int log_sink_reopen(struct log_sink *sink);
void log_sink_close(struct log_sink *sink);

/* May wait up to wait_ms for a reader of standard error. False if the line was not taken. */
bool log_sink_write(struct log_sink *sink, enum log_level level, struct slice line, int wait_ms);
