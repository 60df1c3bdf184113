/* usage.c - what a run used of what it may use; see recorded.h. */
#include "workflow/cli/recorded.h"

#include <math.h>
#include <stdio.h>

struct value recorded_usage(const struct recorded *recorded, struct value end)
{
	const struct value *known = value_get(end, "usage");
	struct history history = {0};
	struct value usage = value_null();
	struct error none = {0};

	if (known && known->kind == VALUE_MAP)
		return value_ref(*known);
	if (recorded->plan && history_read(recorded->journal, &recorded->row, &history, &none) == 0)
		survey_usage(recorded->plan, &history, recorded->row.id, &usage, &none);
	history_free(&history);
	return usage;
}

void print_usage(struct value usage, struct value limits)
{
	for (size_t i = 0; i < value_len(usage); i++) {
		struct slice name = value_map_key(usage, i);
		int64_t used = value_get_int(usage, name.ptr, 0), limit = value_get_int(limits, name.ptr, INT64_MAX);

		printf("%-10s %-18.*s %lld", i ? "" : "used", SLICE_ARG(name), (long long)used);
		if (limit > 0 && limit < INT64_MAX)
			printf(" of %lld (%.0f%%)", (long long)limit, floor((double)used * 100 / (double)limit));
		putchar('\n');
	}
}
