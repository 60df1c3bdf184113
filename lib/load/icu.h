/*
 * icu.h - ICU's C functions (Unicode, charsets, calendars), loaded when the first of them is called; see load.h.
 *
 * Include this in the place of ICU's own headers. ICU writes its version into each name (ucal_open is ucal_open_72) and
 * into the name of its file; both come from the headers that we are compiled with.
 *
 * Depends on lib/load. Safe from any thread.
 */
#ifndef LIB_LOAD_ICU_H
#define LIB_LOAD_ICU_H

#include <unicode/ucal.h>
#include <unicode/ucasemap.h>
#include <unicode/uchar.h>
#include <unicode/ucnv.h>
#include <unicode/ucnv_err.h>
#include <unicode/ustring.h>

/* Every function of ICU that we call, in alphabetical order. */
#define ICU_FUNCTIONS(f) \
	f(u_charDirection) f(u_charType) f(u_getIntPropertyValue) f(u_strFromUTF8) f(ucal_close) f(ucal_get) \
	f(ucal_getCanonicalTimeZoneID) f(ucal_open) f(ucal_setMillis) f(ucasemap_close) f(ucasemap_open) \
	f(ucasemap_utf8ToLower) f(ucasemap_utf8ToUpper) f(ucnv_close) f(ucnv_convertEx) f(ucnv_open) \
	f(ucnv_setFromUCallBack) f(ucnv_setToUCallBack) f(UCNV_FROM_U_CALLBACK_STOP) f(UCNV_TO_U_CALLBACK_STOP)

struct icu_functions {
#define ICU_MEMBER(name) __typeof__(name) *load_##name;
	ICU_FUNCTIONS(ICU_MEMBER)
#undef ICU_MEMBER
};

/* Opens the library at the first call. Never NULL. */
const struct icu_functions *icu_functions(void);

#ifndef LIB_LOAD_ICU_TABLE
#undef u_charDirection
#undef u_charType
#undef u_getIntPropertyValue
#undef u_strFromUTF8
#undef ucal_close
#undef ucal_get
#undef ucal_getCanonicalTimeZoneID
#undef ucal_open
#undef ucal_setMillis
#undef ucasemap_close
#undef ucasemap_open
#undef ucasemap_utf8ToLower
#undef ucasemap_utf8ToUpper
#undef ucnv_close
#undef ucnv_convertEx
#undef ucnv_open
#undef ucnv_setFromUCallBack
#undef ucnv_setToUCallBack
#undef UCNV_FROM_U_CALLBACK_STOP
#undef UCNV_TO_U_CALLBACK_STOP
#define u_charDirection (icu_functions()->load_u_charDirection)
#define u_charType (icu_functions()->load_u_charType)
#define u_getIntPropertyValue (icu_functions()->load_u_getIntPropertyValue)
#define u_strFromUTF8 (icu_functions()->load_u_strFromUTF8)
#define ucal_close (icu_functions()->load_ucal_close)
#define ucal_get (icu_functions()->load_ucal_get)
#define ucal_getCanonicalTimeZoneID (icu_functions()->load_ucal_getCanonicalTimeZoneID)
#define ucal_open (icu_functions()->load_ucal_open)
#define ucal_setMillis (icu_functions()->load_ucal_setMillis)
#define ucasemap_close (icu_functions()->load_ucasemap_close)
#define ucasemap_open (icu_functions()->load_ucasemap_open)
#define ucasemap_utf8ToLower (icu_functions()->load_ucasemap_utf8ToLower)
#define ucasemap_utf8ToUpper (icu_functions()->load_ucasemap_utf8ToUpper)
#define ucnv_close (icu_functions()->load_ucnv_close)
#define ucnv_convertEx (icu_functions()->load_ucnv_convertEx)
#define ucnv_open (icu_functions()->load_ucnv_open)
#define ucnv_setFromUCallBack (icu_functions()->load_ucnv_setFromUCallBack)
#define ucnv_setToUCallBack (icu_functions()->load_ucnv_setToUCallBack)
#define UCNV_FROM_U_CALLBACK_STOP (icu_functions()->load_UCNV_FROM_U_CALLBACK_STOP)
#define UCNV_TO_U_CALLBACK_STOP (icu_functions()->load_UCNV_TO_U_CALLBACK_STOP)
#endif

#endif
