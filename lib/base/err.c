#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void append(struct skt_err *err, const char *text)
{
	size_t used = strlen(err->text);

	(void)snprintf(err->text + used, sizeof(err->text) - used, "%s", text);
}

static void SKT_PRINTF(5, 0) fill(struct skt_err *err, enum skt_err_domain domain, int code,
	const char *reason, const char *format, va_list args)
{
	size_t room = sizeof(err->text), ending = reason ? strlen(reason) + strlen(": ") : 0;

	if (!err)
		return;
	err->domain = domain;
	err->code = code;
	/* A long object must not cost the reason, the more telling of the two. */
	if (ending < room)
		room -= ending;
	(void)vsnprintf(err->text, room, format, args);
	if (reason) {
		append(err, ": ");
		append(err, reason);
	}
}

/* errno that somebody forgot to set must not turn a failure into a success. */
static int negative_of(int errnum)
{
	return errnum > 0 ? -errnum : -EIO;
}

int(skt_fail)(struct skt_err *err, int errnum, const char *format, ...)
{
	char reason[96];
	va_list args;

	va_start(args, format);
	/* The GNU strerror_r: thread safe, returns the text wherever it put it. */
	fill(err, SKT_ERR_SYS, errnum, strerror_r(errnum, reason, sizeof(reason)), format, args);
	va_end(args);
	return negative_of(errnum);
}

int(skt_fail_text)(struct skt_err *err, int errnum, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fill(err, SKT_ERR_SYS, errnum, NULL, format, args);
	va_end(args);
	return negative_of(errnum);
}

int(skt_fail_domain)(struct skt_err *err, int errnum, enum skt_err_domain domain, int code,
	const char *reason, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fill(err, domain, code, reason, format, args);
	va_end(args);
	return negative_of(errnum);
}

void skt_err_prefix(struct skt_err *err, const char *format, ...)
{
	char old[sizeof(err->text)];
	va_list args;

	if (!err)
		return;
	memcpy(old, err->text, sizeof(old));
	va_start(args, format);
	(void)vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	append(err, ": ");
	append(err, old);
}
