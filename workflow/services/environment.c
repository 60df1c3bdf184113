/*
 * environment.c - what a service's process sees.
 *
 * Not all of ours: a step shall not come to depend on what happens to be exported in one terminal, and
 * secrets there are none of its business. Later settings win: the machine's, services.yaml, the caller's,
 * PORT.
 */
#include "workflow/services/services_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where things are, which language, how to get out, and what a test build needs. */
static const char *const passed_on[] = {
	"PATH",
	"HOME",
	"USER",
	"LOGNAME",
	"LANG",
	"LC_ALL",
	"LC_CTYPE",
	"LC_MESSAGES",
	"TZ",
	"TMPDIR",
	"XDG_STATE_HOME",
	"XDG_CONFIG_HOME",
	"XDG_CACHE_HOME",
	"XDG_DATA_HOME",
	"XDG_DATA_DIRS",
	"XDG_RUNTIME_DIR",
	"http_proxy",
	"https_proxy",
	"no_proxy",
	"HTTPS_PROXY",
	"NO_PROXY",
	"SSL_CERT_FILE",
	"SSL_CERT_DIR",
	"ASAN_OPTIONS",
	"LSAN_OPTIONS",
	"UBSAN_OPTIONS",
	"TSAN_OPTIONS",
	"LLVM_PROFILE_FILE",
};

struct list {
	char **items;
	size_t count, capacity;
};

static void set(struct list *list, const char *name, struct slice value)
{
	size_t len = strlen(name), i = 0;
	struct buf entry;

	buf_init(&entry, 0);
	buf_printf(&entry, "%s=%.*s", name, SLICE_ARG(value));
	while (i < list->count && (strncmp(list->items[i], name, len) != 0 || list->items[i][len] != '='))
		i++;
	if (i < list->count) {
		mem_free(list->items[i]);
	} else {
		if (list->count == list->capacity)
			list->items = mem_grow(list->items, &list->capacity, sizeof(*list->items));
		list->count++;
	}
	list->items[i] = buf_take(&entry);
}

static void pass_on(struct list *list, const char *name)
{
	const char *value = getenv(name);

	if (value)
		set(list, name, slice_of(value));
}

char **environment_new(const struct service *service)
{
	const struct service_config *config = service->config;
	struct value env = service->owner->env;
	struct list list = {0};
	char port[16];
	struct buf text;

	for (size_t i = 0; i < sizeof(passed_on) / sizeof(passed_on[0]); i++)
		pass_on(&list, passed_on[i]);
	for (size_t i = 0; i < config->environment.count; i++) {
		if (config->environment.at[i].value)
			set(&list, config->environment.at[i].name, slice_of(config->environment.at[i].value));
		else
			pass_on(&list, config->environment.at[i].name);
	}
	for (size_t i = 0; env.kind == VALUE_MAP && i < value_len(env); i++) {
		if (value_map_at(env, i)->kind != VALUE_STRING)
			continue;
		buf_init(&text, 0);
		buf_add_slice(&text, value_map_key(env, i));
		set(&list, buf_text(&text), value_text(*value_map_at(env, i)));
		buf_release(&text);
	}
	set(&list, "PORT", (struct slice){port, (size_t)snprintf(port, sizeof(port), "%d", service->port)});
	if (list.count == list.capacity)
		list.items = mem_grow(list.items, &list.capacity, sizeof(*list.items));
	list.items[list.count] = NULL;
	return list.items;
}

void environment_free(char **environment)
{
	for (char **item = environment; *item; item++)
		mem_free(*item);
	mem_free(environment);
}
