/*
 * services_private.h - the parts of this room.
 *
 * service.c is the life of one service; services.c knows which address belongs to
 * whom and ends them all.
 */
#ifndef WORKFLOW_SERVICES_PRIVATE_H
#define WORKFLOW_SERVICES_PRIVATE_H

#include "workflow/services/services.h"
#include "lib/http/client.h"
#include "lib/mem/mem.h"
#include "lib/proc/proc.h"
#include "lib/text/text.h"
#include "workflow/services/config.h"

/* ---- service.c */

enum service_state {
	SERVICE_STOPPED,  /* no process; the next call starts one */
	SERVICE_WAITING,  /* the timer will start one */
	SERVICE_STARTING, /* a process that has not answered yet */
	SERVICE_RUNNING,
	SERVICE_UNUSABLE, /* given up, for a while */
};

struct waiter {
	struct waiter *next;
	services_ready *ready;
	void *ctx;
};

struct service {
	struct services *owner;
	const struct service_config *config;
	enum service_state state;
	char url[48];	  /* for definitions: http://127.0.0.1:PORT; stays when the address changes */
	char address[32]; /* of today: 127.0.0.1:PORT */
	int port;	  /* of today */
	int reserved_fd;  /* bound to that port, not listening; or -1 */
	struct proc *proc;
	struct http_call *probe; /* a GET /healthz under way */
	uv_timer_t timer;
	struct waiter *waiters, *firing;
	int64_t started_ms;
	int64_t usable_ms;  /* not started again before */
	int crashes;	    /* exits soon after the start, in a row */
	int early_exits;    /* exits within the first second, in a row */
	struct buf tail;    /* the last lines it wrote */
	char trouble[1200]; /* why it is unusable */
};

struct services {
	uv_loop_t *loop;
	struct http_client *client; /* for health checks */
	struct arena arena;	    /* configurations */
	struct service_config *configs;
	struct service *list;
	size_t count;
	struct address *addresses; /* what runs call them by */
	size_t address_count, address_capacity;
	const struct logger *log; /* or NULL */
	const char *program_dir;  /* in the arena, or NULL */
	struct value env;
	int64_t start_ms, drain_ms;
	uv_timer_t deadline; /* of services_close */
	bool late;	     /* the deadline has passed */
	bool closing;
	size_t handles; /* libuv handles that still need their close callback */
};

int service_init(struct service *service, struct services *owner, const struct service_config *config,
		 struct error *err);
/* Another port than the one it has. */
int service_move(struct service *service, struct error *err);
void service_publish(struct service *service); /* today's address becomes its URL */
/* Start it unless it runs or is about to. */
void service_want(struct service *service);
void service_wait(struct service *service, services_ready *ready, void *ctx);
void service_forget(struct service *service, const void *ctx);
void service_signal(struct service *service, int signum);
/* Everything but the timer's memory. */
void service_release(struct service *service);

/* ---- environment.c */

/* The whole environment of a service's process: NULL-terminated, owned (environment_free). */
char **environment_new(const struct service *service);
void environment_free(char **environment);

#endif
