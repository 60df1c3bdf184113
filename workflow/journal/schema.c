/*
 * schema.c - the tables of a state database; each text leads from one version to the next and never changes.
 *
 * Events lie in the order of their commits, so that a group commit of many runs fills a few pages and not one
 * page per run, as a table clustered by run would (half as many events a second with 64 runs, and hardly
 * more with one). The index finds the events of a run and refuses a number given twice (J3). `state` and
 * `kind` are the numbers of enum run_state and enum event_kind.
 */
#include "workflow/journal/journal_private.h"

static const char version_1[] = "CREATE TABLE definitions (\n"
				"	hash TEXT PRIMARY KEY, -- SHA-256 of the source, in hex\n"
				"	source BLOB NOT NULL\n"
				") STRICT;\n"
				"CREATE TABLE runs (\n"
				"	row INTEGER PRIMARY KEY, -- also the byte of the lock file\n"
				"	id TEXT NOT NULL UNIQUE,\n"
				"	definition TEXT NOT NULL REFERENCES definitions (hash),\n"
				"	file TEXT NOT NULL,\n"
				"	parent_run TEXT NOT NULL,\n"
				"	parent_step TEXT NOT NULL,\n"
				"	state INTEGER NOT NULL,\n"
				"	start_us INTEGER NOT NULL, -- microseconds since 1970, UTC\n"
				"	end_us INTEGER NOT NULL, -- 0 while active\n"
				"	owner_pid INTEGER NOT NULL\n"
				") STRICT;\n"
				"CREATE TABLE events (\n"
				"	position INTEGER PRIMARY KEY, -- order of commit over all runs\n"
				"	run INTEGER NOT NULL REFERENCES runs (row),\n"
				"	number INTEGER NOT NULL CHECK (number > 0),\n"
				"	kind INTEGER NOT NULL,\n"
				"	strand INTEGER NOT NULL,\n"
				"	effect INTEGER NOT NULL,\n"
				"	time_us INTEGER NOT NULL,\n"
				"	content TEXT NOT NULL -- JSON\n"
				") STRICT;\n"
				"CREATE UNIQUE INDEX events_by_run ON events (run, number);\n";

/* A run that another run started is no rerun: `origin` is the number of enum run_origin. */
static const char version_2[] = "ALTER TABLE runs ADD COLUMN origin INTEGER NOT NULL DEFAULT 0;\n"
				"UPDATE runs SET origin = 1 WHERE parent_run <> '';\n"
				"CREATE INDEX runs_by_parent ON runs (parent_run) WHERE parent_run <> '';\n";

/* Large parts of event contents, each stored once (contents.c); `parts` counts those of an event. A run that another
 * process owns ends by a row in `cancellations` (cancel.c). */
static const char version_3[] = "CREATE TABLE contents (\n"
				"	row INTEGER PRIMARY KEY,\n"
				"	hash TEXT NOT NULL UNIQUE, -- SHA-256 of the JSON, in hex\n"
				"	size INTEGER NOT NULL, -- bytes of the JSON\n"
				"	codec INTEGER NOT NULL, -- 0: as it is, 1: zstd\n"
				"	bytes BLOB NOT NULL\n"
				") STRICT;\n"
				"CREATE TABLE content_uses (\n"
				"	content INTEGER NOT NULL REFERENCES contents (row),\n"
				"	run INTEGER NOT NULL REFERENCES runs (row),\n"
				"	PRIMARY KEY (content, run)\n"
				") STRICT, WITHOUT ROWID;\n"
				"CREATE INDEX content_uses_by_run ON content_uses (run);\n"
				"CREATE INDEX runs_by_definition ON runs (definition);\n"
				"ALTER TABLE events ADD COLUMN parts INTEGER NOT NULL DEFAULT 0;\n"
				"CREATE TABLE cancellations (\n"
				"	run INTEGER PRIMARY KEY REFERENCES runs (row),\n"
				"	asked_us INTEGER NOT NULL\n"
				") STRICT;\n";

/* What the API keeps (workflows.c, executions.c): what was deployed, and what was asked for when a run was started through
 * it. `fields` is a map as JSON, of what is only stored and given back. A run may wait for its turn: state 4. */
static const char version_4[] = "CREATE TABLE workflows (\n"
				"	row INTEGER PRIMARY KEY,\n"
				"	parent TEXT NOT NULL, -- projects/P/locations/L, or - for a file: there in all of them\n"
				"	id TEXT NOT NULL,\n"
				"	file TEXT NOT NULL, -- where it comes from; empty when it was deployed\n"
				"	fields TEXT NOT NULL,\n"
				"	create_us INTEGER NOT NULL,\n"
				"	update_us INTEGER NOT NULL,\n"
				"	UNIQUE (parent, id)\n"
				") STRICT;\n"
				"CREATE TABLE revisions (\n"
				"	row INTEGER PRIMARY KEY,\n"
				"	workflow INTEGER NOT NULL REFERENCES workflows (row) ON DELETE CASCADE,\n"
				"	number INTEGER NOT NULL,\n"
				"	id TEXT NOT NULL, -- 000001-a4d\n"
				"	definition TEXT NOT NULL REFERENCES definitions (hash),\n"
				"	file TEXT NOT NULL, -- name that it is compiled under\n"
				"	fields TEXT NOT NULL,\n"
				"	create_us INTEGER NOT NULL,\n"
				"	UNIQUE (workflow, number)\n"
				") STRICT;\n"
				"CREATE INDEX revisions_by_definition ON revisions (definition);\n"
				"CREATE TABLE operations (\n"
				"	row INTEGER PRIMARY KEY,\n"
				"	parent TEXT NOT NULL,\n"
				"	id TEXT NOT NULL,\n"
				"	content TEXT NOT NULL, -- JSON\n"
				"	UNIQUE (parent, id)\n"
				") STRICT;\n"
				"CREATE TABLE executions (\n"
				"	run INTEGER PRIMARY KEY REFERENCES runs (row) ON DELETE CASCADE,\n"
				"	workflow INTEGER NOT NULL, -- row; no key: it may be deleted while one is begun\n"
				"	revision INTEGER NOT NULL,\n"
				"	parent TEXT NOT NULL, -- as it was asked for: projects/P/locations/L\n"
				"	create_us INTEGER NOT NULL,\n"
				"	fields TEXT NOT NULL,\n"
				"	argument TEXT NOT NULL -- JSON, as it came\n"
				") STRICT;\n"
				"CREATE INDEX executions_by_workflow ON executions (workflow, run);\n"
				"CREATE INDEX runs_unfinished ON runs (row) WHERE state IN (0, 4);\n";

/* When which workflow is started by itself (schedules.c). */
static const char version_5[] = "CREATE TABLE schedules (\n"
				"	row INTEGER PRIMARY KEY AUTOINCREMENT, -- a part of executions' ids: never used again\n"
				"	name TEXT NOT NULL UNIQUE,\n"
				"	parent TEXT NOT NULL,\n"
				"	workflow TEXT NOT NULL,\n"
				"	cron TEXT NOT NULL,\n"
				"	zone TEXT NOT NULL,\n"
				"	argument TEXT NOT NULL, -- JSON\n"
				"	catch_up INTEGER NOT NULL,\n"
				"	is_paused INTEGER NOT NULL,\n"
				"	create_us INTEGER NOT NULL,\n"
				"	done_us INTEGER NOT NULL,\n"
				"	execution TEXT NOT NULL,\n"
				"	trouble TEXT NOT NULL\n"
				") STRICT;\n";

/* Files of watched folders that an execution was begun for (arrivals.c). */
static const char version_6[] = "CREATE TABLE arrivals (\n"
				"	execution TEXT PRIMARY KEY, -- id, a hash of watch, name and content\n"
				"	watch TEXT NOT NULL, -- workflow and folder\n"
				"	name TEXT NOT NULL,\n"
				"	size INTEGER NOT NULL,\n"
				"	changed_ns INTEGER NOT NULL, -- of the file, when it was read last\n"
				"	time_us INTEGER NOT NULL -- when it was begun\n"
				") STRICT, WITHOUT ROWID;\n"
				"CREATE INDEX arrivals_by_name ON arrivals (watch, name);\n";

const char *const journal_migrations[] = {version_1, version_2, version_3, version_4, version_5, version_6};
const size_t journal_migration_count = sizeof(journal_migrations) / sizeof(journal_migrations[0]);
