/* Writes reasons; what comes from outside is quoted, so that it cannot pretend to be ours. */
#include "config/reason.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include <unistr.h>

int reason_set(char *ret_reason, size_t reason_size, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(ret_reason, reason_size, format, arguments);
	va_end(arguments);
	return -EINVAL;
}

size_t printable_length(struct slice text)
{
	ucs4_t character;
	int len = u8_mbtoucr(&character, (const uint8_t *)text.data, text.len);

	if (len <= 0 || character < 0x20 || (character >= 0x7f && character < 0xa0))
		return 0;
	return (size_t)len;
}

struct quoted quote(struct slice text)
{
	static const char cut[] = "…\"";
	struct quoted quoted;
	size_t out = 0;
	size_t in = 0;

	quoted.text[out++] = '"';
	while (in < text.len) {
		size_t len = printable_length((struct slice){text.data + in, text.len - in});

		if (out + (len ? len : 1) + sizeof(cut) > sizeof(quoted.text)) {
			memcpy(quoted.text + out, cut, sizeof(cut));
			return quoted;
		}
		if (len)
			memcpy(quoted.text + out, text.data + in, len);
		else
			quoted.text[out] = '?';
		in += len ? len : 1;
		out += len ? len : 1;
	}
	memcpy(quoted.text + out, "\"", 2);
	return quoted;
}
