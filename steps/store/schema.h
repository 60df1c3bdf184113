/*
 * schema.h - the tables of the database of decisions, as migrations for db_open.
 *
 * A released migration never changes; a change of the schema is a further one.
 */
#ifndef STEPS_STORE_SCHEMA_H
#define STEPS_STORE_SCHEMA_H

#include <stddef.h>
#include <stdint.h>

#define SCHEMA_APPLICATION_ID UINT32_C(0x4c584443) /* "LXDC" */

extern const char *const schema_migrations[];
extern const size_t schema_migration_count;

#endif
