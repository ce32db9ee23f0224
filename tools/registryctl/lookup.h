/* What leads to entries, as arguments. */
#pragma once

#include "registryctl/client.h"

#define LOOKUPS                                                                                    \
	(CLIENT_BIT(CLIENT_USER) | CLIENT_BIT(CLIENT_GUID) | CLIENT_BIT(CLIENT_EMAIL) |            \
	 CLIENT_BIT(CLIENT_NAME) | CLIENT_BIT(CLIENT_REPORTER))

/* Appends the path of the first that is said. */
void lookup_add(struct buffer *path, const struct client *client);
