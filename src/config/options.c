/* The table of options. A new option is one row here and one field in settings.h. */
#include "config/options.h"

#include <limits.h>

#define KIB (1LL << 10)
#define MIB (1LL << 20)
#define GIB (1LL << 30)
#define CENTURY_S (100LL * 365 * 24 * 3600)

#define FIELD(name) #name, .offset = offsetof(struct settings, name)
#define WORDS(...) ((const struct option_word[]){__VA_ARGS__, {NULL, NULL}})
#define ALIASES(...) ((const struct option_alias[]){__VA_ARGS__, {NULL, NULL}})

const struct option options[] = {
	{FIELD(config), .type = OPTION_PATH, .min = 1, .max = PATH_MAX - 1, .not_in_file = true,
	 .fallback = "/etc/registryd/registryd.conf", .value_name = "FILE",
	 .sentence = "Configuration file. The default one may be absent, one named here may not."},
	{FIELD(bind), .type = OPTION_ADDRESS, .example = "192.0.2.1",
	 .fallback_words = "127.0.0.1; all addresses if a variable of the original registry is set",
	 .value_name = "ADDRESS",
	 .sentence = "IP address on which clients are served; :: is all of them, IPv4 and IPv6. "
		     "Other than on the local host, this needs load_balancers, TLS or allow_open."},
	{FIELD(allow_open), .type = OPTION_CHOICE, .fallback = "no",
	 .words = WORDS({"yes", "yes"}, {"no", "no"}), .value_name = "yes|no",
	 .sentence =
		 "Whether anybody who reaches that address may read and write, unencrypted. The "
		 "variables of the original registry imply it, with a warning."},
	{FIELD(port), .type = OPTION_INTEGER, .max = 65535, .fallback = "4567",
	 .value_name = "PORT", .sentence = "Port on which clients are served. 0: any free one."},
	{FIELD(admin), .type = OPTION_LISTENER, .fallback = "127.0.0.1:4568",
	 .value_name = "ADDRESS:PORT",
	 .sentence = "Where /live, /ready and /metrics are served to operators. An IPv6 address is "
		     "written in brackets. none: nowhere."},
	{FIELD(store), .type = OPTION_CHOICE, .fallback = "lmdb",
	 .value_name = "lmdb|memory|cassandra",
	 .words = WORDS({"lmdb", "lmdb"}, {"memory", "memory"}, {"cassandra", "cassandra"}),
	 .aliases = ALIASES({"STORAGE_TYPE", WORDS({"RAM", "memory"}, {"LMDB", "lmdb"},
						   {"CASSANDRA", "cassandra"})}),
	 .sentence = "Where registrations are kept: lmdb is durable, memory is empty again after "
		     "every start (but see load_file), cassandra is a cluster that any number of "
		     "servers share."},
	{FIELD(data_dir), .type = OPTION_PATH, .min = 1, .max = PATH_MAX - 1, .value_name = "DIR",
	 .example = "/var/lib/registryd",
	 .fallback_words =
		 "$STATE_DIRECTORY if set, /var/lib/registryd for root, else registryd in "
		 "$XDG_STATE_HOME or $HOME/.local/state",
	 .sentence = "Directory of the lmdb store, made if it is absent."},
	{FIELD(lmdb_map_bytes), .type = OPTION_SIZE, .min = MIB, .max = 65536 * GIB,
	 .fallback = "64G", .value_name = "BYTES",
	 .sentence = "The largest that the lmdb store can grow. It is address space, not memory."},
	{FIELD(load_file), .type = OPTION_PATH, .max = PATH_MAX - 1, .fallback = "",
	 .fallback_words = "nothing", .example = "/var/lib/registryd/entries", .value_name = "FILE",
	 .sentence = "What the memory store begins with: a file that registryctl export wrote. It "
		     "is read at each start."},
	{FIELD(cassandra_contact_points), .type = OPTION_TEXT, .min = 1, .max = 4096,
	 .fallback = "127.0.0.1", .aliases = ALIASES({"CONTACT_POINTS_IPS", NULL}),
	 .example = "192.0.2.21, 192.0.2.22", .value_name = "NODE[,NODE]",
	 .sentence = "Nodes of the Cassandra cluster, addresses or names, each with :PORT if it "
		     "differs. The others are found from them."},
	{FIELD(cassandra_port), .type = OPTION_INTEGER, .min = 1, .max = 65535, .fallback = "9042",
	 .value_name = "PORT", .sentence = "Port of the nodes."},
	{FIELD(cassandra_keyspace), .type = OPTION_TEXT, .min = 1, .max = 48,
	 .fallback = "registryd", .value_name = "NAME",
	 .sentence = "Keyspace of the registrations: lower-case letters, digits and underscores."},
	{FIELD(cassandra_replication), .type = OPTION_TEXT, .min = 1, .max = 1024, .fallback = "3",
	 .example = "dc1:3,dc2:3", .value_name = "COPIES|CENTRE:COPIES[,…]",
	 .sentence = "Copies of each registration, when the keyspace is made: a number, or one for "
		     "each data centre."},
	{FIELD(cassandra_data_centre), .type = OPTION_TEXT, .max = 255, .fallback = "",
	 .fallback_words = "all nodes alike", .example = "dc1", .value_name = "CENTRE",
	 .sentence = "Data centre whose nodes are asked; others only when none of them is up."},
	{FIELD(cassandra_user), .type = OPTION_TEXT, .max = 255, .fallback = "",
	 .fallback_words = "none", .example = "registryd", .value_name = "USER",
	 .sentence = "User name at the cluster. Needs cassandra_password_file."},
	{FIELD(cassandra_password_file), .type = OPTION_PATH, .max = PATH_MAX - 1, .fallback = "",
	 .fallback_words = "none", .example = "/etc/registryd/cassandra-password",
	 .value_name = "FILE", .sentence = "File whose first line is that user's password."},
	{FIELD(cassandra_tls_ca), .type = OPTION_PATH, .max = PATH_MAX - 1, .fallback = "",
	 .fallback_words = "none, plain connections", .example = "/etc/registryd/cassandra-ca.pem",
	 .value_name = "FILE",
	 .sentence = "Certificates that vouch for the nodes, PEM. Connections use TLS then."},
	{FIELD(cassandra_tls_certificate), .type = OPTION_PATH, .max = PATH_MAX - 1, .fallback = "",
	 .fallback_words = "none", .example = "/etc/registryd/cassandra-client.pem",
	 .value_name = "FILE",
	 .sentence = "Our certificate for the nodes, PEM. Needs cassandra_tls_key and "
		     "cassandra_tls_ca."},
	{FIELD(cassandra_tls_key), .type = OPTION_PATH, .max = PATH_MAX - 1, .fallback = "",
	 .fallback_words = "none", .example = "/etc/registryd/cassandra-client.key",
	 .value_name = "FILE", .sentence = "Private key of that certificate, PEM."},
	{FIELD(cassandra_consistency), .type = OPTION_CHOICE, .fallback = "local_quorum",
	 .words = WORDS({"local_quorum", "local_quorum"}, {"quorum", "quorum"}, {"one", "one"}),
	 .value_name = "local_quorum|quorum|one",
	 .sentence = "How many copies a read or a write asks for. If too few are there, one will "
		     "do."},
	{FIELD(cassandra_connect_timeout_ms), .type = OPTION_INTEGER, .min = 1, .max = 600000,
	 .fallback = "5000", .value_name = "MS",
	 .sentence = "How long connecting to a node may take."},
	{FIELD(cassandra_timeout_ms), .type = OPTION_INTEGER, .min = 1, .max = 600000,
	 .fallback = "2000", .value_name = "MS", .sentence = "How long one statement may take."},
	{FIELD(cassandra_speculation_ms), .type = OPTION_INTEGER, .max = 600000, .fallback = "100",
	 .value_name = "MS",
	 .sentence = "After how long without an answer a second node is asked. 0: never."},
	{FIELD(cassandra_clock), .type = OPTION_CHOICE, .fallback = "nodes",
	 .words = WORDS({"nodes", "nodes"}, {"server", "server"}), .value_name = "nodes|server",
	 .sentence = "Whose clock lifetimes are computed with: the median of the nodes', or this "
		     "server's own."},
	{FIELD(cassandra_migrate), .type = OPTION_CHOICE, .fallback = "yes",
	 .words = WORDS({"yes", "yes"}, {"no", "no"}), .value_name = "yes|no",
	 .sentence = "Whether keyspace and tables are made, or brought up to date, at start."},
	{FIELD(expires_max_s), .reloadable = true, .type = OPTION_INTEGER, .min = 1,
	 .max = CENTURY_S, .fallback = "3600", .aliases = ALIASES({"EXPIRES_MAX", NULL}),
	 .value_name = "SECONDS",
	 .sentence =
		 "The longest lifetime without a sign of life. Longer ones that clients ask for "
		 "are cut to it."},
	{FIELD(entries_max), .reloadable = true, .type = OPTION_INTEGER, .max = 1000000000000,
	 .fallback = "0", .value_name = "NUMBER",
	 .sentence =
		 "Registrations kept at most, disconnected ones too; a new one more is answered "
		 "507. 0: no limit."},
	{FIELD(entries_per_user_max), .reloadable = true, .type = OPTION_INTEGER,
	 .max = 1000000000000, .fallback = "10000", .value_name = "NUMBER",
	 .sentence = "Of them, those of one user. Not with the store cassandra, which does not "
		     "count them. 0: no limit."},
	{FIELD(entries_per_name_max), .reloadable = true, .type = OPTION_INTEGER,
	 .max = 1000000000000, .fallback = "10000", .value_name = "NUMBER",
	 .sentence = "The same, of data objects with one name."},
	{FIELD(entries_per_reporter_max), .reloadable = true, .type = OPTION_INTEGER,
	 .max = 1000000000000, .fallback = "10000", .value_name = "NUMBER",
	 .sentence = "The same, of data objects with one reporter."},
	{FIELD(retention_s), .type = OPTION_INTEGER, .max = CENTURY_S, .fallback = "0",
	 .value_name = "SECONDS",
	 .sentence = "Registrations disconnected for so long are forgotten. 0: never."},
	{FIELD(workers), .type = OPTION_INTEGER, .max = 1024, .fallback = "0",
	 .value_name = "NUMBER",
	 .sentence = "Threads that serve. 0: one for each processor that it may run on."},
	{FIELD(load_balancers), .type = OPTION_ADDRESSES, .fallback = "",
	 .fallback_words = "anybody may connect", .example = "192.0.2.10, 192.0.2.11",
	 .aliases = ALIASES({"LOAD_BALANCER_IP", NULL}), .value_name = "ADDRESS[,ADDRESS]",
	 .sentence = "IP addresses that alone may connect to the public port. All others are "
		     "answered 401."},
	{FIELD(domain_env), .type = OPTION_CHOICE, .fallback = "PRODUCTION",
	 .words = WORDS({"DEVELOPMENT", "DEVELOPMENT"}, {"PRODUCTION", "PRODUCTION"}),
	 .aliases = ALIASES({"DOMAIN_ENV", NULL}), .value_name = "DEVELOPMENT|PRODUCTION",
	 .sentence =
		 "With DEVELOPMENT the public port shows the overview to browsers, as the admin "
		 "listener always does: /overview."},
	{FIELD(log_level), .reloadable = true, .type = OPTION_CHOICE, .fallback = "info",
	 .words = WORDS({"debug", "debug"}, {"info", "info"}, {"warn", "warn"}, {"error", "error"}),
	 .value_name = "debug|info|warn|error",
	 .sentence = "The least important messages that are still logged."},
	{FIELD(log_to), .type = OPTION_TEXT, .min = 1, .max = PATH_MAX, .fallback = "stderr",
	 .example = "file:/var/log/registryd.log",
	 .value_name = "stderr|file:/PATH|syslog[:/PATH]|journal[:/PATH]",
	 .sentence = "Where the log goes, once the settings are read: standard error, a file, or "
		     "the socket of the system's log."},
	{FIELD(access_log), .reloadable = true, .type = OPTION_CHOICE, .fallback = "no",
	 .words = WORDS({"yes", "yes"}, {"no", "no"}), .value_name = "yes|no",
	 .sentence = "Whether each request has a line in the log, with the path that was asked for "
		     "and the address of the client."},
	{FIELD(body_max_bytes), .reloadable = true, .type = OPTION_SIZE, .min = KIB,
	 .max = 64 * MIB, .fallback = "1M", .value_name = "BYTES",
	 .sentence = "The longest request body. Longer ones are answered 413."},
	{FIELD(header_max_bytes), .type = OPTION_SIZE, .min = 16 * KIB, .max = 64 * KIB,
	 .fallback = "16K", .value_name = "BYTES",
	 .sentence = "The longest request line, and the longest headers. Longer ones are answered "
		     "414 and 431."},
	{FIELD(id_max_bytes), .type = OPTION_SIZE, .min = 64, .max = 64 * KIB, .fallback = "4K",
	 .value_name = "BYTES",
	 .sentence = "The longest id in a path, once decoded. Longer ones are answered 400."},
	{FIELD(json_depth_max), .type = OPTION_INTEGER, .min = 2, .max = 1000, .fallback = "32",
	 .value_name = "NUMBER",
	 .sentence = "How many brackets may be open inside each other in a body. More are answered "
		     "400."},
	{FIELD(connections_max), .type = OPTION_INTEGER, .min = 1, .max = 1000000,
	 .fallback = "20000", .value_name = "NUMBER",
	 .sentence = "Connections open at once. More are closed as soon as they are accepted."},
	{FIELD(connections_per_address_max), .reloadable = true, .type = OPTION_INTEGER,
	 .max = 1000000, .fallback = "2000", .value_name = "NUMBER",
	 .sentence = "Of them, those from one IPv4 address or one /64 network of IPv6; there is no "
		     "such limit where load_balancers is set. 0: no limit."},
	{FIELD(idle_timeout_s), .type = OPTION_INTEGER, .min = 1, .max = 86400, .fallback = "75",
	 .value_name = "SECONDS", .sentence = "A connection silent for so long is closed."},
	{FIELD(receive_timeout_ms), .reloadable = true, .type = OPTION_INTEGER, .min = 1,
	 .max = 3600000, .fallback = "30000", .value_name = "MS",
	 .sentence = "How long a request may take to come as a whole, from its first line on. Then "
		     "its connection is closed."},
	{FIELD(send_timeout_ms), .reloadable = true, .type = OPTION_INTEGER, .min = 1,
	 .max = 3600000, .fallback = "60000", .value_name = "MS",
	 .sentence = "How long an answer may take to leave as a whole. Then its connection is "
		     "closed."},
	{FIELD(waiting_max), .type = OPTION_INTEGER, .max = 1000000, .fallback = "4000",
	 .value_name = "NUMBER",
	 .sentence =
		 "Requests that may wait for the store at once. From half of it on searches are "
		 "answered 503, then registrations, then reads; signs of life never. 0: no limit."},
	{FIELD(wait_max_ms), .type = OPTION_INTEGER, .max = 3600000, .fallback = "0",
	 .value_name = "MS",
	 .sentence = "When one has waited for the store for half of this, searches are answered "
		     "503, and so on, as for waiting_max. 0: 2000, but no limit with the store "
		     "cassandra, whose nodes may come and go."},
	{FIELD(answer_max_bytes), .type = OPTION_SIZE, .min = MIB, .max = 16 * GIB,
	 .fallback = "64M", .value_name = "BYTES",
	 .sentence = "A list or a search whose answer would be larger is answered 507; the news is "
		     "told in several answers."},
	{FIELD(memory_max_bytes), .type = OPTION_SIZE, .max = 65536 * GIB, .fallback = "0",
	 .value_name = "BYTES",
	 .sentence = "When the server has so much memory of its own, searches and registrations "
		     "are answered 503, and so are updates that are more than a sign of life. 0: "
		     "four fifths of what the machine, or the control group, has."},
	{FIELD(request_timeout_ms), .type = OPTION_INTEGER, .min = 1, .max = 600000,
	 .fallback = "10000", .value_name = "MS",
	 .sentence = "How long a request waits for the store before it is answered 503."},
	{FIELD(drain_notice_ms), .reloadable = true, .type = OPTION_INTEGER, .max = 3600000,
	 .fallback = "0", .value_name = "MS",
	 .sentence = "On SIGTERM, how long to serve on while /ready answers 503, so that load "
		     "balancers notice."},
	{FIELD(drain_limit_ms), .reloadable = true, .type = OPTION_INTEGER, .max = 3600000,
	 .fallback = "10000", .value_name = "MS",
	 .sentence = "After that, how long to wait for requests in flight."},
	{FIELD(updates_max), .reloadable = true, .type = OPTION_INTEGER, .min = 1, .max = 1000000,
	 .fallback = "10000", .value_name = "NUMBER",
	 .sentence = "Registrations in one answer of /registry/updated. The others come with the "
		     "next one."},
	{FIELD(expires), .type = OPTION_INTEGER, .max = CENTURY_S, .fallback = "0",
	 .aliases = ALIASES({"EXPIRES", NULL}), .value_name = "SECONDS",
	 .sentence =
		 "Accepted for the sake of older deployments and ignored: expiry is immediate."},
	{FIELD(tls_certificate), .type = OPTION_PATH, .max = PATH_MAX - 1, .fallback = "",
	 .fallback_words = "none, plain HTTP", .example = "/etc/registryd/certificate.pem",
	 .value_name = "FILE",
	 .sentence = "Certificate chain of the public port, PEM. Needs tls_key."},
	{FIELD(tls_key), .type = OPTION_PATH, .max = PATH_MAX - 1, .fallback = "",
	 .fallback_words = "none", .example = "/etc/registryd/key.pem", .value_name = "FILE",
	 .sentence = "Private key of the certificate, PEM."},
	{FIELD(tls_client_ca), .type = OPTION_PATH, .max = PATH_MAX - 1, .fallback = "",
	 .fallback_words = "none, clients are not asked for certificates",
	 .example = "/etc/registryd/clients.pem", .value_name = "FILE",
	 .sentence =
		 "Certificates that vouch for clients, PEM. Needs tls_certificate and tls_key."},
	{FIELD(access), .type = OPTION_CHOICE, .fallback = "auto",
	 .words = WORDS({"auto", "auto"}, {"open", "open"}, {"reads_open", "reads_open"},
			{"certificate", "certificate"}),
	 .value_name = "auto|open|reads_open|certificate",
	 .sentence = "Who needs a certificate that tls_client_ca vouches for: nobody, who changes "
		     "anything, or everybody. auto is reads_open where tls_client_ca is set, else "
		     "open."},
	{FIELD(updates_access), .type = OPTION_CHOICE, .fallback = "certificate",
	 .words = WORDS({"certificate", "certificate"}, {"open", "open"}),
	 .value_name = "certificate|open",
	 .sentence = "Who may read /registry/updated where clients are asked for certificates: it "
		     "takes "
		     "the news away, and so counts as a write."},
};

const size_t option_count = sizeof(options) / sizeof(options[0]);

_Static_assert(sizeof(options) / sizeof(options[0]) <= OPTIONS_MAX, "raise OPTIONS_MAX");

static bool same_name(const char *name, struct slice written)
{
	if (strlen(name) != written.len)
		return false;
	for (size_t i = 0; i < written.len; i++) {
		char byte = written.data[i] == '-' ? '_' : written.data[i];

		if (byte != name[i])
			return false;
	}
	return true;
}

const struct option *option_find(struct slice name)
{
	for (size_t i = 0; i < option_count; i++) {
		if (same_name(options[i].name, name))
			return &options[i];
	}
	return NULL;
}

bool option_is_number(const struct option *option)
{
	return option->type == OPTION_INTEGER || option->type == OPTION_SIZE;
}
