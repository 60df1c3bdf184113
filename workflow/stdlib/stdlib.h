/*
 * stdlib.h - the language's library: one table, one file per module.
 *
 * A function is pure (values in, value out), an observation (sys.now, uuid.generate: the engine asks the
 * world and journals the answer), or describes an effect that the engine announces, performs and
 * answers. Nothing here knows the engine. Rows are in reference order, section 5.
 *
 * Depends on lib, workflow/expr/raised.h. Pure functions are safe from any thread, each with a context of its own.
 */
#ifndef WORKFLOW_STDLIB_STDLIB_H
#define WORKFLOW_STDLIB_STDLIB_H

#include "lib/text/text.h"
#include "lib/value/value.h"

#include <stdbool.h>
#include <stddef.h>

enum stdlib_kind {
	STDLIB_PURE,
	STDLIB_OBSERVE, /* `call` is NULL: the engine gives the value (sys.now, uuid.generate) */
	STDLIB_LOG,	/* `call` checks the arguments and gives the entry: {"severity", "text" | "json"} */
	STDLIB_SLEEP,	/* `call` gives {"seconds": number} or {"until": seconds since the epoch} */
	STDLIB_HTTP,	/* `call` gives the request: see http_request below */
	STDLIB_ENDPOINT, /* `call` gives {"method"}; the engine opens the endpoint, in passing: {"url"} */
	STDLIB_AWAIT,	/* `call` gives {"url", "timeout": seconds} */
	STDLIB_CHILD,	/* `call` gives {"verb", ...}: see executions below */
	STDLIB_SECRET,	/* `call` is NULL: the engine reads it, in passing, and keeps it out of the journal */
};

/* What a value may be: a set of kinds. */
enum stdlib_type {
	TYPE_NULL = 1 << VALUE_NULL,
	TYPE_BOOL = 1 << VALUE_BOOL,
	TYPE_INT = 1 << VALUE_INT,
	TYPE_DOUBLE = 1 << VALUE_DOUBLE,
	TYPE_STRING = 1 << VALUE_STRING,
	TYPE_BYTES = 1 << VALUE_BYTES,
	TYPE_LIST = 1 << VALUE_LIST,
	TYPE_MAP = 1 << VALUE_MAP,
	TYPE_NUMBER = TYPE_INT | TYPE_DOUBLE,
	TYPE_ANY = (1 << (VALUE_MAP + 1)) - 1,
};

struct stdlib_param {
	const char *name;
	bool optional;
	struct value fallback; /* when optional and not given; a scalar, null by default */
	unsigned types;	       /* set of enum stdlib_type; an optional one may be null besides */
	const char *meaning;   /* what a null fallback stands for, as written ("300"); or NULL */
};

/* What a pure function may look at besides its arguments. Lent. */
struct stdlib_context {
	struct value env;     /* map name -> string: what sys.get_env sees */
	const char *user_agent; /* default User-Agent of http.* */
	struct value connectors; /* what connector calls know of the outside (workflow/connector/connector.h) */
	struct stdlib_patterns *patterns; /* where compiled regular expressions are kept; NULL: nowhere */
};

/* Compiled regular expressions for the next call with the same text: the most recent ones, a fixed number. One
 * thread at a time; whoever makes contexts keeps one of these along with them. */
struct stdlib_patterns *stdlib_patterns_new(void);
void stdlib_patterns_free(struct stdlib_patterns *patterns); /* NULL is fine */

struct stdlib_function {
	const char *name; /* "text.split", "len" */
	enum stdlib_kind kind;
	const struct stdlib_param *params; /* in positional order */
	size_t param_count;
	/* `args` has param_count values, fallbacks filled in; lent. 0 and *out, or -1 and *raised (both owned
	 * by the caller). */
	int (*call)(const struct stdlib_context *context, const struct value *args, struct value *out,
		    struct value *raised);
	/* The rest is for people: `lexflow help function NAME`, FUNCTIONS.md. */
	const char *summary; /* one line */
	unsigned returns;    /* set of enum stdlib_type */
	const char *errors;  /* "TAG: when; TAG: when", besides the TypeError of a wrong argument; or NULL */
	/* What may stand in an expression: lines "EXPRESSION => JSON", each evaluated by a test. What blocks:
	 * a step's body in YAML, which a test compiles. */
	const char *example;
	const char *section; /* of the reference: "5.11" */
};

enum { STDLIB_MAX_PARAMS = 12 };

/* NULL when there is no such function. */
const struct stdlib_function *stdlib_find(struct slice name);
/* The i-th row, NULL past the last. */
const struct stdlib_function *stdlib_at(size_t i);
/* Is this the name of a module ("text", "http")? */
bool stdlib_is_module(struct slice name);
/* The function whose name is nearest, for "did you mean"; or NULL. */
const struct stdlib_function *stdlib_nearest(struct slice name);
/* May a function of this kind stand in an expression (reference, 3.7)? */
bool stdlib_is_blocking(const struct stdlib_function *function);

/* ---- retry policies and predicates (reference, 2.7): names without parentheses */

struct stdlib_policy {
	const char *name;      /* "http.default_retry" */
	const char *predicate; /* "http.default_retry_predicate" */
	int max_retries;
};
const struct stdlib_policy *stdlib_policy(struct slice name); /* or NULL */

struct stdlib_backoff {
	double initial_delay, max_delay, multiplier; /* seconds, seconds, factor */
};
const struct stdlib_backoff *stdlib_backoff(struct slice name); /* "retry.default_backoff"; or NULL */
/* The library predicates are STDLIB_PURE functions of one parameter, found by stdlib_find. */

/* ---- HTTP (reference, 5.5)
 *
 * A request as `call` gives it: {"method", "url" (query appended), "headers": {name: text},
 * "body": bytes or absent, "timeout": seconds, "auth": {"type": "OIDC", "audience"} or {"type": "OAuth2",
 * "scopes": text with blanks} or absent, "ca_certificate": PEM or absent}. Content-Type is already in headers. */

/* Turn what came back into the function's result or error. `raw` is lent: either
 * {"code": int, "headers": {...canonical names}, "body": bytes} or {"failure": tag, "message": text} with
 * tag ConnectionFailedError, ConnectionError, TimeoutError, ValueError, ResourceLimitError, AuthError. */
int stdlib_http_answer(struct value raw, struct value *out, struct value *raised);

/* ---- callbacks (reference, 8.1)
 *
 * The path of an endpoint, appended: /v1/projects/P/locations/L/workflows/W/executions/RUN/callbacks/ID, with P, L
 * and W from the environment of the run. -1 when `out` is full. */
int stdlib_callback_path(struct buf *out, struct value env, const char *run, const char *id);

/* ---- executions (reference, 5.3, 9.4)
 *
 * Rows of kind STDLIB_CHILD that only built-in routines may call; stdlib_find and stdlib_at do not know them.
 *
 *	executions.start   workflow_id, [location], [project_id], [argument], [wait: true]
 *	                   wait: the decoded result, or OperationError with `operation`, the execution object;
 *	                   wait false: the execution object, state ACTIVE, at once
 *	executions.get     name    "projects/P/locations/L/workflows/W/executions/ID", or ID alone: the execution object
 *	executions.list    parent  "projects/P/locations/L/workflows/W", or W alone: {"executions": [object ...]}
 *	executions.cancel  name    as for get: the execution object, state CANCELLED
 *
 * An HttpError with code 404 when there is no such workflow or execution. */
const struct stdlib_function *stdlib_find_internal(struct slice name); /* or NULL */

#endif
