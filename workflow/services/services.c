/*
 * services.c - which address belongs to which service, and the end of them all; see services.h.
 *
 * A run calls a service by the address it was given when it began. That is one of today's reserved ports, or,
 * for a run of an earlier process, one that was adopted; either way the service may listen elsewhere.
 */
#include "workflow/services/services.h"
#include "workflow/services/services_private.h"

#include <signal.h>
#include <string.h>

enum {
	START_MS = 10000,
	DRAIN_MS = 32000,
	KILL_MS = 2000, /* for SIGKILL to be noticed */
};

struct address {
	char host[64]; /* host:port */
	struct service *service;
};

/* ---- addresses */

static struct address *find_address(const struct services *services, struct slice host)
{
	for (size_t i = services->address_count; i-- > 0;) { /* the latest first: adopted ones win */
		if (slice_is(host, services->addresses[i].host))
			return &services->addresses[i];
	}
	return NULL;
}

static void add_address(struct services *services, struct slice host, struct service *service)
{
	struct address *address;

	if (host.len >= sizeof(address->host))
		return;
	if (services->address_count == services->address_capacity)
		services->addresses = mem_grow(services->addresses, &services->address_capacity,
					       sizeof(*services->addresses));
	address = &services->addresses[services->address_count++];
	address->service = service;
	memcpy(address->host, host.ptr, host.len);
	address->host[host.len] = '\0';
}

struct value services_env(const struct services *services)
{
	struct value env = value_map_new();

	for (size_t i = 0; i < services->count; i++)
		value_put(&env, services->list[i].config->variable, value_string_z(services->list[i].url));
	return env;
}

/* An adopted address may be one that was reserved for another service today. That one gets a new address, for
 * the runs that are still to begin; it is too late for that once it was started. */
static void adopt(struct services *services, struct slice host, struct service *service)
{
	struct address *address = find_address(services, host);
	struct service *other = address ? address->service : NULL;

	if (other == service)
		return;
	add_address(services, host, service);
	if (!other || other->state != SERVICE_STOPPED || service_move(other, NULL) < 0)
		return;
	service_publish(other);
	add_address(services, slice_of(other->address), other);
}

void services_adopt(struct services *services, struct value env)
{
	for (size_t i = 0; i < services->count; i++) {
		struct slice url = value_get_text(env, services->list[i].config->variable);
		char *text = mem_strndup(url.ptr ? url.ptr : "", url.len);
		struct slice host = http_url_host(text);

		if (host.len)
			adopt(services, host, &services->list[i]);
		mem_free(text);
	}
}

bool services_route(struct services *services, const char *url, services_ready *ready, void *ctx)
{
	struct address *address = services->address_count ? find_address(services, http_url_host(url)) : NULL;

	if (!address)
		return false;
	if (address->service->state == SERVICE_RUNNING)
		ready(ctx, address->service->address, NULL);
	else
		service_wait(address->service, ready, ctx);
	return true;
}

void services_cancel(struct services *services, void *ctx)
{
	for (size_t i = 0; i < services->count; i++)
		service_forget(&services->list[i], ctx);
}

void services_warm(struct services *services)
{
	for (size_t i = 0; i < services->count; i++)
		service_want(&services->list[i]);
}

/* ---- open */

static int init_all(struct services *services, struct error *err)
{
	services->list = mem_new((services->count + 1) * sizeof(*services->list));
	for (size_t i = 0; i < services->count; i++) {
		struct service *service = &services->list[i];

		if (service_init(service, services, &services->configs[i], err) < 0) {
			services->count = i + 1; /* this one is half made, and released like the others */
			return -1;
		}
		add_address(services, slice_of(service->address), service);
	}
	return 0;
}

struct services *services_open(uv_loop_t *loop, const struct services_options *options, struct error *err)
{
	struct services *services = mem_new(sizeof(*services));
	const char *dir = options->program_dir;

	services->loop = loop;
	services->log = options->log;
	services->env = value_ref(options->env);
	services->start_ms = options->start_ms ? options->start_ms : START_MS;
	services->drain_ms = options->drain_ms ? options->drain_ms : DRAIN_MS;
	services->client = http_client_new(loop);
	arena_init(&services->arena);
	services->program_dir = dir ? arena_strndup(&services->arena, dir, strlen(dir)) : NULL;
	uv_timer_init(loop, &services->deadline);
	services->deadline.data = services;
	services->handles = 1;
	if (options->file &&
	    config_read(&services->arena, options->file, &services->configs, &services->count, err) < 0) {
		services->count = 0;
		goto fail;
	}
	if (init_all(services, err) < 0)
		goto fail;
	return services;

fail:
	services_close(services);
	return NULL;
}

/* ---- close */

static void handle_closed(uv_handle_t *handle)
{
	struct services *services = ((struct service *)handle->data)->owner;

	services->handles--;
}

static void deadline_closed(uv_handle_t *handle)
{
	((struct services *)handle->data)->handles--;
}

static size_t living(const struct services *services)
{
	size_t count = 0;

	for (size_t i = 0; i < services->count; i++)
		count += services->list[i].proc != NULL;
	return count;
}

static void on_deadline(uv_timer_t *timer)
{
	((struct services *)timer->data)->late = true;
}

static void signal_all(struct services *services, int signum)
{
	for (size_t i = 0; i < services->count; i++)
		service_signal(&services->list[i], signum);
}

/* Until all are gone or the time is up. */
static void await_end(struct services *services, int64_t limit_ms)
{
	services->late = false;
	uv_timer_start(&services->deadline, on_deadline, (uint64_t)limit_ms, 0);
	while (living(services) && !services->late)
		uv_run(services->loop, UV_RUN_ONCE);
	uv_timer_stop(&services->deadline);
}

static void say_late(struct services *services)
{
	for (size_t i = 0; i < services->count; i++) {
		if (services->list[i].proc && services->log)
			log_write(services->log, LOG_WARNING, value_null(),
				  "service %s has not ended within %lld ms of SIGTERM and is killed",
				  services->list[i].config->name, (long long)services->drain_ms);
	}
}

static void free_all(struct services *services)
{
	for (size_t i = 0; i < services->count; i++) {
		service_release(&services->list[i]);
		uv_close((uv_handle_t *)&services->list[i].timer, handle_closed);
	}
	http_client_free(services->client);
	uv_close((uv_handle_t *)&services->deadline, deadline_closed);
	while (services->handles)
		uv_run(services->loop, UV_RUN_NOWAIT);
	value_unref(services->env);
	mem_free(services->list);
	mem_free(services->addresses);
	arena_release(&services->arena);
	mem_free(services);
}

void services_stop(struct services *services)
{
	if (!services || services->closing)
		return;
	services->closing = true;
	signal_all(services, SIGTERM);
}

void services_close(struct services *services)
{
	if (!services)
		return;
	services_stop(services);
	await_end(services, services->drain_ms);
	if (living(services)) {
		say_late(services);
		signal_all(services, SIGKILL);
		await_end(services, KILL_MS);
	}
	free_all(services);
}
