/* stdlib.c - all modules as one table, and looking names up; see stdlib.h. */
#include "workflow/stdlib/stdlib_private.h"

#include "workflow/expr/nearest.h"

/* In the order of reference, section 5. */
static const struct stdlib_module *const modules[] = {
	&stdlib_base64, &stdlib_events, &stdlib_executions, &stdlib_hash, &stdlib_http,
	&stdlib_json,   &stdlib_list,   &stdlib_map,        &stdlib_math, &stdlib_retry,
	&stdlib_sys,    &stdlib_time,   &stdlib_uuid,       &stdlib_text, &stdlib_text_regex,
	&stdlib_values,
};

const struct stdlib_function *stdlib_at(size_t i)
{
	for (size_t m = 0; m < STDLIB_COUNT(modules); m++) {
		if (i < modules[m]->count)
			return &modules[m]->functions[i];
		i -= modules[m]->count;
	}
	return NULL;
}

const struct stdlib_function *stdlib_find(struct slice name)
{
	for (size_t m = 0; m < STDLIB_COUNT(modules); m++) {
		for (size_t i = 0; i < modules[m]->count; i++) {
			if (slice_is(name, modules[m]->functions[i].name))
				return &modules[m]->functions[i];
		}
	}
	return NULL;
}

bool stdlib_is_module(struct slice name)
{
	const struct stdlib_function *function;

	for (size_t i = 0; (function = stdlib_at(i)); i++) {
		struct slice full = slice_of(function->name);

		if (slice_starts(full, name) && full.len > name.len && full.ptr[name.len] == '.')
			return true;
	}
	return false;
}

const struct stdlib_function *stdlib_nearest(struct slice name)
{
	const struct stdlib_function *function;
	struct nearest nearest;

	nearest_init(&nearest, name);
	for (size_t i = 0; (function = stdlib_at(i)); i++)
		nearest_offer(&nearest, slice_of(function->name));
	return nearest_best(&nearest).ptr ? stdlib_find(nearest_best(&nearest)) : NULL;
}

bool stdlib_is_blocking(const struct stdlib_function *function)
{
	switch (function->kind) {
	case STDLIB_PURE:
	case STDLIB_OBSERVE:
	case STDLIB_ENDPOINT:
	case STDLIB_SECRET:
		return false;
	case STDLIB_LOG:
	case STDLIB_SLEEP:
	case STDLIB_HTTP:
	case STDLIB_AWAIT:
	case STDLIB_CHILD:
		break;
	}
	return true;
}
