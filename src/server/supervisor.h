/*
 * What the service manager is told, and what it hands over: sd_notify(3), sd_listen_fds(3). Without
 * one, nothing is done.
 */
#pragma once

#include <stdint.h>

void supervisor_ready(const char *status);
/* supervisor_ready() follows. */
void supervisor_reloading(void);
void supervisor_stopping(void);

/* How often it wants to hear that we are alive, in time for one to be late; -1: never. */
int64_t supervisor_beat_ms(void);
void supervisor_alive(const char *status);

/* A listening socket that it opened under that name ("public", "admin"); the caller owns it. -1 if
 * there is none. */
int supervisor_listener(const char *name);
