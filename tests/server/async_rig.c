/* Puts a registry together over the fake store, and talks to it. */
#include "async_rig.h"

#include <string.h>

#include "store/store_memory.h"

static bool ready(void *ctx, char *ret_reason, size_t reason_size)
{
	(void)ctx;
	(void)ret_reason;
	(void)reason_size;
	return true;
}

static void no_gauges(void *ctx, struct gauges *ret_gauges)
{
	(void)ctx;
	*ret_gauges = (struct gauges){0};
}

static void start_store(struct rig *rig)
{
	struct store *memory;

	clock_fake_init(&rig->clock);
	assert_int_equal(store_memory_new(&rig->clock.clock, &rig->counters, &memory), 0);
	assert_int_equal(store_fake_new(memory, &rig->store), 0);
}

static void start_api(struct rig *rig)
{
	const struct registry_options registry_options = {.expires_max_s = 3600,
							  .updates_max = 10000};
	struct api_options api_options = {.store = rig->store,
					  .counters = &rig->counters,
					  .hooks = {.ready = ready, .gauges = no_gauges},
					  .id_max_bytes = 4096,
					  .json_depth_max = 32,
					  .shows_overview = true};

	assert_int_equal(registry_new(&registry_options, rig->store, &rig->registry), 0);
	api_options.registry = rig->registry;
	assert_int_equal(api_new(&api_options, &rig->api), 0);
}

void rig_start(struct rig *rig, unsigned request_timeout_ms)
{
	const struct http_options options = {
		.bind = "127.0.0.1",
		.threads = 2,
		.body_max_bytes = 65536,
		.header_max_bytes = 16384,
		.connections_max = 200,
		.idle_timeout_s = 60,
		.receive_timeout_ms = 60000,
		.send_timeout_ms = 60000,
		.request_timeout_ms = request_timeout_ms,
		.allowed_peers = "",
	};
	struct http_handler handler;
	char reason[256] = "";

	*rig = (struct rig){0};
	start_store(rig);
	start_api(rig);
	handler = api_public_handler(rig->api);
	assert_int_equal(http_server_new(&options, &handler, &rig->counters, &rig->http, reason,
					 sizeof(reason)),
			 0);
}

void rig_abandon_waits(struct rig *rig)
{
	http_server_quiesce(rig->http);
	http_server_abandon_waits(rig->http);
}

void rig_stop_store(struct rig *rig)
{
	store_stop(rig->store);
}

void rig_end(struct rig *rig)
{
	rig_abandon_waits(rig);
	rig_stop_store(rig);
	http_server_free(rig->http);
	api_free(rig->api);
	registry_free(rig->registry);
	store_free(rig->store);
}

void rig_conduct(struct rig *rig, enum fake_conduct conduct, int result)
{
	store_fake_conduct(rig->store, FAKE_GET, conduct, result);
	store_fake_conduct(rig->store, FAKE_LIST, conduct, result);
	store_fake_conduct(rig->store, FAKE_CHANGE, conduct, result);
	store_fake_conduct(rig->store, FAKE_TAKE, conduct, result);
	store_fake_conduct(rig->store, FAKE_SCAN, conduct, result);
	store_fake_conduct(rig->store, FAKE_PEEK, conduct, result);
}

uint64_t rig_counter(const struct rig *rig, enum counter counter)
{
	return counter_get(&rig->counters, counter);
}

/* ---- Talking ---- */

void rig_receive(struct raw_client *client, int status, const char *part)
{
	struct raw_answer answer;

	raw_receive(client, &answer);
	if (answer.status != status || !strstr(answer.body, part))
		fail_msg("not %d with %s, but %d: %s", status, part, answer.status, answer.body);
	assert_true(raw_has_header(&answer, answer.body[0] == '<'
						    ? "Content-Type: text/html; charset=utf-8"
						    : "Content-Type: application/json"));
	assert_int_equal(raw_names_header(&answer, "Retry-After"), status == 503);
}

void rig_receive_unavailable(struct raw_client *client)
{
	rig_receive(client, 503, "{\"message\":\"Temporary Unavailable\"}");
}

void rig_expect(struct rig *rig, const char *text, int status, const char *part)
{
	struct raw_client client;

	raw_connect(&client, http_server_port(rig->http));
	raw_send(&client, text);
	rig_receive(&client, status, part);
	raw_close(&client);
}

void rig_send_held(struct rig *rig, struct raw_client *client, const char *text, unsigned count)
{
	raw_connect(client, http_server_port(rig->http));
	raw_send(client, text);
	assert_true(store_fake_wait_held(rig->store, count));
}

void rig_make_hyperty(struct rig *rig)
{
	rig_conduct(rig, FAKE_AT_ONCE, 0);
	rig_expect(rig, PUT_H1, 200, "Hyperty created");
}

void rig_make_news(struct rig *rig)
{
	rig_make_hyperty(rig);
	rig_expect(rig, DELETE_H1, 200, "Hyperty deleted");
}
