/* sys.c - sys.* (reference, 5.9). What asks the world is described here and done by the engine. */
#include "workflow/expr/expr.h"
#include "workflow/stdlib/stdlib_private.h"

#include <math.h>

static int get_env(const struct stdlib_context *context, const struct value *args, struct value *out,
		   struct value *raised)
{
	const struct value *found;

	if (want_string(args[0], "sys.get_env", "name", raised) < 0)
		return -1;
	if (!value_is_null(args[1]) && want_string(args[1], "sys.get_env", "default", raised) < 0)
		return -1;
	found = value_map_get(context->env, value_text(args[0]));
	return give(out, value_ref(found ? *found : args[1]));
}

/* ---- sys.log */

static int check_severity(struct value severity, struct value *raised)
{
	static const char *const known[] = {"DEFAULT", "DEBUG",    "INFO",  "NOTICE",   "WARNING",
					    "ERROR",   "CRITICAL", "ALERT", "EMERGENCY"};

	if (value_is_null(severity))
		return 0;
	if (want_string(severity, "sys.log", "severity", raised) < 0)
		return -1;
	for (size_t i = 0; i < STDLIB_COUNT(known); i++) {
		if (slice_is(value_text(severity), known[i]))
			return 0;
	}
	return raise_error(raised, "ValueError", "sys.log: unknown severity \"%.*s\"",
			   SLICE_ARG(slice_sub(value_text(severity), 0, 100)));
}

/* Strings as they are, scalars as string() does, lists and maps as JSON. */
static int render(struct value v, const char *param, struct value *out, struct value *raised)
{
	struct buf text;

	if (v.kind == VALUE_STRING)
		return give(out, value_ref(v));
	if (v.kind == VALUE_BYTES) /* not a TypeError: reference, 4.5 */
		return raise_error(raised, "ValueError", "sys.log: argument '%s' is bytes, which have no text",
				   param);
	buf_init(&text, STDLIB_MAX_TEXT);
	if (!expr_text(&text, v) && encode_json(&text, v, "sys.log", raised) < 0) {
		buf_release(&text);
		return -1;
	}
	return give_text(&text, out, raised);
}

/* A map is logged as it is, when it has a JSON form. */
static int check_payload(struct value map, struct value *raised)
{
	struct buf text;
	int result;

	buf_init(&text, STDLIB_MAX_TEXT);
	result = encode_json(&text, map, "sys.log", raised);
	buf_release(&text);
	return result;
}

enum { LOG_DATA, LOG_SEVERITY, LOG_TEXT, LOG_JSON, LOG_TIMEOUT };

static int log_payload(const struct value *args, const char **key, struct value *payload,
		       struct value *raised)
{
	struct value data = args[LOG_DATA];
	struct value json = args[LOG_JSON];

	if (!value_is_null(json) && want_map(json, "sys.log", "json", raised) < 0)
		return -1;
	if (!value_is_null(json) || data.kind == VALUE_MAP) {
		*key = "json";
		*payload = value_ref(value_is_null(json) ? data : json);
		if (check_payload(*payload, raised) == 0)
			return 0;
		value_unref(*payload);
		return -1;
	}
	*key = "text";
	return value_is_null(data) ? render(args[LOG_TEXT], "text", payload, raised)
				   : render(data, "data", payload, raised);
}

static int log_entry(const struct stdlib_context *context, const struct value *args, struct value *out,
		     struct value *raised)
{
	int given = !value_is_null(args[LOG_DATA]) + !value_is_null(args[LOG_TEXT]) +
		    !value_is_null(args[LOG_JSON]);
	struct value payload;
	const char *key;

	(void)context;
	if (given != 1)
		return raise_error(raised, "TypeError",
				   "sys.log: exactly one of data, text and json must be given; got %d",
				   given);
	if (check_severity(args[LOG_SEVERITY], raised) < 0)
		return -1;
	if (!value_is_null(args[LOG_TIMEOUT]) &&
	    want_number(args[LOG_TIMEOUT], "sys.log", "timeout", raised) < 0)
		return -1;
	if (log_payload(args, &key, &payload, raised) < 0)
		return -1;
	*out = value_map_new();
	value_put(out, key, payload);
	value_put(out, "severity",
		  value_is_null(args[LOG_SEVERITY]) ? value_string_z("DEFAULT")
						    : value_ref(args[LOG_SEVERITY]));
	return 0;
}

/* ---- sleeping */

/* What a clock can count; the documented limit, a year, is the engine's and can be lifted. */
static const double max_sleep_seconds = 1000 * 365.25 * 86400;

static int sleep_for(const struct stdlib_context *context, const struct value *args, struct value *out,
		     struct value *raised)
{
	double seconds = 0;

	(void)context;
	if (want_number(args[0], "sys.sleep", "seconds", raised) < 0)
		return -1;
	seconds = value_number(args[0]);
	if (isnan(seconds) || seconds < 0)
		return raise_error(raised, "ValueError", "sys.sleep: seconds cannot be negative");
	if (seconds > max_sleep_seconds)
		return raise_error(raised, "ValueError", "sys.sleep: seconds must be at most %.0f",
				   max_sleep_seconds);
	*out = value_map_new();
	value_put(out, "seconds", args[0]);
	return 0;
}

static int sleep_until(const struct stdlib_context *context, const struct value *args, struct value *out,
		       struct value *raised)
{
	double seconds;

	(void)context;
	if (want_string(args[0], "sys.sleep_until", "time", raised) < 0)
		return -1;
	if (!parse_timestamp(value_text(args[0]), &seconds))
		return raise_error(raised, "ValueError", "sys.sleep_until: not an ISO 8601 time: \"%.*s\"",
				   SLICE_ARG(slice_sub(value_text(args[0]), 0, 100)));
	*out = value_map_new();
	value_put(out, "until", value_double(seconds));
	return 0;
}

static const struct stdlib_param env_params[] = {
	{"name", .types = TYPE_STRING},
	{"default", true, {VALUE_NULL}, TYPE_STRING},
};

enum { TYPE_LOGGED = TYPE_NUMBER | TYPE_BOOL | TYPE_STRING | TYPE_LIST | TYPE_MAP };

static const struct stdlib_param log_params[] = {
	{"data", true, {VALUE_NULL}, TYPE_LOGGED},
	{"severity", true, {VALUE_NULL}, TYPE_STRING, "\"DEFAULT\""},
	{"text", true, {VALUE_NULL}, TYPE_LOGGED},
	{"json", true, {VALUE_NULL}, TYPE_MAP},
	{"timeout", true, {VALUE_NULL}, TYPE_NUMBER},
};
static const struct stdlib_param sleep_params[] = {{"seconds", .types = TYPE_NUMBER}};
static const struct stdlib_param until_params[] = {{"time", .types = TYPE_STRING}};

static const struct stdlib_function functions[] = {
	{"sys.get_env", STDLIB_PURE, STDLIB_PARAMS(env_params), get_env,
	 "an environment variable of the workflow; the default, or null, when it is not set",
	 TYPE_STRING | TYPE_NULL, NULL, "sys.get_env(\"NO_SUCH_NAME\", \"fallback\") => \"fallback\"", "5.9"},
	{"sys.log", STDLIB_LOG, STDLIB_PARAMS(log_params), log_entry,
	 "write to the log; exactly one of data, text and json is given", TYPE_NULL,
	 "ValueError: the severity is not known, or bytes are in it; "
	 "TimeoutError: the entry could not be written in time",
	 "call: sys.log\nargs:\n  text: halfway\n  severity: WARNING\n", "5.9"},
	{"sys.now", STDLIB_OBSERVE, NULL, 0, NULL, "seconds since 1970-01-01T00:00:00Z", TYPE_DOUBLE, NULL,
	 "sys.now() > 1600000000 => true", "5.9"},
	{"sys.sleep", STDLIB_SLEEP, STDLIB_PARAMS(sleep_params), sleep_for,
	 "wait for some seconds, at most a year", TYPE_NULL, "ValueError: less than 0 or more than a year",
	 "call: sys.sleep\nargs:\n  seconds: 1.5\n", "5.9"},
	{"sys.sleep_until", STDLIB_SLEEP, STDLIB_PARAMS(until_params), sleep_until,
	 "wait until a point in time; one in the past is no wait", TYPE_NULL,
	 "ValueError: not ISO 8601, or more than a year ahead",
	 "call: sys.sleep_until\nargs:\n  time: \"2026-05-08T12:01:00Z\"\n", "5.9"},
};

STDLIB_MODULE(stdlib_sys, functions);
