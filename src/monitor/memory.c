/* Asks the kernel, once in a while. */
#include "monitor/memory.h"

#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/steady.h"
#include "monitor/memory_limit.h"

#define LOOK_EACH_MS 100
#define TRIM_EACH_MS 2000

/* Pages: all, resident, and of them those of files. No allocation, as there may be nothing left. */
uint64_t memory_own_bytes(void)
{
	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	char text[128] = "";
	char *end = text;
	ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	unsigned long resident, shared;

	if (fd >= 0)
		close(fd);
	if (len <= 0)
		return 0;
	(void)strtoul(text, &end, 10);
	resident = strtoul(end, &end, 10);
	shared = strtoul(end, NULL, 10);
	return (resident - shared) * (uint64_t)sysconf(_SC_PAGESIZE);
}

void memory_watch_init(struct memory_watch *watch, uint64_t max_bytes)
{
	uint64_t machine = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t group = memory_limit_bytes("/proc/self/cgroup", "/sys/fs/cgroup");
	uint64_t all = group < machine ? group : machine;

	*watch = (struct memory_watch){.max_bytes = max_bytes ? max_bytes : all / 5 * 4};
}

/* What was freed may not have been given back, nor be by itself: as long as it is full, we ask. */
static void look(struct memory_watch *watch, int64_t now_ms)
{
	bool is_full = memory_own_bytes() >= watch->max_bytes;

	if (is_full && now_ms - watch->trimmed_ms >= TRIM_EACH_MS) {
		watch->trimmed_ms = now_ms;
		malloc_trim(0);
		is_full = memory_own_bytes() >= watch->max_bytes;
	}
	atomic_store(&watch->is_full, is_full);
}

bool memory_watch_is_full(struct memory_watch *watch)
{
	int64_t now_ms = steady_ms();
	int64_t looked_ms;

	if (!watch)
		return false;
	looked_ms = atomic_load(&watch->looked_ms);
	if (now_ms - looked_ms >= LOOK_EACH_MS &&
	    atomic_compare_exchange_strong(&watch->looked_ms, &looked_ms, now_ms))
		look(watch, now_ms);
	return atomic_load(&watch->is_full);
}
