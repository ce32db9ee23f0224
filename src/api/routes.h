/* Which paths and methods there are (spec 6.0), and who handles them. */
#pragma once

#include "http/http.h"

struct api_call;

enum route_listener {
	ROUTE_PUBLIC = 1,
	ROUTE_ADMIN = 2,
	ROUTE_DEVELOPMENT = 4, /* on the public one, with domain_env=DEVELOPMENT */
};

/* Returned by start() besides a registry_outcome: the answer stands in the request. */
#define ROUTE_ANSWERED (-1)

/* How one method of a shape is handled, step by step. start is NULL if it has no such method. */
struct route_method {
	/* ROUTE_ANSWERED, or a registry_outcome. With REGISTRY_PENDING, the rest follows later. */
	int (*start)(struct api_call *call);
	/* Answers; the outcome is not REGISTRY_PENDING. The call's operation is over, unless the
	 * outcome is REGISTRY_UNAVAILABLE: then it may be under way, and must not be touched. */
	void (*finish)(struct api_call *call, int outcome);
	/* NULL, or: the answer has left, or never will. Called once the operation is over. */
	void (*settle)(struct api_call *call, bool sent);
};

struct route {
	const char *shape; /* "/fixed/:id"; no two shapes fit one path, or the first one counts */
	unsigned listeners;
	bool is_write; /* its GET changes something: counts as a write for access (spec 13) */
	struct route_method get; /* and HEAD */
	struct route_method put;
	struct route_method delete;
};

#define ROUTES_MAX 24

/* A shape, cut into what a path is compared with. */
struct route_shape {
	const struct route *route;
	size_t count;
	struct slice words[HTTP_PIECES_MAX]; /* absent: any piece */
};

struct routes {
	struct route_shape shapes[ROUTES_MAX];
	size_t count;
};

void routes_init(struct routes *routes);

/* The row that one of these listeners has for these raw pieces, or NULL. */
const struct route *routes_find(const struct routes *routes, unsigned listeners,
				const struct slice *pieces, size_t piece_count);

/* The number of a row, from 1 on, and what a request to it is counted as. */
unsigned routes_number(const struct route *route);
enum histogram routes_class(const struct route *route, struct slice method, bool has_query);
/* The names of the numbers; 0 is a request without a route. Returns how many there are. */
unsigned routes_names(const char *ret_names[ROUTES_MAX + 1]);

/* What the shape calls that piece of a path, counted from 0: "user". It is an id. */
struct slice routes_id_name(const struct route *route, size_t piece);

/* NULL if the shape does not have the method. HEAD is GET. */
const struct route_method *routes_method(const struct route *route, struct slice method);

/* Value of the Allow header. Static. */
const char *routes_allow(const struct route *route);
