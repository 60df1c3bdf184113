/* entry.c - a libFuzzer program of one harness, named by -DFUZZ_TARGET=fuzz_NAME. */
#include "tests/fuzz/fuzz.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FUZZ_TARGET((struct slice){(const char *)data, size});
	return 0;
}
