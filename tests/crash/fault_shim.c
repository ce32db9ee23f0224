/*
 * Makes the disk fail under a registryd that was started with this library preloaded.
 *
 * Only calls on descriptors of a file named registry.mdb are touched. What shall fail, and what
 * happened, stands in a file that the test maps as well (FAULT_CONTROL); its layout is struct
 * control below, restated in harm/faults.py.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define DATA_FILE "/registry.mdb"

/* Calls by what they mean to LMDB. */
enum place {
	PLACE_SYNC,  /* fdatasync, fsync */
	PLACE_WRITE, /* data pages */
	PLACE_META,  /* the meta page: a write through the O_DSYNC descriptor */
	PLACE_COUNT,
};

enum how {
	HOW_INSTEAD, /* fails, nothing is done */
	HOW_AFTER,   /* is done, and fails nevertheless */
	HOW_SHORT,   /* half of a write is done, and no error is reported */
};

struct fault {
	_Atomic uint32_t error; /* errno to fail with; 0: does not fail */
	_Atomic uint32_t how;
	_Atomic uint32_t delay_ms; /* before the call, whether or not it fails */
	_Atomic uint32_t calls;
	_Atomic uint32_t failed;
	_Atomic uint32_t waiting; /* calls that are in their delay now */
};

struct control {
	struct fault faults[PLACE_COUNT];
};

static struct control *control;

__attribute__((constructor)) static void map_control(void)
{
	const char *path = getenv("FAULT_CONTROL");
	int fd;

	if (!path)
		return;
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd >= 0)
		control = mmap(NULL, sizeof(*control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (fd < 0 || control == MAP_FAILED) {
		fprintf(stderr, "fault_shim: cannot map %s\n", path);
		abort();
	}
	close(fd);
}

static bool is_data_file(int fd)
{
	char link[64], target[4096];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, target, sizeof(target) - 1);
	if (n < (ssize_t)strlen(DATA_FILE))
		return false;
	target[n] = '\0';
	return strcmp(target + n - strlen(DATA_FILE), DATA_FILE) == 0;
}

/* The fault that a call on fd may meet, or NULL if the call is none of ours. */
static struct fault *fault_of(int fd, bool is_write)
{
	int saved = errno;
	enum place place = PLACE_SYNC;
	bool ours = control && is_data_file(fd);

	if (ours && is_write)
		place = fcntl(fd, F_GETFL) & O_DSYNC ? PLACE_META : PLACE_WRITE;
	errno = saved;
	return ours ? &control->faults[place] : NULL;
}

static void delay(struct fault *fault)
{
	uint32_t ms = fault->delay_ms;
	struct timespec left = {ms / 1000, (long)(ms % 1000) * 1000000};

	if (ms == 0)
		return;
	atomic_fetch_add(&fault->waiting, 1);
	while (nanosleep(&left, &left) != 0 && errno == EINTR)
		;
	atomic_fetch_sub(&fault->waiting, 1);
}

/* Counts the call, waits, and tells whether it shall fail. */
static bool strikes(struct fault *fault, uint32_t *ret_error)
{
	if (!fault)
		return false;
	atomic_fetch_add(&fault->calls, 1);
	delay(fault);
	*ret_error = fault->error;
	if (*ret_error == 0)
		return false;
	atomic_fetch_add(&fault->failed, 1);
	return true;
}

static ssize_t failed_with(uint32_t error)
{
	errno = (int)error;
	return -1;
}

static int sync_or_fail(int fd, const char *name)
{
	int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
	struct fault *fault = fault_of(fd, false);
	uint32_t error;

	if (!strikes(fault, &error))
		return real(fd);
	if (fault->how == HOW_AFTER)
		real(fd);
	return (int)failed_with(error);
}

int fdatasync(int fd)
{
	return sync_or_fail(fd, "fdatasync");
}

int fsync(int fd)
{
	return sync_or_fail(fd, "fsync");
}

typedef ssize_t pwrite_call(int fd, const void *data, size_t size, off_t at);
typedef ssize_t writev_call(int fd, const struct iovec *parts, int count);
typedef ssize_t pwritev_call(int fd, const struct iovec *parts, int count, off_t at);

static ssize_t pwrite_or_fail(int fd, const void *data, size_t size, off_t at)
{
	pwrite_call *real = (pwrite_call *)dlsym(RTLD_NEXT, "pwrite");
	struct fault *fault = fault_of(fd, true);
	uint32_t error;

	if (!strikes(fault, &error))
		return real(fd, data, size, at);
	if (fault->how == HOW_SHORT)
		return real(fd, data, size / 2, at);
	if (fault->how == HOW_AFTER)
		real(fd, data, size, at);
	return failed_with(error);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at)
{
	return pwrite_or_fail(fd, data, size, at);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at)
{
	return pwrite_or_fail(fd, data, size, at);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
	writev_call *real = (writev_call *)dlsym(RTLD_NEXT, "writev");
	struct fault *fault = fault_of(fd, true);
	uint32_t error;

	if (!strikes(fault, &error))
		return real(fd, parts, count);
	if (fault->how == HOW_SHORT)
		return real(fd, parts, (count + 1) / 2);
	if (fault->how == HOW_AFTER)
		real(fd, parts, count);
	return failed_with(error);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at)
{
	pwritev_call *real = (pwritev_call *)dlsym(RTLD_NEXT, "pwritev");
	struct fault *fault = fault_of(fd, true);
	uint32_t error;

	if (!strikes(fault, &error))
		return real(fd, parts, count, at);
	if (fault->how == HOW_SHORT)
		return real(fd, parts, (count + 1) / 2, at);
	if (fault->how == HOW_AFTER)
		real(fd, parts, count, at);
	return failed_with(error);
}

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t at)
{
	return pwritev(fd, parts, count, at);
}
