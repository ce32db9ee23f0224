/* Any bytes are safe to give to the parser of the configuration file, and what it takes is sound.
 */
#include "config/file.h"

#include <stdint.h>
#include <stdlib.h>

#include "config/option_value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_value(const struct option *option, struct slice value, struct slice text)
{
	struct option_value read;
	char reason[REASON_SIZE];

	if (value.data < text.data || value.data + value.len > text.data + text.len)
		abort();
	if (option_value_read(option, NULL, value, &read, reason, sizeof(reason)) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = {(const char *)data, size};
	struct config_file file;
	char reason[REASON_SIZE] = "";
	int r = config_file_parse("fuzz", text, &file, reason, sizeof(reason));

	if (r != 0) {
		if (strncmp(reason, "fuzz:", 5) != 0)
			abort();
		return 0;
	}
	for (size_t i = 0; i < option_count; i++) {
		if (!file.values[i].data != !file.lines[i])
			abort();
		if (file.values[i].data)
			check_value(&options[i], file.values[i], text);
	}
	return 0;
}
