/*
 * curl.h - libcurl, loaded when the first function of it is called.
 *
 * libcurl brings some thirty libraries (TLS, Kerberos, LDAP, SSH ...). Linking them all costs more than
 * many a whole run of lexflow, and most runs of most of our programs make no call outside. So nothing links
 * libcurl: who needs it includes this header instead of curl/curl.h and writes its functions as ever; the
 * names below lead to the library, which is opened once for the process and initialised (curl_global_init).
 *
 * A machine without libcurl.so.4 ends the process with a message at the first use: the package is a
 * dependency of ours. Safe from any thread.
 */
#ifndef LIB_HTTP_CURL_H
#define LIB_HTTP_CURL_H

#define CURL_DISABLE_TYPECHECK
#define CURL_NO_OLDIES
#include <curl/curl.h>

#undef curl_easy_setopt
#undef curl_easy_getinfo
#undef curl_multi_setopt

/* Every function of libcurl that we use, in alphabetical order. */
#define CURL_FUNCTIONS(f) \
	f(easy_cleanup) f(easy_getinfo) f(easy_init) f(easy_setopt) f(easy_strerror) f(free) f(getdate) \
	f(global_init_mem) f(multi_add_handle) f(multi_cleanup) f(multi_info_read) f(multi_init) \
	f(multi_remove_handle) f(multi_setopt) f(multi_socket_action) f(multi_strerror) f(url) \
	f(url_cleanup) f(url_get) f(url_set)

struct curl_functions {
#define CURL_MEMBER(name) __typeof__(curl_##name) *name;
	CURL_FUNCTIONS(CURL_MEMBER)
#undef CURL_MEMBER
};

/* Opens the library at the first call. Never NULL. */
const struct curl_functions *curl_functions(void);

#define curl_easy_cleanup (curl_functions()->easy_cleanup)
#define curl_easy_getinfo (curl_functions()->easy_getinfo)
#define curl_easy_init (curl_functions()->easy_init)
#define curl_easy_setopt (curl_functions()->easy_setopt)
#define curl_easy_strerror (curl_functions()->easy_strerror)
#define curl_free (curl_functions()->free)
#define curl_getdate (curl_functions()->getdate)
#define curl_multi_add_handle (curl_functions()->multi_add_handle)
#define curl_multi_cleanup (curl_functions()->multi_cleanup)
#define curl_multi_info_read (curl_functions()->multi_info_read)
#define curl_multi_init (curl_functions()->multi_init)
#define curl_multi_remove_handle (curl_functions()->multi_remove_handle)
#define curl_multi_setopt (curl_functions()->multi_setopt)
#define curl_multi_socket_action (curl_functions()->multi_socket_action)
#define curl_multi_strerror (curl_functions()->multi_strerror)
#define curl_url (curl_functions()->url)
#define curl_url_cleanup (curl_functions()->url_cleanup)
#define curl_url_get (curl_functions()->url_get)
#define curl_url_set (curl_functions()->url_set)

#endif
