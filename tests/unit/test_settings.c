/* Settings: where they come from, who wins, and what stops the start. */
#include "config/settings.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/describe.h"
#include "config/environment.h"
#include "config/file.h"
#include "config/option_value.h"

#define ARGUMENTS_MAX 8
#define ITEMS(...) ((const char *const[ARGUMENTS_MAX]){__VA_ARGS__})

struct fixture {
	char path[64]; /* of a configuration file */
	struct settings settings;
	enum settings_action action;
	char reason[512];
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	int fd;

	strcpy(fixture->path, "/tmp/registryd-test-XXXXXX");
	fd = mkstemp(fixture->path);
	assert_true(fd >= 0);
	close(fd);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	settings_deinit(&fixture->settings);
	unlink(fixture->path);
	free(fixture);
	return 0;
}

static void write_file(struct fixture *fixture, const char *text)
{
	FILE *file = fopen(fixture->path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

/* With the fixture's file, so that none of this machine is read. */
static int load(struct fixture *fixture, const char *const *arguments,
		const char *const *environment)
{
	const char *argv[ARGUMENTS_MAX + 4] = {"registryd", "--config", fixture->path};
	int argc = 3;

	while (arguments && *arguments)
		argv[argc++] = *arguments++;
	settings_deinit(&fixture->settings);
	fixture->reason[0] = '\0';
	return settings_load(argc, (char **)argv, (char **)environment, &fixture->settings,
			     &fixture->action, fixture->reason, sizeof(fixture->reason));
}

static void assert_refused(struct fixture *fixture, const char *const *arguments,
			   const char *const *environment, const char *reason)
{
	int r = load(fixture, arguments, environment);

	if (r != -EINVAL || !strstr(fixture->reason, reason))
		fail_msg("expected \"%s\", got %d \"%s\"", reason, r, fixture->reason);
}

/* ---- Defaults ---- */

static void a_bare_start_has_every_default(void **state)
{
	struct fixture *fixture = *state;
	struct settings *settings = &fixture->settings;

	assert_int_equal(load(fixture, NULL, ITEMS("STATE_DIRECTORY=/var/lib/x")), 0);

	assert_int_equal(fixture->action, SETTINGS_RUN);
	assert_string_equal(settings->config, fixture->path);
	assert_string_equal(settings->bind, "127.0.0.1");
	assert_string_equal(settings->allow_open, "no");
	assert_string_equal(settings->access, "open");
	assert_int_equal(settings->port, 4567);
	assert_string_equal(settings->admin, "127.0.0.1:4568");
	assert_string_equal(settings->store, "lmdb");
	assert_string_equal(settings->data_dir, "/var/lib/x");
	assert_true(settings->lmdb_map_bytes == 64LL << 30);
	assert_int_equal(settings->expires_max_s, 3600);
	assert_int_equal(settings->retention_s, 0);
	assert_int_equal(settings->workers, 0);
	assert_string_equal(settings->load_balancers, "");
	assert_string_equal(settings->domain_env, "PRODUCTION");
	assert_string_equal(settings->log_level, "info");
	assert_int_equal(settings->body_max_bytes, 1 << 20);
	assert_int_equal(settings->header_max_bytes, 16 << 10);
	assert_int_equal(settings->id_max_bytes, 4096);
	assert_int_equal(settings->json_depth_max, 32);
	assert_int_equal(settings->connections_max, 20000);
	assert_int_equal(settings->connections_per_address_max, 2000);
	assert_int_equal(settings->idle_timeout_s, 75);
	assert_int_equal(settings->receive_timeout_ms, 30000);
	assert_int_equal(settings->send_timeout_ms, 60000);
	assert_int_equal(settings->waiting_max, 4000);
	assert_int_equal(settings->wait_max_ms, 0);
	assert_int_equal(settings->memory_max_bytes, 0);
	assert_int_equal(settings->request_timeout_ms, 10000);
	assert_int_equal(settings->drain_notice_ms, 0);
	assert_int_equal(settings->drain_limit_ms, 10000);
	assert_int_equal(settings->updates_max, 10000);
	assert_int_equal(settings->expires, 0);
	assert_string_equal(settings->tls_certificate, "");
	assert_string_equal(settings->tls_key, "");
	assert_string_equal(settings->tls_client_ca, "");
}

static void the_data_directory_follows_the_user(void **state)
{
	static const struct {
		const char *environment[4];
		uid_t uid;
		const char *path;
	} rows[] = {
		{{"STATE_DIRECTORY=/s", "HOME=/h"}, 0, "/s"},
		{{"STATE_DIRECTORY=/s", "XDG_STATE_HOME=/x"}, 1000, "/s"},
		{{"STATE_DIRECTORY=/s:/t"}, 1000, "/s"},
		{{"HOME=/root", "XDG_STATE_HOME=/x"}, 0, "/var/lib/registryd"},
		{{"HOME=/h", "XDG_STATE_HOME=/x"}, 1000, "/x/registryd"},
		{{"HOME=/h"}, 1000, "/h/.local/state/registryd"},
		{{"HOME=/h", "XDG_STATE_HOME=", "STATE_DIRECTORY="},
		 1000,
		 "/h/.local/state/registryd"},
		{{"HOME=/h", "XDG_STATE_HOME=relative"}, 1000, "/h/.local/state/registryd"},
		{{"HOMEX=/h", "XDG_STATE_HOM=/y"}, 1000, ""},
		{{NULL}, 1000, ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *path;

		assert_int_equal(
			environment_data_dir((char **)rows[i].environment, rows[i].uid, &path), 0);
		assert_string_equal(path, rows[i].path);
		free(path);
	}
}

/* ---- Order ---- */

static void each_later_source_wins(void **state)
{
	struct fixture *fixture = *state;

	write_file(fixture, "port = 1\nworkers = 1\nupdates_max = 1\n");

	assert_int_equal(load(fixture, ITEMS("--updates-max", "3"),
			      ITEMS("REGISTRYD_WORKERS=2", "REGISTRYD_UPDATES_MAX=2")),
			 0);

	assert_int_equal(fixture->settings.port, 1);
	assert_int_equal(fixture->settings.workers, 2);
	assert_int_equal(fixture->settings.updates_max, 3);
}

static void the_file_can_be_named_in_the_environment(void **state)
{
	struct fixture *fixture = *state;
	char variable[96];

	write_file(fixture, "port = 99\n");
	snprintf(variable, sizeof(variable), "REGISTRYD_CONFIG=%s", fixture->path);

	assert_int_equal(settings_load(1, (char **)ITEMS("registryd"), (char **)ITEMS(variable),
				       &fixture->settings, &fixture->action, fixture->reason,
				       sizeof(fixture->reason)),
			 0);

	assert_int_equal(fixture->settings.port, 99);
	assert_string_equal(fixture->settings.config, fixture->path);
}

static void a_named_file_that_cannot_be_read_stops_the_start(void **state)
{
	struct fixture *fixture = *state;

	assert_refused(fixture, ITEMS("--config", "/nonexistent/file"), NULL,
		       "--config: /nonexistent/file: No such file or directory");
	assert_refused(fixture, ITEMS("--config=/"), NULL, "--config: /: Is a directory");
	assert_refused(fixture, ITEMS("--config="), NULL, "--config: must not be empty");
}

static void a_file_that_cannot_be_read_is_told_with_the_variable_that_names_it(void **state)
{
	const char *argv[] = {"registryd", NULL};
	struct fixture *fixture = *state;

	assert_int_equal(settings_load(1, (char **)argv, (char **)ITEMS("REGISTRYD_CONFIG=/none"),
				       &fixture->settings, &fixture->action, fixture->reason,
				       sizeof(fixture->reason)),
			 -EINVAL);
	assert_string_equal(fixture->reason,
			    "environment REGISTRYD_CONFIG: /none: No such file or directory");
}

static void a_mistake_in_the_file_is_told_with_its_line(void **state)
{
	struct fixture *fixture = *state;
	char reason[128];

	write_file(fixture, "# fine\nport = many\n");
	snprintf(reason, sizeof(reason), "%s:2: port: \"many\" is not a whole number",
		 fixture->path);

	assert_refused(fixture, NULL, NULL, reason);
}

static void a_file_beyond_all_measure_is_refused(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(truncate(fixture->path, CONFIG_FILE_MAX + 8192), 0);

	assert_refused(fixture, NULL, NULL, "File too large");
}

/* ---- Environment ---- */

static void names_of_older_deployments_keep_working(void **state)
{
	struct fixture *fixture = *state;
	struct settings *settings = &fixture->settings;

	assert_int_equal(load(fixture, NULL,
			      ITEMS("STORAGE_TYPE=ram", "EXPIRES=30", "EXPIRES_MAX=7200",
				    "LOAD_BALANCER_IP=192.0.2.1, ::1", "DOMAIN_ENV=development")),
			 0);

	assert_string_equal(settings->store, "memory");
	assert_string_equal(settings->bind, "");
	assert_int_equal(settings->expires, 30);
	assert_int_equal(settings->expires_max_s, 7200);
	assert_string_equal(settings->load_balancers, "192.0.2.1,::1");
	assert_string_equal(settings->domain_env, "DEVELOPMENT");

	assert_int_equal(load(fixture, NULL, ITEMS("STORAGE_TYPE=Lmdb", "HOME=/h")), 0);
	assert_string_equal(settings->store, "lmdb");

	assert_int_equal(
		load(fixture, NULL,
		     ITEMS("STORAGE_TYPE=CASSANDRA", "CONTACT_POINTS_IPS=192.0.2.21,192.0.2.22")),
		0);
	assert_string_equal(settings->store, "cassandra");
	assert_string_equal(settings->cassandra_contact_points, "192.0.2.21,192.0.2.22");
}

static void whoever_is_open_to_all_has_said_so(void **state)
{
	struct fixture *fixture = *state;
	static const struct {
		const char *written;
		bool open;
		const char *refused; /* NULL: it is in order */
	} cases[] = {
		{"bind = 127.9.9.9", false, NULL},
		{"bind = ::1", false, NULL},
		{"bind = 192.0.2.1", true, "anybody who reaches this address"},
		{"bind = ::", true, "anybody who reaches this address"},
		{"bind = ::\nallow_open = yes", true, NULL},
		{"bind = ::\nload_balancers = 192.0.2.7", false, NULL},
		{"bind = ::\ntls_certificate = /c\ntls_key = /k", false, NULL},
		{"access = certificate", false, "access by certificate needs tls_client_ca"},
		{"access = reads_open", false, "access by certificate needs"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int r;

		write_file(fixture, cases[i].written);
		r = load(fixture, NULL, ITEMS("HOME=/h"));
		assert_int_equal(r, cases[i].refused ? -EINVAL : 0);
		if (r < 0)
			assert_non_null(strstr(fixture->reason, cases[i].refused));
		else
			assert_int_equal(
				settings_are_open(&fixture->settings, fixture->settings.bind),
				cases[i].open);
	}
}

static void access_follows_the_client_ca(void **state)
{
	struct fixture *fixture = *state;

	write_file(fixture, "tls_certificate = /c\ntls_key = /k\ntls_client_ca = /a");
	assert_int_equal(load(fixture, NULL, ITEMS("HOME=/h")), 0);
	assert_string_equal(fixture->settings.access, "reads_open");
}

static void an_option_has_a_variable_of_its_own_that_wins(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(
		load(fixture, NULL,
		     ITEMS("REGISTRYD_STORE=memory", "STORAGE_TYPE=LMDB", "REGISTRYD_DATA_DIR=/d",
			   "REGISTRYD_EXPIRES_MAX_S=5", "EXPIRES_MAX=6")),
		0);

	assert_string_equal(fixture->settings.store, "memory");
	assert_string_equal(fixture->settings.data_dir, "/d");
	assert_int_equal(fixture->settings.expires_max_s, 5);
}

static void an_empty_variable_counts_as_unset(void **state)
{
	struct fixture *fixture = *state;

	write_file(fixture, "port = 77\n");

	assert_int_equal(load(fixture, NULL, ITEMS("STORAGE_TYPE=", "REGISTRYD_PORT=", "HOME=/h")),
			 0);

	assert_string_equal(fixture->settings.store, "lmdb");
	assert_int_equal(fixture->settings.port, 77);
}

/* Service managers make such names: REGISTRYD_SERVICE_HOST. */
static void a_variable_that_is_no_option_does_not_count(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(load(fixture, NULL,
			      ITEMS("REGISTRYD_SERVICE_HOST=10.0.0.1", "REGISTRYD_PROT=x",
				    "STATE_DIRECTORY=/var/lib/a:/var/lib/b")),
			 0);

	assert_string_equal(fixture->settings.data_dir, "/var/lib/a");
}

static void a_bad_variable_is_told_by_its_name(void **state)
{
	static const struct {
		const char *variable;
		const char *reason;
	} rows[] = {
		{"STORAGE_TYPE=MONGO",
		 "environment STORAGE_TYPE: \"MONGO\" is not one of RAM, LMDB, CASSANDRA"},
		{"STORAGE_TYPE=memory", "environment STORAGE_TYPE: \"memory\" is not one of"},
		{"REGISTRYD_STORE=RAM",
		 "environment REGISTRYD_STORE: \"RAM\" is not one of lmdb, memory"},
		{"EXPIRES_MAX=1h", "environment EXPIRES_MAX: \"1h\" is not a whole number"},
		{"EXPIRES_MAX=0", "environment EXPIRES_MAX: \"0\" is not between 1 and"},
		{"EXPIRES=soon", "environment EXPIRES: \"soon\" is not a whole number"},
		{"LOAD_BALANCER_IP=lb.example",
		 "environment LOAD_BALANCER_IP: \"lb.example\" is not an IP address"},
		{"DOMAIN_ENV=test",
		 "environment DOMAIN_ENV: \"test\" is not one of DEVELOPMENT, PRODUCTION"},
		{"REGISTRYD_PORT=tcp://10.0.0.1:4567", "environment REGISTRYD_PORT: \"tcp://"},
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_refused(fixture, NULL, ITEMS(rows[i].variable), rows[i].reason);
}

/* ---- Arguments ---- */

static void arguments_are_taken_in_both_forms(void **state)
{
	struct fixture *fixture = *state;
	struct settings *settings = &fixture->settings;

	assert_int_equal(load(fixture,
			      ITEMS("--bind", "127.0.0.1", "--port=0", "--store", "memory",
				    "--data-dir=/a=b", "--admin=[::1]:0"),
			      NULL),
			 0);

	assert_string_equal(settings->bind, "127.0.0.1");
	assert_int_equal(settings->port, 0);
	assert_string_equal(settings->store, "memory");
	assert_string_equal(settings->data_dir, "/a=b");
	assert_string_equal(settings->admin, "[::1]:0");
}

static void the_last_of_several_arguments_wins(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(load(fixture, ITEMS("--port=1", "--port", "2", "--store=memory"), NULL),
			 0);

	assert_int_equal(fixture->settings.port, 2);
}

static void a_bad_argument_is_told_by_its_name(void **state)
{
	static const struct {
		const char *arguments[3];
		const char *reason;
	} rows[] = {
		{{"--port", "65536"}, "--port: \"65536\" is not between 0 and 65535"},
		{{"--port", "-1"}, "--port: \"-1\" is not between"},
		{{"--port", ""}, "--port: \"\" is not a whole number"},
		{{"--port", "1 "}, "is not a whole number"},
		{{"--port", "0x50"}, "is not a whole number"},
		{{"--port", "99999999999999999999999"}, "is not between"},
		{{"--port"}, "--port: needs a value"},
		{{"--prot", "1"}, "unknown option \"--prot\"; see --help"},
		{{"--prot=1"}, "unknown option \"--prot\"; see --help"},
		{{"serve"}, "\"serve\" is not an option"},
		{{"-p"}, "\"-p\" is not an option"},
		{{"--"}, "\"--\" is not an option"},
		{{"--=1"}, "\"--=1\" is not an option"},
		{{""}, "\"\" is not an option"},
		{{"--help=yes"}, "--help takes no value"},
		{{"-h=yes"}, "\"-h=yes\" is not an option"},
		{{"--port", "\"1\""}, "is not a whole number; values are not quoted"},
		{{"--config", "~/registryd.conf"},
		 "--config: \"~/registryd.conf\": ~ is not expanded"},
		{{"--data-dir=~"}, "--data-dir: \"~\": ~ is not expanded here"},
		{{"--tls-key=~ann/key"}, "--tls-key: \"~ann/key\": ~ is not expanded here"},
		{{"--bind", "localhost"}, "--bind: \"localhost\" is not an IP address"},
		{{"--bind", "[::1]"}, "--bind: \"[::1]\" is not an IP address"},
		{{"--bind", "127.0.0.1\n"}, "--bind: \"127.0.0.1?\" has a control character"},
		{{"--admin", ""}, "--admin: \"\" is not ADDRESS:PORT"},
		{{"--admin", "4568"}, "is not ADDRESS:PORT"},
		{{"--admin", ":4568"}, "is not ADDRESS:PORT"},
		{{"--admin", "127.0.0.1:"}, "is not ADDRESS:PORT"},
		{{"--admin", "127.0.0.1:65536"}, "is not ADDRESS:PORT"},
		{{"--admin", "127.0.0.1:-0"}, "is not ADDRESS:PORT"},
		{{"--admin", "localhost:4568"}, "is not ADDRESS:PORT"},
		{{"--admin", "::1:4568"}, "is not ADDRESS:PORT"},
		{{"--admin", "[127.0.0.1]:4568"}, "is not ADDRESS:PORT"},
		{{"--load-balancers", "10.0.0.1,"}, "\"\" is not an IP address"},
		{{"--load-balancers", "10.0.0.1 10.0.0.2"}, "is not an IP address"},
		{{"--load-balancers", "10.0.0.0/8"}, "\"10.0.0.0/8\" is not an IP address"},
		{{"--store", "mongo"}, "--store: \"mongo\" is not one of lmdb, memory, cassandra"},
		{{"--data-dir", ""}, "--data-dir: must not be empty"},
		{{"--lmdb-map-bytes", "1023K"}, "is not between 1M and 65536G"},
		{{"--lmdb-map-bytes", "9999999999G"}, "is not between 1M and 65536G"},
		{{"--lmdb-map-bytes", "1T"}, "is not a size"},
		{{"--lmdb-map-bytes", "M"}, "is not a size"},
		{{"--body-max-bytes", "1023"}, "is not between 1K and 64M"},
		{{"--body-max-bytes", "65M"}, "is not between 1K and 64M"},
		{{"--header-max-bytes", "8K"}, "is not between 16K and 64K"},
		{{"--idle-timeout-s", "0"}, "is not between 1 and"},
		{{"--log-level", "loud"}, "is not one of debug, info, warn, error"},
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_refused(fixture, rows[i].arguments, NULL, rows[i].reason);
}

static void sizes_take_suffixes_in_either_case(void **state)
{
	static const struct {
		const char *argument;
		long long bytes;
	} rows[] = {
		{"--body-max-bytes=1024", 1024},
		{"--body-max-bytes=2k", 2048},
		{"--body-max-bytes=2K", 2048},
		{"--body-max-bytes=64m", 64LL << 20},
		{"--body-max-bytes=3M", 3LL << 20},
		{"--lmdb-map-bytes=1g", 1LL << 30},
		{"--lmdb-map-bytes=65536G", 65536LL << 30},
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(load(fixture, ITEMS(rows[i].argument, "--store=memory"), NULL), 0);
		assert_true((strstr(rows[i].argument, "map")
				     ? fixture->settings.lmdb_map_bytes
				     : fixture->settings.body_max_bytes) == rows[i].bytes);
	}
}

static void what_is_asked_for_needs_no_good_settings(void **state)
{
	static const struct {
		const char *argument;
		enum settings_action action;
	} rows[] = {
		{"--help", SETTINGS_HELP},       {"-h", SETTINGS_HELP},
		{"--version", SETTINGS_VERSION}, {"--sample-config", SETTINGS_SAMPLE},
		{"--man-config", SETTINGS_MAN},
	};
	struct fixture *fixture = *state;

	write_file(fixture, "nonsense\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(load(fixture, ITEMS(rows[i].argument), ITEMS("EXPIRES_MAX=x")), 0);
		assert_int_equal(fixture->action, rows[i].action);
	}
	assert_refused(fixture, ITEMS("--check-config"), NULL, ":1: ");
}

/* ---- What must fit together ---- */

static void a_log_goes_to_a_place_that_there_is(void **state)
{
	struct fixture *fixture = *state;
	static const char *const good[] = {"--log-to=stderr",  "--log-to=file:/a",
					   "--log-to=syslog",  "--log-to=syslog:/a",
					   "--log-to=journal", "--log-to=journal:/a"};
	static const char *const bad[] = {"--log-to=/var/log/a", "--log-to=file", "--log-to=file:a",
					  "--log-to=stderr:/a", "--log-to=mail"};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(load(fixture, ITEMS(good[i], "--store=memory"), NULL), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_refused(fixture, ITEMS(bad[i], "--store=memory"), NULL,
			       "--log-to: not one of stderr, file:/PATH");
}

static void a_keyspace_is_a_name_that_needs_no_quotes(void **state)
{
	struct fixture *fixture = *state;

	assert_refused(fixture, ITEMS("--cassandra-keyspace=a;drop", "--store=memory"), NULL,
		       "--cassandra-keyspace: a keyspace's name has lower-case letters");
	assert_refused(fixture, ITEMS("--cassandra-keyspace=1a", "--store=memory"), NULL,
		       "and begins with a letter");
	assert_int_equal(load(fixture, ITEMS("--cassandra-keyspace=a_1", "--store=memory"), NULL),
			 0);
}

static void a_user_of_the_cluster_comes_with_a_password(void **state)
{
	struct fixture *fixture = *state;

	assert_refused(fixture, ITEMS("--cassandra-user=u", "--store=memory"), NULL,
		       "--cassandra-user: cassandra_user needs cassandra_password_file, which is "
		       "not set");
	assert_refused(fixture, ITEMS("--cassandra-tls-key=/k", "--store=memory"), NULL,
		       "cassandra_tls_key needs cassandra_tls_certificate");
}

static void certificate_and_key_come_together(void **state)
{
	struct fixture *fixture = *state;
	char reason[128];

	assert_refused(fixture, ITEMS("--tls-certificate=/c", "--store=memory"), NULL,
		       "--tls-certificate: tls_certificate needs tls_key, which is not set");
	assert_refused(fixture, ITEMS("--tls-key=/k", "--store=memory"), NULL,
		       "--tls-key: tls_key needs tls_certificate, which is not set");
	assert_refused(fixture, ITEMS("--tls-client-ca=/a", "--store=memory"), NULL,
		       "--tls-client-ca: tls_client_ca needs tls_certificate, which is not set");
	assert_refused(fixture, ITEMS("--store=memory"), ITEMS("REGISTRYD_TLS_KEY=/k"),
		       "environment REGISTRYD_TLS_KEY: tls_key needs tls_certificate");
	write_file(fixture, "tls_key = /k\n");
	snprintf(reason, sizeof(reason), "%s: tls_key needs tls_certificate", fixture->path);
	assert_refused(fixture, ITEMS("--store=memory"), NULL, reason);
	write_file(fixture, "");
	assert_int_equal(load(fixture,
			      ITEMS("--tls-certificate=/c", "--tls-key=/k", "--tls-client-ca=/a",
				    "--store=memory"),
			      NULL),
			 0);
}

static void settings_never_filled_can_be_freed(void **state)
{
	struct settings settings = {0};

	(void)state;
	settings_deinit(&settings);
	settings_deinit(&settings);
}

/* ---- The table in words ---- */

static char *describe(void (*write)(FILE *out))
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	write(out);
	fclose(out);
	return text;
}

static void every_option_is_in_every_description(void **state)
{
	char *help = describe(describe_help);
	char *sample = describe(describe_sample);
	char *man = describe(describe_man);

	(void)state;
	for (size_t i = 0; i < option_count; i++) {
		char needle[64];

		snprintf(needle, sizeof(needle), "\n#%s = ", options[i].name);
		assert_true(options[i].not_in_file == !strstr(sample, needle));
		snprintf(needle, sizeof(needle), ".It Cm %s No = ", options[i].name);
		assert_true(options[i].not_in_file == !strstr(man, needle));
		snprintf(needle, sizeof(needle), "\n  --%s ", options[i].name);
		for (char *byte = needle; *byte; byte++)
			*byte = *byte == '_' ? '-' : *byte;
		assert_non_null(strstr(help, needle));
	}
	free(help);
	free(sample);
	free(man);
}

static void no_line_of_the_help_is_too_wide(void **state)
{
	char *help = describe(describe_help);

	(void)state;
	for (char *line = strtok(help, "\n"); line; line = strtok(NULL, "\n"))
		assert_true(strlen(line) < 80);
	free(help);
}

static void the_sample_is_a_good_file_once_uncommented(void **state)
{
	struct fixture *fixture = *state;
	char *sample = describe(describe_sample);
	char *out = sample;

	for (const char *in = sample; *in; in++) {
		if (*in != '#' || in[1] == ' ')
			*out++ = *in;
	}
	*out = '\0';
	write_file(fixture, sample);
	free(sample);

	/* load_file is for that store alone. */
	if (load(fixture, ITEMS("--store", "memory"), NULL) < 0)
		fail_msg("%s", fixture->reason);

	assert_string_equal(fixture->settings.load_balancers, "192.0.2.10,192.0.2.11");
}

static void the_settings_in_force_read_back_the_same(void **state)
{
	struct fixture *fixture = *state;
	char *first;
	char *second;
	size_t size;
	FILE *out;

	assert_int_equal(load(fixture,
			      ITEMS("--bind=::1", "--data-dir=/d e", "--body-max-bytes=1025",
				    "--lmdb-map-bytes=5M", "--log-level=WARN", "--admin=NONE"),
			      NULL),
			 0);
	out = open_memstream(&first, &size);
	describe_settings(&fixture->settings, out);
	fclose(out);
	assert_non_null(strstr(first, "\nadmin = none\n"));
	assert_non_null(strstr(first, "\nlog_level = warn\n"));
	assert_non_null(strstr(first, "\nlmdb_map_bytes = 5M\n"));
	assert_non_null(strstr(first, "\nbody_max_bytes = 1025\n"));

	write_file(fixture, first);
	assert_int_equal(load(fixture, NULL, NULL), 0);
	out = open_memstream(&second, &size);
	describe_settings(&fixture->settings, out);
	fclose(out);

	assert_string_equal(second, first);
	free(first);
	free(second);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_bare_start_has_every_default),
		TEST(the_data_directory_follows_the_user),
		TEST(each_later_source_wins),
		TEST(the_file_can_be_named_in_the_environment),
		TEST(a_named_file_that_cannot_be_read_stops_the_start),
		TEST(a_file_that_cannot_be_read_is_told_with_the_variable_that_names_it),
		TEST(a_mistake_in_the_file_is_told_with_its_line),
		TEST(a_file_beyond_all_measure_is_refused),
		TEST(names_of_older_deployments_keep_working),
		TEST(whoever_is_open_to_all_has_said_so),
		TEST(access_follows_the_client_ca),
		TEST(an_option_has_a_variable_of_its_own_that_wins),
		TEST(an_empty_variable_counts_as_unset),
		TEST(a_variable_that_is_no_option_does_not_count),
		TEST(a_bad_variable_is_told_by_its_name),
		TEST(arguments_are_taken_in_both_forms),
		TEST(the_last_of_several_arguments_wins),
		TEST(a_bad_argument_is_told_by_its_name),
		TEST(sizes_take_suffixes_in_either_case),
		TEST(what_is_asked_for_needs_no_good_settings),
		TEST(a_log_goes_to_a_place_that_there_is),
		TEST(a_keyspace_is_a_name_that_needs_no_quotes),
		TEST(a_user_of_the_cluster_comes_with_a_password),
		TEST(certificate_and_key_come_together),
		TEST(settings_never_filled_can_be_freed),
		TEST(every_option_is_in_every_description),
		TEST(no_line_of_the_help_is_too_wide),
		TEST(the_sample_is_a_good_file_once_uncommented),
		TEST(the_settings_in_force_read_back_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
