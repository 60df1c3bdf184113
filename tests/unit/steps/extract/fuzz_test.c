/* fuzz_test.c - the kept inputs of the harness of extract. */
#include "tests/fuzz/fuzz.h"

#include <stddef.h>

int main(void)
{
	static const struct fuzz_target targets[] = {{"recognise", fuzz_recognise}, {NULL, NULL}};

	return fuzz_run_kept(targets);
}
