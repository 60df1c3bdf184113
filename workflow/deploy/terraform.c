/*
 * terraform.c - resources as a Terraform module, laid out as `terraform fmt` lays it out.
 *
 * What differs from one deployment to the next is a variable of the module. The images are given to it, for Terraform
 * builds none; the run at the end is no resource. The definition is read with file(), so that its ${...} is left alone.
 */
#include "workflow/deploy/deploy_private.h"

#include <ctype.h>
#include <string.h>

/* ---- HCL: attributes that follow each other are aligned at their "=" */

enum { MAX_ATTRIBUTES = 16, MAX_DEPTH = 6 };

struct hcl {
	FILE *out;
	struct arena *arena;
	int depth;
	size_t count;
	const char *names[MAX_ATTRIBUTES], *values[MAX_ATTRIBUTES];
	bool has_lines[MAX_DEPTH + 1]; /* of the block at this depth: an empty line comes before a block in it */
};

static void indent(const struct hcl *hcl)
{
	fprintf(hcl->out, "%*s", hcl->depth * 2, "");
}

static void flush(struct hcl *hcl)
{
	int widest = 0;

	for (size_t i = 0; i < hcl->count; i++)
		widest = (int)strlen(hcl->names[i]) > widest ? (int)strlen(hcl->names[i]) : widest;
	for (size_t i = 0; i < hcl->count; i++) {
		indent(hcl);
		fprintf(hcl->out, "%-*s = %s\n", widest, hcl->names[i], hcl->values[i]);
	}
	hcl->has_lines[hcl->depth] = hcl->has_lines[hcl->depth] || hcl->count;
	hcl->count = 0;
}

static void set(struct hcl *hcl, const char *name, const char *expression)
{
	if (hcl->count == MAX_ATTRIBUTES)
		flush(hcl);
	hcl->names[hcl->count] = name;
	hcl->values[hcl->count++] = expression;
}

/* A text as a quoted template in which nothing is special. */
static const char *quoted(struct hcl *hcl, const char *text)
{
	struct buf out;
	char *copy;

	buf_init(&out, 0);
	buf_add_char(&out, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			buf_add_char(&out, '\\');
		if ((*text == '$' || *text == '%') && text[1] == '{')
			buf_add_char(&out, *text);
		buf_add_char(&out, *text);
	}
	buf_add_char(&out, '"');
	copy = arena_strndup(hcl->arena, buf_text(&out), out.len);
	buf_release(&out);
	return copy;
}

static void set_text(struct hcl *hcl, const char *name, const char *text)
{
	set(hcl, name, quoted(hcl, text));
}

static void begin(struct hcl *hcl, const char *heading)
{
	flush(hcl);
	if (hcl->has_lines[hcl->depth])
		fputc('\n', hcl->out);
	hcl->has_lines[hcl->depth] = true;
	indent(hcl);
	fprintf(hcl->out, "%s {\n", heading);
	hcl->depth++;
	hcl->has_lines[hcl->depth] = false;
}

static void end(struct hcl *hcl)
{
	flush(hcl);
	hcl->depth--;
	indent(hcl);
	fputs("}\n", hcl->out);
}

/* What a resource is called within the module: letters, digits and "_". */
static const char *label(struct hcl *hcl, const char *name)
{
	char *copy = deploy_text(hcl->arena, "%s", name);

	for (char *c = copy; *c; c++) {
		if (!isalnum((unsigned char)*c))
			*c = '_';
	}
	return copy;
}

static void begin_resource(struct hcl *hcl, const char *type, const char *name)
{
	begin(hcl, deploy_text(hcl->arena, "resource \"%s\" \"%s\"", type, label(hcl, name)));
}

/* ---- what resources refer to */

/* "decisions-extract" is the account "extract" of the module, whatever the deployment is called. */
static const char *account_label(struct hcl *hcl, const struct deployment *d, const char *account)
{
	return label(hcl, account + strlen(d->name) + 1);
}

static const char *account_email(struct hcl *hcl, const struct deployment *d, const char *account)
{
	return deploy_text(hcl->arena, "google_service_account.%s.email", account_label(hcl, d, account));
}

static const char *account_member(struct hcl *hcl, const struct deployment *d, const char *account)
{
	return deploy_text(hcl->arena, "google_service_account.%s.member", account_label(hcl, d, account));
}

static const char *bucket_label(const struct deployment *d, const char *bucket)
{
	return bucket == d->inbox ? "inbox" : "documents";
}

static const char *role_label(struct hcl *hcl, const struct deployment *d, const struct resource *r)
{
	const char *who = r->account ? account_label(hcl, d, r->account) : "storage";

	const char *where = r->service ? r->service->name : r->bucket ? bucket_label(d, r->bucket) : "project";

	return deploy_text(hcl->arena, "%s_%s_%s", who, strrchr(r->role, '.') + 1, label(hcl, where));
}

/* ---- one kind of resource each */

static void print_apis(struct hcl *hcl, const struct deployment *d, const struct resource *r)
{
	const char *apis[16];

	(void)r;
	deployment_apis(d, apis);
	begin_resource(hcl, "google_project_service", "apis");
	fprintf(hcl->out, "  for_each = toset([\n");
	for (size_t i = 0; apis[i]; i++)
		fprintf(hcl->out, "    \"%s\",\n", apis[i]);
	fprintf(hcl->out, "  ])\n");
	set(hcl, "project", "var.project");
	set(hcl, "service", "each.key");
	set(hcl, "disable_on_destroy", "false");
	end(hcl);
}

static void print_repository(struct hcl *hcl, const struct deployment *d, const struct resource *r)
{
	begin_resource(hcl, "google_artifact_registry_repository", "images");
	set(hcl, "project", "var.project");
	set(hcl, "location", "var.region");
	set_text(hcl, "repository_id", r->name);
	set_text(hcl, "format", "DOCKER");
	set(hcl, "depends_on", "[google_project_service.apis]");
	begin(hcl, "docker_config");
	set(hcl, "immutable_tags", "true");
	end(hcl);
	end(hcl);
	(void)d;
}

static void print_account(struct hcl *hcl, const struct deployment *d, const struct resource *r)
{
	const char *name = account_label(hcl, d, r->name);

	begin_resource(hcl, "google_service_account", name);
	set(hcl, "project", "var.project");
	set(hcl, "account_id", deploy_text(hcl->arena, "\"${var.name}-%s\"", r->name + strlen(d->name) + 1));
	set_text(hcl, "display_name", r->title);
	end(hcl);
}

static void print_project_role(struct hcl *hcl, const struct deployment *d, const struct resource *r)
{
	if (!r->account) {
		begin(hcl, "data \"google_storage_project_service_account\" \"storage\"");
		set(hcl, "project", "var.project");
		end(hcl);
	}
	begin_resource(hcl, "google_project_iam_member", role_label(hcl, d, r));
	set(hcl, "project", "var.project");
	set_text(hcl, "role", r->role);
	set(hcl, "member",
	    r->account ? account_member(hcl, d, r->account) : "data.google_storage_project_service_account.storage.member");
	end(hcl);
}

static void print_bucket(struct hcl *hcl, const struct deployment *d, const struct resource *r)
{
	const char *kind = bucket_label(d, r->name);

	begin_resource(hcl, "google_storage_bucket", kind);
	set(hcl, "project", "var.project");
	set(hcl, "name", deploy_text(hcl->arena, "\"${var.bucket}-%s\"", kind));
	set(hcl, "location", "var.region");
	set(hcl, "uniform_bucket_level_access", "true");
	set_text(hcl, "public_access_prevention", "enforced");
	begin(hcl, "dynamic \"lifecycle_rule\"");
	set(hcl, "for_each",
	    deploy_text(hcl->arena, "jsondecode(file(\"${path.module}/../lifecycle-%s.json\")).rule", kind));
	begin(hcl, "content");
	begin(hcl, "action");
	set(hcl, "type", "lifecycle_rule.value.action.type");
	set(hcl, "storage_class", "try(lifecycle_rule.value.action.storageClass, null)");
	end(hcl);
	begin(hcl, "condition");
	set(hcl, "age", "lifecycle_rule.value.condition.age");
	end(hcl);
	end(hcl);
	end(hcl);
	end(hcl);
}

static void print_bucket_role(struct hcl *hcl, const struct deployment *d, const struct resource *r)
{
	begin_resource(hcl, "google_storage_bucket_iam_member", role_label(hcl, d, r));
	set(hcl, "bucket", deploy_text(hcl->arena, "google_storage_bucket.%s.name", bucket_label(d, r->bucket)));
	set_text(hcl, "role", r->role);
	set(hcl, "member", account_member(hcl, d, r->account));
	end(hcl);
}

static void print_variables(struct hcl *hcl, const struct deployment *d, const struct service_config *service)
{
	for (size_t i = 0; i < deploy_variables(service); i++) {
		struct deployment symbolic = *d;
		struct service_variable v;

		symbolic.project = "\001{var.project}";
		symbolic.region = "\001{var.region}";
		symbolic.documents = "\001{google_storage_bucket.documents.name}";
		symbolic.inbox = "\001{google_storage_bucket.inbox.name}";
		v = deploy_variable_at(hcl->arena, &symbolic, service, i);
		begin(hcl, "env");
		set_text(hcl, "name", v.name);
		char *value = deploy_text(hcl->arena, "%s", quoted(hcl, v.value));
		for (char *c = value; *c; c++)
			*c = *c == '\001' ? '$' : *c;
		set(hcl, "value", value);
		end(hcl);
	}
}

static void print_container(struct hcl *hcl, const struct deployment *d, const struct service_config *s)
{
	begin(hcl, "containers");
	set(hcl, "image", deploy_text(hcl->arena, "var.images[\"%s\"]", s->name));
	begin(hcl, "resources");
	set(hcl, "limits", deploy_text(hcl->arena, "{ cpu = \"%s\", memory = \"%s\" }", s->cpu, s->memory));
	set(hcl, "cpu_idle", s->cpu_always ? "false" : "true");
	end(hcl);
	begin(hcl, "startup_probe");
	set(hcl, "period_seconds", "1");
	set(hcl, "timeout_seconds", "1");
	set(hcl, "failure_threshold", "10");
	begin(hcl, "http_get");
	set_text(hcl, "path", "/healthz");
	end(hcl);
	end(hcl);
	print_variables(hcl, d, s);
	end(hcl);
}

static void print_service(struct hcl *hcl, const struct deployment *d, const struct resource *r)
{
	const struct service_config *s = r->service;

	begin_resource(hcl, "google_cloud_run_v2_service", s->name);
	set(hcl, "project", "var.project");
	set(hcl, "location", "var.region");
	set_text(hcl, "name", s->name);
	set_text(hcl, "ingress", "INGRESS_TRAFFIC_INTERNAL_ONLY");
	set(hcl, "labels", "{ app = var.name }");
	set(hcl, "deletion_protection", "var.deletion_protection");
	set(hcl, "depends_on", "[google_project_service.apis]");
	begin(hcl, "template");
	set(hcl, "service_account", account_email(hcl, d, r->account));
	set_text(hcl, "execution_environment", "EXECUTION_ENVIRONMENT_GEN2");
	set_text(hcl, "timeout", "900s");
	set(hcl, "max_instance_request_concurrency", deploy_text(hcl->arena, "%d", s->concurrency));
	begin(hcl, "scaling");
	set(hcl, "min_instance_count", deploy_text(hcl->arena, "%d", s->min_instances));
	set(hcl, "max_instance_count", deploy_text(hcl->arena, "%d", s->max_instances));
	end(hcl);
	print_container(hcl, d, s);
	end(hcl);
	end(hcl);
}

static void print_service_role(struct hcl *hcl, const struct deployment *d, const struct resource *r)
{
	begin_resource(hcl, "google_cloud_run_v2_service_iam_member", role_label(hcl, d, r));
	set(hcl, "project", "var.project");
	set(hcl, "location", "var.region");
	set(hcl, "name", deploy_text(hcl->arena, "google_cloud_run_v2_service.%s.name", label(hcl, r->service->name)));
	set_text(hcl, "role", r->role);
	set(hcl, "member", account_member(hcl, d, r->account));
	end(hcl);
}

static void print_workflow(struct hcl *hcl, const struct deployment *d, const struct resource *r)
{
	begin_resource(hcl, "google_workflows_workflow", "workflow");
	set(hcl, "project", "var.project");
	set(hcl, "region", "var.region");
	set(hcl, "name", "var.name");
	set(hcl, "service_account", account_email(hcl, d, r->account));
	set(hcl, "source_contents", "file(var.source_file)");
	set_text(hcl, "call_log_level", "LOG_ERRORS_ONLY");
	set_text(hcl, "execution_history_level", "EXECUTION_HISTORY_DETAILED");
	set(hcl, "labels", "{ app = var.name }");
	set(hcl, "deletion_protection", "var.deletion_protection");
	set(hcl, "depends_on", "[google_project_service.apis]");
	flush(hcl);
	fputs("  user_env_vars = {\n", hcl->out);
	hcl->depth++;
	for (size_t i = 0; i < d->service_count; i++)
		set(hcl, d->services[i].variable,
		    deploy_text(hcl->arena, "google_cloud_run_v2_service.%s.uri", label(hcl, d->services[i].name)));
	flush(hcl);
	hcl->depth--;
	fputs("  }\n", hcl->out);
	end(hcl);
}

static void print_schedule(struct hcl *hcl, const struct deployment *d, const struct resource *r)
{
	begin_resource(hcl, "google_cloud_scheduler_job", "schedule");
	set(hcl, "project", "var.project");
	set(hcl, "region", "var.region");
	set(hcl, "name", "\"${var.name}-schedule\"");
	set_text(hcl, "schedule", d->schedule);
	set_text(hcl, "time_zone", d->time_zone);
	begin(hcl, "http_target");
	set_text(hcl, "http_method", "POST");
	set(hcl, "uri", "\"https://workflowexecutions.googleapis.com/v1/${google_workflows_workflow.workflow.id}/executions\"");
	set(hcl, "body", deploy_text(hcl->arena, "base64encode(jsonencode({ argument = %s }))", quoted(hcl, d->argument)));
	begin(hcl, "oauth_token");
	set(hcl, "service_account_email", account_email(hcl, d, r->account));
	end(hcl);
	end(hcl);
	end(hcl);
}

static void print_trigger(struct hcl *hcl, const struct deployment *d, const struct resource *r)
{
	begin_resource(hcl, "google_eventarc_trigger", "trigger");
	set(hcl, "project", "var.project");
	set(hcl, "location", "var.region");
	set(hcl, "name", "\"${var.name}-trigger\"");
	set(hcl, "service_account", account_email(hcl, d, r->account));
	begin(hcl, "matching_criteria");
	set_text(hcl, "attribute", "type");
	set_text(hcl, "value", "google.cloud.storage.object.v1.finalized");
	end(hcl);
	begin(hcl, "matching_criteria");
	set_text(hcl, "attribute", "bucket");
	set(hcl, "value", "google_storage_bucket.inbox.name");
	end(hcl);
	begin(hcl, "destination");
	set(hcl, "workflow", "google_workflows_workflow.workflow.id");
	end(hcl);
	end(hcl);
}

static void print_nothing(struct hcl *hcl, const struct deployment *d, const struct resource *r)
{
	(void)hcl;
	(void)d;
	(void)r;
}

/* ---- the module */

static void print_variable(struct hcl *hcl, const char *name, const char *type, const char *fallback, const char *meaning)
{
	begin(hcl, deploy_text(hcl->arena, "variable \"%s\"", name));
	set_text(hcl, "description", meaning);
	set(hcl, "type", type);
	if (fallback)
		set(hcl, "default", fallback);
	end(hcl);
}

static void print_head(struct hcl *hcl, const struct deployment *d)
{
	fputs("# Written by `lexflow deploy --plan-out terraform` from services.yaml: change that, and write this anew.\n"
	      "terraform {\n  required_providers {\n    google = {\n      source  = \"hashicorp/google\"\n"
	      "      version = \">= 6.0\"\n    }\n  }\n}\n",
	      hcl->out);
	hcl->has_lines[0] = true;
	print_variable(hcl, "project", "string", NULL, "Id of the project.");
	print_variable(hcl, "region", "string", NULL, "Where everything is, europe-west1 for one.");
	print_variable(hcl, "name", "string", quoted(hcl, d->name), "Name of the workflow; those of the accounts begin with it.");
	print_variable(hcl, "bucket", "string", NULL, "Names of the buckets begin with it: BUCKET-documents, BUCKET-inbox.");
	print_variable(hcl, "images", "map(string)", NULL, "Image of each service, by digest.");
	print_variable(hcl, "source_file", "string", "\"../../workflow.yaml\"", "File of the definition.");
	print_variable(hcl, "deletion_protection", "bool", "true", "Refuse to destroy services and workflow.");
}

void resources_print_terraform(const struct deployment *d, const struct resources *resources, FILE *out)
{
	static void (*const printers[])(struct hcl *hcl, const struct deployment *d, const struct resource *r) = {
		[RESOURCE_APIS] = print_apis,
		[RESOURCE_REPOSITORY] = print_repository,
		[RESOURCE_IMAGES] = print_nothing,
		[RESOURCE_ACCOUNT] = print_account,
		[RESOURCE_PROJECT_ROLE] = print_project_role,
		[RESOURCE_BUCKET] = print_bucket,
		[RESOURCE_BUCKET_ROLE] = print_bucket_role,
		[RESOURCE_SERVICE] = print_service,
		[RESOURCE_SERVICE_ROLE] = print_service_role,
		[RESOURCE_WORKFLOW] = print_workflow,
		[RESOURCE_SCHEDULE] = print_schedule,
		[RESOURCE_TRIGGER] = print_trigger,
		[RESOURCE_SMOKE_RUN] = print_nothing,
	};
	struct arena arena;
	struct hcl hcl = {.out = out, .arena = &arena};

	arena_init(&arena);
	print_head(&hcl, d);
	for (size_t i = 0; i < resources->count; i++)
		printers[resources->at[i].kind](&hcl, d, &resources->at[i]);
	arena_release(&arena);
}
