/* gcloud.c - resources -> actions: for each, the commands that look, make and read. */
#include "workflow/deploy/deploy_private.h"

#include "lib/json/json.h"

#include <string.h>

/* What the makers of actions share. */
struct maker {
	struct arena *arena;
	const struct deployment *d;
	struct actions *out;
};

/* ---- commands and lists of settings, in the arena */

struct words {
	const char **at;
	size_t count, capacity;
};

static void word(struct words *words, const char *text)
{
	if (words->count == words->capacity)
		words->at = mem_grow(words->at, &words->capacity, sizeof(*words->at));
	words->at[words->count++] = text;
}

/* "gcloud", the words of `verb`, whatever follows up to a NULL, and the project. */
static const char *const *command(const struct maker *m, const char *verb, ...)
{
	struct words words = {0};
	const char **copy, *more;
	va_list args;

	word(&words, "gcloud");
	for (const char *at = verb; *at; at += strspn(at, " ")) {
		size_t len = strcspn(at, " ");

		word(&words, arena_strndup(m->arena, at, len));
		at += len;
	}
	va_start(args, verb);
	while ((more = va_arg(args, const char *)))
		word(&words, more);
	va_end(args);
	word(&words, deploy_text(m->arena, "--project=%s", m->d->project));
	copy = arena_alloc(m->arena, (words.count + 1) * sizeof(*copy));
	memcpy(copy, words.at, words.count * sizeof(*copy));
	mem_free(words.at);
	return copy;
}

/* The same with the settings as flags behind it. */
static const char *const *with_settings(const struct maker *m, const char *const *argv, const struct setting *settings)
{
	const char **copy;
	size_t words = 0, flags = 0, n = 0;

	while (argv[words])
		words++;
	while (settings[flags].flag)
		flags++;
	copy = arena_alloc(m->arena, (words + flags + 1) * sizeof(*copy));
	for (size_t i = 0; i < words; i++)
		copy[n++] = argv[i];
	for (const struct setting *s = settings; s->flag; s++) {
		if (!s->value)
			copy[n++] = s->flag;
		else if (s->kind == SETTING_VARIABLES)
			copy[n++] = deploy_text(m->arena, "%s=^" DEPLOY_SEPARATOR "^%s", s->flag, s->value);
		else
			copy[n++] = deploy_text(m->arena, "%s=%s", s->flag, s->value);
	}
	return copy;
}

static const struct setting *copy_settings(const struct maker *m, const struct setting *settings, size_t count)
{
	struct setting *copy = arena_alloc(m->arena, (count + 1) * sizeof(*copy));

	memcpy(copy, settings, count * sizeof(*copy));
	return copy;
}

static const char *flag(const struct maker *m, const char *name, const char *value)
{
	return deploy_text(m->arena, "--%s=%s", name, value);
}

static const char *member(const struct maker *m, const char *account)
{
	return account ? deploy_text(m->arena, "serviceAccount:%s", deploy_account(m->arena, m->d, account))
		       : "serviceAccount:${STORAGE_ACCOUNT}";
}

static struct action *add(struct maker *m, const struct resource *resource)
{
	struct actions *out = m->out;
	struct action *action;

	if (out->count == out->capacity)
		out->at = mem_grow(out->at, &out->capacity, sizeof(*out->at));
	action = &out->at[out->count++];
	*action = (struct action){.resource = resource, .title = resource->title};
	return action;
}

/* ---- APIs, repository, images */

static void enable_apis(struct maker *m, const struct resource *resource)
{
	const char *apis[16];
	struct buf all;

	deployment_apis(m->d, apis);
	buf_init(&all, 0);
	buf_add_text(&all, "services enable");
	for (size_t i = 0; apis[i]; i++)
		buf_printf(&all, " %s", apis[i]);
	add(m, resource)->make = command(m, buf_text(&all), NULL);
	buf_release(&all);
}

static void make_repository(struct maker *m, const struct resource *resource)
{
	struct action *action = add(m, resource);
	const char *location = flag(m, "location", m->d->region);

	action->look = command(m, "artifacts repositories describe", m->d->repository, location, "--format=value(name)", NULL);
	action->make = command(m, "artifacts repositories create", m->d->repository, location, "--repository-format=docker",
			       "--immutable-tags", NULL);
}

static const char *image_of(const struct maker *m, const struct service_config *service)
{
	return deploy_text(m->arena, "%s-docker.pkg.dev/%s/%s/%s", m->d->region, m->d->project, m->d->repository,
			   service->name);
}

static const char *const *read_digest(const struct maker *m, const struct service_config *service)
{
	return command(m, "artifacts docker images describe", deploy_text(m->arena, "%s:%s", image_of(m, service), m->d->tag),
		       "--format=value(image_summary.digest)", NULL);
}

/* One build makes all images; the last one is the last to be there. */
static void build_images(struct maker *m, const struct resource *resource)
{
	const struct service_config *last = &m->d->services[m->d->service_count - 1];
	struct action *action = add(m, resource);

	action->look = read_digest(m, last);
	action->make = command(m, "builds submit", m->d->context, flag(m, "region", m->d->region),
			       deploy_text(m->arena, "--config=%s/infra/container/cloudbuild.yaml", m->d->context),
			       deploy_text(m->arena, "--substitutions=_REPOSITORY=%s-docker.pkg.dev/%s/%s,_TAG=%s", m->d->region,
					   m->d->project, m->d->repository, m->d->tag),
			       NULL);
	for (size_t i = 0; i < m->d->service_count; i++) {
		action = add(m, resource);
		action->title = deploy_text(m->arena, "digest of the image of %s", m->d->services[i].name);
		action->read = read_digest(m, &m->d->services[i]);
		action->learns = deploy_variable(m->arena, m->d->services[i].name, "DIGEST");
	}
}

/* ---- accounts and roles */

static void make_account(struct maker *m, const struct resource *resource)
{
	struct action *action = add(m, resource);

	action->look = command(m, "iam service-accounts describe", deploy_account(m->arena, m->d, resource->name),
			       "--format=value(email)", NULL);
	action->make = command(m, "iam service-accounts create", resource->name, flag(m, "display-name", resource->title), NULL);
}

/* Who else has the role does not matter: the member is sought among all. */
static const char *const *look_for_role(const struct maker *m, const struct resource *resource, const char *verb,
					const char *where, const char *region)
{
	const char *filter = deploy_text(m->arena, "--filter=bindings.role=%s AND bindings.members=%s", resource->role,
					 member(m, resource->account));

	return region ? command(m, verb, where, region, "--flatten=bindings[].members", filter, "--format=value(bindings.role)",
				NULL)
		      : command(m, verb, where, "--flatten=bindings[].members", filter, "--format=value(bindings.role)", NULL);
}

static void give_project_role(struct maker *m, const struct resource *resource)
{
	struct action *action;

	if (!resource->account) {
		action = add(m, resource);
		action->title = "account of Cloud Storage";
		action->read = command(m, "storage service-agent", NULL);
		action->learns = "STORAGE_ACCOUNT";
	}
	action = add(m, resource);
	action->look = look_for_role(m, resource, "projects get-iam-policy", m->d->project, NULL);
	action->make = command(m, "projects add-iam-policy-binding", m->d->project,
			       flag(m, "member", member(m, resource->account)), flag(m, "role", resource->role),
			       "--condition=None", "--format=none", NULL);
	action->repeats = true;
}

static void give_bucket_role(struct maker *m, const struct resource *resource)
{
	const char *bucket = deploy_text(m->arena, "gs://%s", resource->bucket);
	struct action *action = add(m, resource);

	action->look = look_for_role(m, resource, "storage buckets get-iam-policy", bucket, NULL);
	action->make = command(m, "storage buckets add-iam-policy-binding", bucket,
			       flag(m, "member", member(m, resource->account)), flag(m, "role", resource->role),
			       "--format=none", NULL);
	action->repeats = true;
}

static void give_service_role(struct maker *m, const struct resource *resource)
{
	const char *region = flag(m, "region", m->d->region);
	struct action *action = add(m, resource);

	action->look = look_for_role(m, resource, "run services get-iam-policy", resource->service->name, region);
	action->make = command(m, "run services add-iam-policy-binding", resource->service->name, region,
			       flag(m, "member", member(m, resource->account)), flag(m, "role", resource->role),
			       "--format=none", NULL);
	action->repeats = true;
}

/* ---- bucket */

static void make_bucket(struct maker *m, const struct resource *resource)
{
	const char *bucket = deploy_text(m->arena, "gs://%s", resource->name);
	const char *kind = resource->name == m->d->inbox ? "inbox" : "documents";
	struct action *action = add(m, resource);

	action->look = command(m, "storage buckets describe", bucket, "--format=value(name)", NULL);
	action->make = command(m, "storage buckets create", bucket, flag(m, "location", m->d->region),
			       "--uniform-bucket-level-access", "--public-access-prevention", NULL);
	action = add(m, resource);
	action->title = deploy_text(m->arena, "how long bucket %s keeps what", resource->name);
	action->make = command(m, "storage buckets update", bucket,
			       deploy_text(m->arena, "--lifecycle-file=%s/infra/lifecycle-%s.json", m->d->context, kind), NULL);
	action->repeats = true;
}

/* ---- services */

static const char *variables_of(const struct maker *m, const struct service_config *service)
{
	struct buf list;
	char *copy;

	buf_init(&list, 0);
	for (size_t i = 0; i < deploy_variables(service); i++) {
		struct service_variable v = deploy_variable_at(m->arena, m->d, service, i);

		buf_printf(&list, "%s%s=%s", i ? DEPLOY_SEPARATOR : "", v.name, v.value);
	}
	copy = arena_strndup(m->arena, buf_text(&list), list.len);
	buf_release(&list);
	return copy;
}

/* Private, reached by the workflow alone; seccomp, which the sandbox of ingest needs, is in the second generation. */
static const struct setting *service_settings(const struct maker *m, const struct resource *resource)
{
	static const char container[] = "spec template spec containers 0";
	const struct service_config *s = resource->service;
	const char *image = deploy_text(m->arena, "%s@${%s}", image_of(m, s), deploy_variable(m->arena, s->name, "DIGEST"));
	const struct setting settings[] = {
		{SETTING_TEXT, "--image", image, deploy_text(m->arena, "%s image", container)},
		{SETTING_UNTOLD, "--no-allow-unauthenticated", NULL, NULL},
		{SETTING_TEXT, "--ingress", "internal", "metadata annotations run.googleapis.com/ingress"},
		{SETTING_TEXT, "--service-account", deploy_account(m->arena, m->d, resource->account),
		 "spec template spec serviceAccountName"},
		{SETTING_TEXT, "--cpu", s->cpu, deploy_text(m->arena, "%s resources limits cpu", container)},
		{SETTING_TEXT, "--memory", s->memory, deploy_text(m->arena, "%s resources limits memory", container)},
		{SETTING_TEXT, "--concurrency", deploy_text(m->arena, "%d", s->concurrency),
		 "spec template spec containerConcurrency"},
		{SETTING_TEXT, "--min-instances", s->min_instances ? deploy_text(m->arena, "%d", s->min_instances) : "default",
		 "spec template metadata annotations autoscaling.knative.dev/minScale"},
		{SETTING_TEXT, "--max-instances", deploy_text(m->arena, "%d", s->max_instances),
		 "spec template metadata annotations autoscaling.knative.dev/maxScale"},
		{SETTING_TEXT, "--timeout", "900", "spec template spec timeoutSeconds"},
		{SETTING_TEXT, "--execution-environment", "gen2",
		 "spec template metadata annotations run.googleapis.com/execution-environment"},
		{SETTING_UNTOLD, "--startup-probe", "httpGet.path=/healthz,periodSeconds=1,timeoutSeconds=1,failureThreshold=10",
		 NULL},
		{SETTING_UNTOLD, s->cpu_always ? "--no-cpu-throttling" : "--cpu-throttling", NULL, NULL},
		{SETTING_VARIABLES, "--set-env-vars", variables_of(m, s), deploy_text(m->arena, "%s env", container)},
		{SETTING_UNTOLD, "--labels", deploy_text(m->arena, "app=%s", m->d->name), NULL},
	};

	return copy_settings(m, settings, sizeof(settings) / sizeof(settings[0]));
}

static void deploy_service(struct maker *m, const struct resource *resource)
{
	const char *name = resource->service->name, *region = flag(m, "region", m->d->region);
	struct action *action = add(m, resource);

	action->look = command(m, "run services describe", name, region, "--format=json", NULL);
	action->settings = service_settings(m, resource);
	action->make = with_settings(m, command(m, "run deploy", name, region, "--quiet", "--format=none", NULL),
				     action->settings);
	action->repeats = true;
	action->read = command(m, "run services describe", name, region, "--format=value(status.url)", NULL);
	action->learns = resource->service->variable;
	action->old = "status latestReadyRevisionName";
	action->undo = deploy_text(m->arena,
				   "gcloud run services update-traffic %s --to-revisions=${OLD}=100 --region=%s --project=%s",
				   name, m->d->region, m->d->project);
}

/* ---- workflow */

static const struct setting *workflow_settings(const struct maker *m, const struct resource *resource)
{
	struct buf urls;
	const struct setting *all;

	buf_init(&urls, 0);
	for (size_t i = 0; i < m->d->service_count; i++)
		buf_printf(&urls, "%s%s=${%s}", i ? DEPLOY_SEPARATOR : "", m->d->services[i].variable,
			   m->d->services[i].variable);
	const struct setting settings[] = {
		{SETTING_FILE, "--source", m->d->source, "sourceContents"},
		{SETTING_TEXT, "--service-account", deploy_account(m->arena, m->d, resource->account), "serviceAccount"},
		{SETTING_VARIABLES, "--set-env-vars", arena_strndup(m->arena, buf_text(&urls), urls.len), "userEnvVars"},
		{SETTING_LEVEL, "--call-log-level", "log-errors-only", "callLogLevel"},
		{SETTING_LEVEL, "--execution-history-level", "execution-history-detailed", "executionHistoryLevel"},
		{SETTING_UNTOLD, "--labels", deploy_text(m->arena, "app=%s", m->d->name), NULL},
	};

	all = copy_settings(m, settings, sizeof(settings) / sizeof(settings[0]));
	buf_release(&urls);
	return all;
}

static void deploy_workflow(struct maker *m, const struct resource *resource)
{
	const char *location = flag(m, "location", m->d->region), *name = resource->name;
	struct action *action = add(m, resource);

	action->look = command(m, "workflows describe", name, location, "--format=json", NULL);
	action->settings = workflow_settings(m, resource);
	action->make = with_settings(m, command(m, "workflows deploy", name, location, "--quiet", "--format=none", NULL),
				     action->settings);
	action->repeats = true;
	action->old = "revisionId";
	action->undo = deploy_text(m->arena,
				   "gcloud workflows describe %s --revision-id=${OLD} --format='value(sourceContents)'"
				   " --location=%s --project=%s >previous.yaml\n"
				   "gcloud workflows deploy %s --source=previous.yaml --location=%s --project=%s",
				   name, m->d->region, m->d->project, name, m->d->region, m->d->project);
}

/* ---- what starts it */

/* {"argument": "..."}: the body of executions.create, whose argument is a text that holds JSON. */
static const char *execution_body(const struct maker *m)
{
	struct value body = value_map_new();
	struct buf text;
	char *copy;

	value_put(&body, "argument", value_string_z(m->d->argument));
	buf_init(&text, 0);
	json_write(&text, body);
	copy = arena_strndup(m->arena, buf_text(&text), text.len);
	buf_release(&text);
	value_unref(body);
	return copy;
}

static void make_schedule(struct maker *m, const struct resource *resource)
{
	const char *location = flag(m, "location", m->d->region);
	const char *workflow = deploy_text(m->arena, "projects/%s/locations/%s/workflows/%s", m->d->project, m->d->region,
					   m->d->name);
	const char *uri = deploy_text(m->arena, "https://workflowexecutions.googleapis.com/v1/%s/executions", workflow);
	const struct setting settings[] = {
		{SETTING_TEXT, "--schedule", m->d->schedule, "schedule"},
		{SETTING_TEXT, "--time-zone", m->d->time_zone, "timeZone"},
		{SETTING_TEXT, "--uri", uri, "httpTarget uri"},
		{SETTING_UNTOLD, "--message-body", execution_body(m), NULL},
		{SETTING_TEXT, "--oauth-service-account-email", deploy_account(m->arena, m->d, resource->account),
		 "httpTarget oauthToken serviceAccountEmail"},
	};
	struct action *action = add(m, resource);

	action->look = command(m, "scheduler jobs describe", resource->name, location, "--format=json", NULL);
	action->settings = copy_settings(m, settings, sizeof(settings) / sizeof(settings[0]));
	action->make = command(m, "scheduler jobs create http", resource->name, location, "--http-method=post", NULL);
	action->make = with_settings(m, action->make, action->settings);
	action->remake = command(m, "scheduler jobs update http", resource->name, location, "--http-method=post", NULL);
	action->remake = with_settings(m, action->remake, action->settings);
}

static void make_trigger(struct maker *m, const struct resource *resource)
{
	const char *location = flag(m, "location", m->d->region);
	struct action *action = add(m, resource);

	action->look = command(m, "eventarc triggers describe", resource->name, location, "--format=value(name)", NULL);
	action->make = command(m, "eventarc triggers create", resource->name, location,
			       flag(m, "destination-workflow", m->d->name),
			       flag(m, "destination-workflow-location", m->d->region),
			       "--event-filters=type=google.cloud.storage.object.v1.finalized",
			       deploy_text(m->arena, "--event-filters=bucket=%s", m->d->inbox),
			       flag(m, "service-account", deploy_account(m->arena, m->d, resource->account)), NULL);
}

/* gcloud ends with 0 for an execution that failed, too: what it prints counts. */
static void run_smoke(struct maker *m, const struct resource *resource)
{
	struct action *action = add(m, resource);

	action->make = command(m, "workflows run", m->d->name, flag(m, "location", m->d->region),
			       flag(m, "data", m->d->smoke), "--format=value(state)", NULL);
	action->expects = "SUCCEEDED";
	action->repeats = true;
}

/* ---- all */

void actions_of(struct arena *arena, const struct deployment *deployment, const struct resources *resources,
		struct actions *out)
{
	static void (*const makers[])(struct maker *m, const struct resource *resource) = {
		[RESOURCE_APIS] = enable_apis,
		[RESOURCE_REPOSITORY] = make_repository,
		[RESOURCE_IMAGES] = build_images,
		[RESOURCE_ACCOUNT] = make_account,
		[RESOURCE_PROJECT_ROLE] = give_project_role,
		[RESOURCE_BUCKET] = make_bucket,
		[RESOURCE_BUCKET_ROLE] = give_bucket_role,
		[RESOURCE_SERVICE] = deploy_service,
		[RESOURCE_SERVICE_ROLE] = give_service_role,
		[RESOURCE_WORKFLOW] = deploy_workflow,
		[RESOURCE_SCHEDULE] = make_schedule,
		[RESOURCE_TRIGGER] = make_trigger,
		[RESOURCE_SMOKE_RUN] = run_smoke,
	};
	struct maker m = {.arena = arena, .d = deployment, .out = out};

	for (size_t i = 0; i < resources->count; i++)
		makers[resources->at[i].kind](&m, &resources->at[i]);
}

void actions_release(struct actions *actions)
{
	mem_free(actions->at);
	*actions = (struct actions){0};
}
