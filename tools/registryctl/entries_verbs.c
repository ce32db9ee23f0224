/* Verbs about entries of a running registry: each is one request, and its answer shown. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "registryctl/client.h"
#include "registryctl/entries_table.h"
#include "registryctl/lookup.h"
#include "registryctl/show.h"
#include "registryctl/verb.h"

#define FILE_MAX_BYTES (4 << 20)

/* ---- The answer ---- */

static int exit_of(int status)
{
	switch (status) {
	case 200:
		return EXIT_ALL;
	case 404:
		return EXIT_NOT_FOUND;
	case 408:
		return EXIT_DISCONNECTED;
	default:
		return EXIT_FAILED;
	}
}

/* For programs byte for byte; nothing in it may steer a terminal. */
static void show_body(FILE *out, const struct client_answer *answer)
{
	if (isatty(fileno(out)))
		show_text(out, slice_of(answer->body.data), SHOW_ALL);
	else
		fputs(answer->body.data, out);
	fputc('\n', out);
}

/* What was refused is said on standard error; what was found, where it is wanted. */
static int show(const struct client *client, struct client_answer *answer)
{
	int status = exit_of(answer->status);

	if (status == EXIT_NOT_FOUND || status == EXIT_FAILED) {
		fprintf(stderr, "registryctl: %d ", answer->status);
		show_body(stderr, answer);
	} else if (client_wants_json(client) || !entries_table_show(answer->body.data)) {
		show_body(stdout, answer);
	}
	buffer_deinit(&answer->body);
	return status;
}

static int ask_and_show(const struct client *client, const char *method, struct buffer *path,
			const char *body)
{
	struct client_answer answer;
	int r = -1;

	buffer_append_byte(path, '\0');
	if (!path->failed)
		r = client_ask(client, CLIENT_PUBLIC, method, path->data, body, &answer);
	buffer_deinit(path);
	return r < 0 ? EXIT_FAILED : show(client, &answer);
}

/* ---- Paths ---- */

static void add(struct buffer *path, const char *text)
{
	buffer_append_slice(path, slice_of(text));
}

static void add_criterion(struct buffer *path, const char *name, const char *value, bool *first)
{
	if (!value)
		return;
	add(path, *first ? "?" : "&");
	*first = false;
	add(path, name);
	client_add_escaped(path, value);
}

static struct buffer path_of_entry(const struct client *client, const char *of_hyperty,
				   const char *of_data_object)
{
	struct buffer path = {0};

	add(&path, client_has(client, CLIENT_DATA_OBJECT) ? of_data_object : of_hyperty);
	client_add_piece(&path, client->values[CLIENT_ID]);
	return path;
}

/* ---- Verbs ---- */

int verb_get(int argc, char **argv)
{
	static const struct client_usage usage = {
		.verb = "get",
		.sentence = "Shows one hyperty or data object.",
		.takes = CLIENT_BIT(CLIENT_ID) | CLIENT_BIT(CLIENT_DATA_OBJECT) | CLIENT_CONNECTION,
		.needs = CLIENT_BIT(CLIENT_ID),
	};
	struct client client;
	struct buffer path;
	int status;

	if (!client_read(&usage, argc, argv, &client, &status))
		return status;
	path = path_of_entry(&client, "/hyperty/url", "/hyperty/dataobject/url");
	return ask_and_show(&client, "GET", &path, NULL);
}

int verb_list(int argc, char **argv)
{
	static const struct client_usage usage = {
		.verb = "list",
		.sentence = "Shows all hyperties of a user, GUID or e-mail, or all data objects of "
			    "a name or reporter.",
		.takes = LOOKUPS | CLIENT_CONNECTION,
		.one_of = LOOKUPS,
	};
	struct client client;
	struct buffer path = {0};
	int status;

	if (!client_read(&usage, argc, argv, &client, &status))
		return status;
	lookup_add(&path, &client);
	return ask_and_show(&client, "GET", &path, NULL);
}

int verb_search(int argc, char **argv)
{
	static const struct client_usage usage = {
		.verb = "search",
		.sentence = "Shows those of them that have all the resources and data schemes.",
		.takes = (LOOKUPS & ~CLIENT_BIT(CLIENT_GUID)) | CLIENT_BIT(CLIENT_RESOURCES) |
			 CLIENT_BIT(CLIENT_DATA_SCHEMES) | CLIENT_CONNECTION,
		.one_of = LOOKUPS,
	};
	struct client client;
	struct buffer path = {0};
	bool first = true;
	int status;

	if (!client_read(&usage, argc, argv, &client, &status))
		return status;
	lookup_add(&path, &client);
	add(&path, "/search");
	add_criterion(&path, "resources=", client.values[CLIENT_RESOURCES], &first);
	add_criterion(&path, "dataSchemes=", client.values[CLIENT_DATA_SCHEMES], &first);
	if (first) {
		fputs("registryctl search: needs --resources or --data-schemes; see --help\n",
		      stderr);
		buffer_deinit(&path);
		return EXIT_WRONG_USE;
	}
	return ask_and_show(&client, "GET", &path, NULL);
}

static bool read_all(FILE *file, struct buffer *ret_text)
{
	char part[4096];
	size_t n;

	while (ret_text->len <= FILE_MAX_BYTES && (n = fread(part, 1, sizeof(part), file)) > 0)
		buffer_append(ret_text, part, n);
	buffer_append_byte(ret_text, '\0');
	if (ret_text->len > FILE_MAX_BYTES)
		errno = EFBIG;
	else if (ret_text->failed)
		errno = ENOMEM;
	else if (!ferror(file))
		return true;
	return false;
}

static bool read_body(const char *name, struct buffer *ret_text)
{
	bool is_stdin = strcmp(name, "-") == 0;
	FILE *file = is_stdin ? stdin : fopen(name, "re");
	bool whole = file && read_all(file, ret_text);

	if (!whole)
		fprintf(stderr, "registryctl put: %s: %s\n", name, strerror(errno));
	if (file && !is_stdin)
		fclose(file);
	return whole;
}

int verb_put(int argc, char **argv)
{
	static const struct client_usage usage = {
		.verb = "put",
		.sentence = "Registers a hyperty of a user, or a data object, as a file has it.",
		.takes = CLIENT_BIT(CLIENT_ID) | CLIENT_BIT(CLIENT_USER) |
			 CLIENT_BIT(CLIENT_DATA_OBJECT) | CLIENT_BIT(CLIENT_FILE) |
			 CLIENT_CONNECTION,
		.needs = CLIENT_BIT(CLIENT_ID) | CLIENT_BIT(CLIENT_FILE),
		.one_of = CLIENT_BIT(CLIENT_USER) | CLIENT_BIT(CLIENT_DATA_OBJECT),
	};
	struct buffer path = {0}, body = {0};
	struct client client;
	int status;

	if (!client_read(&usage, argc, argv, &client, &status))
		return status;
	status = EXIT_FAILED;
	if (read_body(client.values[CLIENT_FILE], &body)) {
		add(&path,
		    client_has(&client, CLIENT_USER) ? "/hyperty/user" : "/hyperty/dataobject");
		if (client_has(&client, CLIENT_USER))
			client_add_piece(&path, client.values[CLIENT_USER]);
		client_add_piece(&path, client.values[CLIENT_ID]);
		status = ask_and_show(&client, "PUT", &path, body.data);
	}
	buffer_deinit(&body);
	return status;
}

int verb_renew(int argc, char **argv)
{
	static const struct client_usage usage = {
		.verb = "renew",
		.sentence = "Gives a sign of life for a hyperty or data object; what was "
			    "disconnected is live again.",
		.takes = CLIENT_BIT(CLIENT_ID) | CLIENT_BIT(CLIENT_DATA_OBJECT) | CLIENT_CONNECTION,
		.needs = CLIENT_BIT(CLIENT_ID),
	};
	struct client client;
	struct buffer path;
	int status;

	if (!client_read(&usage, argc, argv, &client, &status))
		return status;
	path = path_of_entry(&client, "/hyperty/url", "/dataobject/url");
	return ask_and_show(&client, "PUT", &path, "{}");
}

int verb_delete(int argc, char **argv)
{
	static const struct client_usage usage = {
		.verb = "delete",
		.sentence = "Disconnects a hyperty of a user, or a data object; others are told.",
		.takes = CLIENT_BIT(CLIENT_ID) | CLIENT_BIT(CLIENT_USER) |
			 CLIENT_BIT(CLIENT_DATA_OBJECT) | CLIENT_CONNECTION,
		.needs = CLIENT_BIT(CLIENT_ID),
		.one_of = CLIENT_BIT(CLIENT_USER) | CLIENT_BIT(CLIENT_DATA_OBJECT),
	};
	struct buffer path = {0};
	struct client client;
	int status;

	if (!client_read(&usage, argc, argv, &client, &status))
		return status;
	add(&path, client_has(&client, CLIENT_USER) ? "/hyperty/user" : "/hyperty/dataobject/url");
	if (client_has(&client, CLIENT_USER))
		client_add_piece(&path, client.values[CLIENT_USER]);
	client_add_piece(&path, client.values[CLIENT_ID]);
	return ask_and_show(&client, "DELETE", &path, NULL);
}

int verb_updated(int argc, char **argv)
{
	static const struct client_usage usage = {
		.verb = "updated",
		.sentence = "Shows who went away since somebody last asked. Each is told once, to "
			    "one reader.",
		.takes = CLIENT_BIT(CLIENT_TAKE) | CLIENT_CONNECTION,
		.needs = CLIENT_BIT(CLIENT_TAKE),
	};
	struct buffer path = {0};
	struct client client;
	int status;

	if (!client_read(&usage, argc, argv, &client, &status))
		return status;
	add(&path, "/registry/updated");
	return ask_and_show(&client, "GET", &path, NULL);
}
