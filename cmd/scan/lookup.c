#include "cmd/scan/lookup.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"

static const uint64_t patience_ns = 100 * SKT_NS_PER_MS; /* until signals are looked at */

/* scan_lookups_take() looks for itself. */
static void answered(struct skt_resolve *resolve)
{
	(void)resolve;
}

static int open_resolver(struct scan_lookups *l)
{
	int rc;

	if (l->resolver)
		return 0;
	l->resolves = calloc(SCAN_LOOKUPS_MAX, sizeof(*l->resolves));
	rc = l->resolves ? skt_loop_init(&l->loop) : -ENOMEM;
	if (!rc) {
		rc = skt_resolver_open(&l->loop, NULL, NULL, &l->resolver);
		if (rc)
			skt_loop_fini(&l->loop);
	}
	if (rc) {
		free(l->resolves);
		l->resolves = NULL;
	}
	return rc;
}

int scan_lookups_begin(struct scan_lookups *l, const char *name)
{
	struct skt_resolve *resolve;
	int rc = open_resolver(l);

	if (rc)
		return rc;
	resolve = &l->resolves[l->begun % SCAN_LOOKUPS_MAX];
	*resolve = (struct skt_resolve){.answered = answered};
	rc = skt_resolve_start(l->resolver, name, l->family, SKT_NEVER, resolve);
	l->begun += !rc;
	return rc;
}

int scan_lookups_take(struct scan_lookups *l, const struct skt_resolve **ret)
{
	struct skt_resolve *resolve = &l->resolves[l->taken % SCAN_LOOKUPS_MAX];

	while (skt_resolve_pending(resolve)) {
		int rc = skt_loop_step(&l->loop, skt_clock_ns() + patience_ns);

		if (rc < 0 && rc != -EINTR)
			return rc;
		if (*l->interrupted)
			return -EINTR;
	}
	l->taken++;
	*ret = resolve;
	return 0;
}

void scan_lookups_fini(struct scan_lookups *l)
{
	if (!l->resolver)
		return;
	for (; l->taken < l->begun; l->taken++)
		skt_resolve_cancel(&l->resolves[l->taken % SCAN_LOOKUPS_MAX]);
	skt_resolver_free(l->resolver);
	skt_loop_fini(&l->loop);
	free(l->resolves);
	l->resolver = NULL;
}
