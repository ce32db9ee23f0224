/* Environment variables, and the directory that they lead to. */
#include "config/environment.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *environment_get(char **environment, const char *name)
{
	size_t len = strlen(name);

	for (; environment && *environment; environment++) {
		const char *value = *environment + len + 1;

		if (strncmp(*environment, name, len) == 0 && (*environment)[len] == '=')
			return *value ? value : NULL;
	}
	return NULL;
}

/* Only of an absolute path, as the XDG rules have it; NULL otherwise. */
static const char *get_path(char **environment, const char *name)
{
	const char *path = environment_get(environment, name);

	return path && path[0] == '/' ? path : NULL;
}

static int join(const char *directory, size_t len, const char *rest, char **ret_path)
{
	size_t rest_size = strlen(rest) + 1;
	char *path = malloc(len + rest_size);

	if (!path)
		return -ENOMEM;
	memcpy(path, directory, len);
	memcpy(path + len, rest, rest_size);
	*ret_path = path;
	return 0;
}

int environment_data_dir(char **environment, uid_t uid, char **ret_path)
{
	const char *path = get_path(environment, "STATE_DIRECTORY");

	if (path)
		return join(path, strcspn(path, ":"), "", ret_path);
	if (uid == 0)
		return join("", 0, "/var/lib/registryd", ret_path);
	path = get_path(environment, "XDG_STATE_HOME");
	if (path)
		return join(path, strlen(path), "/registryd", ret_path);
	path = get_path(environment, "HOME");
	if (path)
		return join(path, strlen(path), "/.local/state/registryd", ret_path);
	return join("", 0, "", ret_path);
}
