/* trace.c - trace headers; see trace.h. */
#include "lib/log/trace.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Copies exactly `count` hex digits in lower case; false when they are not there or all zero. */
static bool copy_hex(struct slice text, size_t at, size_t count, char *out)
{
	bool zero = true;

	if (text.len < at + count)
		return false;
	for (size_t i = 0; i < count; i++) {
		int digit = hex_digit(text.ptr[at + i]);

		if (digit < 0)
			return false;
		zero = zero && digit == 0;
		out[i] = "0123456789abcdef"[digit];
	}
	out[count] = '\0';
	return !zero;
}

/* 00-<32 hex>-<16 hex>-<2 hex>, and longer for versions to come, but never version ff. */
static bool parse_w3c(struct slice text, struct trace *out)
{
	int high, low;

	if (text.len < 55 || text.ptr[2] != '-' || text.ptr[35] != '-' || text.ptr[52] != '-')
		return false;
	high = hex_digit(text.ptr[0]);
	low = hex_digit(text.ptr[1]);
	if (high < 0 || low < 0 || (high == 15 && low == 15) || (high + low == 0 && text.len != 55))
		return false;
	if (!copy_hex(text, 3, 32, out->id) || !copy_hex(text, 36, 16, out->span))
		return false;
	low = hex_digit(text.ptr[54]);
	out->sampled = low >= 0 && (low & 1);
	return hex_digit(text.ptr[53]) >= 0 && low >= 0;
}

/* <32 hex>[/<decimal>[;o=<0|1>]] */
static bool parse_cloud(struct slice text, struct trace *out)
{
	uint64_t span = 0;
	size_t i = 33;

	if (!copy_hex(text, 0, 32, out->id) || (text.len > 32 && text.ptr[32] != '/' && text.ptr[32] != ';'))
		return false;
	if (text.len > 32 && text.ptr[32] == '/') {
		for (; i < text.len && i < 53 && text.ptr[i] >= '0' && text.ptr[i] <= '9'; i++)
			span = span * 10 + (uint64_t)(text.ptr[i] - '0');
		if (span)
			snprintf(out->span, sizeof(out->span), "%016" PRIx64, span);
	}
	out->sampled = slice_ends(text, SLICE(";o=1"));
	return true;
}

bool trace_parse(struct slice header, struct trace *out)
{
	struct slice text = slice_trim(header);

	memset(out, 0, sizeof(*out));
	if (parse_w3c(text, out))
		return true;
	memset(out, 0, sizeof(*out));
	if (parse_cloud(text, out))
		return true;
	memset(out, 0, sizeof(*out));
	return false;
}

void trace_add(const struct trace *trace, const char *project, struct value *fields)
{
	struct value id = project && *project ? value_stringf("projects/%s/traces/%s", project, trace->id)
					      : value_string_z(trace->id);

	value_put(fields, "logging.googleapis.com/trace", id);
	if (trace->span[0])
		value_put(fields, "logging.googleapis.com/spanId", value_string_z(trace->span));
	value_put(fields, "logging.googleapis.com/trace_sampled", value_bool(trace->sampled));
}
