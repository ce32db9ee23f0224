/*
 * The REST surface: from an HTTP request to a verb of the registry, and from its outcome to an
 * answer. Two listeners share it: the public one, and one for operators (spec 6.0).
 */
#pragma once

#include "api/admission.h"
#include "http/http.h"
#include "monitor/memory.h"
#include "monitor/prometheus.h"

struct api;
struct registry;
struct store;

/* What only the server as a whole can tell. Called on serving threads; must not wait. */
struct api_hooks {
	void *ctx;
	/* Whether load balancers may send requests here. In ret_reason a sentence why not, or what
	 * is wrong all the same; untouched if all is well. */
	bool (*ready)(void *ctx, char *ret_reason, size_t reason_size);
	void (*gauges)(void *ctx, struct gauges *ret_gauges);
};

/* All that is pointed to must outlive the api. */
struct api_options {
	struct registry *registry;
	struct store *store; /* for /live: counts and health */
	struct counters *counters;
	struct api_hooks hooks;
	size_t id_max_bytes;     /* of an id in a path, decoded */
	size_t json_depth_max;   /* brackets inside each other in a body */
	size_t answer_max_bytes; /* of the entries in an answer, if they are several */
	struct admission_limits admission;
	struct memory_watch *memory; /* NULL: no limit */
	/* Of TLS clients, on the public listener (spec 13). */
	bool reads_need_certificate;
	bool writes_need_certificate;
	bool updates_are_open; /* … but reading the news needs none, although it takes them away */
	bool shows_overview;   /* on the public listener, too */
	bool shows_export;     /* on the admin listener: nobody else can read the store */
};

/* options is copied. 0 or -ENOMEM. */
int api_new(const struct api_options *options, struct api **ret_api);
/* After the listeners that use it are gone. NULL is fine. */
void api_free(struct api *api);

/* What http_server_new() wants. */
struct http_handler api_public_handler(struct api *api);
struct http_handler api_admin_handler(struct api *api);
