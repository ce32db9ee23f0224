/* Two buffers: one is filled while the other is written. */
#include "log/writer.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "base/steady.h"

#define BUFFER_BYTES (256 << 10)
/* A reader of standard error who stands still is waited for so long, while the other buffer fills.
 */
#define READER_LIMIT_MS 1000
/* What is there when the server ends is written within that time, or lost. */
#define END_LIMIT_MS 2000

struct head {
	enum log_level level;
	size_t len;
};

struct lines {
	char data[BUFFER_BYTES];
	size_t len;
};

struct log_writer {
	struct log_sink sink; /* the thread's */
	uint64_t said;        /* lines dropped, and told of; the thread's */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct lines *filled;    /* under lock */
	struct lines *written;   /* the thread's, but when they are swapped */
	bool reopen, stop, over; /* under lock */
	pthread_t thread;
};

/* ---- Writing ---- */

static bool say(struct log_writer *writer, const struct log_line *line)
{
	return log_sink_write(&writer->sink, LOG_LEVEL_WARN, (struct slice){line->data, line->len},
			      0);
}

/* May hang, as a write may: nobody who logs waits for it. */
static void reopen(struct log_writer *writer)
{
	int r = log_sink_reopen(&writer->sink);
	struct log_line line;

	if (r == 0)
		return;
	log_line_begin(&line, "warn", "log.not_reopened");
	log_line_add(&line, LOG_VALUES(LOG_TEXT("path", writer->sink.path),
				       LOG_TEXT("reason", strerror(-r))));
	log_line_end(&line);
	say(writer, &line);
}

/* Said as soon as there is somebody to say it to. */
static void tell_what_was_dropped(struct log_writer *writer)
{
	uint64_t dropped = log_dropped();
	struct log_line line;

	if (dropped == writer->said)
		return;
	log_line_begin(&line, "warn", "log.dropped");
	log_line_add(&line, LOG_VALUES(LOG_NUMBER("lines", dropped - writer->said)));
	log_line_end(&line);
	if (say(writer, &line))
		writer->said = dropped;
}

static void write_lines(struct log_writer *writer, struct lines *lines)
{
	struct head head;
	size_t at = 0;

	while (at < lines->len) {
		struct slice line;

		memcpy(&head, lines->data + at, sizeof(head));
		line = (struct slice){lines->data + at + sizeof(head), head.len};
		at += sizeof(head) + head.len;
		if (log_sink_write(&writer->sink, head.level, line, READER_LIMIT_MS))
			tell_what_was_dropped(writer);
		else
			log_note_dropped();
	}
	lines->len = 0;
}

/* Under lock. False when it is time to stop and nothing is left. */
static bool take_filled(struct log_writer *writer, bool *ret_reopen)
{
	struct lines *filled;

	while (writer->filled->len == 0 && !writer->stop && !writer->reopen)
		pthread_cond_wait(&writer->changed, &writer->lock);
	*ret_reopen = writer->reopen;
	writer->reopen = false;
	filled = writer->filled;
	writer->filled = writer->written;
	writer->written = filled;
	return filled->len > 0 || !writer->stop;
}

static void *writer_main(void *ctx)
{
	struct log_writer *writer = ctx;
	bool must_reopen;

	pthread_mutex_lock(&writer->lock);
	while (take_filled(writer, &must_reopen)) {
		pthread_mutex_unlock(&writer->lock);
		if (must_reopen)
			reopen(writer);
		write_lines(writer, writer->written);
		pthread_mutex_lock(&writer->lock);
	}
	writer->over = true;
	pthread_cond_broadcast(&writer->changed);
	pthread_mutex_unlock(&writer->lock);
	return NULL;
}

/* ---- For those who log ---- */

bool log_writer_put(struct log_writer *writer, enum log_level level, const struct log_line *line)
{
	struct head head = {level, line->len};
	struct lines *lines;
	bool fits;

	pthread_mutex_lock(&writer->lock);
	lines = writer->filled;
	fits = lines->len + sizeof(head) + line->len <= BUFFER_BYTES;
	if (fits) {
		memcpy(lines->data + lines->len, &head, sizeof(head));
		memcpy(lines->data + lines->len + sizeof(head), line->data, line->len);
		lines->len += sizeof(head) + line->len;
		pthread_cond_signal(&writer->changed);
	}
	pthread_mutex_unlock(&writer->lock);
	return fits;
}

void log_writer_reopen(struct log_writer *writer)
{
	pthread_mutex_lock(&writer->lock);
	writer->reopen = true;
	pthread_cond_signal(&writer->changed);
	pthread_mutex_unlock(&writer->lock);
}

/* ---- Life ---- */

static void destroy(struct log_writer *writer)
{
	pthread_cond_destroy(&writer->changed);
	pthread_mutex_destroy(&writer->lock);
	log_sink_close(&writer->sink);
	free(writer->filled);
	free(writer->written);
	free(writer);
}

/* Signals are others' to take. */
static int start_thread(struct log_writer *writer)
{
	sigset_t all, before;
	int r;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&writer->thread, NULL, writer_main, writer);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -r;
}

int log_writer_new(const struct log_sink *sink, struct log_writer **ret_writer)
{
	struct log_writer *writer = calloc(1, sizeof(*writer));
	int r = -ENOMEM;

	if (!writer)
		return -ENOMEM;
	writer->sink = *sink;
	writer->said = log_dropped();
	pthread_mutex_init(&writer->lock, NULL);
	steady_condition_init(&writer->changed);
	writer->filled = calloc(1, sizeof(*writer->filled));
	writer->written = calloc(1, sizeof(*writer->written));
	if (writer->filled && writer->written)
		r = start_thread(writer);
	if (r < 0) {
		destroy(writer);
		return r;
	}
	*ret_writer = writer;
	return 0;
}

void log_writer_free(struct log_writer *writer)
{
	bool over;

	if (!writer)
		return;
	pthread_mutex_lock(&writer->lock);
	writer->stop = true;
	pthread_cond_broadcast(&writer->changed);
	if (!writer->over)
		steady_condition_wait_ms(&writer->changed, &writer->lock, END_LIMIT_MS);
	over = writer->over;
	pthread_mutex_unlock(&writer->lock);
	if (!over) {
		/* It waits for somebody who stands still; the process ends without it. */
		pthread_detach(writer->thread);
		return;
	}
	pthread_join(writer->thread, NULL);
	destroy(writer);
}
