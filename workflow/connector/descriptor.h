/*
 * descriptor.h - one REST method, as little of a discovery document as a call needs.
 *
 *	{
 *	  "service": "pubsub", "version": "v1",
 *	  "method": "POST",                         HTTP method
 *	  "root": "https://pubsub.googleapis.com/", with the slash; or what --base-url says
 *	  "path": "v1/{+topic}:publish",            servicePath and path, a template
 *	  "upload": "upload/storage/v1/b/{bucket}/o",  when content can be uploaded
 *	  "params": {"topic": "path required"},     words: path | query | field, required, repeated
 *	  "body": true,                             when there is a request message
 *	  "operation": "operation"                  when the response is a long-running one: operation.h
 *	}
 *
 * It is recorded with the run, which therefore goes on, and replays, without the document.
 *
 * Source: the discovery document format, https://developers.google.com/discovery/v1/reference/apis (schemas
 * RestDescription and RestMethod); reference, 7.2. Depends on lib, workflow/expr. Safe from any thread.
 */
#ifndef WORKFLOW_CONNECTOR_DESCRIPTOR_H
#define WORKFLOW_CONNECTOR_DESCRIPTOR_H

#include "lib/diag/error.h"
#include "lib/value/value.h"

/* A connector's name in parts, borrowed from it: googleapis.SERVICE.VERSION.PATH, PATH
 * "projects.topics.publish". False when a part is missing or is no word of letters, digits, - and _. */
struct connector_name {
	struct slice service, version, path;
};
bool connector_name_split(struct slice name, struct connector_name *parts);

/* The descriptor of a method, owned by the caller. `base_url` NULL: the document's own address.
 * ERROR_NOT_FOUND when the document has no such method, with the nearest one as hint; ERROR_INPUT when the
 * document is not what it should be. */
int descriptor_make(struct value document, struct slice name, const char *base_url, struct value *out,
		    struct error *err);

/* ---- arguments against a descriptor */

bool descriptor_has_argument(struct value descriptor, struct slice name);
/* The i-th required parameter, or an empty slice past the last. */
struct slice descriptor_required(struct value descriptor, size_t i);
/* The known argument nearest to a misspelt one; empty when none is near. Borrowed. */
struct slice descriptor_nearest(struct value descriptor, struct slice name);
bool descriptor_param_is(struct value descriptor, struct slice name, const char *word);

#endif
