/*
 * The file of an import's state: a line each of "import JOURNEY", "table NAME", "page HEX", and for
 * each table "count NAME READ WRITTEN THERE SKIPPED DIFFERS", and "told NUMBER".
 */
#include "registryctl/import_state.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "registryctl/hex.h"

#define HEAD "registryctl import-original 1"

struct loading {
	const char *journey;
	struct import_state state;
	struct tally tally;
	bool has_head;
	bool has_journey;
	bool has_table;
};

/* ---- Loading ---- */

static int row_of(const char *name)
{
	for (int row = 0; row < TALLY_ROWS; row++) {
		if (strcmp(tally_name(row), name) == 0)
			return row;
	}
	return -1;
}

/* A number, and the space or the end of the line behind it. */
static bool take_number(const char **text, uint64_t *ret_number)
{
	char *end;

	if (**text < '0' || **text > '9')
		return false;
	errno = 0;
	*ret_number = strtoull(*text, &end, 10);
	if (errno || (*end != ' ' && *end != '\n'))
		return false;
	*text = end + 1;
	return true;
}

static bool take_counts(struct loading *loading, const char *line)
{
	uint64_t counts[TALLY_COUNT];
	char name[40];
	int len = 0;
	int row;

	if (sscanf(line, "count %39s %n", name, &len) != 1 || len == 0)
		return false;
	line += len;
	for (int i = 0; i < TALLY_COUNT; i++) {
		if (!take_number(&line, &counts[i]))
			return false;
	}
	row = row_of(name);
	if (row < 0)
		return false;
	memcpy(loading->tally.counts[row], counts, sizeof(counts));
	return true;
}

static bool take_told(struct loading *loading, const char *number)
{
	return take_number(&number, &loading->tally.told);
}

static bool take_table(struct loading *loading, const char *name)
{
	loading->state.table = row_of(name);
	loading->has_table = loading->state.table >= 0;
	return loading->has_table && loading->state.table < ORIGINAL_TABLE_COUNT;
}

static bool is_line(const char *line, const char *text)
{
	size_t len = strlen(text);

	return strncmp(line, text, len) == 0 && strcmp(line + len, "\n") == 0;
}

static bool take_line(struct loading *loading, const char *line)
{
	char name[64];

	if (strcmp(line, HEAD "\n") == 0)
		return loading->has_head = true;
	if (strncmp(line, "import ", 7) == 0)
		return loading->has_journey = is_line(line + 7, loading->journey);
	if (sscanf(line, "table %63s", name) == 1)
		return take_table(loading, name);
	if (strncmp(line, "page ", 5) == 0)
		return hex_read(line + 5, &loading->state.page);
	if (strncmp(line, "told ", 5) == 0)
		return take_told(loading, line + 5);
	return take_counts(loading, line);
}

static bool take_file(struct loading *loading, FILE *file)
{
	char *line = NULL;
	size_t size = 0;
	bool good = true;

	while (good && getline(&line, &size, file) > 0)
		good = take_line(loading, line);
	free(line);
	return good && !ferror(file) && loading->has_head && loading->has_journey &&
	       loading->has_table;
}

int import_state_load(const char *path, const char *journey, struct import_state *ret_state,
		      struct tally *tally, char *ret_reason, size_t reason_size)
{
	struct loading loading = {.journey = journey, .tally = *tally};
	FILE *file = fopen(path, "re");
	bool good;

	if (!file && errno != ENOENT) {
		snprintf(ret_reason, reason_size, "%s: %s", path, strerror(errno));
		return -EIO;
	}
	good = !file || take_file(&loading, file);
	if (file)
		fclose(file);
	if (!good) {
		buffer_deinit(&loading.state.page);
		snprintf(ret_reason, reason_size,
			 "%s: is not the state of an import %s; remove it to begin anew", path,
			 journey);
		return -EINVAL;
	}

	*ret_state = loading.state;
	*tally = loading.tally;
	return 0;
}

/* ---- Saving ---- */

static void write_state(FILE *file, const char *journey, int table, struct slice page,
			const struct tally *tally)
{
	fprintf(file, HEAD "\nimport %s\ntable %s\npage ", journey, tally_name(table));
	hex_write(file, page);
	for (int row = 0; row < TALLY_ROWS; row++) {
		fprintf(file, "\ncount %s", tally_name(row));
		for (int i = 0; i < TALLY_COUNT; i++)
			fprintf(file, " %" PRIu64, tally->counts[row][i]);
	}
	fprintf(file, "\ntold %" PRIu64 "\n", tally->told);
}

/* Whole, or not at all. */
static int replace(const char *path, const char *journey, int table, struct slice page,
		   const struct tally *tally)
{
	char *beside = NULL;
	FILE *file;
	int r = 0;

	if (asprintf(&beside, "%s.new", path) < 0)
		return -ENOMEM;
	file = fopen(beside, "we");
	if (!file) {
		r = -errno;
		free(beside);
		return r;
	}
	write_state(file, journey, table, page, tally);
	if (fflush(file) != 0 || ferror(file) || fdatasync(fileno(file)) < 0)
		r = -errno;
	fclose(file);
	if (r == 0 && rename(beside, path) < 0)
		r = -errno;
	free(beside);
	return r;
}

int import_state_save(const char *path, const char *journey, int table, struct slice page,
		      const struct tally *tally, char *ret_reason, size_t reason_size)
{
	int r = replace(path, journey, table, page, tally);

	if (r < 0)
		snprintf(ret_reason, reason_size, "%s: %s", path, strerror(-r));
	return r;
}

void import_state_remove(const char *path)
{
	unlink(path);
}
