/* Takes over settings that have changed, while the server runs. */
#pragma once

#include "config/settings.h"

struct http_server;
struct registry;
struct registry_options;
struct server_reload;

/* What it changes. Not owned. */
struct reloading {
	struct settings *settings;
	struct registry *registry;
	struct http_server *public;
	struct http_server *admin; /* NULL: none */
};

/* At the start, too. */
void reloading_registry_options(const struct settings *settings,
				struct registry_options *ret_options);

/* Opens the log's file anew, too. Says in the log what was changed, and what needs a restart. */
void reloading_run(const struct reloading *reloading, const struct server_reload *how);
