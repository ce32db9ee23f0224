/*
 * The table of options: all that is known about each setting, in one row. The file, the
 * environment, the arguments, --help, the sample file and the manual page are made from it.
 */
#pragma once

#include "base/slice.h"
#include "config/settings.h"

enum option_type {
	OPTION_PATH, /* its length in bytes is in the range; nothing in it is expanded */
	OPTION_TEXT, /* its length in bytes is in the range */
	OPTION_INTEGER,
	OPTION_SIZE,      /* bytes; the suffixes k, M and G are powers of 1024 */
	OPTION_CHOICE,    /* one of words, in any case */
	OPTION_ADDRESS,   /* an IP address; may be empty */
	OPTION_ADDRESSES, /* IP addresses with commas between them; may be empty */
	OPTION_LISTENER,  /* ADDRESS:PORT or [ADDRESS]:PORT; or none */
};

/* A word that is taken, in any case, and the value it stands for. */
struct option_word {
	const char *written; /* NULL ends the list */
	const char *meaning;
};

/* A name that an option has in the environment, besides REGISTRYD_<NAME>. */
struct option_alias {
	const char *variable;            /* NULL ends the list */
	const struct option_word *words; /* the only values it takes; NULL: those of the option */
};

struct option {
	const char *name; /* as in the file, with underscores */
	enum option_type type;
	size_t offset; /* in struct settings: a char * or an int64_t, as the type says */
	int64_t min;
	int64_t max;
	const struct option_word *words;
	const char *fallback;       /* the default, as it would be written; NULL: found at start */
	const char *fallback_words; /* the default in words, where the text does not say it */
	const char *example;        /* for the sample file, where the default is none */
	bool not_in_file;
	bool reloadable;                    /* by SIGHUP; otherwise it needs a restart */
	const struct option_alias *aliases; /* NULL: none */
	const char *value_name;             /* for --help */
	const char *sentence;
};

#define OPTIONS_MAX 64

extern const struct option options[];
extern const size_t option_count;

/* The row of that name, written with dashes or underscores; NULL if there is none. */
const struct option *option_find(struct slice name);

/* Kept in settings as a number, not as a text. */
bool option_is_number(const struct option *option);
