/* What registryctl can do, and how it ends: a verb a row, in main.c. */
#pragma once

enum exit_code {
	EXIT_ALL = 0,    /* done, and nothing was left out */
	EXIT_FAILED = 1, /* could not be done, or not to its end; the reason is on standard error */
	EXIT_WRONG_USE = 2,   /* arguments or settings are wrong, or the store has no such thing */
	EXIT_SOME_SKIPPED = 3 /* done, but for what standard error names */
};

struct verb {
	const char *name;
	const char *sentence;
	/* argv[0] is the verb. Returns an enum exit_code. */
	int (*run)(int argc, char **argv);
};

int verb_import_original(int argc, char **argv);
int verb_conflicts(int argc, char **argv);
