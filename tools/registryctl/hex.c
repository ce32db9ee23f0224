/* Two digits a byte. */
#include "registryctl/hex.h"

#include <stdlib.h>
#include <string.h>

void hex_write(FILE *file, struct slice bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		fprintf(file, "%02x", (unsigned char)bytes.data[i]);
}

bool hex_read(const char *line, struct buffer *bytes)
{
	size_t digits = strspn(line, "0123456789abcdef");

	if (digits % 2 != 0 || strcmp(line + digits, "\n") != 0)
		return false;
	for (size_t i = 0; i < digits; i += 2) {
		const char byte[3] = {line[i], line[i + 1], '\0'};

		buffer_append_byte(bytes, (char)strtoul(byte, NULL, 16));
	}
	return !bytes->failed;
}
