/* What can be told from an entry alone. */
#include "model/entry.h"

bool entry_is_disconnected(const struct entry *entry)
{
	return slice_equal(entry->fields.text[TEXT_STATUS], STATUS_DISCONNECTED);
}

struct slice user_email(struct slice user)
{
	size_t end = user.len;
	size_t start;

	while (end > 0 && user.data[end - 1] == '/')
		end--;
	start = end;
	while (start > 0 && user.data[start - 1] != '/')
		start--;
	return start == end ? SLICE_NONE : (struct slice){user.data + start, end - start};
}
