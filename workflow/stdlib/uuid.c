/* uuid.c - uuid.* (reference, 5.10): asked of the world by the engine. */
#include "workflow/stdlib/stdlib_private.h"

static const struct stdlib_function functions[] = {
	{"uuid.generate", STDLIB_OBSERVE, NULL, 0, NULL, "a random UUID, version 4", TYPE_STRING, NULL,
	 "len(uuid.generate()) => 36", "5.10"},
};

STDLIB_MODULE(stdlib_uuid, functions);
