/*
 * bundle.h - a run in one file: lexflow export writes it, lexflow import makes it a run again.
 *
 * JSON Lines. The first line tells of the run:
 *
 *	{"bundle":1,"program":"lexflow 0.1.0","id":...,"file":...,"state":"FAILED","origin":0,"parent_run":"",
 *	 "parent_step":"","start_us":...,"end_us":...,"events":4,"definition":"main: ..."}
 *
 * and each other line is an event, from number 1 on without a gap, its content as journal_encode writes it:
 *
 *	{"number":1,"kind":1,"strand":0,"effect":0,"time_us":...,"content":{...}}
 *
 * Secrets stand in it as [secret NAME t-1].
 */
#ifndef WORKFLOW_CLI_BUNDLE_H
#define WORKFLOW_CLI_BUNDLE_H

enum { BUNDLE_VERSION = 1, BUNDLE_LINE_BYTES = 64 << 20 };

#endif
