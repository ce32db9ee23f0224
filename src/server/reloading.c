/* Reads the settings again, and applies them. */
#include "server/reloading.h"

#include "config/reload.h"
#include "http/http.h"
#include "log/log.h"
#include "registry/registry.h"
#include "server/listeners.h"
#include "server/server.h"

/* The files are those that the server was started with; what is in them may be new. */
static void read_certificates(const struct reloading *reloading)
{
	struct http_options options = {.bind = ""};
	struct tls_files files;
	char reason[512] = "";
	int r;

	if (reloading->settings->tls_certificate[0] == '\0')
		return;
	r = tls_files_read(reloading->settings, &files, reason, sizeof(reason));
	if (r == 0) {
		options.tls_certificate_pem = files.certificate;
		options.tls_key_pem = files.key;
		options.tls_client_ca_pem = files.client_ca;
		r = http_server_set_tls(reloading->public, &options, reason, sizeof(reason));
		tls_files_deinit(&files);
	}
	if (r < 0)
		log_error("server.certificates_refused", LOG_TEXT("reason", reason));
	else
		log_info("server.certificates_read",
			 LOG_TEXT("certificate", reloading->settings->tls_certificate));
}

void reloading_registry_options(const struct settings *settings,
				struct registry_options *ret_options)
{
	*ret_options = (struct registry_options){
		.expires_max_s = settings->expires_max_s,
		.retention_s = settings->retention_s,
		.updates_max = (uint32_t)settings->updates_max,
		.entries_max = (uint64_t)settings->entries_max,
		.index_max = {[INDEX_USER] = (uint64_t)settings->entries_per_user_max,
			      [INDEX_NAME] = (uint64_t)settings->entries_per_name_max,
			      [INDEX_REPORTER] = (uint64_t)settings->entries_per_reporter_max},
	};
}

static void apply(const struct reloading *reloading)
{
	const struct settings *settings = reloading->settings;
	struct http_options options = {.bind = ""};
	struct registry_options limits;
	enum log_level level;

	if (log_level_parse(slice_of(settings->log_level), &level))
		log_set_level(level);
	reloading_registry_options(settings, &limits);
	registry_set_limits(reloading->registry, &limits);
	listener_set_limits(settings, &options);
	if (reloading->admin)
		http_server_set_limits(reloading->admin, &options);
	options.connections_per_address_max = (unsigned)settings->connections_per_address_max;
	http_server_set_limits(reloading->public, &options);
}

void reloading_run(const struct reloading *reloading, const struct server_reload *how)
{
	struct settings_difference difference;
	struct settings fresh;
	char reason[512];

	log_reopen();
	if (how->load(how->ctx, &fresh, reason, sizeof(reason)) < 0) {
		log_error("server.reload_refused", LOG_TEXT("reason", reason));
		return;
	}
	settings_take_over(reloading->settings, &fresh, &difference);
	settings_deinit(&fresh);
	apply(reloading);
	read_certificates(reloading);
	log_info("server.reloaded", LOG_TEXT("changed", difference.changed),
		 LOG_TEXT("needs_restart", difference.kept));
}
