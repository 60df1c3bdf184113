/*
 * connectors.h - --discovery, --base-url and --secret: what connector calls of a run know of the outside.
 *
 * Depends on workflow/{connector,plan}.
 */
#ifndef WORKFLOW_CLI_CONNECTORS_H
#define WORKFLOW_CLI_CONNECTORS_H

#include "lib/opt/opt.h"
#include "workflow/connector/catalog.h"
#include "workflow/plan/plan.h"

extern const struct opt_option cli_discovery_options[]; /* --discovery --base-url */
extern const struct opt_option cli_secret_options[];    /* --secret */

/* The catalog of the options; NULL with *err. Free it with catalog_free. */
struct catalog *cli_open_catalog(const struct opts *opts, struct error *err);

/* Complete *connectors (a map, or null for a fresh run) of run_options: descriptors for the connectors of the
 * plan that it does not hold yet, and the secrets given now in place of those of the same name. A connector
 * without a document is left out: the call then says what it needs. `catalog` NULL: no descriptors are added.
 * For commands that send calls: they have the options of a session, too. */
int cli_complete_connectors(const struct opts *opts, const struct plan *plan, struct catalog *catalog,
			    struct value *connectors, struct error *err);

/* The secrets alone: for commands that only look back. */
int cli_give_secrets(const struct opts *opts, struct value *connectors, struct error *err);

#endif
