/* Any bytes as a stored record: refused, or an entry that is written and read again the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "model/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The checksum is put right, or nothing behind it would ever be reached. */
static void decode_and_encode(struct slice record)
{
	struct buffer again = {0};
	struct entry first;
	struct entry second;

	if (record_decode(record, &first) != RECORD_OK)
		return;
	record_encode(&first, &again);
	if (record_decode((struct slice){again.data, again.len}, &second) != RECORD_OK ||
	    !slice_equal(first.key.id, second.key.id) || !slice_equal(first.owner, second.owner) ||
	    first.guid_count != second.guid_count)
		abort();
	buffer_deinit(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t sum = XXH3_64bits(data, size);
	char *record = malloc(sizeof(sum) + size);

	if (!record)
		return 0;
	memcpy(record, &sum, sizeof(sum));
	memcpy(record + sizeof(sum), data, size);
	decode_and_encode((struct slice){record, sizeof(sum) + size});
	decode_and_encode((struct slice){(const char *)data, size});
	free(record);
	return 0;
}
