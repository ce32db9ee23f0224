/* Lists of strings in one piece of memory. */
#include "model/text_list.h"

#include "model/varint.h"

void text_list_append(struct buffer *out, struct slice text)
{
	varint_append_text(out, text);
}

bool text_list_next(struct slice *cursor, struct slice *ret_text)
{
	return varint_take_text(cursor, ret_text);
}
