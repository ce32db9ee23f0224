/* What a verb says to a running server: its arguments, and requests over HTTP. */
#pragma once

#include <stdbool.h>

#include "base/buffer.h"

enum client_argument {
	CLIENT_ID, /* what stands behind the verb */
	CLIENT_USER,
	CLIENT_GUID,
	CLIENT_EMAIL,
	CLIENT_NAME,
	CLIENT_REPORTER,
	CLIENT_RESOURCES,
	CLIENT_DATA_SCHEMES,
	CLIENT_FILE,
	CLIENT_DATA_OBJECT, /* a flag, like --take */
	CLIENT_TAKE,
	CLIENT_INTERVAL,
	CLIENT_COUNT,
	CLIENT_PID,
	CLIENT_PID_FILE,
	CLIENT_URL,
	CLIENT_ADMIN_URL,
	CLIENT_CA,
	CLIENT_CERT,
	CLIENT_KEY,
	CLIENT_TIMEOUT,
	CLIENT_JSON,
	CLIENT_ARGUMENT_COUNT,
};

#define CLIENT_BIT(argument) (1u << (argument))
/* Those that every verb takes that asks a server. */
#define CLIENT_CONNECTION                                                                          \
	(CLIENT_BIT(CLIENT_URL) | CLIENT_BIT(CLIENT_ADMIN_URL) | CLIENT_BIT(CLIENT_CA) |           \
	 CLIENT_BIT(CLIENT_CERT) | CLIENT_BIT(CLIENT_KEY) | CLIENT_BIT(CLIENT_TIMEOUT) |           \
	 CLIENT_BIT(CLIENT_JSON))

struct client_usage {
	const char *verb;
	const char *sentence;
	unsigned takes;  /* bits of arguments */
	unsigned needs;  /* all of them */
	unsigned one_of; /* exactly one of them; 0: nothing of the kind */
};

/* Values point into argv and the environment; NULL: not said. A flag that is said is "". */
struct client {
	const char *values[CLIENT_ARGUMENT_COUNT];
};

/* True if the verb is to go on; otherwise what was asked for was shown, or the reason said, and
 * *ret_exit is an exit_code. */
bool client_read(const struct client_usage *usage, int argc, char **argv, struct client *ret_client,
		 int *ret_exit);
bool client_has(const struct client *client, enum client_argument argument);
/* Tables are for a terminal, JSON is for programs. */
bool client_wants_json(const struct client *client);

/* Percent-encoded; a comma too, which parts the values of a search all the same. */
void client_add_escaped(struct buffer *path, const char *text);
/* The same as one piece of a path, with "/" before it. */
void client_add_piece(struct buffer *path, const char *text);

struct client_answer {
	int status;
	struct buffer body; /* with a NUL behind it; the caller frees it */
};

enum client_server { CLIENT_PUBLIC, CLIENT_ADMIN };

/* What an answer says of itself: its detail, or else its message; "" if there is neither. */
void client_answer_reason(const struct client_answer *answer, char *ret_reason, size_t size);

/* body: NULL for none. 0, or -1 after the reason was said. */
int client_ask(const struct client *client, enum client_server server, const char *method,
	       const char *path, const char *body, struct client_answer *ret_answer);
