/*
 * An HTTP client for tests that sends exactly the bytes it is told to, and sees the answers as they
 * came. Everything it waits for, it waits for 20 s at most; then the test fails.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RAW_ROOM 131072

struct raw_client {
	int fd;
	size_t len;
	char data[RAW_ROOM]; /* received and not yet read as an answer */
};

struct raw_answer {
	int status;
	char head[4096]; /* status line and headers */
	char body[8192];
	size_t body_len;
};

void raw_connect(struct raw_client *client, uint16_t port);
/* False if nobody listens. */
bool raw_try_connect(struct raw_client *client, uint16_t port);
void raw_close(struct raw_client *client);
/* Nothing more will be sent; answers can still be received. */
void raw_end_sending(struct raw_client *client);
/* Closes so that the other side is told with a reset. */
void raw_reset(struct raw_client *client);

void raw_send(struct raw_client *client, const char *text);
/* A failure is no failure of the test: the server may have closed. */
bool raw_try_send(struct raw_client *client, const void *data, size_t len);

/* Reads one answer; to_head: its body is left out. */
void raw_receive(struct raw_client *client, struct raw_answer *answer);
void raw_receive_head(struct raw_client *client, struct raw_answer *answer);
/* Waits for the end of the connection. Fails if anything else comes before. */
void raw_expect_end(struct raw_client *client);
/* Waits for the end of the connection, whatever comes before. */
void raw_drain(struct raw_client *client);

/* Has the answer this header line, "Name: value"? */
bool raw_has_header(const struct raw_answer *answer, const char *line);
bool raw_names_header(const struct raw_answer *answer, const char *name);
