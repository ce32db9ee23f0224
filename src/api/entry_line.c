/* Writes and reads lines of an export. */
#include "api/entry_line.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/body.h"
#include "api/json_time.h"
#include "api/json_writer.h"

/* ---- Writing ---- */

static void write_guids(struct buffer *out, const struct entry *entry)
{
	for (uint32_t i = 0; i < entry->guid_count; i++) {
		buffer_append_slice(out, i == 0 ? SLICE(",\"guids\":[") : SLICE(","));
		json_write_text(out, entry->guids[i]);
	}
	if (entry->guid_count > 0)
		buffer_append_byte(out, ']');
}

/* A moment that is still to come, as the clock was noted, is now. */
static void write_age(struct buffer *out, struct slice name, int64_t age_s)
{
	buffer_append_slice(out, name);
	buffer_append_uint(out, age_s > 0 ? (uint64_t)age_s : 0);
}

void entry_line_write(struct buffer *out, const struct entry *entry, int64_t lifetime_s,
		      bool pending)
{
	json_write_entry(out, entry);
	if (!out->failed)
		out->len--; /* its closing brace */
	write_age(out, SLICE(",\"kept\":{\"silent\":"), lifetime_s - entry->sign_s);
	if (entry_is_disconnected(entry))
		write_age(out, SLICE(",\"away\":"), lifetime_s - entry->away_s);
	if (pending)
		buffer_append_slice(out, SLICE(",\"pending\":true"));
	write_guids(out, entry);
	buffer_append_slice(out, SLICE("}}\n"));
}

/* ---- Reading ---- */

#define SECONDS_MAX (INT64_C(100) * 365 * 24 * 3600) /* as of any lifetime */

struct reading {
	struct arena *arena;
	json_t *object;
	json_t *kept;
	char *reason;
	size_t reason_size;
};

static int refuse(struct reading *reading, const char *name, const char *what)
{
	snprintf(reading->reason, reading->reason_size, "%s %s", name, what);
	return ENTRY_LINE_UNREADABLE;
}

static int take_text(struct reading *reading, json_t *value, const char *name,
		     struct slice *ret_text)
{
	if (!json_is_string(value))
		return refuse(reading, name, value ? "is not a string" : "is missing");
	*ret_text = arena_copy(reading->arena,
			       (struct slice){json_string_value(value), json_string_length(value)});
	return ret_text->data ? 0 : -ENOMEM;
}

static int take_member(struct reading *reading, const char *name, struct slice *ret_text)
{
	int r = take_text(reading, json_object_get(reading->object, name), name, ret_text);

	return r == 0 && ret_text->len == 0 ? refuse(reading, name, "is empty") : r;
}

static int take_time(struct reading *reading, const char *name, int64_t *ret_wall_s)
{
	struct slice text;
	int r = take_member(reading, name, &text);

	if (r != 0)
		return r;
	return json_read_time(text, ret_wall_s) ? 0 : refuse(reading, name, "is not a time");
}

static int take_seconds(struct reading *reading, const char *name, int64_t *ret_s)
{
	json_t *value = json_object_get(reading->kept, name);

	if (!json_is_integer(value) || json_integer_value(value) < 0 ||
	    json_integer_value(value) > SECONDS_MAX)
		return refuse(reading, name, "is not a number of seconds");
	*ret_s = json_integer_value(value);
	return 0;
}

static int take_guids(struct reading *reading, struct entry *entry)
{
	json_t *guids = json_object_get(reading->kept, "guids");
	int r = 0;

	if (guids && (!json_is_array(guids) || json_array_size(guids) > GUIDS_MAX))
		return refuse(reading, "guids", "is not a list of at most eight");
	for (size_t i = 0; i < json_array_size(guids) && r == 0; i++)
		r = take_text(reading, json_array_get(guids, i), "guids",
			      &entry->guids[entry->guid_count++]);
	return r;
}

static int take_kept(struct reading *reading, struct import_request *request)
{
	bool away = entry_is_disconnected(&request->entry);
	int r;

	reading->kept = json_object_get(reading->object, "kept");
	if (!json_is_object(reading->kept))
		return refuse(reading, "kept", "is missing");
	r = take_seconds(reading, "silent", &request->silent_s);
	if (r == 0 && away)
		r = take_seconds(reading, "away", &request->away_for_s);
	request->pending = json_is_true(json_object_get(reading->kept, "pending"));
	return r == 0 ? take_guids(reading, &request->entry) : r;
}

static int take_fields(struct reading *reading, struct slice line, struct entry *entry)
{
	struct body_problem problem = {{0}};
	struct body body;
	int r = body_read(line, entry->key.kind, BODY_WHOLE, reading->arena, &body, &problem);

	if (r == BODY_BAD)
		return refuse(reading, "members:", problem.text);
	if (r == 0)
		entry->fields = body.fields;
	return r;
}

static int take_all(struct reading *reading, struct slice line, struct import_request *request)
{
	bool hyperty = json_object_get(reading->object, "hypertyID");
	struct entry *entry = &request->entry;
	int r;

	entry->key.kind = hyperty ? ENTRY_HYPERTY : ENTRY_DATA_OBJECT;
	r = take_member(reading, hyperty ? "hypertyID" : "url", &entry->key.id);
	if (r == 0 && hyperty)
		r = take_member(reading, "userID", &entry->owner);
	if (r == 0)
		r = take_fields(reading, line, entry);
	if (r == 0)
		r = take_time(reading, "startingTime", &entry->starting_wall_s);
	if (r == 0)
		r = take_time(reading, "lastModified", &entry->modified_wall_s);
	return r == 0 ? take_kept(reading, request) : r;
}

int entry_line_read(struct slice line, struct arena *arena, struct import_request *ret_request,
		    char *ret_reason, size_t reason_size)
{
	struct reading reading = {.arena = arena, .reason = ret_reason, .reason_size = reason_size};
	json_error_t error;
	int r;

	ret_request->entry = (struct entry){0};
	ret_request->silent_s = ret_request->away_for_s = 0;
	reading.object = json_loadb(line.data, line.len, JSON_REJECT_DUPLICATES, &error);
	if (!reading.object) {
		snprintf(ret_reason, reason_size, "at byte %d: %s", error.position, error.text);
		return ENTRY_LINE_UNREADABLE;
	}
	r = json_is_object(reading.object) ? take_all(&reading, line, ret_request)
					   : refuse(&reading, "the line", "is not an object");
	json_decref(reading.object);
	return r;
}

int entry_lines_each(FILE *file, entry_line_take *take, void *ctx)
{
	uint64_t number = 0;
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	int r = 0;

	while (r == 0 && (len = getline(&line, &size, file)) > 0) {
		len -= line[len - 1] == '\n';
		r = take(ctx, (struct slice){line, (size_t)len}, ++number);
	}
	/* A read error, or no memory for the line. */
	if (r == 0 && !feof(file))
		r = -errno;
	free(line);
	return r;
}
