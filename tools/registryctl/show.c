/* Shows text from outside. */
#include "registryctl/show.h"

#include "config/reason.h"

static struct slice behind(struct slice text, size_t len)
{
	return (struct slice){text.data + len, text.len - len};
}

size_t show_text(FILE *out, struct slice text, size_t columns_max)
{
	size_t columns = 0;

	while (text.len > 0) {
		size_t len = printable_length(text);
		size_t step = len ? len : 1;

		if (++columns == columns_max && step < text.len) {
			fputs("…", out);
			return columns;
		}
		if (len)
			fwrite(text.data, 1, len, out);
		else
			fputc('?', out);
		text = behind(text, step);
	}
	return columns;
}
