/* Reads /proc and asks the kernel. */
#include "monitor/process.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static void write_metric(struct buffer *out, const char *name, const char *kind, const char *help,
			 double value)
{
	char text[256];
	int len = snprintf(text, sizeof(text),
			   "# HELP process_%s %s\n# TYPE process_%s %s\nprocess_%s %.15g\n", name,
			   help, name, kind, name, value);

	buffer_append(out, text, (size_t)len);
}

static double seconds_of(struct timeval time)
{
	return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static void write_cpu(struct buffer *out)
{
	struct rusage usage;

	if (getrusage(RUSAGE_SELF, &usage) == 0)
		write_metric(out, "cpu_seconds_total", "counter",
			     "User and system time that was spent.",
			     seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime));
}

/* Two numbers of pages are first in it. */
static void write_memory(struct buffer *out)
{
	double page = (double)sysconf(_SC_PAGESIZE);
	FILE *file = fopen("/proc/self/statm", "re");
	char line[128] = "";
	char *end = line;

	if (!file)
		return;
	if (fgets(line, sizeof(line), file)) {
		write_metric(out, "virtual_memory_bytes", "gauge", "Address space in use.",
			     (double)strtoul(line, &end, 10) * page);
		write_metric(out, "resident_memory_bytes", "gauge", "Memory in use.",
			     (double)strtoul(end, NULL, 10) * page);
	}
	fclose(file);
}

static void write_files(struct buffer *out)
{
	DIR *directory = opendir("/proc/self/fd");
	struct rlimit limit;
	int count = -3; /* itself, ".", ".." */

	if (directory) {
		while (readdir(directory))
			count++;
		closedir(directory);
		write_metric(out, "open_fds", "gauge", "Open file descriptors.", count);
	}
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		write_metric(out, "max_fds", "gauge", "The most that may be open.",
			     (double)limit.rlim_cur);
}

void process_write(struct buffer *out)
{
	write_cpu(out);
	write_memory(out);
	write_files(out);
}
