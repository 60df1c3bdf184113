/* entries.c - step entries of an execution (reference, 9.4.3), by repeating its history. */
#include "workflow/api/api_private.h"

int entries_list(struct api_call *call)
{
	return status_set(&call->status, STATUS_UNIMPLEMENTED, "step entries are not told yet");
}

int entries_get(struct api_call *call)
{
	return status_set(&call->status, STATUS_UNIMPLEMENTED, "step entries are not told yet");
}
