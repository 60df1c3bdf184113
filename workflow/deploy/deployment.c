/* deployment.c - names that Google Cloud takes, and a tag that says what is in the images. */
#include "workflow/deploy/deploy_private.h"

#include "lib/docstore/docstore.h"

#include <ctype.h>
#include <errno.h>
#include <fts.h>
#include <string.h>

/* ---- names */

struct name_rule {
	const char *what, *option;
	size_t min, max;
	const char *also; /* beside small letters and digits */
};

static bool keeps(const struct name_rule *rule, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < len; i++) {
		if (!islower((unsigned char)name[i]) && !isdigit((unsigned char)name[i]) && !strchr(rule->also, name[i]))
			return false;
	}
	return len >= rule->min && len <= rule->max && islower((unsigned char)name[0]) && name[len - 1] != '-';
}

static int check_name(const struct name_rule *rule, const char *name, struct error *err)
{
	if (keeps(rule, name))
		return 0;
	error_set(err, ERROR_INPUT, "\"%.80s\" cannot be the name of %s", name, rule->what);
	error_hint(err, "%s: %zu to %zu small letters, digits and %s, a letter first", rule->option, rule->min, rule->max,
		   rule->also[1] ? "- _" : "-");
	return -1;
}

/* An account has at most 30 characters: that of a service is NAME-SERVICE. */
static int check_accounts(const struct deployment *d, struct error *err)
{
	enum { MAX_ACCOUNT = 30 };

	for (size_t i = 0; i < d->service_count; i++) {
		if (strlen(d->name) + 1 + strlen(d->services[i].name) <= MAX_ACCOUNT)
			continue;
		error_set(err, ERROR_INPUT, "the account of service %s would be %s-%s, longer than %d characters",
			  d->services[i].name, d->name, d->services[i].name, MAX_ACCOUNT);
		error_hint(err, "give a shorter --name");
		return -1;
	}
	return 0;
}

int deployment_check(const struct deployment *d, struct error *err)
{
	static const struct name_rule project = {"a project", "--project", 6, 30, "-"};
	static const struct name_rule region = {"a region", "--region", 4, 40, "-"};
	static const struct name_rule name = {"a deployment", "--name", 2, 21, "-"};
	static const struct name_rule repository = {"a repository", "--repository", 1, 63, "-"};
	static const struct name_rule bucket = {"a bucket", "--bucket", 3, 63, "-_"};

	if (check_name(&project, d->project, err) < 0 || check_name(&region, d->region, err) < 0 ||
	    check_name(&name, d->name, err) < 0 || check_name(&repository, d->repository, err) < 0 ||
	    check_name(&bucket, d->documents, err) < 0)
		return -1;
	return check_accounts(d, err);
}

/* ---- the tag: a hash over the hashes of all that goes into an image */

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static int add_file(const char *path, const char *relative, struct buf *list, struct error *err)
{
	char hash[DOCSTORE_HASH_SIZE], chunk[8192];
	FILE *file = fopen(path, "re");
	struct buf content;
	size_t got;

	if (!file)
		return error_set(err, ERROR_IO, "cannot read %s: %s", path, strerror(errno));
	buf_init(&content, 0);
	while ((got = fread(chunk, 1, sizeof(chunk), file)) > 0)
		buf_add(&content, chunk, got);
	fclose(file);
	docstore_hash(buf_slice(&content), hash);
	buf_printf(list, "%s  %s\n", hash, relative);
	buf_release(&content);
	return 0;
}

static int add_files(const char *context, struct buf *list, struct error *err)
{
	/* what infra/container/Dockerfile copies */
	static const char *const parts[] = {"Makefile", "infra/container", "infra/deps", "lib", "steps"};
	char *paths[sizeof(parts) / sizeof(parts[0]) + 1] = {0};
	size_t count = sizeof(parts) / sizeof(parts[0]);
	struct arena arena;
	FTSENT *entry;
	FTS *tree;
	int result = 0;

	arena_init(&arena);
	for (size_t i = 0; i < count; i++)
		paths[i] = deploy_text(&arena, "%s/%s", context, parts[i]);
	tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
	while (tree && result == 0 && (entry = fts_read(tree))) {
		if (entry->fts_info == FTS_F)
			result = add_file(entry->fts_path, entry->fts_path + strlen(context) + 1, list, err);
		else if (entry->fts_info == FTS_NS || entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR)
			result = error_set(err, ERROR_NOT_FOUND, "cannot read %s: %s", entry->fts_path,
					   strerror(entry->fts_errno));
	}
	if (tree)
		fts_close(tree);
	arena_release(&arena);
	return result;
}

int deployment_tag(const char *context, char tag[17], struct error *err)
{
	char hash[DOCSTORE_HASH_SIZE];
	struct buf list;
	int result;

	buf_init(&list, 0);
	result = add_files(context, &list, err);
	if (result < 0)
		error_hint(err, "--context names the folder of the sources, --tag images that were built before");
	docstore_hash(buf_slice(&list), hash);
	memcpy(tag, hash, 16);
	tag[16] = 0;
	buf_release(&list);
	return result;
}
