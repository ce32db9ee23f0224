/* The arguments of the program: --name value, --name=value, and the few that ask for something. */
#pragma once

#include "config/options.h"

struct arguments {
	enum settings_action action;     /* the last one asked for */
	const char *values[OPTIONS_MAX]; /* for each row of the table; NULL if it is not there */
};

/* Values are not checked yet, and point into argv; the last of several wins.
 * 0, or -EINVAL with ret_reason. */
int arguments_read(int argc, char **argv, struct arguments *ret_arguments, char *ret_reason,
		   size_t reason_size);

/* What can be asked for, for --help. */
struct argument_action {
	const char *name;
	const char *brief; /* another way to write it, with its dash; NULL: none */
	enum settings_action action;
	const char *sentence;
};
extern const struct argument_action argument_actions[];
extern const size_t argument_action_count;

/* "--data-dir" for the option data_dir. */
struct argument_name {
	char text[40];
};
struct argument_name argument_name(const struct option *option);
