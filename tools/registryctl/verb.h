/* What registryctl can do, and how it ends: a verb a row, in main.c. */
#pragma once

enum exit_code {
	EXIT_ALL = 0,    /* done, and nothing was left out */
	EXIT_FAILED = 1, /* could not be done, or not to its end; the reason is on standard error */
	EXIT_WRONG_USE = 2,    /* arguments or settings are wrong, or the store has no such thing */
	EXIT_SOME_SKIPPED = 3, /* done, but for what standard error names */
	EXIT_NOT_FOUND = 4,    /* there is no such thing */
	EXIT_DISCONNECTED = 5  /* shown, and all of it is disconnected */
};

struct verb {
	const char *name;
	const char *sentence;
	/* argv[0] is the verb. Returns an enum exit_code. */
	int (*run)(int argc, char **argv);
};

int verb_import_original(int argc, char **argv);
int verb_conflicts(int argc, char **argv);
int verb_export(int argc, char **argv);
int verb_import(int argc, char **argv);
int verb_check(int argc, char **argv);
int verb_get(int argc, char **argv);
int verb_list(int argc, char **argv);
int verb_search(int argc, char **argv);
int verb_put(int argc, char **argv);
int verb_renew(int argc, char **argv);
int verb_delete(int argc, char **argv);
int verb_updated(int argc, char **argv);
int verb_status(int argc, char **argv);
int verb_reload(int argc, char **argv);
int verb_top(int argc, char **argv);
int verb_watch(int argc, char **argv);
