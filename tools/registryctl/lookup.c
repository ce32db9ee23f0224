/* The paths of look-ups. */
#include "registryctl/lookup.h"

static const struct {
	enum client_argument argument;
	const char *path;
} lookups[] = {
	{CLIENT_USER, "/hyperty/user"},
	{CLIENT_GUID, "/hyperty/guid"},
	{CLIENT_EMAIL, "/hyperty/email"},
	{CLIENT_NAME, "/hyperty/dataobject/name"},
	{CLIENT_REPORTER, "/hyperty/dataobject/reporter"},
};

void lookup_add(struct buffer *path, const struct client *client)
{
	for (size_t i = 0; i < sizeof(lookups) / sizeof(lookups[0]); i++) {
		if (!client_has(client, lookups[i].argument))
			continue;
		buffer_append_slice(path, slice_of(lookups[i].path));
		client_add_piece(path, client->values[lookups[i].argument]);
		return;
	}
}
