/* Arguments → settings → server → exit code. */
#include "server/program.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "config/describe.h"
#include "config/settings.h"
#include "log/log.h"
#include "server/server.h"

#define EXIT_CANNOT_SERVE 1
#define EXIT_CANNOT_SHOW 1
#define EXIT_WRONG_SETTINGS 2

/* What the program was called with. */
struct call {
	int argc;
	char **argv;
};

static int load(void *ctx, struct settings *ret_settings, char *ret_reason, size_t reason_size)
{
	const struct call *call = ctx;
	enum settings_action action;

	return settings_load(call->argc, call->argv, environ, ret_settings, &action, ret_reason,
			     reason_size);
}

static int serve(struct settings *settings, struct call *call, struct clock *clock)
{
	const struct server_reload reload = {call, load};
	struct server *server;
	char reason[512];
	int r = server_new(settings, clock, &server, reason, sizeof(reason));

	if (r < 0) {
		log_error("server.failed", LOG_TEXT("reason", reason));
		return EXIT_CANNOT_SERVE;
	}
	server_run(server, &reload);
	server_free(server);
	log_info("server.stopped", LOG_TEXT("version", REGISTRYD_VERSION));
	return 0;
}

static void write_what_was_asked_for(enum settings_action action, const struct settings *settings)
{
	switch (action) {
	case SETTINGS_HELP:
		describe_help(stdout);
		break;
	case SETTINGS_VERSION:
		puts("registryd " REGISTRYD_VERSION);
		break;
	case SETTINGS_CHECK:
		describe_settings(settings, stdout);
		break;
	case SETTINGS_SAMPLE:
		describe_sample(stdout);
		break;
	case SETTINGS_MAN:
		describe_man(stdout);
		break;
	case SETTINGS_RUN:
		break;
	}
}

/* Half a file must not pass for a whole one. */
static int show(enum settings_action action, const struct settings *settings)
{
	errno = 0;
	write_what_was_asked_for(action, settings);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	log_error("output.failed", LOG_TEXT("reason", errno ? strerror(errno) : "write error"));
	return EXIT_CANNOT_SHOW;
}

static int act(enum settings_action action, struct settings *settings, struct call *call,
	       struct clock *clock)
{
	enum log_level level;
	char reason[512];
	int status;

	if (action != SETTINGS_RUN)
		return show(action, settings);
	if (log_level_parse(slice_of(settings->log_level), &level))
		log_set_level(level);
	if (log_start(settings->log_to, reason, sizeof(reason)) < 0) {
		log_error("server.failed", LOG_TEXT("reason", reason));
		return EXIT_CANNOT_SERVE;
	}
	status = serve(settings, call, clock);
	log_stop();
	return status;
}

int program_main(int argc, char **argv, struct clock *clock)
{
	struct settings settings = {0};
	struct call call = {argc, argv};
	enum settings_action action;
	char reason[512];
	int status;
	int r = settings_load(argc, argv, environ, &settings, &action, reason, sizeof(reason));

	if (r < 0) {
		log_error("settings.refused", LOG_TEXT("reason", reason));
		return EXIT_WRONG_SETTINGS;
	}
	status = act(action, &settings, &call, clock);
	settings_deinit(&settings);
	return status;
}
