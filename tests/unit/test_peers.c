/* Who may talk to us: addresses are compared, not their spelling (spec 13). */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "http/peers.h"

static bool allows(const struct peers *peers, const char *address)
{
	struct sockaddr_in ipv4 = {.sin_family = AF_INET};
	struct sockaddr_in6 ipv6 = {.sin6_family = AF_INET6};

	if (inet_pton(AF_INET, address, &ipv4.sin_addr) == 1)
		return peers_allow(peers, (struct sockaddr *)&ipv4);
	assert_int_equal(inet_pton(AF_INET6, address, &ipv6.sin6_addr), 1);
	return peers_allow(peers, (struct sockaddr *)&ipv6);
}

struct row {
	const char *list;
	const char *allowed;
	const char *refused;
};

static const struct row rows[] = {
	{"", "192.0.2.1", NULL},
	{" , ", "2001:db8::1", NULL},
	{"192.0.2.1", "192.0.2.1", "192.0.2.2"},
	{"192.0.2.1", "::ffff:192.0.2.1", "::192.0.2.1"},
	{"::ffff:192.0.2.1", "192.0.2.1", "192.0.2.3"},
	{"::ffff:c000:201", "::ffff:192.0.2.1", "::1"},
	{"192.0.2.1,192.0.2.2", "192.0.2.2", "192.0.2.3"},
	{" 192.0.2.1 ,\t192.0.2.2, ", "192.0.2.2", "192.0.2.3"},
	{"2001:DB8:0:0::1", "2001:db8::1", "2001:db8::2"},
	{"192.0.2.1,2001:db8::1", "2001:db8::1", "::1"},
	{"127.0.0.1", "127.0.0.1", "::1"},
};

static void peers_are_allowed_as_the_table_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		struct peers peers;
		char reason[128];

		assert_int_equal(peers_init(&peers, row->list, reason, sizeof(reason)), 0);
		if (!allows(&peers, row->allowed))
			fail_msg("\"%s\" refuses %s", row->list, row->allowed);
		if (row->refused && allows(&peers, row->refused))
			fail_msg("\"%s\" allows %s", row->list, row->refused);
		peers_deinit(&peers);
	}
}

static void what_is_no_address_is_refused_with_a_reason(void **state)
{
	const char *lists[] = {"lb1", "192.0.2.1,lb1", "192.0.2.1/24", "192.0.2", "192.0.2.1:80"};
	struct peers peers;
	char reason[128];

	(void)state;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		reason[0] = '\0';
		assert_int_equal(peers_init(&peers, lists[i], reason, sizeof(reason)), -EINVAL);
		assert_non_null(strstr(reason, "not an address: "));
	}
	assert_int_equal(peers_init(&peers, "1.2.3.4, lb1", reason, sizeof(reason)), -EINVAL);
	assert_string_equal(reason, "not an address: lb1");
}

static void a_local_socket_is_no_allowed_peer(void **state)
{
	struct sockaddr local = {.sa_family = AF_UNIX};
	struct peers peers;
	char reason[128];

	(void)state;
	assert_int_equal(peers_init(&peers, "127.0.0.1", reason, sizeof(reason)), 0);
	assert_false(peers_allow(&peers, &local));
	peers_deinit(&peers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(peers_are_allowed_as_the_table_says),
		cmocka_unit_test(what_is_no_address_is_refused_with_a_reason),
		cmocka_unit_test(a_local_socket_is_no_allowed_peer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
