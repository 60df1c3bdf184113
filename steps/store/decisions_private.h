/* decisions_private.h - what decisions.c (writing) and decisions_read.c share. */
#ifndef STEPS_STORE_DECISIONS_PRIVATE_H
#define STEPS_STORE_DECISIONS_PRIVATE_H

#include "steps/store/decisions.h"

struct decisions {
	struct db *db;
};

#endif
