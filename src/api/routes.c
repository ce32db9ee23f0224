/* Which paths and methods there are: one table, which scripts/check-openapi reads, too. */
#include "api/routes.h"

#include <assert.h>

#include "api/handlers.h"

/* clang-format off */

#define HYPERTY_READ(start) {start, hyperties_answer_read, NULL}
#define HYPERTY_PUT {hyperties_put, hyperties_answer_put, NULL}
#define HYPERTY_UPDATE {hyperties_update, hyperties_answer_update, NULL}
#define HYPERTY_DELETE {hyperties_delete, hyperties_answer_delete, NULL}
#define OBJECT_READ(start) {start, data_objects_answer_read, NULL}
#define OBJECT_PUT(start) {start, data_objects_answer_put, NULL}
#define OBJECT_UPDATE {data_objects_update, data_objects_answer_update, NULL}
#define OBJECT_DELETE {data_objects_delete, data_objects_answer_delete, NULL}
#define SERVICE(start) {start, NULL, NULL}
#define OVERVIEW {overview_show, overview_answer, overview_settle}
#define EXPORT {export_show, export_answer, export_settle}
#define UPDATES {updates_take, updates_answer, updates_settle}

static const struct route route_table[] = {
	{"/", ROUTE_PUBLIC,
		.get = SERVICE(service_home)},
	{"/", ROUTE_ADMIN,
		.get = SERVICE(overview_home)},
	{"/overview", ROUTE_ADMIN | ROUTE_DEVELOPMENT,
		.get = OVERVIEW},
	{"/live", ROUTE_PUBLIC | ROUTE_ADMIN,
		.get = SERVICE(service_live)},
	{"/ready", ROUTE_PUBLIC | ROUTE_ADMIN,
		.get = SERVICE(service_ready)},
	{"/error", ROUTE_PUBLIC,
		.get = SERVICE(service_error)},
	{"/metrics", ROUTE_ADMIN,
		.get = SERVICE(service_metrics)},
	{"/export", ROUTE_ADMIN,
		.get = EXPORT},
	{"/registry/updated", ROUTE_PUBLIC, .is_write = true,
		.get = UPDATES},
	{"/hyperty/user/:user", ROUTE_PUBLIC,
		.get = HYPERTY_READ(hyperties_list_by_user)},
	{"/hyperty/user/:user/:hyperty", ROUTE_PUBLIC,
		.get = HYPERTY_READ(hyperties_get_of_user),
		.put = HYPERTY_PUT,
		.delete = HYPERTY_DELETE},
	{"/hyperty/url/:hyperty", ROUTE_PUBLIC,
		.get = HYPERTY_READ(hyperties_get),
		.put = HYPERTY_UPDATE},
	{"/hyperty/guid/:guid", ROUTE_PUBLIC,
		.get = HYPERTY_READ(hyperties_list_by_guid)},
	{"/hyperty/email/:email", ROUTE_PUBLIC,
		.get = HYPERTY_READ(hyperties_list_by_email)},
	{"/hyperty/email/:email/:word", ROUTE_PUBLIC,
		.get = HYPERTY_READ(hyperties_search_by_email)},
	{"/hyperty/dataobject/:url", ROUTE_PUBLIC,
		.put = OBJECT_PUT(data_objects_put)},
	{"/hyperty/dataobject/url/:url", ROUTE_PUBLIC,
		.get = OBJECT_READ(data_objects_get),
		.put = OBJECT_PUT(data_objects_put_by_url),
		.delete = OBJECT_DELETE},
	{"/hyperty/dataobject/url/:url/:word", ROUTE_PUBLIC,
		.get = OBJECT_READ(data_objects_search_by_url)},
	{"/hyperty/dataobject/name/:name", ROUTE_PUBLIC,
		.get = OBJECT_READ(data_objects_list_by_name)},
	{"/hyperty/dataobject/name/:name/:word", ROUTE_PUBLIC,
		.get = OBJECT_READ(data_objects_search_by_name)},
	{"/hyperty/dataobject/reporter/:reporter", ROUTE_PUBLIC,
		.get = OBJECT_READ(data_objects_list_by_reporter)},
	{"/hyperty/dataobject/reporter/:reporter/:word", ROUTE_PUBLIC,
		.get = OBJECT_READ(data_objects_search_by_reporter)},
	{"/dataobject/url/:url", ROUTE_PUBLIC,
		.put = OBJECT_UPDATE},
};

/* clang-format on */

#define ROUTE_COUNT (sizeof(route_table) / sizeof(route_table[0]))

/* ---- Shapes ---- */

static void add_word(struct route_shape *shape, const char *word, size_t len)
{
	if (len == 0)
		return;
	assert(shape->count < HTTP_PIECES_MAX);
	shape->words[shape->count++] = word[0] == ':' ? SLICE_NONE : (struct slice){word, len};
}

static void cut_shape(struct route_shape *shape, const struct route *route)
{
	const char *word = route->shape + 1;

	*shape = (struct route_shape){.route = route};
	for (;;) {
		size_t len = strcspn(word, "/");

		add_word(shape, word, len);
		if (word[len] == '\0')
			return;
		word += len + 1;
	}
}

void routes_init(struct routes *routes)
{
	_Static_assert(ROUTE_COUNT <= ROUTES_MAX, "more rows than room");

	routes->count = ROUTE_COUNT;
	for (size_t i = 0; i < ROUTE_COUNT; i++)
		cut_shape(&routes->shapes[i], &route_table[i]);
}

/* ---- Finding ---- */

/* From the last word on, which tells the most apart. */
static bool fits(const struct route_shape *shape, const struct slice *pieces)
{
	for (size_t i = shape->count; i-- > 0;) {
		if (shape->words[i].data && !slice_equal(shape->words[i], pieces[i]))
			return false;
	}
	return true;
}

const struct route *routes_find(const struct routes *routes, unsigned listeners,
				const struct slice *pieces, size_t piece_count)
{
	for (size_t i = 0; i < routes->count; i++) {
		const struct route_shape *shape = &routes->shapes[i];

		if (shape->count == piece_count && (shape->route->listeners & listeners) != 0 &&
		    fits(shape, pieces))
			return shape->route;
	}
	return NULL;
}

struct slice routes_id_name(const struct route *route, size_t piece)
{
	const char *word = route->shape + 1;

	for (; piece > 0; piece--)
		word += strcspn(word, "/") + 1;
	assert(word[0] == ':');
	return (struct slice){word + 1, strcspn(word, "/") - 1};
}

const struct route_method *routes_method(const struct route *route, struct slice method)
{
	const struct route_method *found = NULL;

	if (slice_equal(method, SLICE("GET")) || slice_equal(method, SLICE("HEAD")))
		found = &route->get;
	else if (slice_equal(method, SLICE("PUT")))
		found = &route->put;
	else if (slice_equal(method, SLICE("DELETE")))
		found = &route->delete;
	return found && found->start ? found : NULL;
}

const char *routes_allow(const struct route *route)
{
	/* By what there is of GET, PUT and DELETE. */
	static const char *const values[2][2][2] = {
		{{"", "DELETE"}, {"PUT", "PUT, DELETE"}},
		{{"GET, HEAD", "GET, HEAD, DELETE"}, {"GET, HEAD, PUT", "GET, HEAD, PUT, DELETE"}},
	};

	return values[!!route->get.start][!!route->put.start][!!route->delete.start];
}

/* ---- Counting ---- */

unsigned routes_number(const struct route *route)
{
	return (unsigned)(route - route_table) + 1;
}

unsigned routes_names(const char *ret_names[ROUTES_MAX + 1])
{
	_Static_assert(ROUTES_MAX < REQUESTS_ROUTES_MAX, "more rows than are counted");

	ret_names[0] = "none";
	for (size_t i = 0; i < ROUTE_COUNT; i++)
		ret_names[i + 1] = route_table[i].shape;
	return ROUTE_COUNT + 1;
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

static bool creates(const struct route *route)
{
	return route->put.finish == hyperties_answer_put ||
	       route->put.finish == data_objects_answer_put;
}

/* With a query the single look-up of a user is a search, too (spec 6.6, 6.7). */
static bool searches(const struct route *route, bool has_query)
{
	return ends_with(route->shape, "/:word") ||
	       (has_query && route->get.start == hyperties_get_of_user);
}

enum histogram routes_class(const struct route *route, struct slice method, bool has_query)
{
	if (route->is_write)
		return HISTOGRAM_REQUEST_UPDATES;
	if (slice_equal(method, SLICE("PUT")))
		return creates(route) ? HISTOGRAM_REQUEST_CREATE : HISTOGRAM_REQUEST_WRITE;
	if (slice_equal(method, SLICE("DELETE")))
		return HISTOGRAM_REQUEST_WRITE;
	if (!route->get.finish)
		return HISTOGRAM_REQUEST_SERVICE;
	return searches(route, has_query) ? HISTOGRAM_REQUEST_SEARCH : HISTOGRAM_REQUEST_READ;
}
