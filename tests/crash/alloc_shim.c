/*
 * Makes one allocation fail under a registryd that was started with this library preloaded: the
 * fail_at'th of all threads since it was armed. What shall fail, and what happened, stands in a
 * file that the test maps as well (ALLOC_CONTROL); its layout is struct control below, restated in
 * harm/allocations.py.
 */
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct control {
	_Atomic uint64_t fail_at; /* 0: none fails */
	_Atomic uint64_t calls;   /* since the test set it to 0 */
	_Atomic uint64_t failed;
};

#define FRAMES 24

static struct control *control;
static bool shows_where; /* ALLOC_TRACE is set: for those who look for a fault */

/* The allocator's own names for these. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

__attribute__((constructor)) static void map_control(void)
{
	const char *path = getenv("ALLOC_CONTROL");
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	void *mapped;

	if (!path)
		return;
	mapped = fd < 0 ? MAP_FAILED
			: mmap(NULL, sizeof(*control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (mapped == MAP_FAILED) {
		fprintf(stderr, "alloc_shim: cannot map %s\n", path);
		abort();
	}
	close(fd);
	shows_where = getenv("ALLOC_TRACE");
	if (shows_where) {
		void *frames[FRAMES];

		backtrace(frames, FRAMES); /* its first call allocates */
	}
	control = mapped;
}

static bool strikes(void)
{
	uint64_t number;

	if (!control || control->fail_at == 0)
		return false;
	number = atomic_fetch_add(&control->calls, 1) + 1;
	if (number != control->fail_at)
		return false;
	atomic_fetch_add(&control->failed, 1);
	if (shows_where) {
		void *frames[FRAMES];

		backtrace_symbols_fd(frames, backtrace(frames, FRAMES), STDERR_FILENO);
	}
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size)
{
	return strikes() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return strikes() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	return strikes() ? NULL : __libc_realloc(old, size);
}

int posix_memalign(void **ret, size_t alignment, size_t size)
{
	if (strikes())
		return ENOMEM;
	*ret = __libc_memalign(alignment, size);
	return *ret ? 0 : ENOMEM;
}
