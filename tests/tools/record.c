/* Writes the stored form of a hyperty, in hexadecimal: for tests only. */
#include <stdio.h>

#include "base/buffer.h"
#include "model/record.h"

int main(int argc, char **argv)
{
	struct buffer record = {0};
	struct entry entry = {
		.key.kind = ENTRY_HYPERTY,
		.fields.expires_s = 100,
		.starting_wall_s = 1488360605,
		.modified_wall_s = 1488360605,
	};

	if (argc != 5) {
		fprintf(stderr, "usage: record ID USER STATUS DESCRIPTOR\n");
		return 2;
	}
	entry.key.id = slice_of(argv[1]);
	entry.owner = slice_of(argv[2]);
	entry.fields.text[TEXT_STATUS] = slice_of(argv[3]);
	entry.fields.text[TEXT_DESCRIPTOR] = slice_of(argv[4]);
	record_encode(&entry, &record);
	for (size_t i = 0; i < record.len; i++)
		printf("%02x", (unsigned char)record.data[i]);
	buffer_deinit(&record);
	return 0;
}
