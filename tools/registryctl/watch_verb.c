/* The verb watch: a line for each change of the entries that a look-up finds. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "registryctl/client.h"
#include "registryctl/lookup.h"
#include "registryctl/repeat.h"
#include "registryctl/show.h"
#include "registryctl/verb.h"

struct watch {
	struct client client;
	struct buffer path;
	json_t *known; /* id → entry; NULL: nothing was seen yet */
};

/* ---- Lines ---- */

static const char *member_of(json_t *entry, const char *name)
{
	const char *text = json_string_value(json_object_get(entry, name));

	return text ? text : "?";
}

static const char *status_of(json_t *entry)
{
	return member_of(entry, "status");
}

static void show_time(void)
{
	time_t now = time(NULL);
	struct tm utc;
	char text[32];

	gmtime_r(&now, &utc);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc);
	fputs(text, stdout);
}

static void show_json(const char *change, const char *id, json_t *entry)
{
	json_t *quoted = json_string(id);

	fputs("{\"time\":\"", stdout);
	show_time();
	printf("\",\"change\":\"%s\",\"id\":", change);
	json_dumpf(quoted, stdout, JSON_ENCODE_ANY | JSON_COMPACT | JSON_ENSURE_ASCII);
	fputs(",\"entry\":", stdout);
	json_dumpf(entry, stdout, JSON_ENCODE_ANY | JSON_COMPACT | JSON_ENSURE_ASCII);
	puts("}");
	json_decref(quoted);
}

/* Which members differ; times of signs of life do not count. */
static void show_differences(json_t *before, json_t *after)
{
	const char *name;
	json_t *value;

	json_object_foreach(after, name, value)
	{
		if (strcmp(name, "lastModified") == 0 || strcmp(name, "status") == 0 ||
		    json_equal(value, json_object_get(before, name)))
			continue;
		putchar(' ');
		show_text(stdout, slice_of(name), SHOW_ALL);
	}
}

static void show(const struct watch *watch, const char *change, const char *id, json_t *before,
		 json_t *after)
{
	if (client_wants_json(&watch->client)) {
		show_json(change, id, after ? after : before);
		return;
	}
	show_time();
	printf("  %-9s", change);
	show_text(stdout, slice_of(id), SHOW_ALL);
	fputs("  ", stdout);
	if (before && after && strcmp(status_of(before), status_of(after)) != 0) {
		show_text(stdout, slice_of(status_of(before)), SHOW_ALL);
		fputs(" → ", stdout);
	}
	show_text(stdout, slice_of(status_of(after ? after : before)), SHOW_ALL);
	if (before && after)
		show_differences(before, after);
	putchar('\n');
}

/* ---- Looking ---- */

static const char *change_of(json_t *before, json_t *after)
{
	if (!before)
		return "new";
	if (strcmp(status_of(before), status_of(after)) != 0)
		return "status";
	if (strcmp(member_of(before, "lastModified"), member_of(after, "lastModified")) != 0)
		return "renewed";
	return json_equal(before, after) ? NULL : "changed";
}

static void compare(const struct watch *watch, json_t *now)
{
	const char *id;
	json_t *entry;

	json_object_foreach(now, id, entry)
	{
		json_t *before = json_object_get(watch->known, id);
		const char *change = watch->known ? change_of(before, entry) : "there";

		if (change)
			show(watch, change, id, before, entry);
	}
	json_object_foreach(watch->known, id, entry)
	{
		if (!json_object_get(now, id))
			show(watch, "gone", id, entry, NULL);
	}
	fflush(stdout);
}

/* Nobody is there, all are disconnected: both are ordinary. */
static json_t *parse(const struct client_answer *answer)
{
	json_error_t error;

	if (answer->status == 404)
		return json_object();
	if (answer->status != 200 && answer->status != 408) {
		fprintf(stderr, "registryctl watch: the server answers %d\n", answer->status);
		return NULL;
	}
	return json_loads(answer->body.data, 0, &error);
}

static int look(void *ctx)
{
	struct watch *watch = ctx;
	struct client_answer answer;
	json_t *now;

	if (client_ask(&watch->client, CLIENT_PUBLIC, "GET", watch->path.data, NULL, &answer) < 0)
		return EXIT_FAILED;
	now = parse(&answer);
	buffer_deinit(&answer.body);
	if (!json_is_object(now)) {
		json_decref(now);
		return EXIT_FAILED;
	}
	compare(watch, now);
	json_decref(watch->known);
	watch->known = now;
	return EXIT_ALL;
}

int verb_watch(int argc, char **argv)
{
	static const struct client_usage usage = {
		.verb = "watch",
		.sentence = "Shows what changes among the entries that list would show, until it "
			    "is ended.",
		.takes = LOOKUPS | CLIENT_BIT(CLIENT_INTERVAL) | CLIENT_BIT(CLIENT_COUNT) |
			 CLIENT_CONNECTION,
		.one_of = LOOKUPS,
	};
	struct watch watch = {0};
	int status;

	if (!client_read(&usage, argc, argv, &watch.client, &status))
		return status;
	lookup_add(&watch.path, &watch.client);
	buffer_append_byte(&watch.path, '\0');
	status = watch.path.failed ? EXIT_FAILED : repeat(&watch.client, 0, look, &watch);
	json_decref(watch.known);
	buffer_deinit(&watch.path);
	return status;
}
