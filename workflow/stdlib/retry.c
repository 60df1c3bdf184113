/* retry.c - predicates, policies and backoffs (reference, 2.7 and 5.8). */
#include "workflow/stdlib/stdlib_private.h"

static bool is_status_in(struct value error, const int codes[], size_t count)
{
	int64_t code = value_get_int(error, "code", 0);

	for (size_t i = 0; i < count; i++) {
		if (code == codes[i])
			return true;
	}
	return false;
}

static int idempotent(const struct stdlib_context *context, const struct value *args, struct value *out,
		      struct value *raised)
{
	static const int codes[] = {429, 502, 503, 504};

	(void)context;
	(void)raised;
	return give(out, value_bool(is_status_in(args[0], codes, STDLIB_COUNT(codes)) ||
				    raised_has_tag(args[0], "ConnectionError") ||
				    raised_has_tag(args[0], "ConnectionFailedError") ||
				    raised_has_tag(args[0], "TimeoutError")));
}

static int non_idempotent(const struct stdlib_context *context, const struct value *args, struct value *out,
			  struct value *raised)
{
	static const int codes[] = {429, 503};

	(void)context;
	(void)raised;
	return give(out, value_bool(is_status_in(args[0], codes, STDLIB_COUNT(codes)) ||
				    raised_has_tag(args[0], "ConnectionFailedError")));
}

static int always(const struct stdlib_context *context, const struct value *args, struct value *out,
		  struct value *raised)
{
	(void)context;
	(void)args;
	(void)raised;
	return give(out, value_bool(true));
}

static int never(const struct stdlib_context *context, const struct value *args, struct value *out,
		 struct value *raised)
{
	(void)context;
	(void)args;
	(void)raised;
	return give(out, value_bool(false));
}

static const struct stdlib_param params[] = {{"exception", .types = TYPE_ANY}};

static const struct stdlib_function functions[] = {
	{"http.default_retry_predicate", STDLIB_PURE, STDLIB_PARAMS(params), idempotent,
	 "retry on 429, 502, 503, 504, connection trouble and timeouts", TYPE_BOOL, NULL,
	 "http.default_retry_predicate({\"code\": 502, \"tags\": [\"HttpError\"]}) => true\n"
	 "http.default_retry_predicate({\"code\": 500, \"tags\": [\"HttpError\"]}) => false",
	 "2.7"},
	{"http.default_retry_predicate_non_idempotent", STDLIB_PURE, STDLIB_PARAMS(params), non_idempotent,
	 "retry on 429, 503 and when no connection was made", TYPE_BOOL, NULL,
	 "http.default_retry_predicate_non_idempotent({\"code\": 502, \"tags\": [\"HttpError\"]}) => false\n"
	 "http.default_retry_predicate_non_idempotent({\"code\": 503, \"tags\": [\"HttpError\"]}) => true",
	 "2.7"},
	{"retry.always", STDLIB_PURE, STDLIB_PARAMS(params), always, "retry on everything", TYPE_BOOL, NULL,
	 "retry.always(\"any error\") => true", "5.8"},
	{"retry.never", STDLIB_PURE, STDLIB_PARAMS(params), never, "retry on nothing", TYPE_BOOL, NULL,
	 "retry.never(\"any error\") => false", "5.8"},
};

STDLIB_MODULE(stdlib_retry, functions);

const struct stdlib_policy *stdlib_policy(struct slice name)
{
	static const struct stdlib_policy policies[] = {
		{"http.default_retry", "http.default_retry_predicate", 5},
		{"http.default_retry_non_idempotent", "http.default_retry_predicate_non_idempotent", 5},
	};

	for (size_t i = 0; i < STDLIB_COUNT(policies); i++) {
		if (slice_is(name, policies[i].name))
			return &policies[i];
	}
	return NULL;
}

const struct stdlib_backoff *stdlib_backoff(struct slice name)
{
	static const struct stdlib_backoff backoff = {
		.initial_delay = 1, .max_delay = 60, .multiplier = 1.25};

	return slice_is(name, "retry.default_backoff") ? &backoff : NULL;
}
