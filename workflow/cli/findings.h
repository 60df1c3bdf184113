/*
 * findings.h - the diagnostics of checked files for machines: JSON, and SARIF 2.1.0.
 *
 * JSON is a list of {"file", "line", "column", "length", "severity", "code", "message", "hint"}: lines and
 * columns from 1 (line 0: the file as a whole), columns and lengths in bytes, hint null when there is none.
 *
 * SARIF (OASIS standard, version 2.1.0) is one run of the tool "lexflow" whose rules are the table of
 * workflow/plan/complaints.h; columns are counted in Unicode code points, as the log says.
 *
 * Depends on lib/{value,json}, workflow/plan. One owner.
 */
#ifndef WORKFLOW_CLI_FINDINGS_H
#define WORKFLOW_CLI_FINDINGS_H

#include "lib/diag/diag.h"
#include "lib/text/text.h"
#include "lib/value/value.h"

/* Add those of one file to a list of values. `source` is its text. Places of the list name columns in both
 * units; the writers pick. */
void findings_add(struct value *findings, struct diags *diags, struct slice source);
/* Append the whole as text with a line break at its end. */
void findings_json(struct buf *out, struct value findings);
void findings_sarif(struct buf *out, struct value findings);

#endif
