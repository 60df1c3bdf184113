/* corpus_test.c - the kept inputs of the runner's harnesses. */
#include "tests/fuzz/fuzz.h"

int main(void)
{
	return fuzz_run_kept(fuzz_targets);
}
