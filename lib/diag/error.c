/* error.c - one fault with its cause; see error.h. */
#include "lib/diag/error.h"

#include <stdio.h>

int error_set(struct error *err, enum error_kind kind, const char *fmt, ...)
{
	va_list args;

	if (!err || err->kind != ERROR_NONE)
		return -1;
	err->kind = kind;
	err->hint[0] = '\0';
	va_start(args, fmt);
	vsnprintf(err->message, sizeof(err->message), fmt, args);
	va_end(args);
	return -1;
}

void error_hint(struct error *err, const char *fmt, ...)
{
	va_list args;

	if (!err || err->kind == ERROR_NONE || err->hint[0])
		return;
	va_start(args, fmt);
	vsnprintf(err->hint, sizeof(err->hint), fmt, args);
	va_end(args);
}

void error_clear(struct error *err)
{
	*err = (struct error){0};
}

int error_exit_status(const struct error *err)
{
	switch (err->kind) {
	case ERROR_NONE:
		return 0;
	case ERROR_INPUT:
	case ERROR_LIMIT:
		return 2;
	case ERROR_NOT_FOUND:
		return 4;
	case ERROR_BUSY:
	case ERROR_IO:
		break;
	}
	return 3;
}
