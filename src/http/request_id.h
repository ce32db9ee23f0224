/*
 * The name by which one request can be followed from the load balancer through our log to the
 * database's: taken from X-Request-ID, or made.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

#define REQUEST_ID_HEADER "X-Request-ID"

/* Embedded. Ids need to be different, not secret: what was random at the start, and a number. */
struct request_ids {
	uint64_t server;
	_Atomic uint64_t next;
};

void request_ids_init(struct request_ids *ids);

/* Whether an id from outside may be used: 1 to 128 letters, digits and -._~:/+=@. Pure. */
bool request_id_is_sound(struct slice id);
/* A copy with a NUL behind it, of what came or, if that is not sound, of a new one. Absent when out
 * of memory. */
struct slice request_id_choose(struct request_ids *ids, struct slice given, struct arena *arena);
