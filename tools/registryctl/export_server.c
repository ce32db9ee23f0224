/* Asks the server that has the entries in its own memory for them, slice by slice. */
#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/steady.h"
#include "registryctl/client.h"
#include "registryctl/export.h"
#include "registryctl/figures.h"
#include "registryctl/stop.h"

#define TRIES 10

struct server_export {
	struct export *export;
	struct client client;
	struct buffer path;
	struct buffer next; /* where the server goes on; empty at the end */
	int64_t saved_ms;
};

__attribute__((format(printf, 3, 4))) static int fail(struct server_export *self, int r,
						      const char *format, ...)
{
	struct export *export = self->export;
	va_list values;

	va_start(values, format);
	vsnprintf(export->reason, export->reason_size, format, values);
	va_end(values);
	return r;
}

/* ---- An answer: lines of entries, and one that says where it goes on ---- */

/* Where the last line begins. */
static size_t last_line(const struct buffer *body)
{
	size_t at = body->len > 0 ? body->len - 1 : 0;

	while (at > 0 && body->data[at - 1] != '\n')
		at--;
	return at;
}

static int read_next(struct server_export *self, struct slice line)
{
	json_t *object = json_loadb(line.data, line.len, 0, NULL);
	json_t *next = json_object_get(object, "next");
	int r = 0;

	buffer_clear(&self->next);
	if (json_is_string(next))
		buffer_append(&self->next, json_string_value(next), json_string_length(next));
	else if (!json_is_null(next))
		r = fail(self, -EPROTO, "the answer is not whole, or not that of a registryd");
	json_decref(object);
	return self->next.failed ? -ENOMEM : r;
}

static int write_lines(struct server_export *self, const char *line, size_t len)
{
	struct export *export = self->export;
	int r = 0;

	while (r == 0 && len > 0) {
		const char *end = memchr(line, '\n', len);
		size_t used = end ? (size_t)(end - line) + 1 : len;

		r = export_file_write(export->file, (struct slice){line, used}, export->reason,
				      export->reason_size);
		progress_at(export->progress, export->file->lines);
		line += used;
		len -= used;
	}
	return r;
}

static int take_slice(struct server_export *self, const struct buffer *body)
{
	size_t end = last_line(body);
	int r = read_next(self, (struct slice){body->data + end, body->len - end});

	return r == 0 ? write_lines(self, body->data, end) : r;
}

/* Where to go on is what an earlier start of the server has said. */
static int refuse_to_go_on(struct server_export *self)
{
	const char *path = self->export->file->path;

	if (!path)
		return fail(self, -ESTALE, "the server began anew meanwhile; run it again");
	return fail(self, -ESTALE,
		    "the server began anew meanwhile; remove %s.part and %s.part.state, and run it "
		    "again",
		    path, path);
}

static int take_answer(struct server_export *self, const struct client_answer *answer)
{
	char reason[256];

	if (answer->status == 200)
		return take_slice(self, &answer->body);
	if (answer->status == 400)
		return refuse_to_go_on(self);
	client_answer_reason(answer, reason, sizeof(reason));
	return fail(self, answer->status == 503 ? -EAGAIN : -EPROTO, "the server answers %d%s%s",
		    answer->status, reason[0] ? ": " : "", reason);
}

/* ---- Asking ---- */

/* client_ask() has said why. */
static int ask(struct server_export *self, const char *path, struct client_answer *ret_answer)
{
	if (client_ask(&self->client, CLIENT_ADMIN, "GET", path, NULL, ret_answer) == 0)
		return 0;
	return fail(self, -EIO, "its admin listener cannot be asked");
}

static int ask_for_slice(struct server_export *self, struct slice from)
{
	struct client_answer answer;
	int r;

	buffer_clear(&self->path);
	buffer_append_slice(&self->path, SLICE("/export?from="));
	buffer_append_slice(&self->path, from);
	buffer_append_byte(&self->path, '\0');
	if (self->path.failed)
		return -ENOMEM;
	r = ask(self, self->path.data, &answer);
	if (r < 0)
		return r;
	r = take_answer(self, &answer);
	buffer_deinit(&answer.body);
	return r;
}

/* A server that has too much to do is asked again. */
static int ask_again(struct server_export *self, struct slice from)
{
	const struct timespec pause = {1, 0};
	int r = ask_for_slice(self, from);

	for (int tries = 1; r == -EAGAIN && tries < TRIES && !stop_is_asked(); tries++) {
		nanosleep(&pause, NULL);
		r = ask_for_slice(self, from);
	}
	return r;
}

static int take_all(struct server_export *self)
{
	const struct buffer *cursor = &self->export->file->cursor;
	struct slice from = {cursor->data, cursor->len};
	int r;

	do {
		r = ask_again(self, from);
		from = (struct slice){self->next.data, self->next.len};
		if (r == 0 && from.len > 0)
			r = export_save(self->export, &self->saved_ms, from);
	} while (r == 0 && from.len > 0);
	return r;
}

static int count_all(struct server_export *self)
{
	struct client_answer metrics;
	int r = ask(self, "/metrics", &metrics);

	if (r < 0)
		return r;
	self->export->progress->all =
		(uint64_t)(figures_get(metrics.body.data, "registryd_hyperties") +
			   figures_get(metrics.body.data, "registryd_data_objects"));
	buffer_deinit(&metrics.body);
	return 0;
}

int export_server(struct export *export, const char *admin)
{
	struct server_export self = {.export = export, .saved_ms = steady_ms()};
	char url[512];
	int r;

	snprintf(url, sizeof(url), "http://%s", admin);
	self.client.values[CLIENT_ADMIN_URL] = url;
	r = count_all(&self);
	if (r == 0)
		r = take_all(&self);
	if (r == -ENOMEM)
		fail(&self, r, "out of memory");
	buffer_deinit(&self.path);
	buffer_deinit(&self.next);
	return r;
}
