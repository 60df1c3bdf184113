/*
 * preview.h - what going on again will send, said before it happens, and asked when it matters.
 *
 * A call is repeated freely when its method is safe or idempotent (RFC 9110, 9.2: GET, HEAD, OPTIONS, TRACE, PUT,
 * DELETE), when it goes to a service of services.yaml (which recognises a repeat), or with --yes. What else there is is
 * asked for on a terminal. Without one, calls to this machine (loopback) go out as they are told on stderr, and those to
 * other machines are refused: nobody has said that they may be repeated.
 *
 * Depends on workflow/{services,cli}, lib.
 */
#ifndef WORKFLOW_CLI_PREVIEW_H
#define WORKFLOW_CLI_PREVIEW_H

#include "workflow/cli/cli.h"
#include "workflow/engine/rerun.h"
#include "workflow/services/services.h"

extern const struct opt_option cli_yes_options[]; /* --yes */

/* A list of {"function", "step", "request", "is_under_way"}: what a history has announced after its first `events`, and
 * what it had under way then. Owned by the caller. */
struct value preview_calls(const struct history *history, size_t events);

/* Tell of them on stderr (unless quiet), ask. 0: go on; -1 with ERROR_INPUT: not to be sent. `env` is that of the run:
 * where it knows its services. `services` may be NULL. */
int preview_confirm(const struct opts *opts, struct services *services, struct value env, struct value calls,
		    struct error *err);

#endif
