/* What the system says about our process, under the names that Prometheus' own clients use. */
#pragma once

#include "base/buffer.h"

/* What cannot be learned is left out. */
void process_write(struct buffer *out);
