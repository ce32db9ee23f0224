/* Shows entries on a terminal. */
#include "registryctl/entries_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "registryctl/show.h"

#define RED "\033[31m"
#define GREEN "\033[32m"
#define PLAIN "\033[0m"

static const struct column {
	const char *title;
	const char *member;
	size_t width;
} columns[] = {
	{"ID", NULL, 40},
	{"OF", "userID", 32},
	{"STATUS", "status", 12},
	{"EXPIRES", "expires", 8},
	{"LAST SEEN", "lastModified", 20},
	{"RESOURCES", "resources", 24},
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static bool is_entry(const json_t *object)
{
	return json_is_string(json_object_get(object, "status")) &&
	       json_is_string(json_object_get(object, "lastModified"));
}

/* ---- Values ---- */

static size_t show_list(FILE *out, const json_t *list, size_t room)
{
	size_t used = 0, i;
	json_t *element;

	json_array_foreach(list, i, element)
	{
		if (i > 0 && used < room)
			used += show_text(out, SLICE(","), room - used);
		if (used < room)
			used += show_text(out, slice_of(json_string_value(element)), room - used);
	}
	return used;
}

static size_t show_value(FILE *out, const json_t *value, size_t room)
{
	char number[24];

	if (json_is_string(value))
		return show_text(out, slice_of(json_string_value(value)), room);
	if (json_is_array(value))
		return show_list(out, value, room);
	if (!json_is_integer(value))
		return 0;
	snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(value));
	return show_text(out, slice_of(number), room);
}

static const char *colour_of(const json_t *entry)
{
	const char *status = json_string_value(json_object_get(entry, "status"));
	const char *wanted = getenv("NO_COLOR");

	if (wanted && wanted[0])
		return "";
	return strcmp(status, "disconnected") == 0 ? RED : GREEN;
}

static size_t show_status(const json_t *entry, const json_t *value, size_t room)
{
	const char *colour = colour_of(entry);
	size_t used;

	fputs(colour, stdout);
	used = show_value(stdout, value, room);
	fputs(colour[0] ? PLAIN : "", stdout);
	return used;
}

/* ---- A table ---- */

static void fill(size_t used, size_t width)
{
	printf("%*s", (int)(width > used ? width - used : 0) + 1, "");
}

/* A data object is its reporter's. */
static const json_t *value_of(const json_t *entry, const struct column *column)
{
	const json_t *value = json_object_get(entry, column->member);

	if (!value && strcmp(column->member, "userID") == 0)
		return json_object_get(entry, "reporter");
	return value;
}

static void show_row(const char *id, const json_t *entry)
{
	fill(show_text(stdout, slice_of(id), columns[0].width), columns[0].width);
	for (size_t i = 1; i < COLUMNS; i++) {
		const json_t *value = value_of(entry, &columns[i]);
		bool is_status = strcmp(columns[i].member, "status") == 0;

		fill(is_status ? show_status(entry, value, columns[i].width)
			       : show_value(stdout, value, columns[i].width),
		     columns[i].width);
	}
	putchar('\n');
}

static bool show_table(json_t *map)
{
	const char *id;
	json_t *entry;

	json_object_foreach(map, id, entry)
	{
		if (!json_is_object(entry) || !is_entry(entry))
			return false;
	}
	for (size_t i = 0; i < COLUMNS; i++)
		fill((size_t)printf("%s", columns[i].title), columns[i].width);
	putchar('\n');
	json_object_foreach(map, id, entry)
	{
		show_row(id, entry);
	}
	return true;
}

/* ---- One ---- */

static void show_members(json_t *entry)
{
	const char *name;
	json_t *value;

	json_object_foreach(entry, name, value)
	{
		fill(show_text(stdout, slice_of(name), 16), 16);
		if (strcmp(name, "status") == 0)
			show_status(entry, value, SHOW_ALL);
		else
			show_value(stdout, value, SHOW_ALL);
		putchar('\n');
	}
}

bool entries_table_show(const char *json)
{
	json_t *document = json_loads(json, 0, NULL);
	bool shown = false;

	if (json_is_object(document) && is_entry(document)) {
		show_members(document);
		shown = true;
	} else if (json_is_object(document)) {
		shown = show_table(document);
	}
	json_decref(document);
	return shown;
}
