/* SIGINT, SIGTERM and SIGHUP ask for an end in order. Process-wide, as signals are. */
#pragma once

#include <stdbool.h>

void stop_on_signals(void);
bool stop_is_asked(void);
