/*
 * gcloud.c - tokens of whoever is logged in with gcloud, from the program itself; no shell.
 *
 * It prints the token on stdout and its talk on stderr; the two are told apart by form, since talk has blanks
 * and a token has none. The account of a person cannot choose an audience: gcloud says so, and is then asked
 * for the identity token it can give, which Cloud Run and functions take from developers.
 *
 * gcloud does not say how long an access token is good, so that is trusted for ACCESS_LIFETIME_S.
 */
#include "lib/mem/mem.h"
#include "lib/proc/proc.h"
#include "lib/token/token_private.h"

#include <stdio.h>
#include <string.h>

#define CLOUD_PLATFORM "https://www.googleapis.com/auth/cloud-platform"

enum { ACCESS_LIFETIME_S = 300 + 60, MIN_TOKEN_BYTES = 16 };

struct gcloud {
	struct token *token;
	struct proc *proc;
	bool names_audience;
	struct buf text;     /* the token, once printed */
	char complaint[300]; /* the line of stderr that says most */
};

static void on_line(void *ctx, struct slice line)
{
	struct gcloud *gcloud = ctx;
	bool has_error = strncmp(gcloud->complaint, "ERROR:", 6) == 0;

	line = slice_trim(line);
	if (line.len >= MIN_TOKEN_BYTES && token_is_sound(line)) {
		buf_clear(&gcloud->text);
		buf_add_slice(&gcloud->text, line);
	} else if (line.len && !has_error && slice_find(line, SLICE(" "), 0) != SIZE_MAX) {
		snprintf(gcloud->complaint, sizeof(gcloud->complaint), "%.*s",
			 SLICE_ARG(slice_sub(line, 0, 250)));
	}
}

static struct proc *spawn(struct gcloud *gcloud, struct error *err);

static void on_exit_of(void *ctx, int64_t status, int term_signal)
{
	struct gcloud *gcloud = ctx;
	struct token *token = gcloud->token;
	struct error err = {0};
	char message[400];

	if (status == 0 && term_signal == 0 && gcloud->text.len) {
		bool is_identity = token->kind == TOKEN_IDENTITY;
		struct slice text = buf_slice(&gcloud->text);

		token_fetched(token, text, is_identity ? token_lifetime_s(text) : ACCESS_LIFETIME_S);
		return;
	}
	if (gcloud->names_audience && strstr(gcloud->complaint, "account type")) {
		proc_close(gcloud->proc);
		gcloud->names_audience = false;
		gcloud->complaint[0] = '\0';
		gcloud->proc = spawn(gcloud, &err);
		if (!gcloud->proc)
			token_refused(token, err.message);
		return;
	}
	snprintf(message, sizeof(message), "%s; try: gcloud auth login",
		 gcloud->complaint[0] ? gcloud->complaint : "it printed no token");
	token_refused(token, message);
}

/* As the program's --help has it: --audiences=URL, --scopes=A,B; the default scope is gcloud's own. */
static char *make_option(const struct gcloud *gcloud)
{
	const struct token *token = gcloud->token;
	struct buf option;

	buf_init(&option, 0);
	if (token->kind == TOKEN_IDENTITY && gcloud->names_audience)
		buf_printf(&option, "--audiences=%s", token->target);
	if (token->kind == TOKEN_ACCESS && strcmp(token->target, CLOUD_PLATFORM) != 0) {
		buf_add_text(&option, "--scopes=");
		for (const char *c = token->target; *c; c++)
			buf_add_char(&option, *c == ' ' ? ',' : *c);
	}
	return buf_take(&option);
}

static struct proc *spawn(struct gcloud *gcloud, struct error *err)
{
	char *option = make_option(gcloud);
	const char *argv[] = {"gcloud",
			      "auth",
			      gcloud->token->kind == TOKEN_IDENTITY ? "print-identity-token"
								    : "print-access-token",
			      "--quiet",
			      option && *option ? option : NULL,
			      NULL};
	struct proc_options options = {.argv = argv,
				       .env = (const char *const *)environ,
				       .limits = {.file_bytes = -1},
				       .on_line = on_line,
				       .on_exit = on_exit_of,
				       .ctx = gcloud};
	struct proc *proc = proc_spawn(tokens_loop(gcloud->token->tokens), &options, err);

	mem_free(option);
	return proc;
}

static void end(void *fetch)
{
	struct gcloud *gcloud = fetch;

	proc_close(gcloud->proc);
	if (gcloud->text.data)
		explicit_bzero(gcloud->text.data, gcloud->text.cap);
	buf_release(&gcloud->text);
	mem_free(gcloud);
}

static void *begin(struct token *token, struct error *err)
{
	struct gcloud *gcloud = mem_new(sizeof(*gcloud));

	gcloud->token = token;
	gcloud->names_audience = token->kind == TOKEN_IDENTITY;
	buf_init(&gcloud->text, 0);
	gcloud->proc = spawn(gcloud, err);
	if (gcloud->proc)
		return gcloud;
	end(gcloud);
	return NULL;
}

const struct token_source token_gcloud = {"gcloud", begin, end};
