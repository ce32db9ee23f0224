/* Sorts the arguments of a verb, and has the settings' made of those that are not its own. */
#include "registryctl/arguments.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "config/describe.h"
#include "config/reason.h"
#include "log/log.h"

#define FROM "--from-"
#define REASON_ROOM 512
#define HELP_COLUMN 30

/* Arguments for settings_load(), and the texts of those that we write ourselves. */
struct list {
	char **texts;
	int count;
	char **owned;
	int owned_count;
};

struct sorting {
	const struct verb_usage *usage;
	struct list store;
	struct list original;
	char reason[REASON_ROOM];
};

/* ---- Lists ---- */

static bool list_init(struct list *list, int capacity)
{
	*list = (struct list){
		.texts = calloc((size_t)capacity, sizeof(char *)),
		.owned = calloc((size_t)capacity, sizeof(char *)),
	};
	return list->texts && list->owned;
}

static void list_deinit(struct list *list)
{
	for (int i = 0; i < list->owned_count; i++)
		free(list->owned[i]);
	free(list->owned);
	free(list->texts);
}

static void list_add(struct list *list, char *text)
{
	list->texts[list->count++] = text;
}

/* The two texts as one argument. */
static bool list_add_joined(struct list *list, const char *first, const char *second)
{
	char *text = NULL;

	if (asprintf(&text, "%s%s", first, second) < 0)
		return false;
	list->owned[list->owned_count++] = text;
	list_add(list, text);
	return true;
}

/* ---- Sorting ---- */

/* --name or --name=…; ret_value is what is behind the equals sign, or NULL. */
static bool is_named(const char *argument, const char *name, const char **ret_value)
{
	size_t len = strlen(name);

	if (strncmp(argument, "--", 2) != 0 || strncmp(argument + 2, name, len) != 0)
		return false;
	argument += 2 + len;
	if (*argument != '=' && *argument != '\0')
		return false;
	*ret_value = *argument ? argument + 1 : NULL;
	return true;
}

static const struct verb_option *find_own(const struct verb_usage *usage, const char *argument,
					  const char **ret_value)
{
	for (size_t i = 0; i < usage->option_count; i++) {
		const struct verb_option *option = &usage->options[i];

		if (option->value && is_named(argument, option->name, ret_value))
			return option;
	}
	return NULL;
}

static int refuse(struct sorting *sorting, const char *argument, const char *what)
{
	reason_set(sorting->reason, sizeof(sorting->reason), "%s: %s", argument, what);
	return -1;
}

static int sort_own(struct sorting *sorting, const struct verb_option *option, const char *argument,
		    const char *value, const char *next)
{
	bool taken = !value;

	value = value ? value : next;
	if (!value || !*value)
		return refuse(sorting, argument, "needs a value");
	*option->value = value;
	return taken;
}

static int sort_from(struct sorting *sorting, char *argument, char *next)
{
	bool whole = strchr(argument, '=');

	if (!whole && !next)
		return refuse(sorting, argument, "needs a value");
	if (!list_add_joined(&sorting->original, "--cassandra-", argument + strlen(FROM)))
		return refuse(sorting, argument, "out of memory");
	if (!whole)
		list_add(&sorting->original, next);
	return !whole;
}

/* How many of those behind it were its value, or -1 with a reason. */
static int sort_one(struct sorting *sorting, char *argument, char *next)
{
	const char *value;
	const struct verb_option *own = find_own(sorting->usage, argument, &value);

	if (own)
		return sort_own(sorting, own, argument, value, next);
	if (sorting->usage->from_keyspace && strncmp(argument, FROM, strlen(FROM)) == 0)
		return sort_from(sorting, argument, next);
	list_add(&sorting->store, argument);
	return 0;
}

static int sort_all(struct sorting *sorting, int argc, char **argv)
{
	/* Unless somebody wants more, what goes well is not logged; and what its server begins with
	 * is nothing to us, whichever store is meant. */
	list_add(&sorting->store, argv[0]);
	if (!list_add_joined(&sorting->store, "--log-level=", "warn") ||
	    !list_add_joined(&sorting->store, "--load-file=", ""))
		return refuse(sorting, argv[0], "out of memory");
	for (int i = 1; i < argc; i++) {
		int taken = sort_one(sorting, argv[i], i + 1 < argc ? argv[i + 1] : NULL);

		if (taken < 0)
			return taken;
		i += taken;
	}
	return 0;
}

/* ---- Settings ---- */

static int load_store(struct sorting *sorting, struct settings *settings,
		      enum settings_action *ret_action)
{
	return settings_load(sorting->store.count, sorting->store.texts, environ, settings,
			     ret_action, sorting->reason, sizeof(sorting->reason));
}

/* As the store's, then what is said of the original. */
static int load_original(struct sorting *sorting, struct settings *settings)
{
	enum settings_action action;
	struct list all;
	int r = -1;

	if (list_init(&all, sorting->store.count + sorting->original.count + 1)) {
		for (int i = 0; i < sorting->store.count; i++)
			list_add(&all, sorting->store.texts[i]);
		if (list_add_joined(&all, "--cassandra-keyspace=", sorting->usage->from_keyspace)) {
			for (int i = 0; i < sorting->original.count; i++)
				list_add(&all, sorting->original.texts[i]);
			r = settings_load(all.count, all.texts, environ, settings, &action,
					  sorting->reason, sizeof(sorting->reason));
		}
	}
	list_deinit(&all);
	return r;
}

/* ---- Help ---- */

static void help(const struct verb_usage *usage)
{
	printf("Usage: registryctl %s [--OPTION VALUE]...\n%s\n\n", usage->verb, usage->sentence);
	for (size_t i = 0; i < usage->option_count; i++) {
		const struct verb_option *option = &usage->options[i];
		int len = printf("  --%s %s", option->name, option->value_name);

		if (len >= HELP_COLUMN) {
			putchar('\n');
			len = 0;
		}
		printf("%*s%s\n", HELP_COLUMN - len, "", option->sentence);
	}
	puts("\nBeside these it takes every option of registryd, from the same configuration "
	     "file,\n"
	     "environment and arguments: which store it is, and where. See registryctl(1).");
}

static enum verb_action show(const struct verb_usage *usage, enum settings_action action,
			     const struct settings *settings)
{
	switch (action) {
	case SETTINGS_RUN:
		return VERB_RUN;
	case SETTINGS_HELP:
		help(usage);
		return VERB_SHOWN;
	case SETTINGS_VERSION:
		puts("registryctl " REGISTRYD_VERSION);
		return VERB_SHOWN;
	case SETTINGS_CHECK:
		describe_settings(settings, stdout);
		return VERB_SHOWN;
	default:
		fprintf(stderr, "registryctl: registryd writes that; see registryctl %s --help\n",
			usage->verb);
		return VERB_WRONG;
	}
}

/* ---- All together ---- */

static enum verb_action wrong(const struct sorting *sorting, const char *whose)
{
	fprintf(stderr, "registryctl: %s%s\n", whose, sorting->reason);
	return VERB_WRONG;
}

static enum verb_action object(const char *objection)
{
	if (!objection)
		return VERB_RUN;
	fprintf(stderr, "registryctl: %s\n", objection);
	return VERB_WRONG;
}

static enum verb_action load(struct sorting *sorting, int argc, char **argv,
			     struct verb_settings *settings)
{
	enum settings_action action = SETTINGS_RUN;
	enum verb_action next;
	enum log_level level;

	if (sort_all(sorting, argc, argv) < 0 || load_store(sorting, &settings->store, &action) < 0)
		return wrong(sorting, "");
	next = show(sorting->usage, action, &settings->store);
	if (next != VERB_RUN)
		return next;
	if (sorting->usage->from_keyspace && load_original(sorting, &settings->original) < 0)
		return wrong(sorting, "the original's settings (" FROM "…): ");
	if (log_level_parse(slice_of(settings->store.log_level), &level))
		log_set_level(level);
	if (sorting->usage->objection)
		return object(sorting->usage->objection(settings));
	return VERB_RUN;
}

enum verb_action verb_settings_load(const struct verb_usage *usage, int argc, char **argv,
				    struct verb_settings *ret_settings)
{
	struct sorting sorting = {.usage = usage};
	enum verb_action action = VERB_WRONG;
	int capacity = argc + 3;

	*ret_settings = (struct verb_settings){0};
	if (list_init(&sorting.store, capacity) && list_init(&sorting.original, capacity))
		action = load(&sorting, argc, argv, ret_settings);
	else
		fputs("registryctl: out of memory\n", stderr);
	list_deinit(&sorting.store);
	list_deinit(&sorting.original);
	if (action != VERB_RUN)
		verb_settings_deinit(ret_settings);
	return action;
}

void verb_settings_deinit(struct verb_settings *settings)
{
	settings_deinit(&settings->store);
	settings_deinit(&settings->original);
}
