/* Everything that can be set. Filled from options.c's table: default, file, environment, arguments.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Texts are owned; an unset text is "". Integers are in the unit of their name. */
struct settings {
	char *config;     /* path of the configuration file; "" if there is none */
	char *bind;       /* address of the public listener; "" is all, IPv4 and IPv6 */
	char *allow_open; /* yes | no */
	int64_t port;
	char *admin; /* address:port of the admin listener; "none" */
	char *store; /* lmdb | memory | cassandra */
	char *data_dir;
	char *load_file;                /* what store memory begins with; "" is nothing */
	int64_t lmdb_map_bytes;         /* the largest the database can grow */
	char *cassandra_contact_points; /* nodes to find the others from, with commas between them
					 */
	int64_t cassandra_port;
	char *cassandra_keyspace;
	char *cassandra_replication; /* copies, or "centre:copies,…"; of a keyspace that is made */
	char *cassandra_data_centre;
	char *cassandra_user;
	char *cassandra_password_file;
	char *cassandra_tls_ca;
	char *cassandra_tls_certificate;
	char *cassandra_tls_key;
	char *cassandra_consistency; /* local_quorum | quorum | one */
	int64_t cassandra_connect_timeout_ms;
	int64_t cassandra_timeout_ms;     /* of one statement */
	int64_t cassandra_speculation_ms; /* ask a second node after so long; 0: never */
	char *cassandra_clock;            /* nodes | server */
	char *cassandra_migrate;          /* yes | no */
	int64_t expires_max_s;            /* cap on expires (spec 4.4) */
	int64_t entries_max;              /* 0: no limit */
	int64_t retention_s;              /* forget entries disconnected for so long; 0: never */
	int64_t workers;                  /* serving threads; 0: one a core */
	char *load_balancers; /* comma-separated addresses that alone may connect; "" is everybody
			       */
	char *domain_env;     /* DEVELOPMENT | PRODUCTION, as the original has it */
	char *log_level;      /* debug | info | warn | error */
	char *log_to;         /* as log_start() has it */
	char *access_log;     /* yes | no */
	int64_t body_max_bytes;
	int64_t header_max_bytes; /* request line and headers, each */
	int64_t id_max_bytes;     /* of an id in a path, decoded */
	int64_t json_depth_max;
	int64_t connections_max;
	int64_t connections_per_address_max; /* 0: no limit */
	int64_t idle_timeout_s;              /* a connection without a request */
	int64_t receive_timeout_ms;          /* how long a request may take to come */
	int64_t send_timeout_ms;             /* how long an answer may take to leave */
	int64_t entries_per_user_max;        /* 0: no limit, like the next two */
	int64_t entries_per_name_max;
	int64_t entries_per_reporter_max;
	int64_t waiting_max; /* requests that wait for the store; 0: any number */
	int64_t wait_max_ms; /* how long they may wait; 0: as the store is */
	int64_t answer_max_bytes;
	int64_t memory_max_bytes;   /* 0: four fifths of what there is */
	int64_t request_timeout_ms; /* how long a request waits for the store */
	int64_t drain_notice_ms;    /* SIGTERM: how long to serve on with /ready at 503 */
	int64_t drain_limit_ms;     /* then: how long to wait for requests in flight */
	int64_t updates_max;        /* entries in one answer of /registry/updated */
	int64_t expires;            /* accepted and ignored: expiry is immediate (spec 17) */
	char *tls_certificate;
	char *tls_key;
	char *tls_client_ca;
	char *access;         /* open | reads_open | certificate, once settings are loaded */
	char *updates_access; /* certificate | open */
};

enum settings_action {
	SETTINGS_RUN,
	SETTINGS_HELP,
	SETTINGS_VERSION,
	SETTINGS_CHECK,  /* --check-config: say what is wrong, or the settings in force */
	SETTINGS_SAMPLE, /* --sample-config: the sample file, made from the table */
	SETTINGS_MAN,    /* --man-config: the option list of registryd.conf(5), mdoc */
};

/* Anybody who reaches a public listener at this address from elsewhere may read and write,
 * unencrypted; and whether that is what is wanted. */
bool settings_are_open(const struct settings *settings, const char *address);
bool settings_may_be_open(const struct settings *settings);
#define SETTINGS_TOO_OPEN                                                                          \
	"anybody who reaches this address could read and write: set load_balancers, or "           \
	"tls_certificate, or allow_open = yes"

/*
 * Defaults, then the file, then the environment, then the arguments; each later one wins.
 * environment is as in environ. 0, or -EINVAL with ret_reason saying where ("FILE:LINE: …",
 * "environment EXPIRES_MAX: …", "--port: …") and what. -ENOMEM otherwise.
 */
int settings_load(int argc, char **argv, char **environment, struct settings *ret_settings,
		  enum settings_action *ret_action, char *ret_reason, size_t reason_size);
void settings_deinit(struct settings *settings);
