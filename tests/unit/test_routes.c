/* Which paths there are, on which listener, with which methods (spec 6.0, 6.16). */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "api/routes.h"
#include "http/target.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct route *find(unsigned listeners, const char *target)
{
	struct slice pieces[HTTP_PIECES_MAX + 1];
	struct target split = target_split(slice_of(target), pieces, HTTP_PIECES_MAX + 1);
	static struct routes routes;

	routes_init(&routes);
	return routes_find(&routes, listeners, pieces, split.piece_count);
}

static void assert_shape(unsigned listeners, const char *target, const char *expected)
{
	const struct route *route = find(listeners, target);

	if (!route != !expected || (route && strcmp(route->shape, expected) != 0))
		fail_msg("%s: %s", target, route ? route->shape : "no route");
}

static void paths_are_recognised_by_their_exact_number_of_pieces(void **state)
{
	static const struct {
		const char *target;
		const char *shape;
	} cases[] = {
		{"/", "/"},
		{"/live", "/live"},
		{"/live/", "/live"},
		{"/ready", "/ready"},
		{"/error", "/error"},
		{"/registry/updated", "/registry/updated"},
		{"/hyperty/user/u", "/hyperty/user/:user"},
		{"/hyperty/user/u/h", "/hyperty/user/:user/:hyperty"},
		{"/hyperty/user//h", "/hyperty/user/:user/:hyperty"},
		{"/hyperty/user/a%2Fb/c?x=/1", "/hyperty/user/:user/:hyperty"},
		{"/hyperty/url/h/", "/hyperty/url/:hyperty"},
		{"/hyperty/guid/g", "/hyperty/guid/:guid"},
		{"/hyperty/email/e", "/hyperty/email/:email"},
		{"/hyperty/email/e/hyperty", "/hyperty/email/:email/:word"},
		{"/hyperty/dataobject/o", "/hyperty/dataobject/:url"},
		{"/hyperty/dataobject/url", "/hyperty/dataobject/:url"},
		{"/hyperty/dataobject/url/o", "/hyperty/dataobject/url/:url"},
		{"/hyperty/dataobject/url/o/do", "/hyperty/dataobject/url/:url/:word"},
		{"/hyperty/dataobject/name/n", "/hyperty/dataobject/name/:name"},
		{"/hyperty/dataobject/name/n/do", "/hyperty/dataobject/name/:name/:word"},
		{"/hyperty/dataobject/reporter/r", "/hyperty/dataobject/reporter/:reporter"},
		{"/hyperty/dataobject/reporter/r/do",
		 "/hyperty/dataobject/reporter/:reporter/:word"},
		{"/dataobject/url/o", "/dataobject/url/:url"},
		/* I7 */
		{"/hyperty/user", NULL},
		{"/hyperty/user/", NULL},
		{"/hyperty/url/", NULL},
		{"/hyperty/guid/", NULL},
		{"/hyperty/dataobject", NULL},
		/* C26, V4 and what the original took for something else */
		{"/hyperty/user/u1/h1/x", NULL},
		{"/hyperty/user/u1/h1/x/y/z/a/b", NULL},
		{"/hyperty/url/h/x", NULL},
		{"/hyperty/dataobject/url/o/do/x", NULL},
		{"/nope", NULL},
		{"/throwexception", NULL},
		{"/hyperty", NULL},
		{"/Hyperty/user/u", NULL},
		{"/hyperty/User/u", NULL},
		{"/hyperty/use/u", NULL},
		{"/hyperty/users/u", NULL},
		{"/hyperty/%75ser/u", NULL},
		{"//live", NULL},
		{"/registry/updated/x", NULL},
		{"/hyperty/updated", NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_shape(ROUTE_PUBLIC, cases[i].target, cases[i].shape);
}

static void the_admin_listener_has_its_own_paths(void **state)
{
	(void)state;
	assert_shape(ROUTE_ADMIN, "/metrics", "/metrics");
	assert_shape(ROUTE_ADMIN, "/live", "/live");
	assert_shape(ROUTE_ADMIN, "/ready", "/ready");
	assert_shape(ROUTE_ADMIN, "/", "/");
	assert_shape(ROUTE_ADMIN, "/overview", "/overview");
	assert_shape(ROUTE_ADMIN, "/hyperty/user/u", NULL);
	assert_shape(ROUTE_ADMIN, "/registry/updated", NULL);
	assert_shape(ROUTE_PUBLIC, "/metrics", NULL);
}

static void the_overview_is_public_only_in_development(void **state)
{
	(void)state;
	assert_shape(ROUTE_PUBLIC, "/overview", NULL);
	assert_shape(ROUTE_PUBLIC | ROUTE_DEVELOPMENT, "/overview", "/overview");
	assert_shape(ROUTE_PUBLIC | ROUTE_DEVELOPMENT, "/metrics", NULL);
}

static void C25_D21_V5_each_shape_allows_its_methods_and_says_which(void **state)
{
	static const struct {
		const char *target;
		const char *allow;
	} cases[] = {
		{"/live", "GET, HEAD"},
		{"/registry/updated", "GET, HEAD"},
		{"/hyperty/user/h1", "GET, HEAD"},
		{"/hyperty/user/u/h", "GET, HEAD, PUT, DELETE"},
		{"/hyperty/url/h", "GET, HEAD, PUT"},
		{"/hyperty/dataobject/o1", "PUT"},
		{"/hyperty/dataobject/url/o1", "GET, HEAD, PUT, DELETE"},
		{"/hyperty/dataobject/name/o1", "GET, HEAD"},
		{"/dataobject/url/o1", "PUT"},
	};

	static const char *const methods[] = {"GET",     "HEAD",  "PUT",   "DELETE", "POST",
					      "OPTIONS", "PATCH", "TRACE", "get",    "GETS"};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct route *route = find(ROUTE_PUBLIC, cases[i].target);

		assert_non_null(route);
		assert_string_equal(routes_allow(route), cases[i].allow);
		for (size_t m = 0; m < COUNT(methods); m++) {
			bool expected = strstr(cases[i].allow, methods[m]) != NULL;

			if (expected != (routes_method(route, slice_of(methods[m])) != NULL))
				fail_msg("%s %s", methods[m], cases[i].target);
		}
	}
}

static void no_two_shapes_fit_one_path(void **state)
{
	struct routes routes;

	(void)state;
	routes_init(&routes);
	for (size_t i = 0; i < routes.count; i++) {
		const struct route_shape *shape = &routes.shapes[i];
		struct slice path[HTTP_PIECES_MAX];

		for (size_t k = 0; k < shape->count; k++)
			path[k] = shape->words[k].data ? shape->words[k] : SLICE("anything");
		for (int listener = ROUTE_PUBLIC; listener <= ROUTE_ADMIN; listener++) {
			if (shape->route->listeners & (unsigned)listener)
				assert_ptr_equal(routes_find(&routes, listener, path, shape->count),
						 shape->route);
		}
	}
}

static void only_the_pending_updates_are_a_write_by_get(void **state)
{
	struct routes routes;

	(void)state;
	routes_init(&routes);
	for (size_t i = 0; i < routes.count; i++) {
		const struct route *route = routes.shapes[i].route;

		assert_int_equal(route->is_write, strcmp(route->shape, "/registry/updated") == 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_are_recognised_by_their_exact_number_of_pieces),
		cmocka_unit_test(the_admin_listener_has_its_own_paths),
		cmocka_unit_test(the_overview_is_public_only_in_development),
		cmocka_unit_test(C25_D21_V5_each_shape_allows_its_methods_and_says_which),
		cmocka_unit_test(no_two_shapes_fit_one_path),
		cmocka_unit_test(only_the_pending_updates_are_a_write_by_get),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
