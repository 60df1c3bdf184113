/* config.c - services.yaml -> configurations. */
#include "workflow/services/config.h"
#include "lib/text/text.h"
#include "lib/yaml/yaml.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { MAX_FILE_BYTES = 1 << 20, MAX_SERVICES = 100, MAX_NAME = 40 };

static int read_file(const char *path, struct buf *text, struct error *err)
{
	FILE *file = fopen(path, "re");
	char chunk[8192];
	size_t got;
	int failed;

	if (!file)
		return error_set(err, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_IO, "cannot read %s: %s",
				 path, strerror(errno));
	while ((got = fread(chunk, 1, sizeof(chunk), file)) > 0)
		buf_add(text, chunk, got);
	failed = ferror(file);
	fclose(file);
	if (failed)
		return error_set(err, ERROR_IO, "cannot read %s", path);
	if (text->full)
		return error_set(err, ERROR_LIMIT, "%s is larger than %d bytes", path, MAX_FILE_BYTES);
	return 0;
}

static int wrong(const struct yaml_node *node, struct diags *diags, const char *what)
{
	return diags_error(diags, node->at, "services", "%s", what);
}

static char *text_of(struct arena *arena, const struct yaml_node *node)
{
	return arena_strndup(arena, node->text.ptr ? node->text.ptr : "", node->text.len);
}

static bool has_nul(struct slice text)
{
	return text.len && memchr(text.ptr, '\0', text.len);
}

/* ---- the runner's settings */

/* A name becomes a variable and a Cloud Run service: what both allow. */
static bool is_service_name(struct slice name)
{
	for (size_t i = 0; i < name.len; i++) {
		if (!islower((unsigned char)name.ptr[i]) && !isdigit((unsigned char)name.ptr[i]) &&
		    name.ptr[i] != '-')
			return false;
	}
	return name.len && name.len <= MAX_NAME && islower((unsigned char)name.ptr[0]) &&
	       name.ptr[name.len - 1] != '-';
}

/* step-two -> STEP_TWO_URL */
static char *variable_of(struct arena *arena, const char *name)
{
	size_t len = strlen(name);
	char *variable = arena_alloc(arena, len + sizeof("_URL"));

	for (size_t i = 0; i < len; i++)
		variable[i] = name[i] == '-' ? '_' : (char)toupper((unsigned char)name[i]);
	memcpy(variable + len, "_URL", sizeof("_URL"));
	return variable;
}

static int read_name(struct arena *arena, const struct yaml_node *node, struct service_config *config,
		     struct diags *diags)
{
	if (node->kind != YAML_SCALAR || !is_service_name(node->text)) {
		wrong(node, diags, "name is not a service name");
		diags_hint(diags, "a name has 1 to %d small letters, digits and -, and begins with a letter",
			   MAX_NAME);
		return -1;
	}
	config->name = text_of(arena, node);
	config->variable = variable_of(arena, config->name);
	return 0;
}

static int read_command(struct arena *arena, const struct yaml_node *node, struct service_config *config,
			struct diags *diags)
{
	const char **command;

	if (node->kind != YAML_LIST || node->count == 0) {
		wrong(node, diags, "command is not a list of a program and its arguments");
		diags_hint(diags, "write it as [ingest, --serve]");
		return -1;
	}
	command = arena_alloc(arena, (node->count + 1) * sizeof(*command));
	for (size_t i = 0; i < node->count; i++) {
		if (node->items[i]->kind != YAML_SCALAR || has_nul(node->items[i]->text))
			return wrong(node->items[i], diags, "an argument is not a text");
		command[i] = text_of(arena, node->items[i]);
	}
	if (!*command[0])
		return wrong(node->items[0], diags, "the program has no name");
	config->command = command;
	return 0;
}

static bool is_variable_name(struct slice name)
{
	for (size_t i = 0; i < name.len; i++) {
		if (!isalnum((unsigned char)name.ptr[i]) && name.ptr[i] != '_')
			return false;
	}
	return name.len && !isdigit((unsigned char)name.ptr[0]);
}

static bool is_null(const struct yaml_node *scalar)
{
	struct value v = yaml_scalar_value(scalar);
	bool null = value_is_null(v);

	value_unref(v);
	return null;
}

static int read_environment(struct arena *arena, const struct yaml_node *node, struct service_variables *environment,
			    struct diags *diags)
{
	struct service_variable *variables;

	if (node->kind != YAML_MAP)
		return wrong(node, diags, "environment is not a map of variables");
	variables = arena_alloc(arena, (node->count + 1) * sizeof(*variables));
	for (size_t i = 0; i < node->count; i++) {
		const struct yaml_node *key = node->entries[i].key, *value = node->entries[i].value;

		if (key->kind != YAML_SCALAR || !is_variable_name(key->text))
			return wrong(key, diags, "not the name of an environment variable");
		if (value->kind != YAML_SCALAR || has_nul(value->text))
			return wrong(value, diags, "the value of a variable is not a text");
		variables[i].name = text_of(arena, key);
		if (is_null(value))
			continue;
		variables[i].value = text_of(arena, value);
	}
	environment->at = variables;
	environment->count = node->count;
	return 0;
}

/* ---- the deployment's settings */

static int read_number(const struct yaml_node *node, double min, double max, const char *what, double *number,
		       struct diags *diags)
{
	struct value v = node->kind == YAML_SCALAR ? yaml_scalar_value(node) : value_null();
	bool good = value_is_number(v) && value_number(v) >= min && value_number(v) <= max;

	if (good)
		*number = value_number(v);
	value_unref(v);
	return good ? 0 : wrong(node, diags, what);
}

static int read_count(const struct yaml_node *node, int min, const char *what, int *count, struct diags *diags)
{
	double number;

	if (read_number(node, min, 1000, what, &number, diags) < 0)
		return -1;
	*count = (int)number;
	return number == *count ? 0 : wrong(node, diags, what);
}

static int read_cpu(struct arena *arena, const struct yaml_node *node, struct service_config *config,
		    struct diags *diags)
{
	double cores;

	if (read_number(node, 0.08, 8, "cpu is not a number of cores from 0.08 to 8", &cores, diags) < 0)
		return -1;
	config->cpu = text_of(arena, node);
	return 0;
}

/* 512Mi, 2Gi: Cloud Run's units. */
static int read_memory(struct arena *arena, const struct yaml_node *node, struct service_config *config,
		       struct diags *diags)
{
	struct slice text = node->kind == YAML_SCALAR ? node->text : slice_of(""), unit;
	size_t digits = 0;

	while (digits < text.len && isdigit((unsigned char)text.ptr[digits]))
		digits++;
	unit = slice_sub(text, digits, text.len);
	if (!digits || (!slice_is(unit, "Mi") && !slice_is(unit, "Gi")))
		return wrong(node, diags, "memory is not a number of Mi or Gi");
	config->memory = text_of(arena, node);
	return 0;
}

static int read_instances(const struct yaml_node *node, struct service_config *config, struct diags *diags)
{
	if (node->kind != YAML_MAP)
		return wrong(node, diags, "instances is not a map of min and max");
	for (size_t i = 0; i < node->count; i++) {
		const struct yaml_node *key = node->entries[i].key, *value = node->entries[i].value;
		bool is_min = slice_is(key->text, "min");

		if (!is_min && !slice_is(key->text, "max"))
			return wrong(key, diags, "instances has min and max only");
		if (read_count(value, is_min ? 0 : 1, "not a number of instances",
			       is_min ? &config->min_instances : &config->max_instances, diags) < 0)
			return -1;
	}
	if (config->min_instances > config->max_instances)
		return wrong(node, diags, "instances has a min above its max");
	return 0;
}

static int read_bucket_role(struct arena *arena, const struct yaml_node *node, const char **role, struct diags *diags)
{
	static const char *const roles[] = {"objectViewer", "objectCreator", "objectUser"};

	for (size_t i = 0; node->kind == YAML_SCALAR && i < sizeof(roles) / sizeof(roles[0]); i++) {
		if (slice_is(node->text, roles[i])) {
			*role = text_of(arena, node);
			return 0;
		}
	}
	wrong(node, diags, "not a role that a service needs in a bucket");
	diags_hint(diags, "objectViewer reads, objectCreator adds, objectUser does both");
	return -1;
}

static int read_cpu_always(const struct yaml_node *node, struct service_config *config, struct diags *diags)
{
	struct value v = node->kind == YAML_SCALAR ? yaml_scalar_value(node) : value_null();
	bool is_bool = v.kind == VALUE_BOOL;

	config->cpu_always = is_bool && v.as.boolean;
	value_unref(v);
	return is_bool ? 0 : wrong(node, diags, "cpu_always is not true or false");
}

static int read_deployment(struct arena *arena, const struct yaml_node *node, struct service_config *config,
			   struct diags *diags)
{
	if (node->kind != YAML_MAP)
		return wrong(node, diags, "deployment is not a map of settings");
	for (size_t i = 0; i < node->count; i++) {
		const struct yaml_node *key = node->entries[i].key, *value = node->entries[i].value;
		int result;

		if (slice_is(key->text, "documents"))
			result = read_bucket_role(arena, value, &config->documents_role, diags);
		else if (slice_is(key->text, "inbox"))
			result = read_bucket_role(arena, value, &config->inbox_role, diags);
		else if (slice_is(key->text, "environment"))
			result = read_environment(arena, value, &config->deployed_environment, diags);
		else if (slice_is(key->text, "cpu_always"))
			result = read_cpu_always(value, config, diags);
		else
			result = wrong(key, diags, "deployment has documents, inbox, cpu_always and environment only");
		if (result < 0)
			return -1;
	}
	return 0;
}

/* ---- the file */

static int read_setting(struct arena *arena, const struct yaml_entry *entry, struct service_config *config,
			struct diags *diags)
{
	const struct yaml_node *key = entry->key, *value = entry->value;

	if (slice_is(key->text, "name"))
		return read_name(arena, value, config, diags);
	if (slice_is(key->text, "command"))
		return read_command(arena, value, config, diags);
	if (slice_is(key->text, "environment"))
		return read_environment(arena, value, &config->environment, diags);
	if (slice_is(key->text, "cpu"))
		return read_cpu(arena, value, config, diags);
	if (slice_is(key->text, "memory"))
		return read_memory(arena, value, config, diags);
	if (slice_is(key->text, "concurrency"))
		return read_count(value, 1, "concurrency is not a whole number from 1 to 1000",
				  &config->concurrency, diags);
	if (slice_is(key->text, "instances"))
		return read_instances(value, config, diags);
	if (slice_is(key->text, "deployment"))
		return read_deployment(arena, value, config, diags);
	wrong(key, diags, "a service has no such setting");
	diags_hint(diags, "settings: name, command, environment, cpu, memory, concurrency, instances, deployment");
	return -1;
}

static int read_service(struct arena *arena, const struct yaml_node *node, struct service_config *config,
			struct diags *diags)
{
	if (node->kind != YAML_MAP)
		return wrong(node, diags, "a service is a map with name and command");
	config->cpu = "1";
	config->memory = "512Mi";
	config->concurrency = 80;
	config->max_instances = 100;
	for (size_t i = 0; i < node->count; i++) {
		if (read_setting(arena, &node->entries[i], config, diags) < 0)
			return -1;
	}
	if (!config->name || !config->command)
		return wrong(node, diags,
			     config->name ? "the service has no command" : "the service has no name");
	return 0;
}

static int read_services(struct arena *arena, const struct yaml_node *root, struct service_config **configs,
			 size_t *count, struct diags *diags)
{
	struct yaml_node *list =
		root->kind == YAML_MAP && root->count == 1 ? yaml_get(root, "services") : NULL;

	if (!list || list->kind != YAML_LIST || list->count > MAX_SERVICES)
		return wrong(root, diags, "the file does not hold one list named services");
	*configs = arena_alloc(arena, (list->count + 1) * sizeof(**configs));
	for (size_t i = 0; i < list->count; i++) {
		if (read_service(arena, list->items[i], &(*configs)[i], diags) < 0)
			return -1;
		for (size_t k = 0; k < i; k++) {
			if (strcmp((*configs)[k].name, (*configs)[i].name) == 0)
				return wrong(list->items[i], diags, "there is another service of this name");
		}
	}
	*count = list->count;
	return 0;
}

/* The first complaint, as an error of the file as a whole. */
static int complain(struct diags *diags, const char *file, struct error *err)
{
	struct diag first = diags_at(diags, 0);

	error_set(err, ERROR_INPUT, "%s:%d:%d: %s", file, first.at.line, first.at.column, first.message);
	if (first.hint)
		error_hint(err, "%s", first.hint);
	return -1;
}

int config_read(struct arena *arena, const char *file, struct service_config **configs, size_t *count,
		struct error *err)
{
	struct diags *diags = diags_new();
	const struct yaml_node *root;
	struct buf text;
	int result;

	buf_init(&text, MAX_FILE_BYTES);
	result = read_file(file, &text, err);
	if (result == 0) {
		root = yaml_read(arena, file, buf_slice(&text), diags);
		if (!root || read_services(arena, root, configs, count, diags) < 0)
			result = complain(diags, file, err);
	}
	buf_release(&text);
	diags_free(diags);
	return result;
}
