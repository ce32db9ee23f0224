/* What an import remembers: pairs in memory, and in a file how far it is. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "registryctl/import_state.h"
#include "registryctl/pairs.h"

#define JOURNEY "from there to lmdb /srv/a b"

/* ---- Pairs ---- */

static void all_values_of_a_key_are_found(void **state)
{
	struct pairs pairs = {0};
	size_t row;

	(void)state;
	pairs_add(&pairs, SLICE("bob"), SLICE("g3"));
	pairs_add(&pairs, SLICE("ann"), SLICE("g2"));
	pairs_add(&pairs, SLICE("ann"), SLICE("g1"));
	pairs_add(&pairs, SLICE("ann@x"), SLICE(""));
	pairs_sort(&pairs);

	row = pairs_find(&pairs, SLICE("ann"));
	assert_true(slice_equal(pairs_value(&pairs, row, SLICE("ann")), SLICE("g1")));
	assert_true(slice_equal(pairs_value(&pairs, row + 1, SLICE("ann")), SLICE("g2")));
	assert_null(pairs_value(&pairs, row + 2, SLICE("ann")).data);
	assert_int_equal(pairs_find(&pairs, SLICE("an")), pairs.count);
	assert_int_equal(pairs_find(&pairs, SLICE("zoe")), pairs.count);
	assert_true(pairs_find(&pairs, SLICE("ann@x")) < pairs.count);
	pairs_deinit(&pairs);
}

static void in_no_pairs_nothing_is_found(void **state)
{
	struct pairs pairs = {0};

	(void)state;
	pairs_sort(&pairs);
	assert_int_equal(pairs_find(&pairs, SLICE("ann")), 0);
	assert_int_equal(pairs.count, 0);
	pairs_deinit(&pairs);
}

/* ---- The file ---- */

struct place {
	char folder[32];
	char path[64];
};

static struct place *make_place(void)
{
	static struct place place;

	snprintf(place.folder, sizeof(place.folder), "/tmp/import_state.XXXXXX");
	assert_non_null(mkdtemp(place.folder));
	snprintf(place.path, sizeof(place.path), "%s/state", place.folder);
	return &place;
}

static void remove_place(const struct place *place)
{
	unlink(place->path);
	assert_int_equal(rmdir(place->folder), 0);
}

static void an_import_goes_on_where_it_was(void **state)
{
	struct place *place = make_place();
	struct tally tally = {.told = 5};
	struct tally back = {0};
	struct import_state found = {0};
	char reason[200];

	(void)state;
	tally.counts[ORIGINAL_BY_USER][TALLY_READ] = UINT64_MAX;
	tally.counts[TALLY_GUIDS][TALLY_SKIPPED] = 3;
	assert_int_equal(import_state_save(place->path, JOURNEY, ORIGINAL_BY_USER,
					   SLICE("\0\377page"), &tally, reason, sizeof(reason)),
			 0);
	assert_int_equal(
		import_state_load(place->path, JOURNEY, &found, &back, reason, sizeof(reason)), 0);

	assert_int_equal(found.table, ORIGINAL_BY_USER);
	assert_int_equal(found.page.len, 6);
	assert_memory_equal(found.page.data, "\0\377page", 6);
	assert_int_equal(back.told, 5);
	assert_memory_equal(back.counts, tally.counts, sizeof(tally.counts));
	buffer_deinit(&found.page);
	remove_place(place);
}

static void the_beginning_of_a_table_has_no_page(void **state)
{
	struct place *place = make_place();
	struct tally tally = {0};
	struct import_state found = {0};
	char reason[200];

	(void)state;
	assert_int_equal(import_state_save(place->path, JOURNEY, ORIGINAL_BY_NAME, SLICE_NONE,
					   &tally, reason, sizeof(reason)),
			 0);
	assert_int_equal(
		import_state_load(place->path, JOURNEY, &found, &tally, reason, sizeof(reason)), 0);
	assert_int_equal(found.table, ORIGINAL_BY_NAME);
	assert_int_equal(found.page.len, 0);
	buffer_deinit(&found.page);
	remove_place(place);
}

static void without_a_file_it_begins_at_the_start(void **state)
{
	struct place *place = make_place();
	struct tally tally = {0};
	struct import_state found = {.table = 7};
	char reason[200];

	(void)state;
	assert_int_equal(
		import_state_load(place->path, JOURNEY, &found, &tally, reason, sizeof(reason)), 0);
	assert_int_equal(found.table, 0);
	remove_place(place);
}

static void another_import_does_not_go_on_there(void **state)
{
	struct place *place = make_place();
	struct tally tally = {0};
	struct import_state found = {0};
	char reason[200] = "";

	(void)state;
	assert_int_equal(import_state_save(place->path, JOURNEY, 0, SLICE_NONE, &tally, reason,
					   sizeof(reason)),
			 0);
	assert_int_equal(
		import_state_load(place->path, JOURNEY "c", &found, &tally, reason, sizeof(reason)),
		-EINVAL);
	assert_non_null(strstr(reason, place->path));
	remove_place(place);
}

static void other_files_are_refused(void **state)
{
	static const char *const contents[] = {
		"",
		"hello\n",
		"registryctl import-original 1\nimport " JOURNEY "\n",
		"registryctl import-original 1\nimport " JOURNEY "\ntable nonsense\n",
		"registryctl import-original 1\nimport " JOURNEY "\ntable guid_by_user_id\n",
		"registryctl import-original 1\nimport " JOURNEY
		"\ntable hyperties_by_id\npage 0x\n",
		"registryctl import-original 1\nimport " JOURNEY
		"\ntable hyperties_by_id\npage 012\n",
		"registryctl import-original 1\nimport " JOURNEY
		"\ntable hyperties_by_id\npage 01\ncount hyperties_by_id 1 2\n",
	};
	struct place *place = make_place();

	(void)state;
	for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
		struct tally tally = {0};
		struct import_state found = {0};
		char reason[200] = "";
		FILE *file = fopen(place->path, "w");

		assert_non_null(file);
		fputs(contents[i], file);
		fclose(file);
		assert_int_equal(import_state_load(place->path, JOURNEY, &found, &tally, reason,
						   sizeof(reason)),
				 -EINVAL);
	}
	remove_place(place);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_values_of_a_key_are_found),
		cmocka_unit_test(in_no_pairs_nothing_is_found),
		cmocka_unit_test(an_import_goes_on_where_it_was),
		cmocka_unit_test(the_beginning_of_a_table_has_no_page),
		cmocka_unit_test(without_a_file_it_begins_at_the_start),
		cmocka_unit_test(another_import_does_not_go_on_there),
		cmocka_unit_test(other_files_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
