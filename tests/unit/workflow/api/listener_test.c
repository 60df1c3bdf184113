/*
 * listener_test.c - requests from threads into a run of a real world, and their answers: the routes, what a sender is
 * told (reference, 8.3), and that every request has an answer when the listener stops. The senders are threads, the
 * loop is the test's own: also a test for the thread sanitizer.
 */
#include "workflow/api/listener.h"

#include "lib/json/json.h"
#include "tests/harness/ask.h"
#include "tests/harness/folder.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static const char definition[] = "- open:\n"
				 "    call: events.create_callback_endpoint\n"
				 "    result: cb\n"
				 "- wait:\n"
				 "    call: events.await_callback\n"
				 "    args: [\"${cb}\", 600]\n"
				 "    result: got\n"
				 "- out:\n"
				 "    return: ${got.http_request.body}\n";

struct stage {
	struct folder folder;
	uv_loop_t loop;
	struct world *world;
	struct api_listener *listener;
	struct plan *plan;
	struct run *run;
	struct journal_run row;
	char path[400]; /* of the callback */
	bool has_ended;
};

static int listen_at(void *ctx, struct slice known, struct buf *base, struct error *err)
{
	(void)ctx, (void)known, (void)err;
	buf_add_slice(base, SLICE("http://127.0.0.1:1"));
	return 0;
}

static void ended(void *ctx, struct run *run)
{
	struct stage *stage = ctx;

	(void)run;
	stage->has_ended = true;
}

static void failed(void *ctx, const struct error *err)
{
	(void)ctx;
	fail_msg("%s", err->message);
}

static void begin(struct stage *stage)
{
	struct diags *diags = diags_new();
	struct limits limits = limits_default();
	struct value env = value_map_new();
	struct error err = {0};
	struct callback callback;
	size_t path;

	stage->plan = plan_read("test.yaml", slice_of(definition), diags);
	diags_free(diags);
	assert_non_null(stage->plan);
	assert_int_equal(journal_create(world_journal(stage->world), NULL, "test.yaml", slice_of(definition), NULL,
					NULL, &stage->row, &err),
			 0);
	stage->run = world_start(stage->world, &stage->row, stage->plan, value_null(), env,
				 value_null(), &limits);
	value_unref(env);
	world_begin(stage->world, stage->run);
	assert_true(run_callback_at(stage->run, 0, &callback));
	path = slice_find(callback.url, SLICE("/v1/"), 0);
	snprintf(stage->path, sizeof(stage->path), "%.*s",
		 SLICE_ARG(slice_sub(callback.url, path, callback.url.len)));
}

static void set_up(struct stage *stage)
{
	struct world_options options = {.durability = DB_OFF,
					.listen = listen_at,
					.ended = ended,
					.failed = failed,
					.ctx = stage};
	struct api_listen_options api = {0};
	struct error err = {0};

	memset(stage, 0, sizeof(*stage));
	folder_make(&stage->folder);
	options.state = folder_path(&stage->folder, "state.db");
	uv_loop_init(&stage->loop);
	stage->world = world_open(&stage->loop, &options, &err);
	if (!stage->world)
		fail_msg("%s", err.message);
	api.world = stage->world;
	stage->listener = api_listen(&stage->loop, &api, &err);
	if (!stage->listener)
		fail_msg("%s", err.message);
	begin(stage);
}

static void tear_down(struct stage *stage)
{
	api_stop(stage->listener);
	world_free_run(stage->run);
	world_close(stage->world);
	api_close_listener(stage->listener);
	uv_run(&stage->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&stage->loop), 0);
	plan_free(stage->plan);
	folder_remove(&stage->folder);
}

/* One sender. Its thread writes the answer, the test reads it when the thread is joined. */
struct sender {
	pthread_t thread;
	uv_async_t done;
	const char *method, *path;
	int port, status;
	bool is_done; /* on the loop */
};

static void note_done(uv_async_t *async)
{
	struct sender *sender = async->data;

	sender->is_done = true;
}

static void *send_one(void *ctx)
{
	struct sender *sender = ctx;
	struct asker asker;
	struct answer answer;

	asker_init(&asker, sender->port);
	answer = ask(&asker, sender->method, sender->path, SLICE("7"), NULL);
	sender->status = answer.status;
	answer_release(&answer);
	asker_release(&asker);
	uv_async_send(&sender->done);
	return NULL;
}

static void start(struct stage *stage, struct sender *sender, const char *method, const char *path)
{
	*sender = (struct sender){.method = method, .path = path, .port = api_port(stage->listener)};
	uv_async_init(&stage->loop, &sender->done, note_done);
	sender->done.data = sender;
	assert_int_equal(pthread_create(&sender->thread, NULL, send_one, sender), 0);
}

static int finish(struct stage *stage, struct sender *sender)
{
	while (!sender->is_done)
		uv_run(&stage->loop, UV_RUN_ONCE);
	pthread_join(sender->thread, NULL);
	uv_close((uv_handle_t *)&sender->done, NULL);
	uv_run(&stage->loop, UV_RUN_NOWAIT);
	return sender->status;
}

static int sent(struct stage *stage, const char *method, const char *path)
{
	struct sender sender;

	start(stage, &sender, method, path);
	return finish(stage, &sender);
}

static void the_routes_lead_to_callbacks_alone(void **state)
{
	struct stage stage;

	(void)state;
	set_up(&stage);
	assert_int_equal(sent(&stage, "POST", "/"), 404);
	assert_int_equal(sent(&stage, "POST", "/v1/other"), 404);
	assert_int_equal(sent(&stage, "POST", "/v1/projects/p/executions/e/callbacks/none"), 404);
	assert_int_equal(sent(&stage, "PUT", stage.path), 405);
	assert_false(stage.has_ended);
	assert_int_equal(sent(&stage, "POST", stage.path), 200);
	while (!stage.has_ended)
		uv_run(&stage.loop, UV_RUN_ONCE);
	assert_int_equal(run_status(stage.run), RUN_RETURNED);
	assert_true(value_equal(run_result(stage.run), value_int(7)));
	assert_int_equal(sent(&stage, "POST", stage.path), 404); /* it has ended */
	tear_down(&stage);
}

static void of_many_at_once_each_has_its_answer(void **state)
{
	enum { COUNT = 20 };
	struct sender senders[COUNT];
	struct stage stage;
	int taken = 0;

	(void)state;
	set_up(&stage);
	for (int i = 0; i < COUNT; i++)
		start(&stage, &senders[i], "POST", stage.path);
	for (int i = 0; i < COUNT; i++) {
		int status = finish(&stage, &senders[i]);

		taken += status == 200;
		if (status != 200) /* the await had the first: the run goes on to its end */
			assert_int_equal(status, 404);
	}
	assert_int_equal(taken, 1);
	tear_down(&stage);
}

static void a_listener_that_stops_answers_what_no_route_has_seen(void **state)
{
	struct sender sender;
	struct stage stage;

	(void)state;
	set_up(&stage);
	api_stop(stage.listener);
	start(&stage, &sender, "POST", stage.path);
	assert_int_equal(finish(&stage, &sender), 503);
	assert_int_equal(run_status(stage.run), RUN_GOES_ON);
	tear_down(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_routes_lead_to_callbacks_alone),
		cmocka_unit_test(of_many_at_once_each_has_its_answer),
		cmocka_unit_test(a_listener_that_stops_answers_what_no_route_has_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
