/* Looks into an environment that is handed in, shaped as environ. */
#pragma once

#include <sys/types.h>

/* The value of a variable; NULL if it is unset or empty. */
const char *environment_get(char **environment, const char *name);

/*
 * Where a user's data go if nobody says: $STATE_DIRECTORY (as systemd sets it; the first of
 * several), /var/lib/registryd for root, $XDG_STATE_HOME/registryd, $HOME/.local/state/registryd;
 * "" if none of them is there. 0, with a text that the caller frees, or -ENOMEM.
 */
int environment_data_dir(char **environment, uid_t uid, char **ret_path);
