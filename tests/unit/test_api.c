/* The life of a request: answers at once, later, too late and never, over a store that is played.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/api.h"
#include "http/target.h"
#include "monitor/counters.h"
#include "registry/registry.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- The stage: one store, one api, one request at a time ---- */

struct stage {
	struct store store; /* first */
	struct registry *registry;
	struct api *api;
	struct counters counters;
	struct http_request request;
	unsigned wakes;
	bool has_certificate;
	bool ready;

	/* How the store behaves. */
	int result;
	bool later;           /* operations wait for complete() */
	const char *statuses; /* of the entries shown: 'l'ive or 'd'isconnected */
	enum entry_kind kind;
	uint32_t nodes;

	/* What the store was asked. */
	unsigned asked;
	struct store_op *pending;
	struct store_read *pending_read;
	struct store_take *pending_take;
	unsigned settled_as[2];
};

static struct stage *stage_of_store(struct store *store)
{
	return (struct stage *)store;
}

static struct stage *stage_of_request(struct http_request *request)
{
	return (struct stage *)((char *)request - offsetof(struct stage, request));
}

/* In the place of those in http/. */
void http_request_wake(struct http_request *request)
{
	stage_of_request(request)->wakes++;
}

struct http_queue http_request_queue(struct http_request *request)
{
	(void)request;
	return (struct http_queue){0};
}

bool http_request_has_certificate(struct http_request *request)
{
	return stage_of_request(request)->has_certificate;
}

struct slice http_request_header(struct http_request *request, const char *name)
{
	(void)request;
	(void)name;
	return SLICE_NONE;
}

static void show_entries(struct stage *stage, struct store_read *read)
{
	struct moment now = {.lifetime_s = 100, .wall_s = 100};

	for (const char *status = stage->statuses; *status; status++) {
		char id[32];
		struct entry entry = {.key = {stage->kind, SLICE_NONE}, .owner = SLICE("u")};

		snprintf(id, sizeof(id), "h%d", (int)(status - stage->statuses));
		entry.key.id = slice_of(id);
		entry.sign_s = 100;
		entry.fields.expires_s = 1000;
		entry.fields.text[TEXT_STATUS] = *status == 'd' ? STATUS_DISCONNECTED : STATUS_LIVE;
		assert_int_equal(read->see(read->ctx, &entry, &now), 0);
	}
}

static int submit(struct stage *stage, struct store_op *op, struct store_read *read,
		  struct store_take *take)
{
	stage->asked++;
	if (stage->later) {
		stage->pending = op;
		stage->pending_read = read;
		stage->pending_take = take;
		return STORE_PENDING;
	}
	if (read)
		show_entries(stage, read);
	if (take && stage->result == STORE_DONE)
		take->ret_token = 7;
	return stage->result;
}

/* The store comes back to what is pending: on another thread, for all that the api knows. */
static void complete(struct stage *stage)
{
	struct store_op *op = stage->pending;

	assert_non_null(op);
	stage->pending = NULL;
	if (stage->pending_read)
		show_entries(stage, stage->pending_read);
	if (stage->pending_take && stage->result == STORE_DONE)
		stage->pending_take->ret_token = 7;
	op->result = stage->result;
	op->complete(op);
}

static int play_get(struct store *store, struct entry_key key, struct store_read *read)
{
	(void)key;
	return submit(stage_of_store(store), &read->op, read, NULL);
}

static int play_list(struct store *store, enum store_index index, struct slice key,
		     struct store_read *read)
{
	(void)index;
	(void)key;
	return submit(stage_of_store(store), &read->op, read, NULL);
}

static int play_change(struct store *store, struct store_change *change)
{
	change->outcome = RULE_DONE;
	return submit(stage_of_store(store), &change->op, NULL, NULL);
}

static int play_take(struct store *store, struct store_take *take)
{
	return submit(stage_of_store(store), &take->read.op, &take->read, take);
}

static void play_settle(struct store *store, uint64_t token, enum store_settle how)
{
	assert_int_equal(token, 7);
	stage_of_store(store)->settled_as[how]++;
}

static void play_health(struct store *store, struct store_health *ret_health)
{
	*ret_health = (struct store_health){
		.readable = true,
		.nodes = stage_of_store(store)->nodes,
		.nodes_up = stage_of_store(store)->nodes,
	};
}

static void play_count(struct store *store, struct store_count *ret_count)
{
	(void)store;
	*ret_count = (struct store_count){.entries = {12, 5}};
}

static const struct store_verbs played = {
	.type = "Played",
	.get = play_get,
	.list = play_list,
	.change = play_change,
	.take_updates = play_take,
	.settle_updates = play_settle,
	.health = play_health,
	.count = play_count,
};

static bool play_ready(void *ctx, char *ret_reason, size_t reason_size)
{
	const struct stage *stage = ctx;

	if (!stage->ready)
		snprintf(ret_reason, reason_size, "the \"disk\" is full");
	return stage->ready;
}

static void play_gauges(void *ctx, struct gauges *ret_gauges)
{
	(void)ctx;
	ret_gauges->hyperties = 12;
}

static void set_up(struct stage *stage, bool writes_need_certificate)
{
	struct registry_options registry_options = {.expires_max_s = 3600, .updates_max = 10};
	struct api_options options;

	*stage = (struct stage){.store = {&played}, .statuses = "", .ready = true};
	assert_int_equal(registry_new(&registry_options, &stage->store, &stage->registry), 0);
	options = (struct api_options){
		.registry = stage->registry,
		.store = &stage->store,
		.counters = &stage->counters,
		.hooks = {stage, play_ready, play_gauges},
		.id_max_bytes = 4096,
		.json_depth_max = 32,
		.answer_max_bytes = 1 << 20,
		.writes_need_certificate = writes_need_certificate,
	};
	assert_int_equal(api_new(&options, &stage->api), 0);
}

static void tear_down(struct stage *stage)
{
	buffer_deinit(&stage->request.out);
	api_free(stage->api);
	registry_free(stage->registry);
}

/* ---- What http/ does ---- */

static enum http_verdict begin_on(struct stage *stage, struct http_handler handler,
				  const char *method, const char *target, const char *body)
{
	struct http_request *request = &stage->request;
	struct target split;

	*request = (struct http_request){.out = request->out, .method = slice_of(method)};
	buffer_clear(&request->out);
	arena_init(&request->arena, NULL, 0);
	request->is_head = strcmp(method, "HEAD") == 0;
	request->body = slice_of(body);
	split = target_split(slice_of(target), request->pieces, HTTP_PIECES_MAX + 1);
	request->piece_count = split.piece_count;
	request->query = split.query;
	return handler.begin(handler.ctx, request);
}

static enum http_verdict begin(struct stage *stage, const char *method, const char *target,
			       const char *body)
{
	return begin_on(stage, api_public_handler(stage->api), method, target, body);
}

static void resume(struct stage *stage, bool timed_out)
{
	struct http_handler handler = api_public_handler(stage->api);

	assert_int_equal(handler.resume(handler.ctx, &stage->request, timed_out), HTTP_ANSWERED);
}

static void late(struct stage *stage)
{
	struct http_handler handler = api_public_handler(stage->api);

	handler.late(handler.ctx, &stage->request);
}

static void finish(struct stage *stage, bool sent)
{
	struct http_handler handler = api_public_handler(stage->api);

	handler.finished(handler.ctx, &stage->request, sent);
}

static void forget(struct stage *stage)
{
	arena_deinit(&stage->request.arena);
}

static void assert_answer(struct stage *stage, int status, const char *body)
{
	struct http_request *request = &stage->request;

	buffer_append_byte(&request->out, '\0');
	assert_string_equal(request->out.data, body);
	request->out.len--;
	assert_int_equal(request->status, status);
}

static void ask(struct stage *stage, const char *method, const char *target, const char *body,
		int status, const char *answer)
{
	assert_int_equal(begin(stage, method, target, body), HTTP_ANSWERED);
	assert_answer(stage, status, answer);
	finish(stage, true);
	forget(stage);
}

#define NOT_FOUND "{\"message\":\"Not Found\"}"
#define NOT_FOUND_SINCE(detail) "{\"message\":\"Not Found\",\"detail\":\"" detail "\"}"
#define NO_SUCH_PATH NOT_FOUND_SINCE("no such path; each id is one percent-encoded piece")
#define BAD_SINCE(detail) "{\"message\":\"Bad Request\",\"detail\":\"" detail "\"}"
#define UNAVAILABLE "{\"message\":\"Temporary Unavailable\"}"
#define FAULT "{\"message\":\"Internal Server Error\"}"

#define SHOWN(id, status)                                                                          \
	"{\"startingTime\":\"1970-01-01T00:00:00Z\",\"hypertyID\":\"" id "\",\"userID\":\"u\","    \
	"\"lastModified\":\"1970-01-01T00:00:00Z\",\"status\":\"" status "\",\"expires\":1000}"
#define OBJECT(id, status)                                                                         \
	"{\"url\":\"" id "\",\"status\":\"" status "\","                                           \
	"\"startingTime\":\"1970-01-01T00:00:00Z\",\"lastModified\":\"1970-01-01T00:00:00Z\","     \
	"\"expires\":1000}"

#define HYPERTY                                                                                    \
	"{\"descriptor\":\"d\",\"resources\":[],\"dataSchemes\":[],\"expires\":1,"                 \
	"\"status\":\"live\",\"runtime\":\"r\"}"
#define DATA_OBJECT                                                                                \
	"{\"schema\":\"s\",\"name\":\"n\",\"reporter\":\"r\",\"resources\":[],\"dataSchemes\":[]," \
	"\"expires\":1,\"status\":\"live\",\"runtime\":\"r\"}"

/* ---- Answers ---- */

static void each_change_has_its_own_text(void **state)
{
	struct stage stage;

	(void)state;
	set_up(&stage, false);
	ask(&stage, "PUT", "/hyperty/user/u/h", HYPERTY, 200, "{\"message\":\"Hyperty created\"}");
	ask(&stage, "PUT", "/hyperty/url/h", "{}", 200,
	    "{\"statusChanged\":\"false\",\"message\":\"Keep alive\"}");
	ask(&stage, "PUT", "/hyperty/url/h", "{\"x\":1}", 200,
	    "{\"statusChanged\":\"false\",\"message\":\"Hyperty updated\"}");
	ask(&stage, "DELETE", "/hyperty/user/u/h", "", 200, "{\"message\":\"Hyperty deleted\"}");
	ask(&stage, "PUT", "/hyperty/dataobject/o", DATA_OBJECT, 200,
	    "{\"message\":\"Data object created\"}");
	ask(&stage, "PUT", "/hyperty/dataobject/url/o", DATA_OBJECT, 200,
	    "{\"message\":\"Data object created\"}");
	ask(&stage, "PUT", "/dataobject/url/o", "{}", 200, "{\"message\":\"Keep alive\"}");
	ask(&stage, "PUT", "/dataobject/url/o", "{\"x\":1}", 200,
	    "{\"message\":\"data object updated\"}");
	ask(&stage, "DELETE", "/hyperty/dataobject/url/o", "", 200,
	    "{\"message\":\"Data object deleted\"}");
	tear_down(&stage);
}

static void only_hyperties_that_are_all_away_give_408(void **state)
{
	struct stage stage;

	(void)state;
	set_up(&stage, false);
	stage.statuses = "l";
	ask(&stage, "GET", "/hyperty/url/h0", "", 200, SHOWN("h0", "live"));
	ask(&stage, "GET", "/hyperty/user/u/h0", "", 200, SHOWN("h0", "live"));
	stage.statuses = "d";
	ask(&stage, "GET", "/hyperty/url/h0", "", 408, SHOWN("h0", "disconnected"));
	stage.statuses = "dl";
	ask(&stage, "GET", "/hyperty/user/u", "", 200,
	    "{\"h0\":" SHOWN("h0", "disconnected") ",\"h1\":" SHOWN("h1", "live") "}");
	stage.statuses = "dd";
	ask(&stage, "GET", "/hyperty/guid/g", "", 408,
	    "{\"h0\":" SHOWN("h0", "disconnected") ",\"h1\":" SHOWN("h1", "disconnected") "}");
	stage.statuses = "";
	stage.result = STORE_NOT_FOUND;
	ask(&stage, "GET", "/hyperty/email/e", "", 404, NOT_FOUND);

	stage.kind = ENTRY_DATA_OBJECT;
	stage.result = STORE_DONE;
	stage.statuses = "d";
	ask(&stage, "GET", "/hyperty/dataobject/url/h0", "", 200, OBJECT("h0", "disconnected"));
	ask(&stage, "GET", "/hyperty/dataobject/name/n", "", 200,
	    "{\"h0\":" OBJECT("h0", "disconnected") "}");
	tear_down(&stage);
}

static void a_hyperty_is_not_shown_to_be_another_users(void **state)
{
	struct stage stage;

	(void)state;
	set_up(&stage, false);
	stage.statuses = "l";
	ask(&stage, "GET", "/hyperty/user/other/h0", "", 404, NOT_FOUND);
	tear_down(&stage);
}

static void a_search_by_anything_unknown_is_answered_without_a_look(void **state)
{
	static const char none[] =
		NOT_FOUND_SINCE("query: a search needs resources or dataSchemes");
	static const char unknown[] =
		NOT_FOUND_SINCE("query: only resources and dataSchemes are known");
	static const struct {
		const char *target;
		const char *answer;
	} rows[] = {
		{"/hyperty/user/u/hyperty?x=1", unknown},
		{"/hyperty/email/e/hyperty", none},
		{"/hyperty/dataobject/url/o/do", none},
		{"/hyperty/dataobject/name/n/do?dd=x", unknown},
		{"/hyperty/dataobject/reporter/r/do?", none},
	};
	struct stage stage;

	(void)state;
	set_up(&stage, false);
	for (size_t i = 0; i < COUNT(rows); i++)
		ask(&stage, "GET", rows[i].target, "", 404, rows[i].answer);
	assert_int_equal(stage.asked, 0);
	tear_down(&stage);
}

static void what_cannot_be_read_is_refused_with_the_reason(void **state)
{
	struct stage stage;

	(void)state;
	set_up(&stage, false);
	ask(&stage, "PUT", "/hyperty/user/u/h", "{}", 400,
	    "{\"message\":\"Bad Request\",\"detail\":\"resources: is required\"}");
	ask(&stage, "PUT", "/dataobject/url/o", "[]", 400,
	    "{\"message\":\"Bad Request\",\"detail\":\"body: must be a JSON object\"}");
	ask(&stage, "PUT", "/dataobject/url/o", "", 400, BAD_SINCE("body: is empty"));
	ask(&stage, "PUT", "/hyperty/user//h", HYPERTY, 400,
	    BAD_SINCE("path: piece 3 (user) is empty"));
	ask(&stage, "PUT", "/hyperty/user/u/%", HYPERTY, 400,
	    BAD_SINCE("path: piece 4 (hyperty) has a % without two hexadecimal digits behind it"));
	ask(&stage, "GET", "/hyperty/dataobject/name/a%00b", "", 400,
	    BAD_SINCE("path: piece 4 (name) has a NUL character"));
	ask(&stage, "GET", "/hyperty/email/%E9/x?resources=a", "", 400,
	    BAD_SINCE("path: piece 3 (email) is not UTF-8"));
	ask(&stage, "PUT", "/dataobject/url/%E9", "{}", 400,
	    BAD_SINCE("path: piece 3 (url) is not UTF-8"));
	assert_int_equal(stage.asked, 0);
	tear_down(&stage);
}

static void unknown_paths_are_404_and_other_methods_405(void **state)
{
	struct stage stage;

	(void)state;
	set_up(&stage, false);
	ask(&stage, "GET", "/nope", "", 404, NO_SUCH_PATH);
	ask(&stage, "POST", "/hyperty/url/hyperty://a/b", "", 404, NO_SUCH_PATH);
	ask(&stage, "POST", "/hyperty/user/u/h", HYPERTY, 405,
	    "{\"message\":\"Method Not Allowed\"}");
	assert_string_equal(stage.request.allow, "GET, HEAD, PUT, DELETE");
	assert_int_equal(stage.asked, 0);
	tear_down(&stage);
}

static void failures_of_the_store_have_their_own_status(void **state)
{
	static const struct {
		int result;
		int status;
		const char *body;
		bool retry_after;
	} cases[] = {
		{STORE_NOT_FOUND, 404, NOT_FOUND, false},
		{STORE_UNAVAILABLE, 503, UNAVAILABLE, true},
		{STORE_DAMAGED, 500, FAULT, false},
		{-ENOMEM, 503, UNAVAILABLE, true},
		{-EIO, 500, FAULT, false},
	};
	struct stage stage;

	(void)state;
	set_up(&stage, false);
	stage.statuses = "l"; /* shown before it failed: must not be in the answer */
	for (size_t i = 0; i < COUNT(cases); i++) {
		stage.result = cases[i].result;
		ask(&stage, "GET", "/hyperty/user/u", "", cases[i].status, cases[i].body);
		assert_int_equal(stage.request.retry_after, cases[i].retry_after);
		ask(&stage, "PUT", "/hyperty/url/h", "{}", cases[i].status, cases[i].body);
	}
	tear_down(&stage);
}

/* ---- Waiting ---- */

static void an_answer_that_comes_later_is_the_same(void **state)
{
	struct stage stage;

	(void)state;
	set_up(&stage, false);
	stage.later = true;
	stage.statuses = "l";
	assert_int_equal(begin(&stage, "GET", "/hyperty/user/u", ""), HTTP_WAIT);
	assert_int_equal(stage.wakes, 0);
	complete(&stage);
	assert_int_equal(stage.wakes, 1);
	resume(&stage, false);
	assert_answer(&stage, 200, "{\"h0\":" SHOWN("h0", "live") "}");
	finish(&stage, true);
	forget(&stage);

	assert_int_equal(begin(&stage, "PUT", "/hyperty/url/h", "{}"), HTTP_WAIT);
	complete(&stage);
	resume(&stage, false);
	assert_answer(&stage, 200, "{\"statusChanged\":\"false\",\"message\":\"Keep alive\"}");
	finish(&stage, true);
	forget(&stage);
	tear_down(&stage);
}

static void an_answer_that_comes_too_late_finds_nobody(void **state)
{
	struct stage stage;

	(void)state;
	set_up(&stage, false);
	stage.later = true;
	stage.statuses = "ll";
	assert_int_equal(begin(&stage, "GET", "/hyperty/user/u", ""), HTTP_WAIT);
	resume(&stage, true);
	complete(&stage); /* shows entries while the answer is on its way */
	assert_answer(&stage, 503, UNAVAILABLE);
	assert_true(stage.request.retry_after);
	finish(&stage, true);
	late(&stage);
	forget(&stage);
	tear_down(&stage);
}

/* ---- Pending updates ---- */

#define NEWS "{\"h0\":" SHOWN("h0", "disconnected") "}"

static void news_are_settled_once_as_the_answer_went(void **state)
{
	struct stage stage;

	(void)state;
	for (int later = 0; later <= 1; later++) {
		for (int sent = 0; sent <= 1; sent++) {
			set_up(&stage, false);
			stage.statuses = "d";
			stage.later = later;
			begin(&stage, "GET", "/registry/updated", "");
			if (later) {
				complete(&stage);
				resume(&stage, false);
			}
			assert_answer(&stage, 200, NEWS);
			assert_int_equal(stage.settled_as[SETTLE_SENT], 0);
			finish(&stage, sent);
			assert_int_equal(stage.settled_as[SETTLE_SENT], sent);
			assert_int_equal(stage.settled_as[SETTLE_UNSENT], !sent);
			forget(&stage);
			tear_down(&stage);
		}
	}
}

static void news_that_come_too_late_are_given_back(void **state)
{
	struct stage stage;

	(void)state;
	for (int finished_first = 0; finished_first <= 1; finished_first++) {
		set_up(&stage, false);
		stage.statuses = "d";
		stage.later = true;
		assert_int_equal(begin(&stage, "GET", "/registry/updated", ""), HTTP_WAIT);
		resume(&stage, true);
		assert_answer(&stage, 200, "{}");
		if (finished_first)
			finish(&stage, true);
		complete(&stage);
		late(&stage);
		if (!finished_first)
			finish(&stage, true);
		assert_int_equal(stage.settled_as[SETTLE_SENT], 0);
		assert_int_equal(stage.settled_as[SETTLE_UNSENT], 1);
		assert_int_equal(counter_get(&stage.counters, COUNTER_UPDATES_REFUSED), 1);
		forget(&stage);
		tear_down(&stage);
	}
}

static void news_that_cannot_be_taken_give_an_empty_object_and_are_counted(void **state)
{
	static const int results[] = {STORE_UNAVAILABLE, STORE_DAMAGED, -5};
	struct stage stage;

	(void)state;
	set_up(&stage, false);
	stage.statuses = "d";
	for (size_t i = 0; i < COUNT(results); i++) {
		stage.result = results[i];
		ask(&stage, "GET", "/registry/updated", "", 200, "{}");
		assert_int_equal(counter_get(&stage.counters, COUNTER_UPDATES_REFUSED), i + 1);
	}
	assert_int_equal(stage.settled_as[SETTLE_SENT], 0);
	tear_down(&stage);
}

static void no_news_are_an_empty_object(void **state)
{
	struct stage stage;

	(void)state;
	set_up(&stage, false);
	ask(&stage, "GET", "/registry/updated", "", 200, "{}");
	assert_int_equal(counter_get(&stage.counters, COUNTER_UPDATES_REFUSED), 0);
	tear_down(&stage);
}

static void N8_HEAD_takes_nothing(void **state)
{
	struct stage stage;

	(void)state;
	set_up(&stage, false);
	stage.statuses = "d";
	ask(&stage, "HEAD", "/registry/updated", "", 200, "{}");
	assert_int_equal(stage.asked, 0);
	tear_down(&stage);
}

/* ---- Access ---- */

static void what_changes_anything_needs_a_certificate_where_they_are_asked_for(void **state)
{
	static const struct {
		const char *method;
		const char *target;
		bool is_open;
	} cases[] = {
		{"GET", "/live", true},
		{"GET", "/hyperty/user/u", true},
		{"HEAD", "/hyperty/user/u", true},
		{"GET", "/nope", true},
		{"GET", "/registry/updated", false},
		{"HEAD", "/registry/updated", false},
		{"PUT", "/hyperty/user/u/h", false},
		{"DELETE", "/hyperty/user/u/h", false},
		{"POST", "/hyperty/user/u/h", false},
		{"PUT", "/nope", false},
	};
	struct stage stage;

	(void)state;
	set_up(&stage, true);
	for (size_t i = 0; i < COUNT(cases); i++) {
		for (int has = 0; has <= 1; has++) {
			stage.has_certificate = has;
			begin(&stage, cases[i].method, cases[i].target, HYPERTY);
			if ((stage.request.status != 401) != (has || cases[i].is_open))
				fail_msg("%s %s: %d", cases[i].method, cases[i].target,
					 stage.request.status);
			finish(&stage, true);
			forget(&stage);
		}
	}
	stage.has_certificate = false;
	stage.asked = 0;
	ask(&stage, "PUT", "/hyperty/user/u/h", HYPERTY, 401, "{\"message\":\"Unauthorized.\"}");
	assert_int_equal(stage.asked, 0);
	tear_down(&stage);
}

/* ---- The service ---- */

static void the_service_tells_about_itself(void **state)
{
	struct stage stage;

	(void)state;
	set_up(&stage, false);
	assert_int_equal(begin(&stage, "GET", "/", ""), HTTP_ANSWERED);
	assert_int_equal(stage.request.status, 302);
	assert_string_equal(stage.request.location, "/live");
	assert_int_equal(stage.request.out.len, 0);
	forget(&stage);

	ask(&stage, "GET", "/error", "", 401, "{\"message\":\"Unauthorized.\"}");
	ask(&stage, "GET", "/live", "", 200,
	    "{\"status\":\"up\",\"Storage_type\":\"Played\",\"Hyperties_stored\":\"12\"}");
	stage.nodes = 4;
	ask(&stage, "GET", "/live", "", 200,
	    "{\"status\":\"up\",\"Storage_type\":\"Played\",\"Hyperties_stored\":\"12\","
	    "\"Database connection\":\"up\",\"Database cluster size\":\"4\","
	    "\"Database up nodes\":\"4\"}");
	ask(&stage, "GET", "/ready", "", 200, "{\"status\":\"ready\"}");
	stage.ready = false;
	ask(&stage, "GET", "/ready", "", 503, "{\"message\":\"the \\\"disk\\\" is full\"}");
	assert_true(stage.request.retry_after);
	tear_down(&stage);
}

static void the_numbers_are_for_the_admin_listener(void **state)
{
	struct stage stage;

	(void)state;
	set_up(&stage, false);
	ask(&stage, "GET", "/metrics", "", 404, NO_SUCH_PATH);
	assert_int_equal(begin_on(&stage, api_admin_handler(stage.api), "GET", "/metrics", ""),
			 HTTP_ANSWERED);
	assert_int_equal(stage.request.status, 200);
	assert_non_null(strstr(stage.request.content_type, "text/plain"));
	assert_true(stage.request.out.len > 0);
	forget(&stage);
	tear_down(&stage);
}

static void a_request_that_never_began_is_finished_all_the_same(void **state)
{
	struct stage stage;

	(void)state;
	set_up(&stage, false);
	finish(&stage, false);
	assert_int_equal(stage.asked, 0);
	tear_down(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_change_has_its_own_text),
		cmocka_unit_test(only_hyperties_that_are_all_away_give_408),
		cmocka_unit_test(a_hyperty_is_not_shown_to_be_another_users),
		cmocka_unit_test(a_search_by_anything_unknown_is_answered_without_a_look),
		cmocka_unit_test(what_cannot_be_read_is_refused_with_the_reason),
		cmocka_unit_test(unknown_paths_are_404_and_other_methods_405),
		cmocka_unit_test(failures_of_the_store_have_their_own_status),
		cmocka_unit_test(an_answer_that_comes_later_is_the_same),
		cmocka_unit_test(an_answer_that_comes_too_late_finds_nobody),
		cmocka_unit_test(news_are_settled_once_as_the_answer_went),
		cmocka_unit_test(news_that_come_too_late_are_given_back),
		cmocka_unit_test(news_that_cannot_be_taken_give_an_empty_object_and_are_counted),
		cmocka_unit_test(no_news_are_an_empty_object),
		cmocka_unit_test(N8_HEAD_takes_nothing),
		cmocka_unit_test(
			what_changes_anything_needs_a_certificate_where_they_are_asked_for),
		cmocka_unit_test(the_service_tells_about_itself),
		cmocka_unit_test(the_numbers_are_for_the_admin_listener),
		cmocka_unit_test(a_request_that_never_began_is_finished_all_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
