/* changed.c - what the options put in the place of what a run recorded; see redrive.h. */
#include "workflow/cli/redrive.h"

#include "lib/json/json.h"

#include <stdio.h>
#include <string.h>

const struct opt_option cli_change_options[] = {
	{"source", 0, OPT_TEXT, "FILE", NULL, NULL, "go on under this definition; what was executed must fit it"},
	{"env", 0, OPT_MANY, "NAME=VALUE", NULL, NULL, "user environment variable in place of the recorded one"},
	{"env-file", 0, OPT_TEXT, "FILE", NULL, NULL, "NAME=VALUE lines"},
	{0},
};

int changed_read(struct changed *changed, const struct opts *opts, const struct recorded *recorded)
{
	struct error err = {0};
	int status = 0;

	buf_init(&changed->source, 0);
	changed->file = opt_text(opts, "source");
	if (cli_read_env(opts, &changed->given, &err) < 0)
		return cli_fault(&err);
	if (changed->file) {
		changed->plan = cli_read_plan(changed->file, &changed->source, &status);
		return status;
	}
	changed->file = buf_text(&recorded->file);
	return journal_source(recorded->journal, &recorded->row, &changed->source, &err) < 0 ? cli_fault(&err) : 0;
}

void changed_release(struct changed *changed)
{
	plan_free(changed->plan);
	value_unref(changed->given);
	buf_release(&changed->source);
}

const struct plan *changed_plan(const struct changed *changed, const struct recorded *recorded)
{
	return changed->plan ? changed->plan : recorded->plan;
}

int cli_read_set(const struct opts *opts, struct value *set, struct error *err)
{
	const char *given;

	*set = value_map_new();
	for (size_t i = 0; (given = opt_many(opts, "set", i)); i++) {
		const char *equals = strchr(given, '=');
		struct error cause = {0};
		struct value v;

		if (!equals)
			return error_set(err, ERROR_INPUT, "--set: \"%.80s\" is not NAME=JSON", given);
		if (json_read(slice_of(equals + 1), &v, &cause) < 0) {
			error_set(err, ERROR_INPUT, "--set %.80s: the value is not JSON: %s", given,
				  cause.message);
			error_hint(err, "a text needs its quotes: --set 'name=\"text\"'");
			return -1;
		}
		value_map_set(set, (struct slice){given, (size_t)(equals - given)}, v);
		if (cli_check_depth("--set", v, err) < 0)
			return -1;
	}
	return 0;
}
