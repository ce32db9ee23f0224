/* Looks for lines. */
#include "registryctl/figures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BOUNDS_MAX 32
#define SERIES_ROOM 160

/* Behind the text at the start of a line, or NULL. */
static const char *behind(const char *metrics, const char *start)
{
	size_t len = strlen(start);
	const char *line = metrics;

	while (line && strncmp(line, start, len) != 0) {
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	return line ? line + len : NULL;
}

const char *figures_find(const char *metrics, const char *series, int *ret_len)
{
	char start[SERIES_ROOM];
	const char *value;

	snprintf(start, sizeof(start), "%s ", series);
	value = behind(metrics, start);
	if (value)
		*ret_len = (int)strcspn(value, "\n");
	return value;
}

double figures_get(const char *metrics, const char *series)
{
	int len;
	const char *value = figures_find(metrics, series, &len);

	return value ? strtod(value, NULL) : 0;
}

struct bucket {
	double bound;
	double count; /* of all up to here */
};

/* One after the other stand together. */
static size_t read_buckets(const char *metrics, const char *name, const char *label,
			   struct bucket buckets[BOUNDS_MAX])
{
	char start[SERIES_ROOM];
	const char *line;
	size_t count = 0;
	char *end;

	snprintf(start, sizeof(start), "%s_bucket{%s,le=\"", name, label);
	for (line = behind(metrics, start); line && count < BOUNDS_MAX; count++) {
		buckets[count].bound = strtod(line, &end); /* +Inf, too */
		if (strncmp(end, "\"} ", 3) != 0)
			break;
		buckets[count].count = strtod(end + 3, NULL);
		line = behind(end, start);
	}
	return count;
}

double figures_quantile(const char *before, const char *after, const char *name, const char *label,
			double part)
{
	struct bucket old[BOUNDS_MAX], now[BOUNDS_MAX];
	size_t count = read_buckets(after, name, label, now);
	double all;

	if (count == 0 || read_buckets(before, name, label, old) != count)
		return -1;
	all = now[count - 1].count - old[count - 1].count;
	if (all <= 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (now[i].count - old[i].count >= part * all)
			return now[i].bound;
	}
	return -1;
}
