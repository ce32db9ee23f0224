/* By libsodium, which reads and writes them. */
#include "base/hex.h"

#include <sodium.h>

void hex_append(struct buffer *out, struct slice bytes)
{
	size_t len = 2 * bytes.len;

	/* What is written has a NUL behind it. */
	if (!buffer_reserve(out, len + 1))
		return;
	sodium_bin2hex(out->data + out->len, len + 1, (const unsigned char *)bytes.data, bytes.len);
	out->len += len;
}

bool hex_decode(struct slice digits, char *into)
{
	size_t len = 0;

	return digits.len % 2 == 0 &&
	       sodium_hex2bin((unsigned char *)into, digits.len / 2, digits.data, digits.len, NULL,
			      &len, NULL) == 0 &&
	       len == digits.len / 2;
}
