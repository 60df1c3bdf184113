/* fuzz_test.c - the kept inputs of the harnesses of classify. */
#include "tests/fuzz/fuzz.h"

#include <stddef.h>

int main(void)
{
	static const struct fuzz_target targets[] = {
		{"classify_text", fuzz_classify_text}, {"classify_model", fuzz_classify_model}, {NULL, NULL}};

	return fuzz_run_kept(targets);
}
