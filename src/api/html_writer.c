/* Writes HTML. */
#include "api/html_writer.h"

#include <assert.h>
#include <stdarg.h>

#include <unistr.h>

#include "api/json_time.h"
#include "base/hex.h"

static const char digits[] = "0123456789ABCDEF";

/* ---- Texts ---- */

/* Controls, and what is invisible or changes the direction of others. */
static const struct {
	ucs4_t first, last;
} unseen[] = {
	{0x0000, 0x001F}, {0x007F, 0x009F}, {0x00AD, 0x00AD},   {0x061C, 0x061C},
	{0x180E, 0x180E}, {0x200B, 0x200F}, {0x2028, 0x202E},   {0x2060, 0x206F},
	{0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB}, {0xE0000, 0xE007F},
};

static bool is_unseen(ucs4_t character)
{
	for (size_t i = 0; i < sizeof(unseen) / sizeof(unseen[0]); i++) {
		if (character >= unseen[i].first && character <= unseen[i].last)
			return true;
	}
	return false;
}

static void write_number_of(struct buffer *out, ucs4_t character)
{
	buffer_append_slice(out, SLICE("[U+"));
	for (int shift = character > 0xFFFF ? 16 : 12; shift >= 0; shift -= 4)
		buffer_append_byte(out, digits[character >> shift & 15]);
	buffer_append_byte(out, ']');
}

/* Absent if the character stands for itself. */
static struct slice reference_of(ucs4_t character)
{
	switch (character) {
	case '&':
		return SLICE("&amp;");
	case '<':
		return SLICE("&lt;");
	case '>':
		return SLICE("&gt;");
	case '"':
		return SLICE("&quot;");
	case '\'':
		return SLICE("&#39;");
	default:
		return SLICE_NONE;
	}
}

static void write_text(struct buffer *out, struct slice text)
{
	while (text.len > 0) {
		ucs4_t character;
		size_t len = (size_t)u8_mbtouc(&character, (const uint8_t *)text.data, text.len);
		struct slice reference = reference_of(character);

		if (is_unseen(character))
			write_number_of(out, character);
		else
			buffer_append_slice(out, reference.data ? reference
								: (struct slice){text.data, len});
		text = (struct slice){text.data + len, text.len - len};
	}
}

/* ---- Values ---- */

static bool is_unreserved(unsigned char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= '0' && byte <= '9') || (byte && strchr("-._~", byte));
}

static void write_encoded(struct buffer *out, struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char byte = (unsigned char)text.data[i];

		if (is_unreserved(byte))
			buffer_append_byte(out, (char)byte);
		else
			buffer_append(out, (char[]){'%', digits[byte >> 4], digits[byte & 15]}, 3);
	}
}

/* As in JSON, without the quotes. */
static void write_time(struct buffer *out, int64_t wall_s)
{
	size_t start = out->len;

	json_write_time(out, wall_s);
	if (out->failed)
		return;
	memmove(out->data + start, out->data + start + 1, out->len - start - 2);
	out->len -= 2;
}

/* ---- Formats ---- */

static void write_value(struct buffer *out, char type, va_list *values)
{
	switch (type) {
	case 't':
		write_text(out, va_arg(*values, struct slice));
		break;
	case 'q':
		write_encoded(out, va_arg(*values, struct slice));
		break;
	case 'x':
		hex_append(out, va_arg(*values, struct slice));
		break;
	case 's':
		buffer_append_slice(out, slice_of(va_arg(*values, const char *)));
		break;
	case 'u':
		buffer_append_uint(out, va_arg(*values, uint64_t));
		break;
	case 'd':
		write_time(out, va_arg(*values, int64_t));
		break;
	default:
		assert(!"a % that there is");
	}
}

void html_write(struct buffer *out, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	for (;;) {
		size_t len = strcspn(format, "%");

		buffer_append(out, format, len);
		if (format[len] == '\0')
			break;
		write_value(out, format[len + 1], &values);
		format += len + 2;
	}
	va_end(values);
}
