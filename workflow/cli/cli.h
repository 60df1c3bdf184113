/*
 * cli.h - the subcommands of lexflow: one table, one file each.
 *
 * Answers go to stdout, talk to stderr. Exit status: 0 success, 1 the run failed, 2 the definition or the
 * command line is wrong, 3 a fault of the machine, 4 not found, 130 interrupted.
 *
 * Depends on every room to the left. Single-threaded.
 */
#ifndef WORKFLOW_CLI_CLI_H
#define WORKFLOW_CLI_CLI_H

#include "lib/diag/error.h"
#include "lib/opt/opt.h"
#include "lib/value/value.h"
#include "workflow/journal/journal.h"
#include "workflow/plan/plan.h"

enum { EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_FAULT = 3, EXIT_NOT_FOUND = 4, EXIT_INTERRUPTED = 130 };

struct subcommand {
	const char *name;
	const struct opt_command *command;
	int (*run)(const struct opts *opts);
};

/* ---- commands.c: the table, ended by a row without a name */
extern const struct subcommand cli_subcommands[];
const struct subcommand *cli_find_subcommand(const char *name); /* or NULL */

extern const struct opt_command cli_run_command, cli_check_command, cli_plan_command, cli_list_command,
	cli_show_command, cli_logs_command, cli_resume_command, cli_rerun_command, cli_graph_command,
	cli_eval_command, cli_diff_command, cli_completion_command, cli_help_command, cli_gc_command,
	cli_cancel_command, cli_export_command, cli_import_command, cli_serve_command, cli_env_command,
	cli_callback_command,
	cli_deploy_command, cli_schedule_command;
int cli_run(const struct opts *opts);
int cli_check(const struct opts *opts);
int cli_plan(const struct opts *opts);
int cli_list(const struct opts *opts);
int cli_show(const struct opts *opts);
int cli_logs(const struct opts *opts);
int cli_resume(const struct opts *opts);
int cli_rerun(const struct opts *opts);
int cli_graph(const struct opts *opts);
int cli_eval(const struct opts *opts);
int cli_diff(const struct opts *opts);
int cli_completion(const struct opts *opts);
int cli_help(const struct opts *opts);
int cli_export(const struct opts *opts);
int cli_import(const struct opts *opts);
int cli_gc(const struct opts *opts);
int cli_cancel(const struct opts *opts);
int cli_deploy(const struct opts *opts);
int cli_schedule(const struct opts *opts);
int cli_serve(const struct opts *opts);
int cli_env(const struct opts *opts);
int cli_callback(const struct opts *opts);

/* Options that several commands share. */
extern const struct opt_option cli_state_options[];   /* --state */
extern const struct opt_option cli_session_options[]; /* --durability --services --auth --quiet --log */

/* ---- input.c */
/* A whole file ("-" is stdin), at most `limit` bytes, appended. */
int cli_read_file(const char *path, size_t limit, struct buf *out, struct error *err);
enum { CLI_SOURCE_LIMIT = 16 << 20 }; /* read of a definition: what is too large must still be refused well */
/* The plan of a file, or NULL with *status set: mistakes are printed, warnings are not. */
struct plan *cli_read_plan(const char *path, struct buf *source, int *status);
/* The same, connector calls checked against the discovery documents of a catalog; NULL: none. */
struct plan *cli_read_plan_with(const char *path, struct catalog *catalog, struct buf *source, int *status);
/* Say on stderr how many warnings there are, when there are any. */
void cli_mention_warnings(const char *path, const struct plan *plan);
/* On stderr, with colours on a terminal unless NO_COLOR is set. */
void cli_print_diags(struct diags *diags);
/* --data JSON|@FILE|-; null when not given. */
int cli_read_data(const char *data, struct value *out, struct error *err);
/* The same for another option, whose name is for the message. */
int cli_read_json(const char *option, const char *given, struct value *out, struct error *err);
/* May a run be given this, as deep as it nests? */
int cli_check_depth(const char *option, struct value given, struct error *err);
/* --env-file and --env into a map of strings. */
int cli_read_env(const struct opts *opts, struct value *env, struct error *err);

/* ---- help.c, manual.c */
void cli_overview(FILE *out);
void cli_print_manual(FILE *out);
/* "there is no command", with the nearest; returns the exit status. */
int cli_unknown_command(const char *name);

/* ---- help_code.c */
bool cli_help_code(const char *code); /* print what a diagnostic means; false when there is no such code */
void cli_list_codes(void);

/* ---- output.c */
/* "lexflow: fact" and the hint on stderr; returns the exit status for it. */
int cli_fault(const struct error *err);
void cli_print_json(struct value v, bool indented); /* a line on stdout; what JSON cannot hold as the journal has it */
/* Append text of others for a terminal: no control character, each line but the first behind `indent`. */
void cli_add_lines(struct buf *out, struct slice text, const char *indent);
/* Append one word of a command to be copied into a shell, and " --state PATH" if that was given. */
void cli_add_word(struct buf *command, struct slice word);
void cli_add_state(struct buf *command, const struct opts *opts);
/* "3.21 s", "48 ms" */
void cli_format_duration(int64_t us, char text[32]);
/* "SUCCEEDED"; "INTERRUPTED": it has not ended and nobody goes on with it. */
const char *cli_state_name(struct journal *journal, const struct journal_run *run);
/* Open the journal of --state for reading. */
struct journal *cli_open_journal(const struct opts *opts, struct error *err);
/* What differs between two values, a line each on `out` (NULL: nothing is printed): "path: old -> new";
 * returns how many. The Date header of an HTTP answer does not count. */
size_t cli_difference(struct value old_value, struct value new_value, FILE *out);

#endif
