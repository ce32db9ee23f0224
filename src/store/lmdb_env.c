/* The LMDB file of a store. */
#include "store/lmdb_env.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/slice.h"
#include "store/lmdb_header.h"

#define FILE_NAME "registry.mdb"
#define FILE_MODE 0640
#define FORMAT "2"
#define TABLES 5
#define HEADER_TRIES 3
#define READERS_MAX 1024
#define LENGTH_SLACK (64u << 20)
/* A row of LMDB's reader table, and its head: what it maps writable. */
#define LOCK_BYTES ((READERS_MAX + 2) * 64)
#define ROOM_BYTES (1u << 20)

int lmdb_errno(int error)
{
	switch (error) {
	case MDB_MAP_FULL:
	case MDB_TXN_FULL:
		return -ENOSPC;
	case MDB_READERS_FULL:
		return -EAGAIN;
	case 0:
		return 0;
	default:
		return error > 0 ? -error : -EIO;
	}
}

static int fail(int error, const char *path, char *ret_reason, size_t reason_size)
{
	snprintf(ret_reason, reason_size, "%s: %s", path, mdb_strerror(error));
	return lmdb_errno(error);
}

static bool is_directory(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

int lmdb_env_make_directory(const char *path, char *ret_reason, size_t reason_size)
{
	char part[PATH_MAX];
	size_t len = strlen(path);

	if (len == 0 || len >= sizeof(part)) {
		snprintf(ret_reason, reason_size, "data directory: the path is empty or too long");
		return -EINVAL;
	}
	for (size_t i = 1; i <= len; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		if (!is_directory(part) && mkdir(part, 0750) < 0)
			return fail(errno == EEXIST ? ENOTDIR : errno, part, ret_reason,
				    reason_size);
	}
	return 0;
}

static int open_tables(struct lmdb_env *env, MDB_txn *txn, unsigned create)
{
	const struct {
		const char *name;
		MDB_dbi *table;
		unsigned flags;
	} rows[TABLES] = {
		{"entries", &env->entries, 0},   {"index", &env->index, MDB_DUPSORT},
		{"due", &env->due, MDB_DUPSORT}, {"pending", &env->pending, 0},
		{"meta", &env->meta, 0},
	};

	for (size_t i = 0; i < TABLES; i++) {
		int r = mdb_dbi_open(txn, rows[i].name, rows[i].flags | create, rows[i].table);

		if (r != 0)
			return r;
	}
	return 0;
}

static MDB_val val_of(struct slice text)
{
	return (MDB_val){text.len, (void *)text.data};
}

static int put_meta(struct lmdb_env *env, MDB_txn *txn, struct slice name, struct slice value)
{
	MDB_val key = val_of(name);
	MDB_val data = val_of(value);

	return mdb_put(txn, env->meta, &key, &data, 0);
}

static int write_first(struct lmdb_env *env)
{
	MDB_txn *txn;
	int r = mdb_txn_begin(env->env, NULL, 0, &txn);

	if (r != 0)
		return r;
	r = open_tables(env, txn, MDB_CREATE);
	if (r == 0)
		r = put_meta(env, txn, SLICE("format"), SLICE(FORMAT));
	randombytes_buf(env->secret, sizeof(env->secret));
	if (r == 0)
		r = put_meta(env, txn, SLICE("secret"),
			     (struct slice){(char *)env->secret, sizeof(env->secret)});
	if (r != 0) {
		mdb_txn_abort(txn);
		return r;
	}
	return mdb_txn_commit(txn);
}

/*
 * LMDB maps its lock file writable: a part of it that is a hole is a SIGBUS on a full disk. So it
 * is filled first.
 */
static int fill_lock_file(const char *path)
{
	char lock_path[PATH_MAX];
	int fd;
	int r;

	if (snprintf(lock_path, sizeof(lock_path), "%s-lock", path) >= PATH_MAX)
		return ENAMETOOLONG;
	fd = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, FILE_MODE);
	if (fd < 0)
		return errno;
	r = posix_fallocate(fd, 0, LOCK_BYTES);
	close(fd);
	return r;
}

static int map_file(const char *path, size_t map_bytes, unsigned flags, struct lmdb_env *env)
{
	int r = flags & MDB_RDONLY ? 0 : fill_lock_file(path);

	if (r == 0)
		r = mdb_env_create(&env->env);
	if (r != 0)
		return r;
	mdb_env_set_maxdbs(env->env, TABLES);
	mdb_env_set_maxreaders(env->env, READERS_MAX);
	mdb_env_set_mapsize(env->env, map_bytes);
	return mdb_env_open(env->env, path, MDB_NOSUBDIR | MDB_NOTLS | MDB_NORDAHEAD | flags,
			    FILE_MODE);
}

static int sync_directory(const char *data_dir)
{
	int fd = open(data_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = fd < 0 || fsync(fd) < 0 ? errno : 0;

	if (fd >= 0)
		close(fd);
	return r;
}

/* A new database gets its name only once it is whole and synced. */
static int make_file(const char *data_dir, const char *path, size_t map_bytes, char *ret_reason,
		     size_t reason_size)
{
	struct lmdb_env env = {0};
	char new_path[PATH_MAX];
	char lock_path[PATH_MAX];
	int r;

	if (snprintf(new_path, sizeof(new_path), "%s.new", path) >= PATH_MAX ||
	    snprintf(lock_path, sizeof(lock_path), "%s.new-lock", path) >= PATH_MAX)
		return fail(ENAMETOOLONG, data_dir, ret_reason, reason_size);
	unlink(new_path);
	r = map_file(new_path, map_bytes, 0, &env);
	if (r == 0)
		r = write_first(&env);
	mdb_env_close(env.env);
	unlink(lock_path);
	if (r == 0 && rename(new_path, path) < 0)
		r = errno;
	if (r == 0)
		r = sync_directory(data_dir);
	if (r != 0)
		return fail(r, path, ret_reason, reason_size);
	return 0;
}

static int check_format(struct lmdb_env *env, MDB_txn *txn, const char *path, char *ret_reason,
			size_t reason_size)
{
	MDB_val key = val_of(SLICE("format"));
	MDB_val format;
	int r = mdb_get(txn, env->meta, &key, &format);

	if (r != 0)
		return fail(r, path, ret_reason, reason_size);
	if (slice_equal((struct slice){format.mv_data, format.mv_size}, SLICE(FORMAT)))
		return 0;
	snprintf(ret_reason, reason_size,
		 "%s: it was written by another release (format %.*s; this one reads format %s)",
		 path, (int)(format.mv_size < 16 ? format.mv_size : 16),
		 (const char *)format.mv_data, FORMAT);
	return -EINVAL;
}

static int read_first(struct lmdb_env *env, MDB_txn *txn, const char *path, char *ret_reason,
		      size_t reason_size)
{
	MDB_val key = val_of(SLICE("secret"));
	MDB_val secret;
	int r = open_tables(env, txn, 0);

	if (r == MDB_NOTFOUND) {
		snprintf(ret_reason, reason_size, "%s: it is not a registry database", path);
		return -EINVAL;
	}
	if (r != 0)
		return fail(r, path, ret_reason, reason_size);
	r = check_format(env, txn, path, ret_reason, reason_size);
	if (r < 0)
		return r;
	r = mdb_get(txn, env->meta, &key, &secret);
	if (r == 0 && secret.mv_size != sizeof(env->secret))
		r = MDB_CORRUPTED;
	if (r != 0)
		return fail(r, path, ret_reason, reason_size);
	memcpy(env->secret, secret.mv_data, sizeof(env->secret));
	return 0;
}

static int open_file(const char *path, size_t map_bytes, unsigned flags, struct lmdb_env *env,
		     char *ret_reason, size_t reason_size)
{
	MDB_txn *txn;
	struct stat status;
	int r = map_file(path, map_bytes, flags, env);

	if (r == 0)
		r = mdb_txn_begin(env->env, NULL, MDB_RDONLY, &txn);
	if (r != 0)
		return fail(r, path, ret_reason, reason_size);
	r = read_first(env, txn, path, ret_reason, reason_size);
	/* Only a commit keeps the table handles. */
	mdb_txn_commit(txn);
	if (r == 0 && stat(path, &status) == 0)
		env->file_bytes = (uint64_t)status.st_size;
	return r;
}

bool lmdb_env_may_write(const char *data_dir)
{
	char path[PATH_MAX];

	return snprintf(path, sizeof(path), "%s/" FILE_NAME, data_dir) < PATH_MAX &&
	       access(data_dir, W_OK) == 0 && access(path, W_OK) == 0;
}

int lmdb_env_open(const char *data_dir, size_t map_bytes, enum lmdb_if_missing if_missing,
		  struct lmdb_env *ret_env, char *ret_reason, size_t reason_size)
{
	struct lmdb_env env = {0};
	char path[PATH_MAX];
	int r = 0;

	if (snprintf(path, sizeof(path), "%s/" FILE_NAME, data_dir) >= PATH_MAX)
		return fail(ENAMETOOLONG, data_dir, ret_reason, reason_size);
	if (if_missing == LMDB_MAKE && access(path, F_OK) < 0 && errno == ENOENT)
		r = make_file(data_dir, path, map_bytes, ret_reason, reason_size);
	if (r == 0)
		r = lmdb_header_check(path, ret_reason, reason_size);
	if (r < 0)
		return r;
	env.read_only = !lmdb_env_may_write(data_dir);
	r = open_file(path, map_bytes, env.read_only ? MDB_RDONLY | MDB_NOLOCK : 0, &env,
		      ret_reason, reason_size);
	if (r < 0) {
		mdb_env_close(env.env);
		return r;
	}
	lmdb_env_keep_length(&env);
	*ret_env = env;
	return 0;
}

/* Where no server has been there is no lock file, and none is made: its owner would be the wrong
 * one. Where no server can write none is needed. One that may not be written leads to an error:
 * without its lock a reader would see pages that are used anew. */
static unsigned lock_flag(const char *path)
{
	char lock_path[PATH_MAX];

	if (snprintf(lock_path, sizeof(lock_path), "%s-lock", path) >= PATH_MAX ||
	    access(lock_path, W_OK) == 0)
		return 0;
	return errno == ENOENT || errno == EROFS ? MDB_NOLOCK : 0;
}

/* A server may be writing the header that is looked at. */
static int check_header(const char *path, char *ret_reason, size_t reason_size)
{
	int r = -EINVAL;

	for (int i = 0; i < HEADER_TRIES && r == -EINVAL; i++)
		r = lmdb_header_check(path, ret_reason, reason_size);
	return r;
}

int lmdb_env_open_beside(const char *data_dir, size_t map_bytes, struct lmdb_env *ret_env,
			 char *ret_reason, size_t reason_size)
{
	struct lmdb_env env = {.read_only = true};
	char path[PATH_MAX];
	int r;

	if (snprintf(path, sizeof(path), "%s/" FILE_NAME, data_dir) >= PATH_MAX)
		return fail(ENAMETOOLONG, data_dir, ret_reason, reason_size);
	r = check_header(path, ret_reason, reason_size);
	if (r < 0)
		return r;
	r = open_file(path, map_bytes, MDB_RDONLY | lock_flag(path), &env, ret_reason, reason_size);
	if (r < 0) {
		mdb_env_close(env.env);
		return r;
	}
	*ret_env = env;
	return 0;
}

int lmdb_env_reopen(const char *data_dir, size_t map_bytes, struct lmdb_env *env, char *ret_reason,
		    size_t reason_size)
{
	struct lmdb_env again;
	int r;

	lmdb_env_close(env);
	r = lmdb_env_open(data_dir, map_bytes, LMDB_FAIL, &again, ret_reason, reason_size);
	if (r < 0)
		return r;
	if (memcmp(again.secret, env->secret, sizeof(env->secret)) != 0) {
		snprintf(ret_reason, reason_size, "%s: there is another database in its place",
			 data_dir);
		mdb_env_close(again.env);
		return -EIO;
	}
	*env = again;
	return 0;
}

static uint64_t needed_bytes(const struct lmdb_env *env)
{
	MDB_envinfo info;
	MDB_stat stat;

	mdb_env_info(env->env, &info);
	mdb_env_stat(env->env, &stat);
	return ((uint64_t)info.me_last_pgno + 1) * stat.ms_psize;
}

static void set_length(struct lmdb_env *env, uint64_t bytes)
{
	int fd;

	if (mdb_env_get_fd(env->env, &fd) == 0 && ftruncate(fd, (off_t)bytes) == 0)
		env->file_bytes = bytes;
}

void lmdb_env_keep_length(struct lmdb_env *env)
{
	uint64_t needed = needed_bytes(env);

	if (!env->read_only && env->file_bytes < needed + LENGTH_SLACK / 2)
		set_length(env, needed + LENGTH_SLACK);
}

bool lmdb_env_has_room(const struct lmdb_env *env, const char *data_dir)
{
	struct statvfs disk;
	MDB_envinfo info;

	mdb_env_info(env->env, &info);
	return statvfs(data_dir, &disk) == 0 &&
	       (uint64_t)disk.f_bavail * disk.f_frsize >= ROOM_BYTES &&
	       needed_bytes(env) + ROOM_BYTES <= info.me_mapsize;
}

void lmdb_env_close(struct lmdb_env *env)
{
	if (!env->env)
		return;
	if (!env->read_only && env->file_bytes > needed_bytes(env))
		set_length(env, needed_bytes(env));
	mdb_env_close(env->env);
	env->env = NULL;
}
