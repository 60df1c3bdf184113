/* targets.c - the harnesses of the runner; see fuzz.h. */
#include "tests/fuzz/fuzz.h"

#include <stddef.h>

const struct fuzz_target fuzz_targets[] = {
	{"yaml", fuzz_yaml}, {"json", fuzz_json}, {"value", fuzz_value},     {"expr", fuzz_expr},
	{"plan", fuzz_plan}, {"run", fuzz_run},   {"request", fuzz_request}, {NULL, NULL},
};
