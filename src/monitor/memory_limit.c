/* What control groups allow: version 2, and the memory controller of version 1. */
#include "monitor/memory_limit.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* UINT64_MAX without such a file, and for "max". */
static uint64_t read_limit(const char *path)
{
	FILE *file = fopen(path, "re");
	char text[32] = "";
	char *end = text;
	uint64_t limit = 0;

	if (file && fgets(text, sizeof(text), file))
		limit = strtoull(text, &end, 10);
	if (file)
		fclose(file);
	return end > text ? limit : UINT64_MAX;
}

/* Of the group and of all around it. In a container the root may be the group's own directory,
 * under whatever name it has outside. Cuts group. */
static uint64_t limit_of(const char *root, char *group, const char *name)
{
	uint64_t limit = UINT64_MAX;
	char path[PATH_MAX];
	char *end;

	do {
		if (snprintf(path, sizeof(path), "%s%s/%s", root, group, name) < PATH_MAX)
			limit = smaller(limit, read_limit(path));
		end = strrchr(group, '/');
		if (end)
			*end = '\0';
	} while (end);
	return limit;
}

/* A line is "number:controllers:/group"; version 2 names no controllers. */
static uint64_t limit_of_line(const char *root, char *line)
{
	char *controllers = strchr(line, ':');
	char *group = controllers ? strchr(controllers + 1, ':') : NULL;
	char path[PATH_MAX];

	if (!group)
		return UINT64_MAX;
	*controllers++ = *group++ = '\0';
	group[strcspn(group, "\n")] = '\0';
	if (*controllers == '\0')
		return limit_of(root, group, "memory.max");
	if (strcmp(controllers, "memory") != 0 ||
	    snprintf(path, sizeof(path), "%s/memory", root) >= PATH_MAX)
		return UINT64_MAX;
	return limit_of(path, group, "memory.limit_in_bytes");
}

uint64_t memory_limit_bytes(const char *membership, const char *root)
{
	FILE *file = fopen(membership, "re");
	uint64_t limit = UINT64_MAX;
	char line[PATH_MAX];

	while (file && fgets(line, sizeof(line), file))
		limit = smaller(limit, limit_of_line(root, line));
	if (file)
		fclose(file);
	return limit;
}
