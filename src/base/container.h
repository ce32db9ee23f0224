/* From a member to the struct that it is embedded in. */
#pragma once

#include <stddef.h>

/* pointer leads to the member of a type. */
#define container_of(pointer, type, member) ((type *)((char *)(pointer)-offsetof(type, member)))
