/* commands.c - the one table of subcommands, in the order of their help. */
#include "workflow/cli/cli.h"

#include <string.h>

const struct subcommand cli_subcommands[] = {
	{"run", &cli_run_command, cli_run},
	{"serve", &cli_serve_command, cli_serve},
	{"env", &cli_env_command, cli_env},
	{"callback", &cli_callback_command, cli_callback},
	{"check", &cli_check_command, cli_check},
	{"list", &cli_list_command, cli_list},
	{"show", &cli_show_command, cli_show},
	{"logs", &cli_logs_command, cli_logs},
	{"resume", &cli_resume_command, cli_resume},
	{"rerun", &cli_rerun_command, cli_rerun},
	{"export", &cli_export_command, cli_export},
	{"import", &cli_import_command, cli_import},
	{"cancel", &cli_cancel_command, cli_cancel},
	{"gc", &cli_gc_command, cli_gc},
	{"diff", &cli_diff_command, cli_diff},
	{"schedule", &cli_schedule_command, cli_schedule},
	{"deploy", &cli_deploy_command, cli_deploy},
	{"plan", &cli_plan_command, cli_plan},
	{"graph", &cli_graph_command, cli_graph},
	{"eval", &cli_eval_command, cli_eval},
	{"completion", &cli_completion_command, cli_completion},
	{"help", &cli_help_command, cli_help},
	{NULL, NULL, NULL},
};

const struct subcommand *cli_find_subcommand(const char *name)
{
	for (const struct subcommand *s = cli_subcommands; s->name; s++) {
		if (strcmp(s->name, name) == 0)
			return s;
	}
	return NULL;
}
