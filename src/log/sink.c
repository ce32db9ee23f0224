/* Standard error, a file, or the socket of the system's log. */
#include "log/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FILE_MODE 0640
#define SYSLOG_PATH "/dev/log"
#define JOURNAL_PATH "/run/systemd/journal/socket"
#define FACILITY_DAEMON 3
#define HEAD_MAX_BYTES 128

/* As syslog(3) numbers them. */
static const int severities[] = {
	[LOG_LEVEL_DEBUG] = 7,
	[LOG_LEVEL_INFO] = 6,
	[LOG_LEVEL_WARN] = 4,
	[LOG_LEVEL_ERROR] = 3,
};

/* ---- Opening ---- */

static int open_file(struct log_sink *sink)
{
	sink->fd =
		open(sink->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, FILE_MODE);
	return sink->fd < 0 ? -errno : 0;
}

static int open_socket(struct log_sink *sink)
{
	int r = 0;

	sink->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (sink->fd < 0)
		return -errno;
	if (connect(sink->fd, (struct sockaddr *)&sink->address, sizeof(sink->address)) < 0) {
		r = -errno;
		log_sink_close(sink);
	}
	return r;
}

static int open_any(struct log_sink *sink)
{
	switch (sink->kind) {
	case LOG_SINK_STDERR:
		sink->fd = STDERR_FILENO;
		return 0;
	case LOG_SINK_FILE:
		return open_file(sink);
	default:
		return open_socket(sink);
	}
}

static const struct {
	const char *name;
	enum log_sink_kind kind;
	const char *path; /* NULL: it has none, or must be given */
} kinds[] = {
	{"stderr", LOG_SINK_STDERR, NULL},
	{"file", LOG_SINK_FILE, NULL},
	{"syslog", LOG_SINK_SYSLOG, SYSLOG_PATH},
	{"journal", LOG_SINK_JOURNAL, JOURNAL_PATH},
};

static int set_path(struct log_sink *sink, const char *path)
{
	size_t room =
		sink->kind == LOG_SINK_FILE ? sizeof(sink->path) : sizeof(sink->address.sun_path);
	char *into = sink->kind == LOG_SINK_FILE ? sink->path : sink->address.sun_path;

	if (strlen(path) >= room)
		return -ENAMETOOLONG;
	memcpy(into, path, strlen(path) + 1);
	return 0;
}

/* "file:/var/log/registryd.log", "journal". */
static int parse(struct log_sink *sink, const char *to)
{
	const char *colon = strchr(to, ':');
	size_t len = colon ? (size_t)(colon - to) : strlen(to);

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const char *path = colon ? colon + 1 : kinds[i].path;

		if (strlen(kinds[i].name) != len || strncmp(kinds[i].name, to, len) != 0)
			continue;
		sink->kind = kinds[i].kind;
		if (sink->kind == LOG_SINK_STDERR)
			return colon ? -EINVAL : 0;
		return path && path[0] == '/' ? set_path(sink, path) : -EINVAL;
	}
	return -EINVAL;
}

int log_sink_open(struct log_sink *sink, const char *to, char *ret_reason, size_t reason_size)
{
	int r;

	*sink = (struct log_sink){.fd = -1, .address.sun_family = AF_UNIX};
	r = parse(sink, to);
	if (r == -EINVAL)
		snprintf(ret_reason, reason_size,
			 "log_to: \"%s\" is none of stderr, file:/PATH, syslog, syslog:/PATH, "
			 "journal, journal:/PATH",
			 to);
	if (r == 0)
		r = open_any(sink);
	if (r < 0 && r != -EINVAL)
		snprintf(ret_reason, reason_size, "log_to: %s: %s", to, strerror(-r));
	return r;
}

void log_sink_close(struct log_sink *sink)
{
	if (sink->kind != LOG_SINK_STDERR && sink->fd >= 0)
		close(sink->fd);
	sink->fd = -1;
}

int log_sink_reopen(struct log_sink *sink)
{
	int before = sink->fd;
	int r;

	if (sink->kind == LOG_SINK_STDERR)
		return 0;
	r = open_any(sink);
	if (r < 0)
		sink->fd = before;
	else if (before >= 0)
		close(before);
	return r;
}

/* ---- Writing ---- */

static bool write_to_stderr(struct log_sink *sink, struct slice line, int wait_ms)
{
	struct pollfd descriptor = {.fd = sink->fd, .events = POLLOUT};

	return poll(&descriptor, 1, wait_ms) == 1 && descriptor.revents == POLLOUT &&
	       write(sink->fd, line.data, line.len) == (ssize_t)line.len;
}

/* Of a full disk: half a line would be the beginning of the next one. */
static void take_back(int fd, ssize_t bytes)
{
	off_t end = lseek(fd, 0, SEEK_END);

	if (end >= bytes && ftruncate(fd, end - bytes) < 0)
		log_note_dropped();
}

static bool write_to_file(struct log_sink *sink, struct slice line)
{
	ssize_t n = write(sink->fd, line.data, line.len);

	if (n > 0 && n < (ssize_t)line.len)
		take_back(sink->fd, n);
	return n == (ssize_t)line.len;
}

static int write_syslog_head(char *head, enum log_level level)
{
	time_t now = time(NULL);
	struct tm parts;
	char moment[32];

	localtime_r(&now, &parts);
	strftime(moment, sizeof(moment), "%b %e %H:%M:%S", &parts);
	return snprintf(head, HEAD_MAX_BYTES,
			"<%d>%s registryd[%d]: @cee: ", FACILITY_DAEMON * 8 + severities[level],
			moment, (int)getpid());
}

static int write_journal_head(char *head, enum log_level level)
{
	return snprintf(head, HEAD_MAX_BYTES,
			"PRIORITY=%d\nSYSLOG_IDENTIFIER=registryd\nMESSAGE=", severities[level]);
}

/* The journal ends a value with its line; syslog has no line ends. */
static bool send_datagram(struct log_sink *sink, enum log_level level, struct slice line)
{
	char datagram[HEAD_MAX_BYTES + PIPE_BUF];
	int len = sink->kind == LOG_SINK_JOURNAL ? write_journal_head(datagram, level)
						 : write_syslog_head(datagram, level);
	size_t text = sink->kind == LOG_SINK_JOURNAL ? line.len : line.len - 1;

	memcpy(datagram + len, line.data, text);
	return send(sink->fd, datagram, (size_t)len + text, MSG_NOSIGNAL) ==
	       (ssize_t)((size_t)len + text);
}

/* Its owner has restarted: another socket has the name now. */
static bool is_gone(int error)
{
	return error == ECONNREFUSED || error == ENOTCONN || error == ECONNRESET ||
	       error == EPIPE || error == EBADF;
}

bool log_sink_write(struct log_sink *sink, enum log_level level, struct slice line, int wait_ms)
{
	switch (sink->kind) {
	case LOG_SINK_STDERR:
		return write_to_stderr(sink, line, wait_ms);
	case LOG_SINK_FILE:
		return write_to_file(sink, line);
	default:
		if (send_datagram(sink, level, line))
			return true;
		if (!is_gone(errno))
			return false;
		if (log_sink_reopen(sink) < 0)
			return false;
		return send_datagram(sink, level, line);
	}
}
