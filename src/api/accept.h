/* Reads an Accept header (RFC 9110 §12.5.1). */
#pragma once

#include "base/slice.h"

/* text/html is named in it, and not refused by q=0. Ranges with * do not count: nobody who sends
 * only those is after HTML. accept may be absent. */
bool accept_names_html(struct slice accept);
