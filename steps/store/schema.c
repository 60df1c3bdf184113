/*
 * schema.c - tables of the database of decisions; see schema.h and decisions.h.
 *
 * Amounts are text where they are exact (money) and numbers where they are for sorting (decisions). The
 * index keeps a copy of the texts: snippets need it, and the database can then be copied elsewhere alone.
 */
#include "steps/store/schema.h"

#define CHILD(name, columns)                                                                                     \
	"CREATE TABLE " name "("                                                                                 \
	" decision INTEGER NOT NULL REFERENCES decisions(row) ON DELETE CASCADE,"                                \
	" position INTEGER NOT NULL," columns " PRIMARY KEY(decision, position)) STRICT, WITHOUT ROWID;"

const char *const schema_migrations[] = {
	"CREATE TABLE decisions("
	" row INTEGER PRIMARY KEY,"
	" id TEXT NOT NULL UNIQUE,"
	" source TEXT NOT NULL,"
	" doc_type TEXT,"
	" probability REAL,"
	" title TEXT,"
	" doc_date TEXT,"     /* ISO 8601 */
	" language TEXT,"
	" media_type TEXT,"
	" authorities TEXT,"  /* A; B; C */
	" parties TEXT,"
	" sanction TEXT,"     /* in words */
	" currency TEXT,"     /* and the largest sum in figures */
	" amount REAL,"
	" text_uri TEXT,"
	" model TEXT,"        /* that extracted the fields */
	" record TEXT NOT NULL," /* JSON, as received */
	" stored_at TEXT NOT NULL,"
	" updated_at TEXT NOT NULL) STRICT;"
	"CREATE INDEX decisions_by_date ON decisions(doc_date DESC, row);"
	"CREATE INDEX decisions_by_source ON decisions(source);"
	CHILD("parties", " name TEXT NOT NULL, kind TEXT, role TEXT,")
	CHILD("money", " kind TEXT, amount TEXT NOT NULL, currency TEXT, status TEXT, party TEXT,")
	CHILD("legal_basis", " instrument TEXT NOT NULL, provision TEXT,")
	CHILD("measures", " kind TEXT NOT NULL,")
	"CREATE TABLE failures("
	" source TEXT PRIMARY KEY,"
	" message TEXT NOT NULL,"
	" record TEXT NOT NULL,"
	" failed_at TEXT NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE VIRTUAL TABLE texts USING fts5(title, parties, text,"
	" tokenize = 'porter unicode61 remove_diacritics 2');",
};

const size_t schema_migration_count = sizeof(schema_migrations) / sizeof(schema_migrations[0]);
