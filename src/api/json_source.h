/* Finds the spelling of a value in a JSON text: a parser that reads 1.50 keeps only the number. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

/*
 * All texts given here must have been accepted by a strict parser before, of the right type.
 * What is returned points into them.
 */

/* The value of the last member of that name, or absent. */
struct slice json_source_member(struct slice object, struct slice name);

/* Walks the elements of an array: start with *cursor = json_source_elements(). False at the end. */
struct slice json_source_elements(struct slice array);
bool json_source_next(struct slice *cursor, struct slice *ret_element);

/* Whether a text, valid or not, opens more brackets inside each other than that. */
bool json_source_is_deeper(struct slice text, size_t depth);
