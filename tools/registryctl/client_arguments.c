/* The arguments of verbs that ask a running server. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/reason.h"
#include "registryctl/client.h"
#include "registryctl/verb.h"

static const struct argument {
	const char *name;
	const char *value_name; /* NULL: it is a flag */
	const char *sentence;
} arguments[CLIENT_ARGUMENT_COUNT] = {
	[CLIENT_ID] = {"ID", NULL, "Id of a hyperty, or url of a data object."},
	[CLIENT_USER] = {"user", "USER", "Id of the user."},
	[CLIENT_GUID] = {"guid", "GUID", "Global user id."},
	[CLIENT_EMAIL] = {"email", "EMAIL", "E-mail: the last part of a user id."},
	[CLIENT_NAME] = {"name", "NAME", "Name of data objects."},
	[CLIENT_REPORTER] = {"reporter", "ID", "Hyperty that reports data objects."},
	[CLIENT_RESOURCES] = {"resources", "A,B", "Resources that must all be there."},
	[CLIENT_DATA_SCHEMES] = {"data-schemes", "A,B", "Data schemes that must all be there."},
	[CLIENT_FILE] = {"file", "FILE", "JSON of what is registered; -: standard input."},
	[CLIENT_DATA_OBJECT] = {"data-object", NULL, "ID is the url of a data object."},
	[CLIENT_TAKE] = {"take", NULL, "The news is taken away: nobody else is told."},
	[CLIENT_INTERVAL] = {"interval", "SECONDS", "Between two looks. Default: 2."},
	[CLIENT_COUNT] = {"count", "NUMBER", "End after so many of them."},
	[CLIENT_PID] = {"pid", "PID", "Process of the server."},
	[CLIENT_PID_FILE] = {"pid-file", "FILE", "File with its number."},
	[CLIENT_URL] = {"url", "URL",
			"The registry. Default: $REGISTRYD_URL, or http://127.0.0.1:4567."},
	[CLIENT_ADMIN_URL] = {"admin-url", "URL",
			      "Its admin listener. Default: $REGISTRYD_ADMIN_URL, or "
			      "http://127.0.0.1:4568."},
	[CLIENT_CA] = {"ca", "FILE", "Certificates that vouch for the server, PEM."},
	[CLIENT_CERT] = {"cert", "FILE", "Our certificate, PEM."},
	[CLIENT_KEY] = {"key", "FILE", "Its private key, PEM."},
	[CLIENT_TIMEOUT] = {"timeout", "SECONDS", "How long an answer may take. Default: 10."},
	[CLIENT_JSON] = {"json", NULL, "JSON on a terminal, too."},
};

static bool takes(const struct client_usage *usage, unsigned argument)
{
	return usage->takes & CLIENT_BIT(argument);
}

static void help(const struct client_usage *usage)
{
	printf("Usage: registryctl %s [--OPTION VALUE]...%s\n%s\n\n", usage->verb,
	       takes(usage, CLIENT_ID) ? " ID" : "", usage->sentence);
	for (unsigned i = 0; i < CLIENT_ARGUMENT_COUNT; i++) {
		char left[40];

		if (!takes(usage, i))
			continue;
		snprintf(left, sizeof(left), "%s%s %s", i == CLIENT_ID ? "" : "--",
			 arguments[i].name, arguments[i].value_name ? arguments[i].value_name : "");
		printf("  %-24s%s\n", left, arguments[i].sentence);
	}
	puts("  --help                  Show this text.\n\n"
	     "Exit status: 0 done, 1 it could not be done, 2 wrong arguments, 4 there is no such\n"
	     "thing, 5 all of it is disconnected. See registryctl(1).");
}

static bool refuse(const struct client_usage *usage, const char *what, const char *which)
{
	fprintf(stderr, "registryctl %s: %s%s; see --help\n", usage->verb, what, which);
	return false;
}

/* getopt_long's table: those that the verb takes. val is the number behind 256. */
static void fill_options(const struct client_usage *usage, struct option *options)
{
	size_t count = 0;

	for (unsigned i = CLIENT_ID + 1; i < CLIENT_ARGUMENT_COUNT; i++) {
		if (takes(usage, i))
			options[count++] = (struct option){
				arguments[i].name,
				arguments[i].value_name ? required_argument : no_argument, NULL,
				256 + (int)i};
	}
	options[count++] = (struct option){"help", no_argument, NULL, 'h'};
	options[count] = (struct option){0};
}

/* At least one, and not more than seconds of a day. */
static bool is_number(const char *text)
{
	char *end;
	long number = strtol(text, &end, 10);

	return end != text && *end == '\0' && number > 0 && number <= 86400;
}

static bool check(const struct client_usage *usage, const struct client *client)
{
	static const enum client_argument numbers[] = {CLIENT_TIMEOUT, CLIENT_INTERVAL,
						       CLIENT_COUNT};
	unsigned said = 0;
	unsigned count = 0;

	for (unsigned i = 0; i < CLIENT_ARGUMENT_COUNT; i++) {
		said |= client->values[i] ? CLIENT_BIT(i) : 0;
		count += client->values[i] && usage->one_of & CLIENT_BIT(i);
	}
	for (unsigned i = 0; i < CLIENT_ARGUMENT_COUNT; i++) {
		if (usage->needs & ~said & CLIENT_BIT(i))
			return refuse(usage, i == CLIENT_ID ? "needs an " : "needs --",
				      arguments[i].name);
	}
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		const char *value = client->values[numbers[i]];

		if (value && !is_number(value))
			return refuse(usage, "is not a number from 1 to 86400: --",
				      arguments[numbers[i]].name);
	}
	if (usage->one_of && count != 1)
		return refuse(usage, "needs one, and only one, way to say what is meant", "");
	return true;
}

bool client_read(const struct client_usage *usage, int argc, char **argv, struct client *ret_client,
		 int *ret_exit)
{
	struct option options[CLIENT_ARGUMENT_COUNT + 2];
	struct client client = {0};
	int which;

	*ret_exit = EXIT_WRONG_USE;
	fill_options(usage, options);
	opterr = 0;
	while ((which = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		if (which == 'h') {
			help(usage);
			*ret_exit = EXIT_ALL;
			return false;
		}
		if (which == ':')
			return refuse(usage, "there is no value behind ", argv[optind - 1]);
		if (which < 256)
			return refuse(usage, "does not take ",
				      quote(slice_of(argv[optind - 1])).text);
		client.values[which - 256] = optarg ? optarg : "";
	}
	if (takes(usage, CLIENT_ID) && optind < argc)
		client.values[CLIENT_ID] = argv[optind++];
	if (optind < argc)
		return refuse(usage, "does not take ", quote(slice_of(argv[optind])).text);
	*ret_client = client;
	return check(usage, &client);
}
