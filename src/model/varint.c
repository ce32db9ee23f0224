/* Whole numbers in as few bytes as they need. */
#include "model/varint.h"

void varint_append(struct buffer *out, uint64_t value)
{
	char bytes[VARINT_MAX];
	size_t len = 0;

	while (value >= 0x80) {
		bytes[len++] = (char)(value | 0x80);
		value >>= 7;
	}
	bytes[len++] = (char)value;
	buffer_append(out, bytes, len);
}

bool varint_take(struct slice *cursor, uint64_t *ret_value)
{
	uint64_t value = 0;

	for (size_t i = 0; i < cursor->len && i < VARINT_MAX; i++) {
		uint64_t byte = (unsigned char)cursor->data[i];

		if (i == VARINT_MAX - 1 && byte > 1)
			return false;
		value |= (byte & 0x7f) << (7 * i);
		if (byte < 0x80) {
			cursor->data += i + 1;
			cursor->len -= i + 1;
			*ret_value = value;
			return true;
		}
	}
	return false;
}

void varint_append_text(struct buffer *out, struct slice text)
{
	varint_append(out, text.len);
	buffer_append_slice(out, text);
}

bool varint_take_text(struct slice *cursor, struct slice *ret_text)
{
	struct slice rest = *cursor;
	uint64_t len;

	if (!varint_take(&rest, &len) || len > rest.len)
		return false;
	*ret_text = (struct slice){rest.data, (size_t)len};
	*cursor = (struct slice){rest.data + len, rest.len - (size_t)len};
	return true;
}
