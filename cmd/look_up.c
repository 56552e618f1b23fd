#include "cmd/look_up.h"

#include <errno.h>

#include "base/clock.h"

enum {
	LOOKUP_TIMEOUT_S = 15,
	INTERRUPT_CHECK_MS = 200,
};

/* The loop below looks for itself. */
static void answered(struct skt_resolve *resolve)
{
	(void)resolve;
}

int skt_look_up(const struct skt_context *ctx, const char *host, int family,
	struct skt_resolve *ret, struct skt_err *err)
{
	struct skt_resolver *resolver = NULL;
	struct skt_loop loop;
	int rc = skt_loop_init(&loop);

	if (rc)
		return skt_fail(err, -rc, "look '%s' up", host);
	*ret = (struct skt_resolve){.answered = answered};
	rc = skt_resolver_open(&loop, NULL, NULL, &resolver);
	if (!rc)
		rc = skt_resolve_start(resolver, host, family,
			skt_clock_ns() + LOOKUP_TIMEOUT_S * SKT_NS_PER_SEC, ret);
	while (!rc && skt_resolve_pending(ret) && !*ctx->interrupted)
		rc = skt_loop_step(&loop, skt_clock_ns() + INTERRUPT_CHECK_MS * SKT_NS_PER_MS);
	if (rc)
		rc = skt_fail(err, -rc, "look '%s' up", host);
	else if (!ret->v6.count && !ret->v4.count)
		rc = *ctx->interrupted ? -ECANCELED : skt_resolve_error(ret, host, err);
	skt_resolve_cancel(ret);
	skt_resolver_free(resolver);
	skt_loop_fini(&loop);
	return rc;
}

int skt_look_up_status(int rc)
{
	switch (rc) {
	case -EINVAL:
		return SKT_EXIT_USAGE;
	case -ENOENT:
	case -ESRCH:
		return SKT_EXIT_NO;
	}
	return SKT_EXIT_TROUBLE;
}
