/* Who may talk to the server: settings that have to fit together. */
#pragma once

#include "config/settings.h"

/* Whether the environment has a name of the original registry: then it is to be served as that one
 * was, to everybody. */
bool access_is_as_of_old(char **environment);

/* Replaces "auto", and allows what that one did. 0 or -ENOMEM. */
int access_settle(struct settings *settings, bool as_of_old);
/* What is wrong, and with which option in ret_option; NULL if nothing is. Settled. */
const char *access_fault(const struct settings *settings, const char **ret_option);
