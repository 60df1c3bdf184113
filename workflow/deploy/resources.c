/* resources.c - a deployment -> what there shall be, in the order in which it is made. */
#include "workflow/deploy/deploy_private.h"

#include <ctype.h>
#include <string.h>

/* ---- texts */

char *deploy_text(struct arena *arena, const char *fmt, ...)
{
	struct buf text;
	va_list args;
	char *copy;

	buf_init(&text, 0);
	va_start(args, fmt);
	buf_vprintf(&text, fmt, args);
	va_end(args);
	copy = arena_strndup(arena, buf_text(&text), text.len);
	buf_release(&text);
	return copy;
}

char *deploy_variable(struct arena *arena, const char *service, const char *suffix)
{
	char *name = deploy_text(arena, "%s_%s", service, suffix);

	for (char *c = name; *c; c++)
		*c = *c == '-' ? '_' : (char)toupper((unsigned char)*c);
	return name;
}

char *deploy_account(struct arena *arena, const struct deployment *deployment, const char *id)
{
	return deploy_text(arena, "%s@%s.iam.gserviceaccount.com", id, deployment->project);
}

/* ---- variables of a deployed service: fixed ones of its environment, and those of its deployment */

static size_t count_fixed(const struct service_config *service)
{
	size_t count = 0;

	for (size_t i = 0; i < service->environment.count; i++)
		count += service->environment.at[i].value != NULL;
	return count;
}

size_t deploy_variables(const struct service_config *service)
{
	return count_fixed(service) + service->deployed_environment.count;
}

struct service_variable deploy_variable_at(struct arena *arena, const struct deployment *deployment,
					   const struct service_config *service, size_t i)
{
	struct service_variable variable;
	struct value known;
	struct buf text;

	for (size_t k = 0; k < service->environment.count; k++) {
		if (service->environment.at[k].value && i-- == 0)
			return service->environment.at[k];
	}
	variable = service->deployed_environment.at[i];
	known = value_map_new();
	value_put(&known, "PROJECT", value_string_z(deployment->project));
	value_put(&known, "REGION", value_string_z(deployment->region));
	value_put(&known, "DOCUMENTS", value_string_z(deployment->documents));
	value_put(&known, "INBOX", value_string_z(deployment->inbox));
	buf_init(&text, 0);
	deploy_expand(variable.value ? variable.value : "", known, &text);
	variable.value = arena_strndup(arena, buf_text(&text), text.len);
	buf_release(&text);
	value_unref(known);
	return variable;
}

/* ---- the list */

static struct resource *add(struct resources *out, enum resource_kind kind, const char *name, const char *title)
{
	struct resource *resource;

	if (out->count == out->capacity)
		out->at = mem_grow(out->at, &out->capacity, sizeof(*out->at));
	resource = &out->at[out->count++];
	*resource = (struct resource){.kind = kind, .name = name, .title = title};
	return resource;
}

static const char *account_id(struct arena *arena, const struct deployment *deployment, const char *whose)
{
	return deploy_text(arena, "%s-%s", deployment->name, whose);
}

static struct resource *add_role(struct arena *arena, struct resources *out, enum resource_kind kind, const char *account,
				 const char *role, const char *where)
{
	const char *whose = account ? account : "the account of Cloud Storage";
	struct resource *resource = add(out, kind, deploy_text(arena, "%s %s %s", whose, role, where),
					deploy_text(arena, "%s has %s in %s", whose, role, where));

	resource->account = account;
	resource->role = role;
	return resource;
}

static void add_project_role(struct arena *arena, struct resources *out, const char *account, const char *role)
{
	add_role(arena, out, RESOURCE_PROJECT_ROLE, account, role, "the project");
}

static void add_accounts(struct arena *arena, const struct deployment *d, struct resources *out)
{
	const char *workflow = account_id(arena, d, "workflow");

	add(out, RESOURCE_ACCOUNT, workflow, "account that the workflow runs as");
	for (size_t i = 0; i < d->service_count; i++)
		add(out, RESOURCE_ACCOUNT, account_id(arena, d, d->services[i].name),
		    deploy_text(arena, "account that %s runs as", d->services[i].name));
	add_project_role(arena, out, workflow, "roles/logging.logWriter");
	if (d->schedule) {
		add(out, RESOURCE_ACCOUNT, account_id(arena, d, "schedule"), "account that the schedule runs as");
		add_project_role(arena, out, account_id(arena, d, "schedule"), "roles/workflows.invoker");
	}
	if (d->has_trigger) {
		const char *trigger = account_id(arena, d, "trigger");

		add(out, RESOURCE_ACCOUNT, trigger, "account that the trigger runs as");
		add_project_role(arena, out, trigger, "roles/workflows.invoker");
		add_project_role(arena, out, trigger, "roles/eventarc.eventReceiver");
		add_project_role(arena, out, NULL, "roles/pubsub.publisher");
	}
}

static void add_services(struct arena *arena, const struct deployment *d, struct resources *out)
{
	for (size_t i = 0; i < d->service_count; i++) {
		const struct service_config *service = &d->services[i];
		struct resource *resource =
			add(out, RESOURCE_SERVICE, service->name, deploy_text(arena, "service %s", service->name));

		resource->service = service;
		resource->account = account_id(arena, d, service->name);
		add_role(arena, out, RESOURCE_SERVICE_ROLE, account_id(arena, d, "workflow"), "roles/run.invoker", service->name)
			->service = service;
	}
}

/* A bucket and who may do what in it: `role` is where a service's configuration has it. */
static void add_bucket(struct arena *arena, const struct deployment *d, const char *bucket, size_t role, struct resources *out)
{
	add(out, RESOURCE_BUCKET, bucket, deploy_text(arena, "bucket %s", bucket));
	for (size_t i = 0; i < d->service_count; i++) {
		const char *has = *(const char *const *)((const char *)&d->services[i] + role);

		if (has)
			add_role(arena, out, RESOURCE_BUCKET_ROLE, account_id(arena, d, d->services[i].name),
				 deploy_text(arena, "roles/storage.%s", has), bucket)
				->bucket = bucket;
	}
}

void resources_of(struct arena *arena, const struct deployment *d, struct resources *out)
{
	add(out, RESOURCE_APIS, "apis", "APIs");
	add(out, RESOURCE_REPOSITORY, d->repository, deploy_text(arena, "repository %s of images", d->repository));
	add(out, RESOURCE_IMAGES, d->tag, deploy_text(arena, "images %s", d->tag));
	add_accounts(arena, d, out);
	add_bucket(arena, d, d->documents, offsetof(struct service_config, documents_role), out);
	add_bucket(arena, d, d->inbox, offsetof(struct service_config, inbox_role), out);
	add_services(arena, d, out);
	add(out, RESOURCE_WORKFLOW, d->name, deploy_text(arena, "workflow %s", d->name))->account =
		account_id(arena, d, "workflow");
	if (d->schedule)
		add(out, RESOURCE_SCHEDULE, account_id(arena, d, "schedule"), "schedule")->account =
			account_id(arena, d, "schedule");
	if (d->has_trigger)
		add(out, RESOURCE_TRIGGER, account_id(arena, d, "trigger"), "trigger for new objects")->account =
			account_id(arena, d, "trigger");
	if (d->smoke)
		add(out, RESOURCE_SMOKE_RUN, "smoke", "a run that must succeed");
}

void resources_release(struct resources *resources)
{
	mem_free(resources->at);
	*resources = (struct resources){0};
}

void deployment_apis(const struct deployment *d, const char *apis[16])
{
	size_t n = 0;

	apis[n++] = "artifactregistry.googleapis.com";
	apis[n++] = "cloudbuild.googleapis.com";
	apis[n++] = "iam.googleapis.com";
	apis[n++] = "logging.googleapis.com";
	apis[n++] = "run.googleapis.com";
	apis[n++] = "storage.googleapis.com";
	apis[n++] = "workflowexecutions.googleapis.com";
	apis[n++] = "workflows.googleapis.com";
	if (d->schedule)
		apis[n++] = "cloudscheduler.googleapis.com";
	if (d->has_trigger) {
		apis[n++] = "eventarc.googleapis.com";
		apis[n++] = "pubsub.googleapis.com";
	}
	apis[n] = NULL;
}
