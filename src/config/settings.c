/* Brings the settings together: defaults, file, environment, arguments; each later one wins. */
#include "config/settings.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "config/access.h"
#include "config/arguments.h"
#include "config/environment.h"
#include "config/file.h"
#include "config/option_value.h"

/* Where a value stands, for the reason: "environment EXPIRES", "--port". */
struct place {
	const char *prefix;
	const char *name;
};

struct loading {
	struct settings settings;
	struct arguments arguments;
	char **environment;
	const char *config_namer; /* who named the file, so that it must be there; NULL: nobody */
	char *reason;
	size_t reason_size;
};

static int no_memory(struct loading *loading)
{
	reason_set(loading->reason, loading->reason_size, "out of memory");
	return -ENOMEM;
}

static int set_option(struct loading *loading, const struct option *option,
		      const struct option_word *words, struct slice text, struct place place)
{
	struct option_value value;
	char what[REASON_SIZE];
	int r;

	r = option_value_read(option, words, text, &value, what, sizeof(what));
	if (r < 0)
		return reason_set(loading->reason, loading->reason_size, "%s%s: %s", place.prefix,
				  place.name, what);
	r = option_value_store(option, &value, &loading->settings);
	return r < 0 ? no_memory(loading) : 0;
}

/* ---- Defaults ---- */

static int set_defaults(struct loading *loading)
{
	for (size_t i = 0; i < option_count; i++) {
		const char *fallback = options[i].fallback;
		int r;

		if (!fallback)
			continue;
		r = set_option(loading, &options[i], NULL, slice_of(fallback),
			       (struct place){"default ", options[i].name});
		if (r < 0)
			return r;
	}
	if (environment_data_dir(loading->environment, geteuid(), &loading->settings.data_dir) < 0)
		return no_memory(loading);
	loading->settings.bind =
		strdup(access_is_as_of_old(loading->environment) ? "" : "127.0.0.1");
	return loading->settings.bind ? 0 : no_memory(loading);
}

/* ---- File ---- */

/* Reads on to the end of the file, or to more than a configuration file may have. */
static int read_all(int fd, struct buffer *out)
{
	while (out->len <= CONFIG_FILE_MAX) {
		ssize_t n;

		if (!buffer_reserve(out, 4096))
			return -ENOMEM;
		n = read(fd, out->data + out->len, 4096);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : 0;
		out->len += (size_t)n;
	}
	return -EFBIG;
}

static int read_file(const char *path, struct buffer *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int r;

	if (fd < 0)
		return -errno;
	r = read_all(fd, out);
	close(fd);
	return r;
}

static int set_from_text(struct loading *loading, const char *path, struct slice text)
{
	struct config_file file;
	int r;

	r = config_file_parse(path, text, &file, loading->reason, loading->reason_size);
	if (r < 0)
		return r;
	for (size_t i = 0; i < option_count; i++) {
		if (!file.values[i].data)
			continue;
		r = set_option(loading, &options[i], NULL, file.values[i],
			       (struct place){"", options[i].name});
		if (r < 0)
			return r;
	}
	return 0;
}

/* settings.config is the path. */
static int set_from_file(struct loading *loading)
{
	const char *path = loading->settings.config;
	struct buffer text = {0};
	int r = read_file(path, &text);

	if (!loading->config_namer && (r == -ENOENT || r == -ENOTDIR)) {
		loading->settings.config[0] = '\0';
		r = 0;
	} else if (r < 0) {
		reason_set(loading->reason, loading->reason_size, "%s%s%s: %s",
			   loading->config_namer ? loading->config_namer : "",
			   loading->config_namer ? ": " : "", path, strerror(-r));
		r = r == -ENOMEM ? r : -EINVAL;
	} else {
		r = set_from_text(loading, path, (struct slice){text.data, text.len});
	}
	buffer_deinit(&text);
	return r;
}

/* ---- Environment ---- */

/* REGISTRYD_DATA_DIR for data_dir. */
static void write_variable(const struct option *option, char *ret_variable, size_t size)
{
	snprintf(ret_variable, size, "REGISTRYD_%s", option->name);
	for (char *byte = ret_variable; *byte; byte++)
		*byte = (char)toupper((unsigned char)*byte);
}

static int set_from_variable(struct loading *loading, const struct option *option,
			     const char *variable, const struct option_word *words)
{
	const char *value = environment_get(loading->environment, variable);

	if (!value)
		return 0;
	return set_option(loading, option, words, slice_of(value),
			  (struct place){"environment ", variable});
}

/* The option's own variable wins over the names that it has beside. */
static int set_from_variables(struct loading *loading, const struct option *option)
{
	const struct option_alias *alias = option->aliases;
	char variable[64];

	for (; alias && alias->variable; alias++) {
		int r = set_from_variable(loading, option, alias->variable, alias->words);

		if (r < 0)
			return r;
	}
	write_variable(option, variable, sizeof(variable));
	return set_from_variable(loading, option, variable, NULL);
}

static int set_from_environment(struct loading *loading)
{
	for (size_t i = 0; i < option_count; i++) {
		int r = set_from_variables(loading, &options[i]);

		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- Arguments ---- */

static int set_from_argument(struct loading *loading, const struct option *option)
{
	const char *value = loading->arguments.values[option - options];

	if (!value)
		return 0;
	return set_option(loading, option, NULL, slice_of(value),
			  (struct place){"", argument_name(option).text});
}

static int set_from_arguments(struct loading *loading)
{
	for (size_t i = 0; i < option_count; i++) {
		int r = set_from_argument(loading, &options[i]);

		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- All together ---- */

/* An argument, a variable or the file: where an option that is not at its default was set. */
static void write_source(const struct loading *loading, const struct option *option,
			 char *ret_source, size_t size)
{
	char variable[64];

	write_variable(option, variable, sizeof(variable));
	if (loading->arguments.values[option - options])
		snprintf(ret_source, size, "%s", argument_name(option).text);
	else if (environment_get(loading->environment, variable))
		snprintf(ret_source, size, "environment %s", variable);
	else
		snprintf(ret_source, size, "%s", loading->settings.config);
}

/* name is the option that is set. */
static int refuse_alone(struct loading *loading, const char *name, const char *what)
{
	char source[REASON_SIZE];

	write_source(loading, option_find(slice_of(name)), source, sizeof(source));
	return reason_set(loading->reason, loading->reason_size, "%s: %s", source, what);
}

/* Which option makes sense only beside which other one. */
static const struct {
	const char *name;
	const char *needed;
} needs[] = {
	{"tls_certificate", "tls_key"},
	{"tls_key", "tls_certificate"},
	{"tls_client_ca", "tls_certificate"},
	{"cassandra_user", "cassandra_password_file"},
	{"cassandra_password_file", "cassandra_user"},
	{"cassandra_tls_certificate", "cassandra_tls_key"},
	{"cassandra_tls_key", "cassandra_tls_certificate"},
	{"cassandra_tls_certificate", "cassandra_tls_ca"},
};

static bool is_set(const struct settings *settings, const char *name)
{
	return option_value_text(option_find(slice_of(name)), settings)[0] != '\0';
}

static int check_needs(struct loading *loading)
{
	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
		char what[REASON_SIZE];

		if (!is_set(&loading->settings, needs[i].name) ||
		    is_set(&loading->settings, needs[i].needed))
			continue;
		snprintf(what, sizeof(what), "%s needs %s, which is not set", needs[i].name,
			 needs[i].needed);
		return refuse_alone(loading, needs[i].name, what);
	}
	return 0;
}

/* It becomes part of statements. Cassandra's own rule, but for capitals, which it would fold. */
static int check_keyspace(struct loading *loading)
{
	const char *name = loading->settings.cassandra_keyspace;
	size_t valid = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");

	if (name[valid] == '\0' && name[0] >= 'a' && name[0] <= 'z')
		return 0;
	return refuse_alone(loading, "cassandra_keyspace",
			    "a keyspace's name has lower-case letters, digits and underscores, and "
			    "begins with a letter");
}

static bool begins_with_any(const char *text, const char *const *beginnings, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strncmp(text, beginnings[i], strlen(beginnings[i])) == 0)
			return true;
	}
	return false;
}

/* As log_start() takes it. Where that leads is seen at the start. */
static int check_log_to(struct loading *loading)
{
	static const char *const words[] = {"stderr", "syslog", "journal"};
	static const char *const paths[] = {"file:/", "syslog:/", "journal:/"};
	const char *to = loading->settings.log_to;

	if (begins_with_any(to, paths, sizeof(paths) / sizeof(paths[0])))
		return 0;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(to, words[i]) == 0)
			return 0;
	}
	return refuse_alone(loading, "log_to",
			    "not one of stderr, file:/PATH, syslog, syslog:/PATH, journal, "
			    "journal:/PATH");
}

static int check_access(struct loading *loading)
{
	const char *option, *fault;

	if (access_settle(&loading->settings, access_is_as_of_old(loading->environment)) < 0)
		return no_memory(loading);
	fault = access_fault(&loading->settings, &option);
	return fault ? refuse_alone(loading, option, fault) : 0;
}

static int check_store(struct loading *loading)
{
	const struct settings *settings = &loading->settings;

	if (settings->load_file[0] && strcmp(settings->store, "memory") != 0)
		return refuse_alone(loading, "load_file",
				    "load_file is for the store memory; for the others there is "
				    "registryctl import");
	if (!settings->data_dir[0] && strcmp(settings->store, "lmdb") == 0)
		return reason_set(loading->reason, loading->reason_size,
				  "data_dir must be set: there is no HOME to find one");
	return 0;
}

static int check_together(struct loading *loading)
{
	int r = check_needs(loading);

	if (r == 0)
		r = check_keyspace(loading);
	if (r == 0)
		r = check_log_to(loading);
	if (r == 0)
		r = check_access(loading);
	return r == 0 ? check_store(loading) : r;
}

static int load(struct loading *loading)
{
	const struct option *config = option_find(SLICE("config"));
	int r;

	r = set_defaults(loading);
	if (r < 0)
		return r;

	/* Which file it is, only those say that come after the file. */
	if (loading->arguments.values[config - options])
		loading->config_namer = "--config";
	else if (environment_get(loading->environment, "REGISTRYD_CONFIG"))
		loading->config_namer = "environment REGISTRYD_CONFIG";
	r = set_from_variables(loading, config);
	if (r >= 0)
		r = set_from_argument(loading, config);
	if (r < 0)
		return r;
	r = set_from_file(loading);
	if (r >= 0)
		r = set_from_environment(loading);
	if (r >= 0)
		r = set_from_arguments(loading);
	return r < 0 ? r : check_together(loading);
}

static bool needs_settings(enum settings_action action)
{
	return action == SETTINGS_RUN || action == SETTINGS_CHECK;
}

int settings_load(int argc, char **argv, char **environment, struct settings *ret_settings,
		  enum settings_action *ret_action, char *ret_reason, size_t reason_size)
{
	struct loading loading = {
		.environment = environment,
		.reason = ret_reason,
		.reason_size = reason_size,
	};
	int r;

	r = arguments_read(argc, argv, &loading.arguments, ret_reason, reason_size);
	if (r < 0)
		return r;
	r = needs_settings(loading.arguments.action) ? load(&loading) : set_defaults(&loading);
	if (r < 0) {
		settings_deinit(&loading.settings);
		return r;
	}

	*ret_settings = loading.settings;
	*ret_action = loading.arguments.action;
	return 0;
}

void settings_deinit(struct settings *settings)
{
	for (size_t i = 0; i < option_count; i++)
		option_value_clear(&options[i], settings);
	*settings = (struct settings){0};
}
