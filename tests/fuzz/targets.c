/* targets.c - the table of harnesses; see fuzz.h. */
#include "tests/fuzz/fuzz.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

const struct fuzz_target fuzz_targets[] = {
	{"yaml", fuzz_yaml}, {"json", fuzz_json}, {"value", fuzz_value}, {"expr", fuzz_expr},
	{"plan", fuzz_plan}, {"run", fuzz_run},	  {"request", fuzz_request}, {NULL, NULL},
};

void fuzz_fail(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	abort();
}
