/*
 * What went wrong, in words. The library returns 0 or -errno; where a caller needs more, it
 * passes a struct skt_err from its own stack, which the frame that knows the object fills once.
 * Outer frames may put words in front (skt_err_prefix), never replace them. Untouched on success.
 */
#ifndef SKT_BASE_ERR_H
#define SKT_BASE_ERR_H

#include "base/macros.h"

enum skt_err_domain { SKT_ERR_SYS, SKT_ERR_GAI, SKT_ERR_TLS, SKT_ERR_NETLINK };

struct skt_err {
	enum skt_err_domain domain;
	int code; /* in the numbers of the domain: errno, EAI_*, ... */
	char text[256];
};

/*
 * Fills ERR (NULL: ignored) with "<formatted object>: <strerror(errnum)>" and returns -errnum, so
 * that a failing frame reads `return skt_fail(err, errno, "bind %s", text);`. ERRNUM is positive;
 * what is not counts as EIO.
 */
int skt_fail(struct skt_err *err, int errnum, const char *format, ...) SKT_PRINTF(3, 4);

/* The same where the words already say the reason: nothing is appended. */
int skt_fail_text(struct skt_err *err, int errnum, const char *format, ...) SKT_PRINTF(3, 4);

/* A failure whose code and reason come from another domain than errno. Returns -errnum. */
int skt_fail_domain(struct skt_err *err, int errnum, enum skt_err_domain domain, int code,
	const char *reason, const char *format, ...) SKT_PRINTF(6, 7);

/* The functions above never return 0 or more; compilers and analyzers are told so here. */
#define skt_fail(...) skt_negative((skt_fail)(__VA_ARGS__))
#define skt_fail_text(...) skt_negative((skt_fail_text)(__VA_ARGS__))
#define skt_fail_domain(...) skt_negative((skt_fail_domain)(__VA_ARGS__))

static inline int skt_negative(int rc)
{
	if (rc >= 0)
		__builtin_unreachable();
	return rc;
}

/* Puts "<formatted>: " in front of the text that is there. */
void skt_err_prefix(struct skt_err *err, const char *format, ...) SKT_PRINTF(2, 3);

#endif
