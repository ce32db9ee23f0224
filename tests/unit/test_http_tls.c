/* TLS: served with our certificate; clients are asked for theirs, and may do without (spec 13). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "http_fixture.h"

#define PEM_ROOM 4096

struct identity {
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t certificate;
	char key_pem[PEM_ROOM];
	char certificate_pem[PEM_ROOM];
};

static struct identity ca, other_ca, server_identity, client_identity, stranger;
static struct fixture fixture;

static void check(int r)
{
	if (r < 0)
		fail_msg("%s", gnutls_strerror(r));
}

static void describe(gnutls_x509_crt_t certificate, const char *name, bool is_ca)
{
	static unsigned char serial;
	time_t now = time(NULL);

	serial++;
	check(gnutls_x509_crt_set_version(certificate, 3));
	check(gnutls_x509_crt_set_serial(certificate, &serial, 1));
	check(gnutls_x509_crt_set_activation_time(certificate, now - 3600));
	check(gnutls_x509_crt_set_expiration_time(certificate, now + 3600));
	check(gnutls_x509_crt_set_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0, name,
					    (unsigned)strlen(name)));
	check(gnutls_x509_crt_set_basic_constraints(certificate, is_ca, -1));
}

/* Signed by issuer, or by itself. */
static void make(struct identity *identity, const char *name, struct identity *issuer)
{
	size_t key_size = PEM_ROOM, certificate_size = PEM_ROOM;

	check(gnutls_x509_privkey_init(&identity->key));
	check(gnutls_x509_privkey_generate(identity->key, GNUTLS_PK_ECDSA,
					   GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0));
	check(gnutls_x509_crt_init(&identity->certificate));
	describe(identity->certificate, name, !issuer);
	check(gnutls_x509_crt_set_key(identity->certificate, identity->key));
	issuer = issuer ? issuer : identity;
	check(gnutls_x509_crt_sign2(identity->certificate, issuer->certificate, issuer->key,
				    GNUTLS_DIG_SHA256, 0));
	check(gnutls_x509_privkey_export(identity->key, GNUTLS_X509_FMT_PEM, identity->key_pem,
					 &key_size));
	check(gnutls_x509_crt_export(identity->certificate, GNUTLS_X509_FMT_PEM,
				     identity->certificate_pem, &certificate_size));
}

static void discard(struct identity *identity)
{
	gnutls_x509_crt_deinit(identity->certificate);
	gnutls_x509_privkey_deinit(identity->key);
}

static int make_identities(void **state)
{
	(void)state;
	make(&ca, "test CA", NULL);
	make(&other_ca, "another CA", NULL);
	make(&server_identity, "127.0.0.1", &ca);
	make(&client_identity, "load balancer", &ca);
	make(&stranger, "stranger", &other_ca);
	return 0;
}

static int discard_identities(void **state)
{
	(void)state;
	discard(&stranger);
	discard(&client_identity);
	discard(&server_identity);
	discard(&other_ca);
	discard(&ca);
	return 0;
}

static int start(const char *client_ca)
{
	struct http_options options = fixture_options();

	options.tls_certificate_pem = server_identity.certificate_pem;
	options.tls_key_pem = server_identity.key_pem;
	options.tls_client_ca_pem = client_ca;
	fixture_start(&fixture, &options);
	return 0;
}

static int start_asking(void **state)
{
	(void)state;
	return start(ca.certificate_pem);
}

static int start_not_asking(void **state)
{
	(void)state;
	return start(NULL);
}

static int stop(void **state)
{
	(void)state;
	fixture_stop(&fixture);
	return 0;
}

static void exchange(gnutls_session_t session, const char *request, char *ret_answer, size_t size)
{
	size_t len = 0;
	ssize_t n;

	check((int)gnutls_record_send(session, request, strlen(request)));
	do {
		n = gnutls_record_recv(session, ret_answer + len, size - 1 - len);
		len += n > 0 ? (size_t)n : 0;
	} while (n > 0 && len < size - 1);
	ret_answer[len] = '\0';
}

/* Asks path, with or without a certificate, and reads to the end of the connection. */
static void ask(const char *path, struct identity *own, char *ret_answer, size_t size)
{
	gnutls_certificate_credentials_t credentials;
	gnutls_session_t session;
	struct raw_client client;
	char request[128];

	check(gnutls_certificate_allocate_credentials(&credentials));
	if (own)
		check(gnutls_certificate_set_x509_key(credentials, &own->certificate, 1, own->key));
	check(gnutls_init(&session, GNUTLS_CLIENT | GNUTLS_FORCE_CLIENT_CERT));
	check(gnutls_set_default_priority(session));
	check(gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials));
	raw_connect(&client, fixture.port);
	gnutls_transport_set_int(session, client.fd);
	check(gnutls_handshake(session));

	snprintf(request, sizeof(request),
		 "GET /%s HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", path);
	exchange(session, request, ret_answer, size);
	gnutls_deinit(session);
	gnutls_certificate_free_credentials(credentials);
	raw_close(&client);
}

static void expect_body(const char *path, struct identity *own, const char *body)
{
	char answer[1024];
	const char *end;

	ask(path, own, answer, sizeof(answer));
	end = strstr(answer, "\r\n\r\n");
	assert_non_null(end);
	assert_string_equal(end + 4, body);
}

static void request_over_tls_is_served(void **state)
{
	(void)state;
	expect_body("now/a%2Fb", NULL, "GET|now|a%2Fb 0 ");
	expect_body("early", NULL, "GET|early 0 ");
}

static void plain_http_is_not_served_on_a_tls_port(void **state)
{
	struct raw_client client;

	(void)state;
	raw_connect(&client, fixture.port);
	raw_send(&client, "GET /now HTTP/1.1\r\nHost: h\r\n\r\n");
	raw_drain(&client);
	raw_close(&client);
	assert_int_equal(fixture_seen(EVENT_BEGIN), 0);
}

static void certificate_counts_if_the_client_ca_vouches_for_it(void **state)
{
	(void)state;
	expect_body("certificate", &client_identity, "yes");
	expect_body("certificate", &stranger, "no");
	expect_body("certificate", NULL, "no");
}

static void certificate_does_not_count_where_none_is_asked_for(void **state)
{
	(void)state;
	expect_body("certificate", &client_identity, "no");
	expect_body("certificate", NULL, "no");
}

static void plain_connection_has_no_certificate(void **state)
{
	struct http_options options = fixture_options();
	struct raw_answer answer;

	(void)state;
	fixture_start(&fixture, &options);
	fixture_ask(&fixture, "GET /certificate HTTP/1.1\r\nHost: h\r\n\r\n", &answer);
	assert_string_equal(answer.body, "no");
	fixture_stop(&fixture);
}

static void bad_client_ca_stops_the_start(void **state)
{
	struct http_options options = fixture_options();
	const struct http_handler handler = {0};
	struct counters counters = {0};
	struct http_server *server = NULL;
	char reason[128];

	(void)state;
	options.tls_certificate_pem = server_identity.certificate_pem;
	options.tls_key_pem = server_identity.key_pem;
	options.tls_client_ca_pem = "no CA";
	assert_true(http_server_new(&options, &handler, &counters, &server, reason,
				    sizeof(reason)) < 0);
	assert_non_null(strstr(reason, "TLS client CA: "));

	options.tls_client_ca_pem = NULL;
	options.tls_key_pem = stranger.key_pem;
	assert_true(http_server_new(&options, &handler, &counters, &server, reason,
				    sizeof(reason)) < 0);
	assert_non_null(strstr(reason, "TLS certificate and key: "));
	assert_null(server);
}

#define asking(test) cmocka_unit_test_setup_teardown(test, start_asking, stop)
#define not_asking(test) cmocka_unit_test_setup_teardown(test, start_not_asking, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		not_asking(request_over_tls_is_served),
		not_asking(plain_http_is_not_served_on_a_tls_port),
		asking(request_over_tls_is_served),
		asking(certificate_counts_if_the_client_ca_vouches_for_it),
		not_asking(certificate_does_not_count_where_none_is_asked_for),
		cmocka_unit_test(plain_connection_has_no_certificate),
		cmocka_unit_test(bad_client_ca_stops_the_start),
	};

	return cmocka_run_group_tests(tests, make_identities, discard_identities);
}
