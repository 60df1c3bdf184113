/*
 * token.c - tokens that are kept, and those who wait for one; see token.h.
 *
 * One struct token for each (kind, target) that was asked for. It is kept for the next call; beyond
 * MAX_TOKENS one that nobody waits for makes room, since a target may be a URL and no two URLs the same.
 */
#include "lib/token/token.h"

#include "lib/clock/clock.h"
#include "lib/mem/mem.h"
#include "lib/token/token_private.h"

#include <assert.h>
#include <string.h>

enum {
	MAX_TOKENS = 256,
	MAX_FETCHES = 4, /* gcloud is a heavy program */
	MAX_TOKEN_BYTES = 16 << 10,
	FETCH_DEADLINE_MS = 30000,
	REFRESH_BEFORE_MS = 60000, /* a token must outlive the call that carries it for a while */
};

struct tokens {
	uv_loop_t *loop;
	const struct token_source *source;
	struct http_client *http; /* or NULL */
	struct token *list;       /* the newest first */
	size_t count;
	int under_way;
};

static const struct token_source token_fake = {.name = "fake"};
static const struct token_source *const sources[] = {&token_fake, &token_gcloud, &token_metadata};

/* ---- one token */

static void timer_closed(uv_handle_t *handle)
{
	mem_free(handle->data);
}

static void end_fetch(struct token *token)
{
	struct tokens *tokens = token->tokens;

	if (!token->is_under_way)
		return;
	if (token->fetch)
		tokens->source->end(token->fetch);
	token->fetch = NULL;
	token->is_under_way = false;
	tokens->under_way--;
	uv_timer_stop(&token->timer);
}

static void forget_text(struct token *token)
{
	if (token->text)
		explicit_bzero(token->text, strlen(token->text));
	mem_free(token->text);
	token->text = NULL;
}

/* Out of the list already. */
static void token_free(struct token *token)
{
	struct waiter *waiter;

	end_fetch(token);
	while ((waiter = token->first)) {
		token->first = waiter->next;
		mem_free(waiter);
	}
	forget_text(token);
	mem_free(token->target);
	uv_close((uv_handle_t *)&token->timer, timer_closed);
}

/* The oldest that nobody needs makes room. */
static void make_room(struct tokens *tokens)
{
	struct token **chosen = NULL;
	struct token *token;

	if (tokens->count < MAX_TOKENS)
		return;
	for (struct token **link = &tokens->list; *link; link = &(*link)->next) {
		if (!(*link)->first && !(*link)->is_under_way && !(*link)->is_telling)
			chosen = link;
	}
	if (!chosen)
		return;
	token = *chosen;
	*chosen = token->next;
	tokens->count--;
	token_free(token);
}

static struct token *find_token(struct tokens *tokens, enum token_kind kind, struct slice target)
{
	struct token *token = tokens->list;

	while (token && (token->kind != kind || !slice_is(target, token->target)))
		token = token->next;
	if (token)
		return token;
	make_room(tokens);
	token = mem_new(sizeof(*token));
	token->tokens = tokens;
	token->kind = kind;
	token->target = mem_strndup(target.ptr, target.len);
	token->last = &token->first;
	uv_timer_init(tokens->loop, &token->timer);
	token->timer.data = token;
	token->next = tokens->list;
	tokens->list = token;
	tokens->count++;
	return token;
}

/* ---- fetching */

static void fetch_waited_for(struct tokens *tokens);

/* Who asks again from inside its `done` waits for the next round. */
static void tell(struct token *token, const char *message)
{
	struct waiter *waiter;
	uint64_t round = token->round++;

	token->is_telling = true;
	while ((waiter = token->first) && waiter->round == round) {
		token->first = waiter->next;
		if (!token->first)
			token->last = &token->first;
		waiter->done(waiter->ctx, message ? NULL : token->text, message);
		mem_free(waiter);
	}
	token->is_telling = false;
	fetch_waited_for(token->tokens);
}

void token_fetched(struct token *token, struct slice text, int64_t lifetime_s)
{
	text = slice_trim(text);
	if (!token_is_sound(text)) {
		token_refused(token, "what came is no token");
		return;
	}
	forget_text(token);
	token->text = mem_strndup(text.ptr, text.len);
	token->good_until_ms = clock_monotonic_ms() + lifetime_s * 1000 - REFRESH_BEFORE_MS;
	end_fetch(token);
	tell(token, NULL);
}

void token_refused(struct token *token, const char *message)
{
	struct buf text, sound; /* what others said need not be UTF-8 */

	buf_init(&text, 0);
	buf_init(&sound, 0);
	buf_printf(&text, "no %s token for %.200s from %s: %s",
		   token->kind == TOKEN_IDENTITY ? "identity" : "access", token->target,
		   token->tokens->source->name, message);
	utf8_repair(&sound, buf_slice(&text));
	forget_text(token);
	end_fetch(token);
	tell(token, buf_text(&sound));
	buf_release(&sound);
	buf_release(&text);
}

static void on_timer(uv_timer_t *timer)
{
	struct token *token = timer->data;

	token_refused(token, token->failure.kind == ERROR_NONE ? "it took more than 30 seconds"
							       : token->failure.message);
}

static void fetch(struct token *token)
{
	struct tokens *tokens = token->tokens;

	token->failure = (struct error){0};
	token->is_under_way = true;
	tokens->under_way++;
	token->fetch = tokens->source->begin(token, &token->failure);
	uv_update_time(tokens->loop);
	uv_timer_start(&token->timer, on_timer, token->fetch ? FETCH_DEADLINE_MS : 0, 0);
}

static void fetch_waited_for(struct tokens *tokens)
{
	for (struct token *token = tokens->list; token && tokens->under_way < MAX_FETCHES;
	     token = token->next) {
		if (token->first && !token->is_under_way && !token->is_telling)
			fetch(token);
	}
}

/* ---- asking */

void tokens_ask(struct tokens *tokens, enum token_kind kind, struct slice target, token_done *done, void *ctx)
{
	struct waiter *waiter;
	struct token *token;

	if (!tokens->source->begin) {
		done(ctx, TOKENS_FAKE, NULL);
		return;
	}
	token = find_token(tokens, kind, target);
	if (token->text && clock_monotonic_ms() < token->good_until_ms) {
		done(ctx, token->text, NULL);
		return;
	}
	waiter = mem_new(sizeof(*waiter));
	*waiter = (struct waiter){done, ctx, token->round, NULL};
	*token->last = waiter;
	token->last = &waiter->next;
	fetch_waited_for(tokens);
}

static bool cancel_one(struct token *token, const void *ctx)
{
	struct waiter **link = &token->first;
	struct waiter *waiter;

	while (*link && (*link)->ctx != ctx)
		link = &(*link)->next;
	waiter = *link;
	if (!waiter)
		return false;
	*link = waiter->next;
	if (!*link)
		token->last = link;
	mem_free(waiter);
	return true;
}

void tokens_cancel(struct tokens *tokens, const void *ctx)
{
	struct token *token = tokens->list;

	while (token && !cancel_one(token, ctx))
		token = token->next;
	if (token && !token->first) {
		end_fetch(token); /* nobody waits for it any more */
		fetch_waited_for(tokens);
	}
}

/* ---- all of them */

struct tokens *tokens_new(uv_loop_t *loop, const char *source)
{
	struct tokens *tokens = NULL;

	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]) && !tokens; i++) {
		if (strcmp(sources[i]->name, source) != 0)
			continue;
		tokens = mem_new(sizeof(*tokens));
		tokens->loop = loop;
		tokens->source = sources[i];
	}
	return tokens;
}

void tokens_free(struct tokens *tokens)
{
	struct token *token;

	if (!tokens)
		return;
	while ((token = tokens->list)) {
		assert(!token->is_telling);
		tokens->list = token->next;
		token_free(token);
	}
	http_client_free(tokens->http);
	mem_free(tokens);
}

/* ---- for the sources */

bool token_is_sound(struct slice text)
{
	if (text.len == 0 || text.len > MAX_TOKEN_BYTES)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

		if (!letter && (c == '\0' || !strchr("-._~+/=", c)))
			return false;
	}
	return true;
}

struct http_client *tokens_http(struct tokens *tokens)
{
	if (!tokens->http) {
		tokens->http = http_client_new(tokens->loop);
		http_client_allow_link_local(tokens->http); /* the metadata server is where tokens come from */
	}
	return tokens->http;
}

uv_loop_t *tokens_loop(struct tokens *tokens)
{
	return tokens->loop;
}
