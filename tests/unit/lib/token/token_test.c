/*
 * token_test.c - lib/token: what is asked, how long it is kept, who is told; against a scripted metadata
 * server and a program of the test's own that is called gcloud.
 */
#include "lib/token/token.h"

#include "lib/clock/clock.h"
#include "lib/mem/mem.h"
#include "lib/token/token_private.h"
#include "tests/harness/folder.h"
#include "tests/harness/peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define SCOPE "https://www.googleapis.com/auth/cloud-platform"
#define NOW_S 1700000000
/* RFC 7519 claims {"aud":"https://a.test/","exp":1700003600}, base64url as `basenc --base64url` gives it. */
#define JWT "eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJodHRwczovL2EudGVzdC8iLCJleHAiOjE3MDAwMDM2MDB9.c2ln"

struct told {
	int count;
	bool has_token;
	char token[300], message[600];
	struct tokens *ask_again; /* from inside the first answer */
};

struct world {
	uv_loop_t loop;
	struct tokens *tokens;
	struct told told[8];
	struct folder folder;
	char *path;
};

static void keep(void *ctx, const char *token, const char *message)
{
	struct told *told = ctx;
	struct tokens *again = told->ask_again;

	told->count++;
	told->has_token = token != NULL;
	snprintf(told->token, sizeof(told->token), "%s", token ? token : "");
	snprintf(told->message, sizeof(told->message), "%s", message ? message : "");
	told->ask_again = NULL;
	if (again)
		tokens_ask(again, TOKEN_ACCESS, SLICE(SCOPE), keep, told);
}

static int set_up(void **state)
{
	struct world *world = mem_new(sizeof(*world));

	uv_loop_init(&world->loop);
	folder_make(&world->folder);
	world->path = mem_strdup(getenv("PATH"));
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	clock_release();
	tokens_free(world->tokens);
	uv_run(&world->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&world->loop), 0); /* no handle is left */
	unsetenv("GCE_METADATA_HOST");
	setenv("PATH", world->path, 1);
	folder_remove(&world->folder);
	mem_free(world->path);
	mem_free(world);
	return 0;
}

static void open_metadata(struct world *world, const struct peer *peer)
{
	char host[40];

	snprintf(host, sizeof(host), "127.0.0.1:%d", peer_port(peer));
	setenv("GCE_METADATA_HOST", host, 1);
	world->tokens = tokens_new(&world->loop, "metadata");
}

/* A gcloud that is this shell script, first in PATH. */
static void open_gcloud(struct world *world, const char *script)
{
	struct buf text;

	buf_init(&text, 0);
	buf_printf(&text, "#!/bin/sh\ncd '%s'\necho \"$*\" >> asked\n%s\n", world->folder.path, script);
	chmod(folder_write(&world->folder, "gcloud", buf_text(&text)), 0755);
	buf_clear(&text);
	buf_printf(&text, "%s:%s", world->folder.path, world->path);
	setenv("PATH", buf_text(&text), 1);
	buf_release(&text);
	world->tokens = tokens_new(&world->loop, "gcloud");
}

static const char *asked(struct world *world, char *text, size_t size)
{
	FILE *file = fopen(folder_path(&world->folder, "asked"), "r");
	size_t got;

	assert_non_null(file);
	got = fread(text, 1, size - 1, file);
	fclose(file);
	text[got] = '\0';
	return text;
}

/* Ask, run to its end, look. */
static struct told *ask(struct world *world, enum token_kind kind, const char *target)
{
	struct told *told = &world->told[0];

	*told = (struct told){0};
	tokens_ask(world->tokens, kind, slice_of(target), keep, told);
	uv_run(&world->loop, UV_RUN_DEFAULT);
	assert_int_equal(told->count, 1);
	return told;
}

static void assert_begins(const char *text, const char *expected)
{
	if (strncmp(text, expected, strlen(expected)) != 0)
		fail_msg("\"%s\" does not begin with \"%s\"", text, expected);
}

/* ---- sources */

static void a_source_has_a_name(void **state)
{
	struct world *world = *state;

	assert_null(tokens_new(&world->loop, "none"));
	assert_null(tokens_new(&world->loop, ""));
	world->tokens = tokens_new(&world->loop, "fake");
	assert_non_null(world->tokens);
}

static void a_fake_token_is_always_the_same(void **state)
{
	struct world *world = *state;

	world->tokens = tokens_new(&world->loop, "fake");
	tokens_ask(world->tokens, TOKEN_IDENTITY, SLICE("https://a.test/"), keep, &world->told[0]);
	assert_int_equal(world->told[0].count, 1); /* at once */
	assert_string_equal(world->told[0].token, TOKENS_FAKE);
}

#define FLAVOR "Metadata-Flavor: Google\r\n"
#define ACCESS(token, seconds) \
	"{\"access_token\":\"" token "\",\"expires_in\":" seconds ",\"token_type\":\"Bearer\"}"

static char *response(const char *headers, const char *body)
{
	struct buf text;

	buf_init(&text, 0);
	buf_printf(&text, "HTTP/1.1 200 OK\r\n%sContent-Length: %zu\r\n\r\n%s", headers, strlen(body), body);
	return buf_take(&text);
}

static void the_metadata_server_is_asked_as_documented(void **state)
{
	char *identity = response(FLAVOR, JWT), *access = response(FLAVOR, ACCESS("ya29.x", "3599"));
	const struct peer_act acts[] = {{.answer = identity}, {.answer = access}};
	struct peer *peer = peer_open(acts, 2);
	struct world *world = *state;

	open_metadata(world, peer);
	assert_string_equal(ask(world, TOKEN_IDENTITY, "https://a.test/x?y=1&z")->token, JWT);
	assert_begins(peer_request(peer, 0),
		      "GET /computeMetadata/v1/instance/service-accounts/default/identity?format=full"
		      "&audience=https%3A%2F%2Fa.test%2Fx%3Fy%3D1%26z HTTP/1.1\r\n");
	assert_non_null(strstr(peer_request(peer, 0), "\r\nMetadata-Flavor: Google\r\n"));
	assert_string_equal(ask(world, TOKEN_ACCESS, "a b")->token, "ya29.x");
	assert_begins(
		peer_request(peer, 1),
		"GET /computeMetadata/v1/instance/service-accounts/default/token?scopes=a%2Cb HTTP/1.1\r\n");
	peer_close(peer);
	mem_free(identity);
	mem_free(access);
}

static void gcloud_is_asked_without_a_shell(void **state)
{
	struct world *world = *state;
	char text[1000];

	open_gcloud(world,
		    "echo 'WARNING: talk on stderr' >&2\n"
		    "case $2 in print-identity-token) echo " JWT ";; *) echo ya29.a-long-token;; esac");
	assert_string_equal(ask(world, TOKEN_IDENTITY, "https://a.test/;touch $(pwd)/`id`")->token, JWT);
	assert_string_equal(ask(world, TOKEN_ACCESS, SCOPE)->token, "ya29.a-long-token");
	assert_string_equal(ask(world, TOKEN_ACCESS, "a b")->token, "ya29.a-long-token");
	assert_string_equal(
		asked(world, text, sizeof(text)),
		"auth print-identity-token --quiet --audiences=https://a.test/;touch $(pwd)/`id`\n"
		"auth print-access-token --quiet\n"
		"auth print-access-token --quiet --scopes=a,b\n");
}

/* A person's account cannot choose the audience. */
static void a_persons_identity_comes_without_an_audience(void **state)
{
	struct world *world = *state;
	char text[1000];

	open_gcloud(world,
		    "case $* in *--audiences=*) echo 'ERROR: (gcloud.auth.print-identity-token) Invalid "
		    "account type for `--audiences`. Requires valid service account.' >&2; exit 1;; "
		    "esac; echo " JWT);
	assert_string_equal(ask(world, TOKEN_IDENTITY, "https://a.test/")->token, JWT);
	assert_string_equal(asked(world, text, sizeof(text)),
			    "auth print-identity-token --quiet --audiences=https://a.test/\n"
			    "auth print-identity-token --quiet\n");
}

/* ---- failures */

static void the_failure_of_gcloud_is_told_in_its_words(void **state)
{
	struct world *world = *state;

	open_gcloud(world,
		    "echo ya29.secret-not-to-be-told; echo 'ERROR: (gcloud.auth) no active account' >&2;"
		    "echo 'Please run: gcloud auth login' >&2; exit 1");
	assert_string_equal(ask(world, TOKEN_ACCESS, SCOPE)->message,
			    "no access token for " SCOPE
			    " from gcloud: ERROR: (gcloud.auth) no active account; "
			    "try: gcloud auth login");
	assert_false(world->told[0].has_token);
}

static void without_gcloud_there_is_no_token(void **state)
{
	struct world *world = *state;

	setenv("PATH", "/proc/nonexistent", 1);
	world->tokens = tokens_new(&world->loop, "gcloud");
	tokens_ask(world->tokens, TOKEN_ACCESS, SLICE(SCOPE), keep, &world->told[0]);
	assert_int_equal(world->told[0].count, 0); /* never from inside, when it fails */
	uv_run(&world->loop, UV_RUN_DEFAULT);
	assert_int_equal(world->told[0].count, 1);
	assert_false(world->told[0].has_token);
	assert_begins(world->told[0].message, "no access token for " SCOPE " from gcloud: ");
}

static void a_metadata_server_that_is_none_is_not_believed(void **state)
{
	char *no_flavor = response("", ACCESS("ya29.x", "3599"));
	char *no_json = response(FLAVOR, "ya29.x");
	char *split = response(FLAVOR, ACCESS("a\\r\\nX-Evil: 1", "3599"));
	char *empty = response(FLAVOR, "{}");
	const struct peer_act acts[] = {
		{.answer = no_flavor},
		{.answer = no_json},
		{.answer = split},
		{.answer = empty},
		{.answer =
			 "HTTP/1.1 403 Forbidden\r\n" FLAVOR "Connection: close\r\nContent-Length: 0\r\n\r\n",
		 .then = PEER_CLOSE},
		{.then = PEER_RESET},
	};
	const char *const messages[] = {"what answers is no metadata server",
					"the metadata server's answer is not JSON",
					"what came is no token",
					"what came is no token",
					"the metadata server answered with status 403",
					"the metadata server does not answer ("};
	struct peer *peer = peer_open(acts, 6);
	struct world *world = *state;

	open_metadata(world, peer);
	for (size_t i = 0; i < 6; i++) {
		struct told *told = ask(world, TOKEN_ACCESS, SCOPE);
		const char *reason = strstr(told->message, "metadata: ");

		assert_false(told->has_token);
		assert_non_null(reason);
		assert_begins(reason + strlen("metadata: "), messages[i]);
	}
	assert_int_equal(peer_requests(peer), 6); /* a failure is not kept */
	peer_close(peer);
	mem_free(no_flavor);
	mem_free(no_json);
	mem_free(split);
	mem_free(empty);
}

/* ---- keeping */

static void a_token_is_kept_until_a_minute_before_its_end(void **state)
{
	char *first = response(FLAVOR, ACCESS("first", "120")),
	     *second = response(FLAVOR, ACCESS("second", "120"));
	const struct peer_act acts[] = {{.answer = first}, {.answer = second}};
	struct peer *peer = peer_open(acts, 2);
	struct world *world = *state;

	open_metadata(world, peer);
	clock_hold((int64_t)NOW_S * 1000000);
	assert_string_equal(ask(world, TOKEN_ACCESS, SCOPE)->token, "first");
	clock_advance_ms(59999);
	assert_string_equal(ask(world, TOKEN_ACCESS, SCOPE)->token, "first");
	assert_int_equal(peer_requests(peer), 1);
	clock_advance_ms(1);
	assert_string_equal(ask(world, TOKEN_ACCESS, SCOPE)->token, "second");
	assert_int_equal(peer_requests(peer), 2);
	peer_close(peer);
	mem_free(first);
	mem_free(second);
}

static void the_end_of_an_identity_token_is_in_its_claims(void **state)
{
	(void)state;
	clock_hold((int64_t)NOW_S * 1000000);
	assert_int_equal(token_lifetime_s(SLICE(JWT)), 3600);
	clock_advance_ms(3600 * 1000);
	assert_int_equal(token_lifetime_s(SLICE(JWT)), 0);
	assert_int_equal(token_lifetime_s(SLICE("ya29.opaque")), 0);
	assert_int_equal(token_lifetime_s(SLICE("a.!!!.c")), 0);
	assert_int_equal(token_lifetime_s(SLICE("..")), 0);
}

static void another_target_is_another_token(void **state)
{
	char *first = response(FLAVOR, ACCESS("first", "3600")),
	     *second = response(FLAVOR, ACCESS("second", "3600"));
	const struct peer_act acts[] = {{.answer = first}, {.answer = second}};
	struct peer *peer = peer_open(acts, 2);
	struct world *world = *state;

	open_metadata(world, peer);
	assert_string_equal(ask(world, TOKEN_ACCESS, "a")->token, "first");
	assert_string_equal(ask(world, TOKEN_ACCESS, "b")->token, "second");
	assert_string_equal(ask(world, TOKEN_ACCESS, "a")->token, "first");
	peer_close(peer);
	mem_free(first);
	mem_free(second);
}

static void one_fetch_serves_all_who_wait(void **state)
{
	char *answer = response(FLAVOR, ACCESS("ya29.x", "3600"));
	const struct peer_act acts[] = {{.answer = answer, .delay_ms = 50}};
	struct peer *peer = peer_open(acts, 1);
	struct world *world = *state;

	open_metadata(world, peer);
	for (size_t i = 0; i < 8; i++)
		tokens_ask(world->tokens, TOKEN_ACCESS, SLICE(SCOPE), keep, &world->told[i]);
	tokens_cancel(world->tokens, &world->told[3]);
	uv_run(&world->loop, UV_RUN_DEFAULT);
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(world->told[i].count, i != 3);
	assert_int_equal(peer_requests(peer), 1);
	peer_close(peer);
	mem_free(answer);
}

static void who_asks_again_after_a_failure_gets_a_fetch_of_its_own(void **state)
{
	char *answer = response(FLAVOR, ACCESS("ya29.x", "3600"));
	const struct peer_act acts[] = {{.then = PEER_RESET}, {.answer = answer}};
	struct peer *peer = peer_open(acts, 2);
	struct world *world = *state;

	open_metadata(world, peer);
	world->told[0].ask_again = world->tokens;
	tokens_ask(world->tokens, TOKEN_ACCESS, SLICE(SCOPE), keep, &world->told[0]);
	uv_run(&world->loop, UV_RUN_DEFAULT);
	assert_int_equal(world->told[0].count, 2);
	assert_string_equal(world->told[0].token, "ya29.x");
	peer_close(peer);
	mem_free(answer);
}

static void a_fetch_that_nobody_waits_for_is_given_up(void **state)
{
	const struct peer_act acts[] = {{.then = PEER_HOLD}};
	struct peer *peer = peer_open(acts, 1);
	struct world *world = *state;

	open_metadata(world, peer);
	tokens_ask(world->tokens, TOKEN_ACCESS, SLICE(SCOPE), keep, &world->told[0]);
	tokens_cancel(world->tokens, &world->told[0]);
	uv_run(&world->loop, UV_RUN_DEFAULT); /* nothing keeps the loop alive */
	assert_int_equal(world->told[0].count, 0);
	peer_close(peer);
}

static void freeing_ends_fetches_without_their_callback(void **state)
{
	struct world *world = *state;

	open_gcloud(world, "exec sleep 600");
	tokens_ask(world->tokens, TOKEN_ACCESS, SLICE(SCOPE), keep, &world->told[0]);
	tokens_free(world->tokens);
	world->tokens = NULL;
	uv_run(&world->loop, UV_RUN_DEFAULT);
	assert_int_equal(world->told[0].count, 0);
}

/* More than are kept, and more at once than are fetched at once. */
static void many_targets_do_not_grow_without_bound(void **state)
{
	enum { TARGETS = 300 };
	char *answer = response(FLAVOR, ACCESS("ya29.x", "3600"));
	const struct peer_act acts[] = {{.answer = answer}};
	struct peer *peer = peer_open(acts, 1);
	struct world *world = *state;
	struct told told = {0};
	char target[20];

	open_metadata(world, peer);
	for (int i = 0; i < TARGETS; i++) {
		snprintf(target, sizeof(target), "s%d", i);
		tokens_ask(world->tokens, TOKEN_ACCESS, slice_of(target), keep, &told);
	}
	uv_run(&world->loop, UV_RUN_DEFAULT);
	assert_int_equal(told.count, TARGETS);
	assert_int_equal(peer_requests(peer), TARGETS);
	assert_true(peer_connections(peer) <= 4);
	assert_string_equal(ask(world, TOKEN_ACCESS, "another")->token, "ya29.x");
	peer_close(peer);
	mem_free(answer);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_source_has_a_name),
		TEST(a_fake_token_is_always_the_same),
		TEST(the_metadata_server_is_asked_as_documented),
		TEST(gcloud_is_asked_without_a_shell),
		TEST(a_persons_identity_comes_without_an_audience),
		TEST(the_failure_of_gcloud_is_told_in_its_words),
		TEST(without_gcloud_there_is_no_token),
		TEST(a_metadata_server_that_is_none_is_not_believed),
		TEST(a_token_is_kept_until_a_minute_before_its_end),
		TEST(the_end_of_an_identity_token_is_in_its_claims),
		TEST(another_target_is_another_token),
		TEST(one_fetch_serves_all_who_wait),
		TEST(who_asks_again_after_a_failure_gets_a_fetch_of_its_own),
		TEST(a_fetch_that_nobody_waits_for_is_given_up),
		TEST(freeing_ends_fetches_without_their_callback),
		TEST(many_targets_do_not_grow_without_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
