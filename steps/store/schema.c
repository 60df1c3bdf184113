/*
 * schema.c - tables of the database of decisions; see schema.h and decisions.h.
 *
 * Amounts are text where they are exact (money) and numbers where they are for sorting (decisions). The
 * index keeps a copy of the texts: snippets need it, and the database can then be copied elsewhere alone.
 */
#include "steps/store/schema.h"

/* clang-format off */
static const char version_1[] =
	"CREATE TABLE decisions("
	" row INTEGER PRIMARY KEY,"
	" id TEXT NOT NULL UNIQUE,"
	" source TEXT NOT NULL,"
	" doc_type TEXT,"
	" probability REAL,"
	" title TEXT,"
	" doc_date TEXT,"		/* ISO 8601 */
	" language TEXT,"
	" media_type TEXT,"
	" authorities TEXT,"		/* A; B; C */
	" parties TEXT,"
	" sanction TEXT,"		/* in words */
	" currency TEXT,"		/* and the largest sum in figures */
	" amount REAL,"
	" text_uri TEXT,"
	" model TEXT,"			/* that extracted the fields */
	" record TEXT NOT NULL,"	/* JSON, as received */
	" stored_at TEXT NOT NULL,"
	" updated_at TEXT NOT NULL) STRICT;"
	"CREATE INDEX decisions_by_date ON decisions(doc_date DESC, row);"
	"CREATE INDEX decisions_by_source ON decisions(source);"

	"CREATE TABLE parties("
	" decision INTEGER NOT NULL REFERENCES decisions(row) ON DELETE CASCADE, position INTEGER NOT NULL,"
	" name TEXT NOT NULL, kind TEXT, role TEXT,"
	" PRIMARY KEY(decision, position)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE money("
	" decision INTEGER NOT NULL REFERENCES decisions(row) ON DELETE CASCADE, position INTEGER NOT NULL,"
	" kind TEXT, amount TEXT NOT NULL, currency TEXT, status TEXT, party TEXT,"
	" PRIMARY KEY(decision, position)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE legal_basis("
	" decision INTEGER NOT NULL REFERENCES decisions(row) ON DELETE CASCADE, position INTEGER NOT NULL,"
	" instrument TEXT NOT NULL, provision TEXT,"
	" PRIMARY KEY(decision, position)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE measures("
	" decision INTEGER NOT NULL REFERENCES decisions(row) ON DELETE CASCADE, position INTEGER NOT NULL,"
	" kind TEXT NOT NULL,"
	" PRIMARY KEY(decision, position)) STRICT, WITHOUT ROWID;"

	"CREATE TABLE failures("
	" source TEXT PRIMARY KEY,"
	" message TEXT NOT NULL,"
	" record TEXT NOT NULL,"
	" failed_at TEXT NOT NULL) STRICT, WITHOUT ROWID;"

	"CREATE VIRTUAL TABLE texts USING fts5(title, parties, text,"
	" tokenize = 'porter unicode61 remove_diacritics 2');";

/* What people said: applied, in this order, to every record of the document that is stored from then on. */
static const char version_2[] =
	"CREATE TABLE corrections("
	" number INTEGER PRIMARY KEY,"
	" document TEXT NOT NULL,"
	" field TEXT NOT NULL,"
	" was TEXT,"			/* JSON: the item that is meant; NULL: none */
	" becomes TEXT NOT NULL,"	/* JSON: an item, a list of them, null */
	" is_whole INTEGER NOT NULL,"	/* all items of the field */
	" of_list INTEGER NOT NULL,"	/* the field is a list */
	" reviewer TEXT,"
	" reviewed_at TEXT NOT NULL) STRICT;"
	"CREATE INDEX corrections_by_document ON corrections(document, number);"
	"ALTER TABLE parties ADD COLUMN reviewed INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE money ADD COLUMN reviewed INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE legal_basis ADD COLUMN reviewed INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE measures ADD COLUMN reviewed INTEGER NOT NULL DEFAULT 0;";
/* clang-format on */

const char *const schema_migrations[] = {version_1, version_2};
const size_t schema_migration_count = sizeof(schema_migrations) / sizeof(schema_migrations[0]);
