/* Entries for people: a table of many, or the members of one. */
#pragma once

#include <stdbool.h>

/* json: an answer of the registry. False if there are no entries in it: then nothing was shown. */
bool entries_table_show(const char *json);
