/* visit.c - times that a run came to a step, in words; see visit.h. */
#include "workflow/cli/visit.h"

#include "lib/log/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int visit_read(const char *given, char name[256], size_t *visit, struct error *err)
{
	size_t length = strcspn(given, "#");
	unsigned long long number;
	char *end;

	if (length >= 256)
		return error_set(err, ERROR_INPUT, "\"%.80s\" is too long for a step", given);
	memcpy(name, given, length);
	name[length] = '\0';
	if (!given[length])
		return 0;
	number = strtoull(given + length + 1, &end, 10);
	*visit = (size_t)number - 1;
	if (given[length + 1] >= '1' && given[length + 1] <= '9' && !*end)
		return 0;
	return error_set(err, ERROR_INPUT, "\"%s\": after # comes which time the step ran, from 1", given);
}

void visit_iteration(struct value iteration, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; iteration.kind == VALUE_LIST && i < value_len(iteration) && used < size; i++) {
		const struct value *index = value_list_at(iteration, i);

		used += (size_t)snprintf(text + used, size - used, "%s%lld", i ? "," : "",
					 index->kind == VALUE_INT ? (long long)index->as.integer : -1LL);
	}
}

void visit_add(struct buf *line, struct slice step, const struct value *iteration)
{
	char indexes[64] = "";

	log_add_plain(line, step);
	if (iteration)
		visit_iteration(*iteration, indexes, sizeof(indexes));
	if (indexes[0])
		buf_printf(line, " [%s]", indexes);
}
