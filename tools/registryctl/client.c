/* Requests over HTTP, by libcurl. */
#include "registryctl/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <curl/curl.h>
#include <jansson.h>

#define PUBLIC_URL "http://127.0.0.1:4567"
#define ADMIN_URL "http://127.0.0.1:4568"
#define TIMEOUT_S 10

bool client_has(const struct client *client, enum client_argument argument)
{
	return client->values[argument];
}

bool client_wants_json(const struct client *client)
{
	return client_has(client, CLIENT_JSON) || !isatty(STDOUT_FILENO);
}

void client_add_escaped(struct buffer *path, const char *text)
{
	char *escaped = curl_easy_escape(NULL, text, 0);

	if (escaped)
		buffer_append_slice(path, slice_of(escaped));
	else
		path->failed = true;
	curl_free(escaped);
}

/* libcurl takes a length of 0 for "look for the NUL", and gives "" for "". */
void client_add_piece(struct buffer *path, const char *text)
{
	buffer_append_byte(path, '/');
	client_add_escaped(path, text);
}

static const char *base_of(const struct client *client, enum client_server server)
{
	const char *said = client->values[server == CLIENT_ADMIN ? CLIENT_ADMIN_URL : CLIENT_URL];
	const char *variable =
		getenv(server == CLIENT_ADMIN ? "REGISTRYD_ADMIN_URL" : "REGISTRYD_URL");

	if (said)
		return said;
	if (variable && variable[0])
		return variable;
	return server == CLIENT_ADMIN ? ADMIN_URL : PUBLIC_URL;
}

static size_t on_data(char *data, size_t size, size_t count, void *body)
{
	buffer_append(body, data, size * count);
	return ((struct buffer *)body)->failed ? 0 : size * count;
}

static void set_tls(CURL *curl, const struct client *client)
{
	if (client_has(client, CLIENT_CA))
		curl_easy_setopt(curl, CURLOPT_CAINFO, client->values[CLIENT_CA]);
	if (client_has(client, CLIENT_CERT))
		curl_easy_setopt(curl, CURLOPT_SSLCERT, client->values[CLIENT_CERT]);
	if (client_has(client, CLIENT_KEY))
		curl_easy_setopt(curl, CURLOPT_SSLKEY, client->values[CLIENT_KEY]);
}

static void set_request(CURL *curl, const char *method, const char *url, const char *body)
{
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
	curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
	if (body)
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
}

static int perform(CURL *curl, const char *url, struct client_answer *answer)
{
	char reason[CURL_ERROR_SIZE] = "";
	CURLcode code;
	long status = 0;

	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_data);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer->body);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	code = curl_easy_perform(curl);
	if (code != CURLE_OK) {
		fprintf(stderr, "registryctl: %s: %s\n", url,
			reason[0] ? reason : curl_easy_strerror(code));
		return -1;
	}
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	answer->status = (int)status;
	buffer_append_byte(&answer->body, '\0');
	answer->body.len--;
	return 0;
}

int client_ask(const struct client *client, enum client_server server, const char *method,
	       const char *path, const char *body, struct client_answer *ret_answer)
{
	const char *timeout = client->values[CLIENT_TIMEOUT];
	struct client_answer answer = {0};
	struct buffer url = {0};
	CURL *curl = curl_easy_init();
	int r = -1;

	buffer_append_slice(&url, slice_of(base_of(client, server)));
	while (url.len > 0 && url.data[url.len - 1] == '/')
		url.len--;
	buffer_append_slice(&url, slice_of(path));
	buffer_append_byte(&url, '\0');
	if (curl && !url.failed) {
		curl_easy_setopt(curl, CURLOPT_TIMEOUT,
				 timeout ? strtol(timeout, NULL, 10) : TIMEOUT_S);
		/* A proxy is for what is far away, and must not see all that there is. */
		if (server == CLIENT_ADMIN)
			curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
		set_tls(curl, client);
		set_request(curl, method, url.data, body);
		r = perform(curl, url.data, &answer);
	}
	curl_easy_cleanup(curl);
	buffer_deinit(&url);
	if (r < 0)
		buffer_deinit(&answer.body);
	else
		*ret_answer = answer;
	return r;
}

void client_answer_reason(const struct client_answer *answer, char *ret_reason, size_t size)
{
	json_t *object = json_loadb(answer->body.data, answer->body.len, 0, NULL);
	const char *detail = json_string_value(json_object_get(object, "detail"));
	const char *message = json_string_value(json_object_get(object, "message"));

	snprintf(ret_reason, size, "%s", detail ? detail : message ? message : "");
	json_decref(object);
}
