/* How much memory the control group leaves us. */
#pragma once

#include <stdint.h>

/* membership is /proc/self/cgroup, root is /sys/fs/cgroup. UINT64_MAX if there is no limit, or none
 * that can be read. */
uint64_t memory_limit_bytes(const char *membership, const char *root);
