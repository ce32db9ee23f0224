/* The limit of the control group, in directories that look like the kernel's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "monitor/memory_limit.h"

static char root[64];

static void put(const char *name, const char *text)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void add_directory(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	assert_int_equal(mkdir(path, 0700), 0);
}

static uint64_t limit(const char *membership)
{
	char path[256];

	put("self", membership);
	snprintf(path, sizeof(path), "%s/self", root);
	return memory_limit_bytes(path, root);
}

static int make_root(void **state)
{
	(void)state;
	snprintf(root, sizeof(root), "/tmp/memory-limit-XXXXXX");
	return mkdtemp(root) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *what, int kind, struct FTW *at)
{
	(void)what;
	(void)kind;
	(void)at;
	return remove(path);
}

static int remove_root(void **state)
{
	(void)state;
	return nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void the_smallest_of_a_group_and_those_around_it_counts(void **state)
{
	(void)state;
	add_directory("slice");
	add_directory("slice/unit");
	put("slice/unit/memory.max", "max\n");
	assert_int_equal(limit("0::/slice/unit\n"), UINT64_MAX);
	put("slice/memory.max", "536870912\n");
	assert_int_equal(limit("0::/slice/unit\n"), 536870912);
	put("slice/unit/memory.max", "1000000\n");
	assert_int_equal(limit("0::/slice/unit\n"), 1000000);
}

/* The name is the one outside, and the directory is the root inside. */
static void in_a_container_the_root_is_looked_at(void **state)
{
	(void)state;
	put("memory.max", "4096\n");
	assert_int_equal(limit("0::/elsewhere/unknown\n"), 4096);
	assert_int_equal(limit("0::/\n"), 4096);
}

static void version_1_has_a_hierarchy_for_memory(void **state)
{
	(void)state;
	add_directory("memory");
	add_directory("memory/a");
	put("memory/memory.limit_in_bytes", "9223372036854771712\n");
	put("memory/a/memory.limit_in_bytes", "8192\n");
	assert_int_equal(limit("7:cpu,cpuacct:/b\n5:memory:/a\n0::/\n"), 8192);
}

static void what_cannot_be_read_is_no_limit(void **state)
{
	(void)state;
	assert_int_equal(limit(""), UINT64_MAX);
	assert_int_equal(limit("nonsense\n1:\n"), UINT64_MAX);
	assert_int_equal(memory_limit_bytes("/nowhere/at/all", root), UINT64_MAX);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, make_root, remove_root)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(the_smallest_of_a_group_and_those_around_it_counts),
		CASE(in_a_container_the_root_is_looked_at),
		CASE(version_1_has_a_hierarchy_for_memory),
		CASE(what_cannot_be_read_is_no_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
