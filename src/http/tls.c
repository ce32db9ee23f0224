/* Asks GnuTLS about certificates. */
#include "http/tls.h"

#include <errno.h>
#include <stdio.h>
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

/* Which of the two it was that could not be loaded, or that it is both together. */
static const char *name_culprit(const gnutls_datum_t *certificate, const gnutls_datum_t *key)
{
	if (try_certificate(certificate) < 0)
		return "certificate";
	if (try_key(key) < 0)
		return "key";
	return "certificate and key";
}

/* On failure a negative GnuTLS code, and in ret_what the part that it is about. */
static int load(gnutls_certificate_credentials_t credentials, const struct http_options *options,
		const char **ret_what)
{
	gnutls_datum_t certificate = datum_of(options->tls_certificate_pem);
	gnutls_datum_t key = datum_of(options->tls_key_pem);
	gnutls_datum_t ca;
	int r;

	r = gnutls_certificate_set_x509_key_mem(credentials, &certificate, &key,
						GNUTLS_X509_FMT_PEM);
	if (r < 0)
		*ret_what = name_culprit(&certificate, &key);
	if (r < 0 || !options->tls_client_ca_pem)
		return r;

	*ret_what = "client CA";
	ca = datum_of(options->tls_client_ca_pem);
	r = gnutls_certificate_set_x509_trust_mem(credentials, &ca, GNUTLS_X509_FMT_PEM);
	return r == 0 ? GNUTLS_E_NO_CERTIFICATE_FOUND : r;
}

int tls_check(const struct http_options *options, char *ret_reason, size_t reason_size)
{
	gnutls_certificate_credentials_t credentials;
	const char *what;
	int r;

	if (!options->tls_certificate_pem)
		return 0;
	if (!options->tls_key_pem) {
		snprintf(ret_reason, reason_size, "TLS certificate without a key");
		return -EINVAL;
	}
	if (gnutls_certificate_allocate_credentials(&credentials) < 0)
		return -ENOMEM;
	r = load(credentials, options, &what);
	gnutls_certificate_free_credentials(credentials);
	if (r >= 0)
		return 0;
	snprintf(ret_reason, reason_size, "TLS %s: %s", what, gnutls_strerror(r));
	return -EINVAL;
}

bool tls_client_is_verified(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
	unsigned status;

	if (!info)
		return false;
	/* Fails if there is none: it was asked for, not demanded. */
	return gnutls_certificate_verify_peers2(info->tls_session, &status) == 0 && status == 0;
}
