/* The composition root: builds every part in order, serves, drains, frees in reverse. */
#pragma once

#include <stddef.h>

#include "base/clock.h"

struct server;
struct settings;

/* Listens when it returns. 0, or a negative errno with a sentence in ret_reason. settings and clock
 * must outlive it. */
int server_new(const struct settings *settings, struct clock *clock, struct server **ret_server,
	       char *ret_reason, size_t reason_size);
/* Serves until SIGTERM, SIGINT or SIGHUP, then drains: a second signal hurries. Main thread only.
 */
void server_run(struct server *server);
/* NULL and half-built ones are fine. */
void server_free(struct server *server);
