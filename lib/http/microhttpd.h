/*
 * microhttpd.h - libmicrohttpd, loaded when a server is opened; see lib/load/load.h.
 *
 * It brings GnuTLS and what that needs, a dozen libraries, of which a server on plain HTTP uses none; a step that
 * works as a filter, and a run that nobody calls back, never pay for them. Include this in the place of the
 * library's own header and write its functions as ever.
 *
 * Depends on lib/load. Safe from any thread.
 */
#ifndef LIB_HTTP_MICROHTTPD_H
#define LIB_HTTP_MICROHTTPD_H

#include <microhttpd.h>

/* Every function of libmicrohttpd that we use, without its prefix, in alphabetical order. */
#define MHD_FUNCTIONS(f) \
	f(add_response_header) f(create_response_from_buffer) f(destroy_response) f(get_connection_values_n) \
	f(lookup_connection_value) f(queue_response) f(quiesce_daemon) f(resume_connection) f(start_daemon) f(stop_daemon) \
	f(suspend_connection)

struct mhd_functions {
#define MHD_MEMBER(name) __typeof__(MHD_##name) *name;
	MHD_FUNCTIONS(MHD_MEMBER)
#undef MHD_MEMBER
};

/* Opens the library at the first call. Never NULL. */
const struct mhd_functions *mhd_functions(void);

#define MHD_add_response_header (mhd_functions()->add_response_header)
#define MHD_create_response_from_buffer (mhd_functions()->create_response_from_buffer)
#define MHD_destroy_response (mhd_functions()->destroy_response)
#define MHD_get_connection_values_n (mhd_functions()->get_connection_values_n)
#define MHD_lookup_connection_value (mhd_functions()->lookup_connection_value)
#define MHD_queue_response (mhd_functions()->queue_response)
#define MHD_quiesce_daemon (mhd_functions()->quiesce_daemon)
#define MHD_resume_connection (mhd_functions()->resume_connection)
#define MHD_start_daemon (mhd_functions()->start_daemon)
#define MHD_stop_daemon (mhd_functions()->stop_daemon)
#define MHD_suspend_connection (mhd_functions()->suspend_connection)

#endif
