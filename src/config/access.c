/* Settles and checks who may talk to the server. */
#include "config/access.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/environment.h"
#include "config/options.h"

bool access_is_as_of_old(char **environment)
{
	for (size_t i = 0; i < option_count; i++) {
		const struct option_alias *alias = options[i].aliases;

		for (; alias && alias->variable; alias++) {
			if (environment_get(environment, alias->variable))
				return true;
		}
	}
	return false;
}

static bool is_loopback(const char *address)
{
	struct in6_addr v6;
	struct in_addr v4;

	if (inet_pton(AF_INET, address, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == IN_LOOPBACKNET;
	return inet_pton(AF_INET6, address, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

bool settings_are_open(const struct settings *settings, const char *address)
{
	return !is_loopback(address) && !settings->load_balancers[0] &&
	       !settings->tls_certificate[0];
}

bool settings_may_be_open(const struct settings *settings)
{
	return strcmp(settings->allow_open, "yes") == 0;
}

static int replace(char **setting, const char *value)
{
	char *copy = strdup(value);

	if (!copy)
		return -ENOMEM;
	free(*setting);
	*setting = copy;
	return 0;
}

int access_settle(struct settings *settings, bool as_of_old)
{
	int r = as_of_old ? replace(&settings->allow_open, "yes") : 0;

	if (r == 0 && strcmp(settings->access, "auto") == 0)
		r = replace(&settings->access, settings->tls_client_ca[0] ? "reads_open" : "open");
	return r;
}

const char *access_fault(const struct settings *settings, const char **ret_option)
{
	*ret_option = "access";
	if (strcmp(settings->access, "open") != 0 && !settings->tls_client_ca[0])
		return "access by certificate needs tls_client_ca, which is not set";
	*ret_option = "bind";
	if (settings_are_open(settings, settings->bind) && !settings_may_be_open(settings))
		return SETTINGS_TOO_OPEN;
	return NULL;
}
