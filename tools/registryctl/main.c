/* registryctl: what operators do with a registry, beside serving it. */
#include <stdio.h>
#include <string.h>

#include "config/reason.h"
#include "registryctl/verb.h"

static const struct verb verbs[] = {
	{"get", "Show one hyperty or data object.", verb_get},
	{"list", "Show all of a user, GUID, e-mail, name or reporter.", verb_list},
	{"search", "Show those of them that have certain resources.", verb_search},
	{"put", "Register a hyperty or data object.", verb_put},
	{"renew", "Give a sign of life.", verb_renew},
	{"delete", "Disconnect a hyperty or data object.", verb_delete},
	{"updated", "Show who went away, and take the news away.", verb_updated},
	{"status", "Show how a server is.", verb_status},
	{"top", "Show what a server does now, again and again.", verb_top},
	{"watch", "Show what changes among the entries of a user, GUID, e-mail, name or reporter.",
	 verb_watch},
	{"reload", "Have a server read its settings again.", verb_reload},
	{"export", "Write down everything in a store.", verb_export},
	{"import", "Take what export wrote into a store.", verb_import},
	{"check", "See whether everything in a store agrees.", verb_check},
	{"import-original", "Take over everything from the keyspace of the original registry.",
	 verb_import_original},
	{"conflicts", "List claims that were set aside after nodes had been cut off.",
	 verb_conflicts},
};
#define VERBS (sizeof(verbs) / sizeof(verbs[0]))

static void help(FILE *out)
{
	fputs("Usage: registryctl VERB [--OPTION VALUE]...\n"
	      "Does what a registry needs beside being served.\n\n",
	      out);
	for (size_t i = 0; i < VERBS; i++)
		fprintf(out, "  %-18s%s\n", verbs[i].name, verbs[i].sentence);
	fputs("\n  -h, --help        Show this text; behind a verb, its options.\n"
	      "  --version         Show the version.\n\n"
	      "Exit status: 0 all is done, 1 it could not be done, 2 wrong arguments or settings,\n"
	      "3 done but for what standard error names, 4 there is no such thing, 5 all of it is\n"
	      "disconnected. See registryctl(1).\n",
	      out);
}

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < VERBS; i++) {
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	}
	return NULL;
}

/* Half an answer must not pass for a whole one. */
static int end(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	fputs("registryctl: what was to be shown could not be written\n", stderr);
	return EXIT_FAILED;
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";
	const struct verb *verb = find_verb(name);

	if (verb)
		return end(verb->run(argc - 1, argv + 1));
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
		help(stdout);
		return end(EXIT_ALL);
	}
	if (strcmp(name, "--version") == 0) {
		puts("registryctl " REGISTRYD_VERSION);
		return end(EXIT_ALL);
	}
	if (argc > 1)
		fprintf(stderr, "registryctl: there is no verb %s; see --help\n",
			quote(slice_of(name)).text);
	else
		help(stderr);
	return EXIT_WRONG_USE;
}
