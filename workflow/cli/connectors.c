/* connectors.c - the options of connector calls; see connectors.h. */
#include "workflow/cli/connectors.h"

#include "workflow/connector/connector.h"
#include "workflow/connector/descriptor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const struct opt_option cli_discovery_options[] = {
	{"discovery", 0, OPT_TEXT, "FOLDER|URL", NULL, "LEXFLOW_DISCOVERY",
	 "discovery documents of the services whose connectors are called"},
	{"base-url", 0, OPT_MANY, "SERVICE=URL", NULL, NULL, "another address of a service"},
	{0},
};

const struct opt_option cli_secret_options[] = {
	{"secret", 0, OPT_MANY, "NAME=FILE", NULL, NULL,
	 "content of a Secret Manager secret"},
	{0},
};

struct catalog *cli_open_catalog(const struct opts *opts, struct error *err)
{
	struct catalog *catalog = catalog_new();
	const char *where = opt_text(opts, "discovery");
	const char *given;

	if (where && catalog_set_discovery(catalog, where, err) < 0)
		goto fail;
	for (size_t i = 0; (given = opt_many(opts, "base-url", i)); i++) {
		if (catalog_add_base_url(catalog, given, err) < 0)
			goto fail;
	}
	return catalog;

fail:
	catalog_free(catalog);
	return NULL;
}

/* Names that the run does itself unless the user gave the service another address. */
static bool is_left_out(const struct catalog *catalog, struct slice name)
{
	const struct connector_helper *helper = connector_helper(name);
	struct connector_name parts;

	return helper && helper->only_redirected && connector_name_split(name, &parts) &&
	       !catalog_is_redirected(catalog, parts.service);
}

static int add_methods(const struct plan *plan, struct catalog *catalog, struct value *methods,
		       struct error *err)
{
	for (int i = 0; i < plan->connector_count; i++) {
		struct slice name = plan->connectors[i];
		struct value descriptor;

		if (value_map_get(*methods, name) || is_left_out(catalog, name))
			continue;
		if (catalog_describe(catalog, name, &descriptor, err) < 0)
			return -1;
		if (!value_is_null(descriptor))
			value_map_set(methods, name, descriptor);
	}
	return 0;
}

/* The whole path, so that the run finds the file from another folder too. */
static int add_secret(const char *given, struct value *secrets, struct error *err)
{
	const char *equals = strchr(given, '=');
	char *path;

	if (!equals || equals == given || !equals[1]) {
		error_set(err, ERROR_INPUT, "--secret: \"%s\" is not NAME=FILE", given);
		error_hint(err, "the secret itself stands in the file, never on the command line");
		return -1;
	}
	path = realpath(equals + 1, NULL);
	if (!path)
		return error_set(err, ERROR_NOT_FOUND, "--secret %s: %s", given, strerror(errno));
	value_map_set(secrets, (struct slice){given, (size_t)(equals - given)},
		      value_string_repaired(slice_of(path)));
	free(path);
	return 0;
}

static struct value take_member(struct value map, const char *name)
{
	const struct value *found = value_get(map, name);

	return found ? value_ref(*found) : value_map_new();
}

/* --idempotency-header and --idempotency-off, over what was recorded. */
static int read_idempotency(const struct opts *opts, struct value *idempotency, struct error *err)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
	const char *name = opt_text(opts, "idempotency-header");
	struct value hosts = value_list_new(0);
	const char *host;

	if (name && (!*name || strspn(name, allowed) != strlen(name))) {
		value_unref(hosts);
		error_set(err, ERROR_INPUT, "--idempotency-header: \"%.80s\" cannot name a header", name);
		error_hint(err, "letters, digits, - and _; off sends none");
		return -1;
	}
	if (name)
		value_put(idempotency, "header", value_string_z(name));
	for (size_t i = 0; (host = opt_many(opts, "idempotency-off", i)); i++)
		value_list_push(&hosts, value_string_z(host));
	if (value_len(hosts) > 0)
		value_put(idempotency, "off", value_ref(hosts));
	value_unref(hosts);
	return 0;
}

/* Put a member into *connectors unless it is empty; `taken` is taken. */
static void put_member(struct value *connectors, const char *name, struct value taken)
{
	if (connectors->kind != VALUE_MAP)
		value_set(connectors, value_map_new());
	if (value_len(taken) > 0)
		value_put(connectors, name, value_ref(taken));
	value_unref(taken);
}

int cli_give_secrets(const struct opts *opts, struct value *connectors, struct error *err)
{
	struct value secrets = take_member(*connectors, "secrets");
	const char *given;
	int result = 0;

	for (size_t i = 0; result == 0 && (given = opt_many(opts, "secret", i)); i++)
		result = add_secret(given, &secrets, err);
	put_member(connectors, "secrets", secrets);
	return result;
}

int cli_complete_connectors(const struct opts *opts, const struct plan *plan, struct catalog *catalog,
			    struct value *connectors, struct error *err)
{
	struct value methods = take_member(*connectors, "methods");
	struct value idempotency = take_member(*connectors, "idempotency");
	int result = catalog ? add_methods(plan, catalog, &methods, err) : 0;

	if (result == 0)
		result = read_idempotency(opts, &idempotency, err);
	put_member(connectors, "methods", methods);
	put_member(connectors, "idempotency", idempotency);
	return result == 0 ? cli_give_secrets(opts, connectors, err) : -1;
}
