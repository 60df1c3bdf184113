/* list.c - list.* (reference, 5.7): copies with one element more. */
#include "workflow/stdlib/stdlib_private.h"

static int concat(const struct stdlib_context *context, const struct value *args, struct value *out,
		  struct value *raised)
{
	(void)context;
	if (want_list(args[0], "list.concat", "objs", raised) < 0)
		return -1;
	*out = value_ref(args[0]);
	value_list_push(out, value_ref(args[1]));
	return 0;
}

static int prepend(const struct stdlib_context *context, const struct value *args, struct value *out,
		   struct value *raised)
{
	(void)context;
	if (want_list(args[0], "list.prepend", "objs", raised) < 0)
		return -1;
	*out = value_ref(args[0]);
	value_list_insert(out, 0, value_ref(args[1]));
	return 0;
}

static const struct stdlib_param params[] = {{"objs", .types = TYPE_LIST}, {"val", .types = TYPE_ANY}};

static const struct stdlib_function functions[] = {
	{"list.concat", STDLIB_PURE, STDLIB_PARAMS(params), concat, "a copy with one element appended",
	 TYPE_LIST, NULL, "list.concat([1, 2], 3) => [1, 2, 3]\nlist.concat([1], [2, 3]) => [1, [2, 3]]",
	 "5.7"},
	{"list.prepend", STDLIB_PURE, STDLIB_PARAMS(params), prepend, "a copy with one element put first",
	 TYPE_LIST, NULL, "list.prepend([1, 2], 3) => [3, 1, 2]", "5.7"},
};

STDLIB_MODULE(stdlib_list, functions);
