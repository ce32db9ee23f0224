/*
 * registryd on clocks that a test controls: the file named by REGISTRYD_TEST_CLOCK holds three
 * 64-bit numbers, mapped: mode, wall and steady, in milliseconds. Mode 0 adds them to the machine's
 * clocks, mode 1 takes them as they are.
 */
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "server/program.h"

struct shared_time {
	_Atomic int64_t mode;
	_Atomic int64_t wall_ms;
	_Atomic int64_t steady_ms;
};

static struct shared_time *shared;

static int64_t test_wall_ms(struct clock *clock)
{
	struct clock *machine = clock_system();
	int64_t base = atomic_load(&shared->mode) == 0 ? machine->wall_ms(machine) : 0;

	(void)clock;
	return base + atomic_load(&shared->wall_ms);
}

static int64_t test_steady_ms(struct clock *clock)
{
	struct clock *machine = clock_system();
	int64_t base = atomic_load(&shared->mode) == 0 ? machine->steady_ms(machine) : 0;

	(void)clock;
	return base + atomic_load(&shared->steady_ms);
}

static struct shared_time *map_clock(void)
{
	const char *path = getenv("REGISTRYD_TEST_CLOCK");
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	void *at = MAP_FAILED;

	if (fd >= 0) {
		at = mmap(NULL, sizeof(*shared), PROT_READ, MAP_SHARED, fd, 0);
		close(fd);
	}
	return at == MAP_FAILED ? NULL : at;
}

int main(int argc, char **argv)
{
	struct clock clock = {test_wall_ms, test_steady_ms, 5};

	shared = map_clock();
	if (!shared) {
		perror("REGISTRYD_TEST_CLOCK");
		return 1;
	}
	return program_main(argc, argv, &clock);
}
