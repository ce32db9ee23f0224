/*
 * The arguments of a verb: its own options, and those of registryd(8), which say where the store
 * is.
 *
 * What begins with --from- is one of registryd's Cassandra options, said of the original's cluster
 * alone: --from-port is its --cassandra-port. What it does not say is as the store's.
 */
#pragma once

#include <stddef.h>

#include "config/settings.h"

struct verb_option {
	const char *name; /* without dashes */
	const char *value_name;
	const char *sentence;
	const char *
		*value; /* where the value goes; NULL: of --from-, which are not looked up here */
};

struct verb_settings {
	struct settings store;
	struct settings original; /* only its Cassandra options mean anything */
};

struct verb_usage {
	const char *verb;
	const char *sentence; /* what it does, and with what */
	const struct verb_option *options;
	size_t option_count;
	/* Settings of the original are read, too, with the keyspace that is its default. */
	const char *from_keyspace; /* NULL: there is no original */
	/* Why the verb cannot do anything with these settings; NULL if it can. NULL: it always can.
	 */
	const char *(*objection)(const struct verb_settings *settings);
};

/* What is to be done with the arguments. */
enum verb_action {
	VERB_RUN,
	VERB_SHOWN, /* what was asked for instead was shown */
	VERB_WRONG, /* the reason was said */
};

/* Values go where the options say, and point into argv. */
enum verb_action verb_settings_load(const struct verb_usage *usage, int argc, char **argv,
				    struct verb_settings *ret_settings);
void verb_settings_deinit(struct verb_settings *settings);
