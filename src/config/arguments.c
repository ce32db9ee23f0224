/* Sorts the arguments into the rows of the table. */
#include "config/arguments.h"

#include <assert.h>

#include "config/reason.h"

const struct argument_action argument_actions[] = {
	{"help", "-h", SETTINGS_HELP, "Show this text."},
	{"version", NULL, SETTINGS_VERSION, "Show the version."},
	{"check-config", NULL, SETTINGS_CHECK, "Say what is wrong, or show the settings in force."},
	{"sample-config", NULL, SETTINGS_SAMPLE, "Write a configuration file with every option."},
	{"man-config", NULL, SETTINGS_MAN, "Write the option list of registryd.conf(5), in mdoc."},
};
const size_t argument_action_count = sizeof(argument_actions) / sizeof(argument_actions[0]);

struct argument_name argument_name(const struct option *option)
{
	struct argument_name name = {"--"};
	size_t len = strlen(option->name);

	assert(len + 3 <= sizeof(name.text));
	for (size_t i = 0; i <= len; i++)
		name.text[2 + i] = option->name[i] == '_' ? '-' : option->name[i];
	return name;
}

static const struct argument_action *find_action(struct slice name)
{
	for (size_t i = 0; i < argument_action_count; i++) {
		if (slice_equal(slice_of(argument_actions[i].name), name))
			return &argument_actions[i];
	}
	return NULL;
}

static const struct argument_action *find_brief(const char *text)
{
	for (size_t i = 0; i < argument_action_count; i++) {
		if (argument_actions[i].brief && strcmp(argument_actions[i].brief, text) == 0)
			return &argument_actions[i];
	}
	return NULL;
}

/* An argument as it stands in argv: --name, and behind '=' perhaps a value. */
struct argument {
	struct slice whole; /* with the dashes, without the value */
	struct slice name;
	const char *value;
};

static bool split(const char *text, struct argument *ret_argument)
{
	size_t len = strcspn(text, "=");

	if (strncmp(text, "--", 2) != 0 || len <= 2)
		return false;
	*ret_argument = (struct argument){
		.whole = {text, len},
		.name = {text + 2, len - 2},
		.value = text[len] ? text + len + 1 : NULL,
	};
	return true;
}

/* next is the following one in argv, or NULL. ret_taken: it was the value. */
static int read_one(const char *text, const char *next, struct arguments *arguments,
		    bool *ret_taken, char *ret_reason, size_t reason_size)
{
	const struct argument_action *action = find_brief(text);
	const struct option *option;
	struct argument argument;

	if (action) {
		arguments->action = action->action;
		return 0;
	}
	if (!split(text, &argument))
		return reason_set(ret_reason, reason_size, "%s is not an option; see --help",
				  quote(slice_of(text)).text);
	action = find_action(argument.name);
	if (action && argument.value)
		return reason_set(ret_reason, reason_size, "--%s takes no value", action->name);
	if (action) {
		arguments->action = action->action;
		return 0;
	}
	option = option_find(argument.name);
	if (!option)
		return reason_set(ret_reason, reason_size, "unknown option %s; see --help",
				  quote(argument.whole).text);
	*ret_taken = !argument.value;
	if (!argument.value)
		argument.value = next;
	if (!argument.value)
		return reason_set(ret_reason, reason_size, "%s: needs a value",
				  argument_name(option).text);
	arguments->values[option - options] = argument.value;
	return 0;
}

int arguments_read(int argc, char **argv, struct arguments *ret_arguments, char *ret_reason,
		   size_t reason_size)
{
	struct arguments arguments = {.action = SETTINGS_RUN};

	for (int i = 1; i < argc; i++) {
		const char *next = i + 1 < argc ? argv[i + 1] : NULL;
		bool taken = false;
		int r = read_one(argv[i], next, &arguments, &taken, ret_reason, reason_size);

		if (r < 0)
			return r;
		i += taken;
	}

	*ret_arguments = arguments;
	return 0;
}
