/*
 * patterns.c - compiled regular expressions, kept for the next call that brings the same text.
 *
 * Compiling costs far more than matching a short text, and a definition asks for the same few patterns again
 * and again. The most recently used stand first; the last one makes room. What is kept changes no result.
 */
#include "workflow/stdlib/stdlib_private.h"

#include "lib/mem/mem.h"

#include <string.h>

/* A program may take 8 MiB (lib/regex/regex.h), so this bounds them at 128. */
enum { MAX_KEPT = 16 };

struct stdlib_patterns {
	struct pattern kept[MAX_KEPT]; /* owned */
	size_t count;
};

static void release(struct pattern *pattern)
{
	regex_free(pattern->regex);
	mem_free(pattern->text);
}

struct stdlib_patterns *stdlib_patterns_new(void)
{
	return mem_new(sizeof(struct stdlib_patterns));
}

void stdlib_patterns_free(struct stdlib_patterns *patterns)
{
	for (size_t i = 0; patterns && i < patterns->count; i++)
		release(&patterns->kept[i]);
	mem_free(patterns);
}

static struct stdlib_patterns *kept_by(const struct stdlib_context *context)
{
	return context ? context->patterns : NULL;
}

/* Out of the kept ones, if it is there. */
static bool recall(struct stdlib_patterns *patterns, struct slice text, struct pattern *out)
{
	for (size_t i = 0; i < patterns->count; i++) {
		struct pattern *found = &patterns->kept[i];

		if (!slice_equal((struct slice){found->text, found->len}, text))
			continue;
		*out = *found;
		memmove(found, found + 1, (--patterns->count - i) * sizeof(*found));
		return true;
	}
	return false;
}

int pattern_take(const struct stdlib_context *context, struct slice text, struct pattern *out,
		 struct error *err)
{
	struct stdlib_patterns *patterns = kept_by(context);

	if (patterns && recall(patterns, text, out))
		return 0;
	*out = (struct pattern){.regex = regex_new(text, REGEX_LONGEST, err)};
	if (!out->regex)
		return -1;
	out->text = mem_strndup(text.ptr, text.len);
	out->len = text.len;
	return 0;
}

void pattern_leave(const struct stdlib_context *context, struct pattern *taken)
{
	struct stdlib_patterns *patterns = kept_by(context);

	if (!patterns) {
		release(taken);
		return;
	}
	if (patterns->count == MAX_KEPT)
		release(&patterns->kept[--patterns->count]);
	memmove(&patterns->kept[1], &patterns->kept[0], patterns->count++ * sizeof(*taken));
	patterns->kept[0] = *taken;
}
