/* Asks GnuTLS about certificates. */
#include "http/tls.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <microhttpd.h>

#include "http/http.h"

static gnutls_datum_t datum_of(const char *pem)
{
	return (gnutls_datum_t){(unsigned char *)pem, (unsigned)strlen(pem)};
}

static int try_key(const gnutls_datum_t *pem)
{
	gnutls_x509_privkey_t key;
	int r = gnutls_x509_privkey_init(&key);

	if (r < 0)
		return r;
	r = gnutls_x509_privkey_import2(key, pem, GNUTLS_X509_FMT_PEM, NULL, 0);
	gnutls_x509_privkey_deinit(key);
	return r;
}

static int try_certificate(const gnutls_datum_t *pem)
{
	gnutls_x509_crt_t certificate;
	int r = gnutls_x509_crt_init(&certificate);

	if (r < 0)
		return r;
	r = gnutls_x509_crt_import(certificate, pem, GNUTLS_X509_FMT_PEM);
	gnutls_x509_crt_deinit(certificate);
	return r;
}

/* On failure a negative GnuTLS code, and in ret_what the part that it is about. */
static int load(gnutls_certificate_credentials_t credentials, const struct http_options *options,
		const char **ret_what)
{
	gnutls_datum_t certificate = datum_of(options->tls_certificate_pem);
	gnutls_datum_t key = datum_of(options->tls_key_pem);
	gnutls_datum_t ca;
	int r;

	/* One by one first, to name the culprit; and GnuTLS leaks a certificate that is bad here.
	 */
	*ret_what = "certificate";
	r = try_certificate(&certificate);
	if (r < 0)
		return r;
	*ret_what = "key";
	r = try_key(&key);
	if (r < 0)
		return r;
	*ret_what = "certificate and key";
	r = gnutls_certificate_set_x509_key_mem(credentials, &certificate, &key,
						GNUTLS_X509_FMT_PEM);
	if (r < 0 || !options->tls_client_ca_pem)
		return r;

	*ret_what = "client CA";
	ca = datum_of(options->tls_client_ca_pem);
	r = gnutls_certificate_set_x509_trust_mem(credentials, &ca, GNUTLS_X509_FMT_PEM);
	return r == 0 ? GNUTLS_E_NO_CERTIFICATE_FOUND : r;
}

struct tls_credentials {
	gnutls_certificate_credentials_t gnutls;
	_Atomic unsigned refs;
};

int tls_credentials_new(const struct http_options *options,
			struct tls_credentials **ret_credentials, char *ret_reason,
			size_t reason_size)
{
	struct tls_credentials *credentials;
	const char *what;
	int r;

	*ret_credentials = NULL;
	if (!options->tls_certificate_pem)
		return 0;
	if (!options->tls_key_pem) {
		snprintf(ret_reason, reason_size, "TLS certificate without a key");
		return -EINVAL;
	}
	credentials = calloc(1, sizeof(*credentials));
	if (!credentials || gnutls_certificate_allocate_credentials(&credentials->gnutls) < 0) {
		free(credentials);
		snprintf(ret_reason, reason_size, "out of memory");
		return -ENOMEM;
	}
	atomic_init(&credentials->refs, 1);
	r = load(credentials->gnutls, options, &what);
	if (r >= 0) {
		*ret_credentials = credentials;
		return 0;
	}
	tls_credentials_unref(credentials);
	snprintf(ret_reason, reason_size, "TLS %s: %s", what, gnutls_strerror(r));
	return -EINVAL;
}

struct tls_credentials *tls_credentials_ref(struct tls_credentials *credentials)
{
	if (credentials)
		atomic_fetch_add(&credentials->refs, 1);
	return credentials;
}

void tls_credentials_unref(struct tls_credentials *credentials)
{
	if (!credentials || atomic_fetch_sub(&credentials->refs, 1) > 1)
		return;
	gnutls_certificate_free_credentials(credentials->gnutls);
	free(credentials);
}

static const union MHD_ConnectionInfo *session_of(struct MHD_Connection *connection)
{
	return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
}

void tls_credentials_use(struct tls_credentials *credentials, struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info = session_of(connection);

	if (credentials && info)
		gnutls_credentials_set(info->tls_session, GNUTLS_CRD_CERTIFICATE,
				       credentials->gnutls);
}

bool tls_client_is_verified(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info = session_of(connection);
	gnutls_typed_vdata_st purpose = {.type = GNUTLS_DT_KEY_PURPOSE_OID,
					 .data = (unsigned char *)GNUTLS_KP_TLS_WWW_CLIENT};
	unsigned status;

	if (!info)
		return false;
	/* Fails if there is none: it was asked for, not demanded. */
	return gnutls_certificate_verify_peers(info->tls_session, &purpose, 1, &status) == 0 &&
	       status == 0;
}
