/* Writes the file of an export, so that it can go on after any end. */
#include "registryctl/export_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "registryctl/hex.h"

#define HEAD "registryctl export 1\n"
/* Entries are their users' own business. */
#define FILE_MODE 0600

struct paths {
	char part[PATH_MAX];
	char state[PATH_MAX];
	char new_state[PATH_MAX];
};

static int fail(const char *path, char *ret_reason, size_t reason_size)
{
	int error = errno;

	snprintf(ret_reason, reason_size, "%s: %s", path, strerror(error));
	return -error;
}

static int name(const char *path, struct paths *ret_paths, char *ret_reason, size_t reason_size)
{
	if (snprintf(ret_paths->part, PATH_MAX, "%s.part", path) < PATH_MAX &&
	    snprintf(ret_paths->state, PATH_MAX, "%s.part.state", path) < PATH_MAX &&
	    snprintf(ret_paths->new_state, PATH_MAX, "%s.part.state.new", path) < PATH_MAX)
		return 0;
	errno = ENAMETOOLONG;
	return fail(path, ret_reason, reason_size);
}

/* ---- The state ---- */

static bool take_number(const char *line, const char *name, uint64_t *ret_number)
{
	size_t len = strlen(name);
	char *end;

	if (strncmp(line, name, len) != 0 || line[len] < '0' || line[len] > '9')
		return false;
	errno = 0;
	*ret_number = strtoull(line + len, &end, 10);
	return errno == 0 && strcmp(end, "\n") == 0;
}

/* "from SOURCE", "bytes NUMBER", "lines NUMBER", "cursor HEX", in this order. */
static bool take_state(FILE *state, struct export_file *file, uint64_t *ret_bytes)
{
	char *line = NULL;
	size_t size = 0;
	size_t len = strlen(file->source);
	bool good = getline(&line, &size, state) > 0 && strcmp(line, HEAD) == 0 &&
		    getline(&line, &size, state) > 0 && strncmp(line, "from ", 5) == 0 &&
		    strncmp(line + 5, file->source, len) == 0 && strcmp(line + 5 + len, "\n") == 0;

	good = good && getline(&line, &size, state) > 0 && take_number(line, "bytes ", ret_bytes) &&
	       getline(&line, &size, state) > 0 && take_number(line, "lines ", &file->lines) &&
	       getline(&line, &size, state) > 0 && strncmp(line, "cursor ", 7) == 0 &&
	       hex_read(line + 7, &file->cursor);
	free(line);
	return good;
}

static int load_state(const char *path, struct export_file *file, uint64_t *ret_bytes,
		      char *ret_reason, size_t reason_size)
{
	FILE *state = fopen(path, "re");
	bool good;

	*ret_bytes = 0;
	if (!state)
		return errno == ENOENT ? 0 : fail(path, ret_reason, reason_size);
	good = take_state(state, file, ret_bytes);
	fclose(state);
	if (good)
		return 0;
	snprintf(ret_reason, reason_size,
		 "%s: is not the state of an export from %s; remove it to begin anew", path,
		 file->source);
	return -EINVAL;
}

static int write_state(const struct paths *paths, const struct export_file *file, uint64_t bytes,
		       struct slice cursor)
{
	FILE *state = fopen(paths->new_state, "we");
	bool good;

	if (!state)
		return -1;
	fprintf(state, HEAD "from %s\nbytes %" PRIu64 "\nlines %" PRIu64 "\ncursor ", file->source,
		bytes, file->lines);
	hex_write(state, cursor);
	fputc('\n', state);
	good = fflush(state) == 0 && !ferror(state) && fsync(fileno(state)) == 0;
	good = fclose(state) == 0 && good;
	return good && rename(paths->new_state, paths->state) == 0 ? 0 : -1;
}

/* ---- The file ---- */

static int open_part(const char *path, uint64_t bytes, struct export_file *file, char *ret_reason,
		     size_t reason_size)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, FILE_MODE);
	struct stat status;

	if (fd < 0)
		return fail(path, ret_reason, reason_size);
	if (fstat(fd, &status) == 0 && (uint64_t)status.st_size < bytes) {
		close(fd);
		snprintf(ret_reason, reason_size,
			 "%s: is shorter than its state says; remove both to begin anew", path);
		return -EINVAL;
	}
	if (ftruncate(fd, (off_t)bytes) == 0 && lseek(fd, 0, SEEK_END) >= 0)
		file->out = fdopen(fd, "w");
	if (file->out)
		return 0;
	fail(path, ret_reason, reason_size);
	close(fd);
	return -EIO;
}

/* What is there gives way to the export once that is whole: it must be a file of the same kind. */
static int check_target(const char *path, char *ret_reason, size_t reason_size)
{
	struct stat status;

	if (lstat(path, &status) < 0)
		return errno == ENOENT ? 0 : fail(path, ret_reason, reason_size);
	if (S_ISREG(status.st_mode))
		return 0;
	snprintf(ret_reason, reason_size, "%s: is there, and is not a regular file", path);
	return -EEXIST;
}

int export_file_open(const char *path, const char *source, struct export_file *ret_file,
		     char *ret_reason, size_t reason_size)
{
	struct export_file file = {.path = path, .source = source};
	struct paths paths;
	uint64_t bytes;
	int r;

	if (!path) {
		file.out = stdout;
		*ret_file = file;
		return 0;
	}
	r = check_target(path, ret_reason, reason_size);
	if (r == 0)
		r = name(path, &paths, ret_reason, reason_size);
	if (r == 0)
		r = load_state(paths.state, &file, &bytes, ret_reason, reason_size);
	if (r == 0)
		r = open_part(paths.part, bytes, &file, ret_reason, reason_size);
	if (r < 0)
		buffer_deinit(&file.cursor);
	else
		*ret_file = file;
	return r;
}

int export_file_write(struct export_file *file, struct slice line, char *ret_reason,
		      size_t reason_size)
{
	if (fwrite(line.data, 1, line.len, file->out) != line.len)
		return fail(file->path ? file->path : "standard output", ret_reason, reason_size);
	file->lines++;
	return 0;
}

int export_file_save(struct export_file *file, struct slice cursor, char *ret_reason,
		     size_t reason_size)
{
	struct paths paths;
	off_t bytes;
	int r;

	if (!file->path)
		return 0;
	r = name(file->path, &paths, ret_reason, reason_size);
	if (r < 0)
		return r;
	if (fflush(file->out) != 0 || fsync(fileno(file->out)) < 0 ||
	    (bytes = ftello(file->out)) < 0)
		return fail(paths.part, ret_reason, reason_size);
	if (write_state(&paths, file, (uint64_t)bytes, cursor) < 0)
		return fail(paths.state, ret_reason, reason_size);
	return 0;
}

int export_file_finish(struct export_file *file, char *ret_reason, size_t reason_size)
{
	struct paths paths;
	int r;

	if (!file->path) {
		if (fflush(stdout) != 0)
			return fail("standard output", ret_reason, reason_size);
		return 0;
	}
	r = name(file->path, &paths, ret_reason, reason_size);
	if (r < 0)
		return r;
	if (fflush(file->out) != 0 || fsync(fileno(file->out)) < 0 ||
	    rename(paths.part, file->path) < 0)
		return fail(file->path, ret_reason, reason_size);
	unlink(paths.state);
	return 0;
}

void export_file_close(struct export_file *file)
{
	if (file->path && file->out)
		fclose(file->out);
	buffer_deinit(&file->cursor);
	*file = (struct export_file){0};
}
