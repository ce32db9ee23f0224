/* Two digits a byte. */
#include "registryctl/hex.h"

#include <string.h>

#include "base/hex.h"

void hex_write(FILE *file, struct slice bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		fprintf(file, "%02x", (unsigned char)bytes.data[i]);
}

bool hex_read(const char *line, struct buffer *bytes)
{
	struct slice digits = {line, strcspn(line, "\n")};

	if (line[digits.len] != '\n' || !buffer_reserve(bytes, digits.len / 2 + 1) ||
	    !hex_decode(digits, bytes->data + bytes->len))
		return false;
	bytes->len += digits.len / 2;
	return true;
}
