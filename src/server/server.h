/* The composition root: builds every part in order, serves, drains, frees in reverse. */
#pragma once

#include <stddef.h>

#include "base/clock.h"

struct server;
struct settings;

/* How settings are read again. 0, or a negative errno with a sentence in ret_reason. */
struct server_reload {
	void *ctx;
	int (*load)(void *ctx, struct settings *ret_settings, char *ret_reason, size_t reason_size);
};

/* Listens when it returns. 0, or a negative errno with a sentence in ret_reason. settings and clock
 * must outlive it; a reload changes the settings. */
int server_new(struct settings *settings, struct clock *clock, struct server **ret_server,
	       char *ret_reason, size_t reason_size);
/*
 * Serves until SIGTERM or SIGINT, then drains: a second one hurries. SIGHUP opens the log's file
 * anew and takes over what has changed in the settings, as far as that can be done. Main thread
 * only.
 */
void server_run(struct server *server, const struct server_reload *reload);
/* NULL and half-built ones are fine. */
void server_free(struct server *server);
