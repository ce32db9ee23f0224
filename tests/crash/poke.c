/* Looks into, and damages, the file of a registry that does not run: for tests only. */
#include <lmdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/entry.h"

#define MAP_BYTES ((size_t)1 << 34)
#define TABLES_MAX 8
#define PENDING_NUMBER_BYTES 8

struct file {
	MDB_env *env;
	MDB_txn *txn;
};

static void must(int error, const char *what)
{
	if (error == 0)
		return;
	fprintf(stderr, "poke: %s: %s\n", what, mdb_strerror(error));
	exit(1);
}

static void file_open(const char *path, unsigned flags, struct file *ret_file)
{
	must(mdb_env_create(&ret_file->env), "create");
	must(mdb_env_set_mapsize(ret_file->env, MAP_BYTES), "map size");
	must(mdb_env_set_maxdbs(ret_file->env, TABLES_MAX), "tables");
	must(mdb_env_open(ret_file->env, path, MDB_NOSUBDIR | MDB_NOLOCK | flags, 0640), path);
	must(mdb_txn_begin(ret_file->env, NULL, flags & MDB_RDONLY, &ret_file->txn), path);
}

static void file_close(struct file *file)
{
	must(mdb_txn_commit(file->txn), "commit");
	mdb_env_close(file->env);
}

static MDB_dbi table(struct file *file, const char *name, unsigned flags)
{
	MDB_dbi handle;

	must(mdb_dbi_open(file->txn, name, flags, &handle), name);
	return handle;
}

static MDB_val val_of(const char *text)
{
	return (MDB_val){strlen(text), (void *)text};
}

/* As if a release wrote it whose format is this one. */
static int set_format(const char *path, const char *format)
{
	struct file file;
	MDB_val key = val_of("format");
	MDB_val value = val_of(format);

	file_open(path, 0, &file);
	must(mdb_put(file.txn, table(&file, "meta", 0), &key, &value, 0), "format");
	file_close(&file);
	return 0;
}

static bool kind_of(const char *name, enum entry_kind *ret_kind)
{
	*ret_kind = strcmp(name, "hyperty") == 0 ? ENTRY_HYPERTY : ENTRY_DATA_OBJECT;
	return *ret_kind == ENTRY_HYPERTY || strcmp(name, "object") == 0;
}

/* Turns one bit in the middle of the stored record, as a bad disk might. */
static int damage_entry(const char *path, const char *kind_name, const char *id)
{
	struct file file;
	enum entry_kind kind;
	MDB_dbi entries;
	char key_bytes[512];
	MDB_val key = {1 + strlen(id), key_bytes};
	MDB_val value;
	char *copy;

	if (!kind_of(kind_name, &kind) || key.mv_size >= sizeof(key_bytes))
		return 2;
	key_bytes[0] = (char)kind;
	memcpy(key_bytes + 1, id, strlen(id));

	file_open(path, 0, &file);
	entries = table(&file, "entries", 0);
	must(mdb_get(file.txn, entries, &key, &value), id);
	copy = malloc(value.mv_size);
	if (!copy)
		return 1;
	memcpy(copy, value.mv_data, value.mv_size);
	copy[PENDING_NUMBER_BYTES + (value.mv_size - PENDING_NUMBER_BYTES) / 2] ^= 0x10;
	value.mv_data = copy;
	must(mdb_put(file.txn, entries, &key, &value, 0), id);
	file_close(&file);
	free(copy);
	return 0;
}

/* Prints the stored value of an entry in hexadecimal. */
static int show_entry(const char *path, const char *kind_name, const char *id)
{
	struct file file;
	enum entry_kind kind;
	char key_bytes[512];
	MDB_val key = {1 + strlen(id), key_bytes};
	MDB_val value;

	if (!kind_of(kind_name, &kind) || key.mv_size >= sizeof(key_bytes))
		return 2;
	key_bytes[0] = (char)kind;
	memcpy(key_bytes + 1, id, strlen(id));

	file_open(path, MDB_RDONLY, &file);
	must(mdb_get(file.txn, table(&file, "entries", 0), &key, &value), id);
	for (size_t i = 0; i < value.mv_size; i++)
		printf("%02x", ((unsigned char *)value.mv_data)[i]);
	printf("\n");
	file_close(&file);
	return 0;
}

/* Tables and their rows. */
static int list(const char *path)
{
	static const char *const names[] = {"entries", "index", "due", "pending", "meta"};
	struct file file;

	file_open(path, MDB_RDONLY, &file);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		MDB_stat stat;

		must(mdb_stat(file.txn, table(&file, names[i], 0), &stat), names[i]);
		printf("%s %zu\n", names[i], stat.ms_entries);
	}
	file_close(&file);
	return 0;
}

/* Takes away one row of a table, counted from 0; astray: and puts one with another value in its
 * place. */
static int harm_row(const char *path, const char *name, const char *number, bool astray)
{
	struct file file;
	MDB_cursor *cursor;
	MDB_dbi rows;
	MDB_val key, value;
	unsigned char copies[2][4096];

	file_open(path, 0, &file);
	rows = table(&file, name, 0);
	must(mdb_cursor_open(file.txn, rows, &cursor), name);
	must(mdb_cursor_get(cursor, &key, &value, MDB_FIRST), name);
	for (unsigned long i = strtoul(number, NULL, 10); i > 0; i--)
		must(mdb_cursor_get(cursor, &key, &value, MDB_NEXT), number);
	if (key.mv_size > sizeof(copies[0]) || value.mv_size > sizeof(copies[1]))
		return 2;
	memcpy(copies[0], key.mv_data, key.mv_size);
	memcpy(copies[1], value.mv_data, value.mv_size);
	must(mdb_cursor_del(cursor, 0), "delete");
	mdb_cursor_close(cursor);
	copies[1][value.mv_size - 1] ^= 1;
	key.mv_data = copies[0];
	value.mv_data = copies[1];
	if (astray)
		must(mdb_put(file.txn, rows, &key, &value, 0), "put");
	file_close(&file);
	return 0;
}

/* A sound LMDB file that belongs to somebody else. */
static int make_foreign(const char *path)
{
	struct file file;
	MDB_val key = val_of("theirs");
	MDB_val value = val_of("not a registry's");

	file_open(path, 0, &file);
	must(mdb_put(file.txn, table(&file, "notes", MDB_CREATE), &key, &value, 0), "notes");
	file_close(&file);
	return 0;
}

int main(int argc, char **argv)
{
	const char *verb = argc >= 3 ? argv[1] : "";

	if (strcmp(verb, "set-format") == 0 && argc == 4)
		return set_format(argv[2], argv[3]);
	if (strcmp(verb, "damage-entry") == 0 && argc == 5)
		return damage_entry(argv[2], argv[3], argv[4]);
	if (strcmp(verb, "show-entry") == 0 && argc == 5)
		return show_entry(argv[2], argv[3], argv[4]);
	if (strcmp(verb, "list") == 0 && argc == 3)
		return list(argv[2]);
	if (strcmp(verb, "drop-row") == 0 && argc == 5)
		return harm_row(argv[2], argv[3], argv[4], false);
	if (strcmp(verb, "mislead-row") == 0 && argc == 5)
		return harm_row(argv[2], argv[3], argv[4], true);
	if (strcmp(verb, "make-foreign") == 0 && argc == 3)
		return make_foreign(argv[2]);
	fprintf(stderr, "usage: poke set-format FILE FORMAT\n"
			"       poke damage-entry|show-entry FILE hyperty|object ID\n"
			"       poke drop-row|mislead-row FILE TABLE NUMBER\n"
			"       poke list|make-foreign FILE\n");
	return 2;
}
