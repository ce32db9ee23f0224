/*
 * Looks at an LMDB file before LMDB maps it: a file shorter than it says is a SIGBUS later, and
 * an empty one would silently become a new database. The layout is that of LMDB's data version 1 on
 * 64-bit machines: two header ("meta") pages, each with what it believes to be the last page.
 */
#pragma once

#include <stddef.h>

/* 0, or -EINVAL with what is wrong, or another negative errno from reading; ret_reason names path.
 */
int lmdb_header_check(const char *path, char *ret_reason, size_t reason_size);
