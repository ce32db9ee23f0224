/* The table of options in words, for people and for the pages that are made from it. */
#pragma once

#include <stdio.h>

#include "config/settings.h"

/* --help */
void describe_help(FILE *out);
/* --check-config: the settings in force, as a configuration file that says the same. */
void describe_settings(const struct settings *settings, FILE *out);
/* --sample-config: every option with its default, all commented out. */
void describe_sample(FILE *out);
/* --man-config: the items of an mdoc list. */
void describe_man(FILE *out);
