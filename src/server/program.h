/* The program: arguments → settings → server → exit code. Which clock it lives by is its caller's.
 */
#pragma once

#include "base/clock.h"

/* Exit status: 0 after a drain, 1 if it could not serve, or not write what was asked for, 2 if the
 * settings are wrong. */
int program_main(int argc, char **argv, struct clock *clock);
