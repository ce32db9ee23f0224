/*
 * jansson, in an arena.
 *
 * When an allocation fails in the middle of a string, jansson 2.14 goes on without the bytes that
 * it could not keep, reports a syntax error and may write behind its buffer. So it is never told
 * that there is no memory: its parser is left instead, and what it had is the arena's.
 */
#pragma once

#include <jansson.h>

#include "base/arena.h"

/* Most texts are parsed in so much, without a further allocation. */
#define JSON_PARSE_ROOM 4096

/* 0; -EINVAL with *ret_error; -ENOMEM. The value lives as long as the arena: never json_decref()
 * it. flags as json_loadb() takes them. */
int json_parse(struct slice text, size_t flags, struct arena *arena, json_t **ret_value,
	       json_error_t *ret_error);
