/* deploy.c - lexflow deploy: the services to Cloud Run, the definition to Cloud Workflows. */
#include "workflow/deploy/deploy.h"
#include "workflow/cli/cli.h"

#include "lib/json/json.h"

#include <libgen.h>
#include <string.h>
#include <unistd.h>

static const struct opt_option options[] = {
	{"project", 0, OPT_TEXT, "ID", NULL, "CLOUDSDK_CORE_PROJECT", "project of Google Cloud"},
	{"region", 0, OPT_TEXT, "NAME", NULL, "CLOUDSDK_RUN_REGION", "europe-west1, us-central1 ..."},
	{"dry-run", 0, OPT_FLAG, NULL, NULL, NULL, "print the commands; ask nobody, change nothing"},
	{"plan-out", 0, OPT_TEXT, "script|terraform", NULL, NULL, "print the whole as a shell script or a Terraform module"},
	{"yes", 0, OPT_FLAG, NULL, NULL, NULL, "do not ask before changing what is there"},
	{"name", 0, OPT_TEXT, "NAME", "decisions", NULL, "of the workflow; accounts are NAME-workflow, NAME-SERVICE"},
	{"bucket", 0, OPT_TEXT, "NAME", NULL, NULL, "NAME-documents, NAME-inbox are the buckets; default PROJECT-NAME"},
	{"repository", 0, OPT_TEXT, "NAME", "lexflow", NULL, "of images, in Artifact Registry"},
	{"services", 0, OPT_TEXT, "FILE", "infra/services.yaml", "LEXFLOW_SERVICES", "the list of services"},
	{"context", 0, OPT_TEXT, "FOLDER", ".", NULL, "the sources that the images are built from"},
	{"tag", 0, OPT_TEXT, "TAG", NULL, NULL, "of the images; default: a hash of the sources"},
	{"schedule", 0, OPT_TEXT, "CRON", NULL, NULL, "start it at these times: '0 5 * * *'"},
	{"time-zone", 0, OPT_TEXT, "ZONE", "Etc/UTC", NULL, "of the schedule"},
	{"data", 0, OPT_TEXT, "JSON", NULL, NULL, "argument of scheduled runs; default: all that is in the inbox"},
	{"trigger", 0, OPT_FLAG, NULL, NULL, NULL, "start it for each new object in the inbox"},
	{"smoke", 0, OPT_TEXT, "JSON|none", NULL, NULL, "argument of the run that must succeed at the end"},
	{0},
};

static const struct opt_option *const tables[] = {options, NULL};

const struct opt_command cli_deploy_command = {
	.name = "lexflow deploy",
	.operands = "[FILE]",
	.summary = "put the services on Cloud Run and the definition on Cloud Workflows",
	.example = "lexflow deploy --project my-project --region europe-west1 --dry-run",
	.tables = tables,
};

/* ---- what is asked */

static int require(const struct opts *opts, const char *name, const char **text, struct error *err)
{
	*text = opt_text(opts, name);
	if (*text && **text)
		return 0;
	error_set(err, ERROR_INPUT, "--%s is missing", name);
	error_hint(err, "lexflow deploy --project ID --region NAME --dry-run prints what would be done");
	return -1;
}

static const char *join(struct arena *arena, const char *a, const char *b, const char *c)
{
	struct buf text;
	char *copy;

	buf_init(&text, 0);
	buf_printf(&text, "%s%s%s", a, b, c);
	copy = arena_strndup(arena, buf_text(&text), text.len);
	buf_release(&text);
	return copy;
}

/* An option that holds JSON, which gcloud would refuse only at the end. */
static int check_json(const char *option, const char *text, struct error *err)
{
	struct error why = {0};
	struct value v;

	if (json_read(slice_of(text), &v, &why) < 0)
		return error_set(err, ERROR_INPUT, "--%s: %s", option, why.message);
	value_unref(v);
	return 0;
}

static int read_arguments(const struct opts *opts, struct arena *arena, struct deployment *d, struct error *err)
{
	const char *inbox = join(arena, "{\"source\":\"gs://", d->inbox, "/\"}");
	const char *smoke = opt_text(opts, "smoke");

	d->argument = opt_text(opts, "data") ? opt_text(opts, "data") : inbox;
	d->smoke = smoke ? smoke : inbox;
	if (strcmp(d->smoke, "none") == 0)
		d->smoke = NULL;
	if (check_json("data", d->argument, err) < 0)
		return -1;
	return d->smoke ? check_json("smoke", d->smoke, err) : 0;
}

static int read_services(const struct opts *opts, struct arena *arena, struct deployment *d, struct error *err)
{
	struct service_config *services;

	if (config_read(arena, opt_text(opts, "services"), &services, &d->service_count, err) < 0)
		return -1;
	d->services = services;
	if (d->service_count == 0)
		return error_set(err, ERROR_INPUT, "%s lists no service", opt_text(opts, "services"));
	return 0;
}

static int read_deployment(const struct opts *opts, struct arena *arena, struct deployment *d, struct error *err)
{
	const char *bucket = opt_text(opts, "bucket");
	char tag[17];

	*d = (struct deployment){.name = opt_text(opts, "name"),
				 .source = opt_operand(opts, 0) ? opt_operand(opts, 0) : "workflow.yaml",
				 .context = opt_text(opts, "context"),
				 .repository = opt_text(opts, "repository"),
				 .tag = opt_text(opts, "tag"),
				 .schedule = opt_text(opts, "schedule"),
				 .time_zone = opt_text(opts, "time-zone"),
				 .has_trigger = opt_flag(opts, "trigger")};
	if (require(opts, "project", &d->project, err) < 0 || require(opts, "region", &d->region, err) < 0)
		return -1;
	if (!bucket)
		bucket = join(arena, d->project, "-", d->name);
	d->documents = join(arena, bucket, "-", "documents");
	d->inbox = join(arena, bucket, "-", "inbox");
	if (read_services(opts, arena, d, err) < 0 || read_arguments(opts, arena, d, err) < 0 || deployment_check(d, err) < 0)
		return -1;
	if (!d->tag) {
		if (deployment_tag(d->context, tag, err) < 0)
			return -1;
		d->tag = arena_strndup(arena, tag, strlen(tag));
	}
	return 0;
}

/* ---- doing it */

static bool agrees(size_t wanted)
{
	char answer[16] = "";

	fprintf(stderr, "%zu change%s, then a run. Go on? [y/N] ", wanted, wanted == 1 ? "" : "s");
	fflush(stderr);
	return fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

static int confirm(const struct opts *opts, size_t wanted, struct error *err)
{
	if (opt_flag(opts, "yes"))
		return 0;
	if (isatty(STDIN_FILENO) && isatty(STDERR_FILENO) && agrees(wanted))
		return 0;
	error_set(err, ERROR_INPUT, "nothing was changed");
	error_hint(err, "--yes makes the changes without asking");
	return -1;
}

static int deploy(const struct opts *opts, const struct deployment *d, const struct actions *actions, struct error *err)
{
	struct inspection inspection;
	int result;

	fprintf(stderr, "looking at what project %s has in %s\n", d->project, d->region);
	result = inspection_take(d, actions, &inspection, err);
	if (result == 0) {
		inspection_print(actions, &inspection, stderr);
		result = confirm(opts, inspection_wanted(actions, &inspection), err);
	}
	if (result == 0) {
		result = inspection_apply(actions, &inspection, stderr, err);
		inspection_print_rollback(actions, &inspection, stderr);
	}
	inspection_release(&inspection);
	return result;
}

/* Print, or do. */
static int carry_out(const struct opts *opts, const struct deployment *d, const struct resources *resources,
		     const struct actions *actions, struct error *err)
{
	const char *form = opt_text(opts, "plan-out");

	if (opt_flag(opts, "dry-run"))
		actions_print(actions, stdout);
	else if (form && strcmp(form, "script") == 0)
		actions_print_script(d, actions, stdout);
	else if (form && strcmp(form, "terraform") == 0)
		resources_print_terraform(d, resources, stdout);
	else if (form)
		return error_set(err, ERROR_INPUT, "--plan-out is script or terraform, not \"%.40s\"", form);
	else
		return deploy(opts, d, actions, err);
	return 0;
}

int cli_deploy(const struct opts *opts)
{
	struct deployment deployment;
	struct resources resources = {0};
	struct actions actions = {0};
	struct plan *plan = NULL;
	struct error err = {0};
	struct arena arena;
	struct buf source;
	int status = 0;

	arena_init(&arena);
	buf_init(&source, CLI_SOURCE_LIMIT);
	if (read_deployment(opts, &arena, &deployment, &err) < 0)
		status = cli_fault(&err);
	else
		plan = cli_read_plan(deployment.source, &source, &status);
	if (plan) {
		resources_of(&arena, &deployment, &resources);
		actions_of(&arena, &deployment, &resources, &actions);
		if (carry_out(opts, &deployment, &resources, &actions, &err) < 0)
			status = cli_fault(&err);
	}
	actions_release(&actions);
	resources_release(&resources);
	plan_free(plan);
	buf_release(&source);
	arena_release(&arena);
	return status;
}
