/* The LMDB file of a store: made, checked, opened, mapped; its tables; and how large it is. */
#pragma once

#include <lmdb.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LMDB_SECRET_BYTES 32

struct lmdb_env {
	MDB_env *env;    /* NULL: closed */
	MDB_dbi entries; /* entry key → number of its pending update (or 0), record */
	MDB_dbi index;   /* index and hash of a key → entry keys, or users (duplicates) */
	MDB_dbi due;     /* second → entry keys (duplicates) */
	MDB_dbi pending; /* number of a pending update → entry key */
	MDB_dbi meta;    /* "format", "secret", "state" */
	bool read_only;  /* the directory does not let us write */
	uint64_t file_bytes;
	unsigned char
		secret[LMDB_SECRET_BYTES]; /* keys the hashes, so that nobody can choose them */
};

/* Makes the directory, and those above it, if they are missing. */
int lmdb_env_make_directory(const char *path, char *ret_reason, size_t reason_size);

/* What to do about a file that is missing. */
enum lmdb_if_missing {
	LMDB_MAKE, /* make it: whole or not at all */
	LMDB_FAIL, /* -ENOENT */
};
/* Errors as in store_lmdb_new(). */
int lmdb_env_open(const char *data_dir, size_t map_bytes, enum lmdb_if_missing if_missing,
		  struct lmdb_env *ret_env, char *ret_reason, size_t reason_size);
/* To read only, beside a server that may be at work; nothing is made or changed. */
int lmdb_env_open_beside(const char *data_dir, size_t map_bytes, struct lmdb_env *ret_env,
			 char *ret_reason, size_t reason_size);
/* The same database is opened anew: -EIO if there is another one in its place. */
int lmdb_env_reopen(const char *data_dir, size_t map_bytes, struct lmdb_env *env, char *ret_reason,
		    size_t reason_size);
/* Whether the directory would let us write now. */
bool lmdb_env_may_write(const char *data_dir);
/* All transactions must be over. Fine on a closed one. */
void lmdb_env_close(struct lmdb_env *env);

/*
 * LMDB may count pages at the end of the file that it never wrote. The file is kept longer than
 * that, as a hole, so that one that is shorter than its header says was truncated for certain.
 * After each commit.
 */
void lmdb_env_keep_length(struct lmdb_env *env);

/* Whether the file can still grow by a megabyte: a small write may fit where the next does not. */
bool lmdb_env_has_room(const struct lmdb_env *env, const char *data_dir);

/* What an LMDB error code is in terms of errno: those of LMDB become -EIO, -ENOSPC or -ENOMEM. */
int lmdb_errno(int error);
