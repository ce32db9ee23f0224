/* Sends and receives on a plain socket. */
#include "raw_http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define PATIENCE_S 20

bool raw_try_connect(struct raw_client *client, uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct timeval patience = {.tv_sec = PATIENCE_S};

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	client->len = 0;
	client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(client->fd >= 0);
	setsockopt(client->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(client->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (connect(client->fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return true;
	close(client->fd);
	return false;
}

void raw_connect(struct raw_client *client, uint16_t port)
{
	assert_true(raw_try_connect(client, port));
}

void raw_close(struct raw_client *client)
{
	close(client->fd);
}

void raw_end_sending(struct raw_client *client)
{
	shutdown(client->fd, SHUT_WR);
}

void raw_reset(struct raw_client *client)
{
	struct linger hard = {.l_onoff = 1, .l_linger = 0};

	setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(client->fd);
}

bool raw_try_send(struct raw_client *client, const void *data, size_t len)
{
	const char *at = data;

	while (len > 0) {
		ssize_t n = send(client->fd, at, len, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

void raw_send(struct raw_client *client, const char *text)
{
	assert_true(raw_try_send(client, text, strlen(text)));
}

/* False at the end of the connection. */
static bool receive_more(struct raw_client *client)
{
	ssize_t n;

	assert_true(client->len < RAW_ROOM);
	n = recv(client->fd, client->data + client->len, RAW_ROOM - client->len, 0);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		fail_msg("nothing came for %d s", PATIENCE_S);
	if (n <= 0)
		return false;
	client->len += (size_t)n;
	return true;
}

static void consume(struct raw_client *client, size_t len)
{
	memmove(client->data, client->data + len, client->len - len);
	client->len -= len;
}

static size_t head_length(struct raw_client *client)
{
	char *end;

	while (!(end = memmem(client->data, client->len, "\r\n\r\n", 4)))
		if (!receive_more(client))
			fail_msg("no answer, but the end after \"%.*s\"", (int)client->len,
				 client->data);
	return (size_t)(end - client->data) + 4;
}

static const char *header_value(const struct raw_answer *answer, const char *name)
{
	size_t len = strlen(name);
	const char *line = answer->head;

	while ((line = strstr(line, "\r\n"))) {
		line += 2;
		if (strncasecmp(line, name, len) == 0 && line[len] == ':')
			return line + len + 1;
	}
	return NULL;
}

void raw_receive_head(struct raw_client *client, struct raw_answer *answer)
{
	size_t len = head_length(client);

	assert_true(len < sizeof(answer->head));
	memcpy(answer->head, client->data, len);
	answer->head[len] = '\0';
	answer->body_len = 0;
	answer->body[0] = '\0';
	assert_int_equal(strncmp(answer->head, "HTTP/1.", 7), 0);
	answer->status = atoi(answer->head + 9);
	consume(client, len);
}

void raw_receive(struct raw_client *client, struct raw_answer *answer)
{
	const char *length;

	raw_receive_head(client, answer);
	if (answer->status == 100)
		return;
	length = header_value(answer, "Content-Length");
	assert_non_null(length);
	answer->body_len = (size_t)atoi(length);
	assert_true(answer->body_len < sizeof(answer->body));
	while (client->len < answer->body_len)
		assert_true(receive_more(client));
	memcpy(answer->body, client->data, answer->body_len);
	answer->body[answer->body_len] = '\0';
	consume(client, answer->body_len);
}

void raw_expect_end(struct raw_client *client)
{
	if (client->len > 0 || receive_more(client))
		fail_msg("not the end, but \"%.*s\"", (int)client->len, client->data);
}

void raw_drain(struct raw_client *client)
{
	do {
		client->len = 0;
	} while (receive_more(client));
}

bool raw_has_header(const struct raw_answer *answer, const char *line)
{
	char wanted[256];

	snprintf(wanted, sizeof(wanted), "\r\n%s\r\n", line);
	return strcasestr(answer->head, wanted) != NULL;
}

bool raw_names_header(const struct raw_answer *answer, const char *name)
{
	return header_value(answer, name) != NULL;
}
