#include "net/resolve.h"

#include <errno.h>
#include <net/if.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/macros.h"
#include "net/offload.h"

/* One lookup. Its thread never looks at `request`. */
struct skt_resolve_job {
	struct skt_offload_job job;
	struct skt_resolve *request;
	int family;
	skt_lookup_fn lookup;
	void *arg;
	struct skt_answer answer;
	char host[];
};

struct skt_resolver {
	struct skt_loop *loop;
	struct skt_offload *offload;
	skt_lookup_fn lookup;
	void *arg;
};

static bool is_ascii(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text > 0x7f)
			return false;
	return true;
}

static bool has_addr(const struct skt_addr *addrs, size_t count, const struct skt_addr *addr)
{
	for (size_t i = 0; i < count; i++)
		if (skt_addr_equal(&addrs[i], addr))
			return true;
	return false;
}

static int system_lookup(void *arg SKT_UNUSED, const char *host, int family, struct skt_addr *ret,
	size_t max, size_t *ret_count)
{
	struct addrinfo hints = {.ai_family = family, .ai_socktype = SOCK_STREAM}, *list = NULL;
	struct skt_addr addr;
	size_t count = 0;
	uint16_t port;
	int r;

	if (!is_ascii(host))
		hints.ai_flags |= AI_IDN;
	r = getaddrinfo(host, NULL, &hints, &list);
	if (r)
		return r;
	for (struct addrinfo *ai = list; ai && count < max; ai = ai->ai_next)
		if (ai->ai_addr && skt_addr_from_sockaddr(ai->ai_addr, &addr, &port) == 0 &&
			addr.family == family && !has_addr(ret, count, &addr))
			ret[count++] = addr;
	freeaddrinfo(list);
	*ret_count = count;
	return count ? 0 : EAI_NONAME;
}

static void run_job(struct skt_offload_job *base)
{
	struct skt_resolve_job *job = SKT_CONTAINER(base, struct skt_resolve_job, job);
	struct skt_answer *answer = &job->answer;

	answer->start_ns = skt_clock_ns();
	errno = 0;
	answer->gai = job->lookup(job->arg, job->host, job->family, answer->addrs,
		SKT_COUNT(answer->addrs), &answer->count);
	answer->errnum = answer->gai == EAI_SYSTEM ? errno : 0;
	if (answer->gai)
		answer->count = 0;
	answer->end_ns = skt_clock_ns();
}

static struct skt_answer *answer_of(struct skt_resolve *resolve, int family)
{
	return family == AF_INET6 ? &resolve->v6 : &resolve->v4;
}

static void deliver(struct skt_offload_job *base)
{
	struct skt_resolve_job *job = SKT_CONTAINER(base, struct skt_resolve_job, job);
	struct skt_resolve *request = job->request;
	struct skt_answer *answer = answer_of(request, job->family);

	*answer = job->answer;
	/* No thread could be had, and none is there. */
	if (base->error) {
		answer->gai = EAI_SYSTEM;
		answer->errnum = -base->error;
		answer->start_ns = answer->end_ns = skt_clock_ns();
	}
	answer->asked = answer->arrived = true;
	request->jobs[job->family == AF_INET] = NULL;
	free(job);
	if (!skt_resolve_pending(request))
		skt_timer_remove(&request->timer);
	request->answered(request);
}

int skt_resolver_open(
	struct skt_loop *loop, skt_lookup_fn lookup, void *arg, struct skt_resolver **ret)
{
	struct skt_resolver *resolver = calloc(1, sizeof(*resolver));
	int r;

	if (!resolver)
		return -ENOMEM;
	r = skt_offload_open(loop, &resolver->offload);
	if (r) {
		free(resolver);
		return r;
	}
	resolver->lookup = lookup ? lookup : system_lookup;
	resolver->arg = arg;
	resolver->loop = loop;
	*ret = resolver;
	return 0;
}

void skt_resolver_free(struct skt_resolver *resolver)
{
	if (!resolver)
		return;
	skt_offload_free(resolver->offload);
	free(resolver);
}

bool skt_resolve_pending(const struct skt_resolve *resolve)
{
	return resolve->jobs[0] || resolve->jobs[1];
}

void skt_resolve_cancel(struct skt_resolve *resolve)
{
	skt_timer_remove(&resolve->timer);
	for (size_t i = 0; i < SKT_COUNT(resolve->jobs); i++) {
		if (resolve->jobs[i])
			skt_offload_abandon(resolve->resolver->offload, &resolve->jobs[i]->job);
		resolve->jobs[i] = NULL;
	}
}

static void too_late(struct skt_timer *timer)
{
	struct skt_resolve *resolve = SKT_CONTAINER(timer, struct skt_resolve, timer);

	for (size_t i = 0; i < SKT_COUNT(resolve->jobs); i++) {
		struct skt_answer *answer = i ? &resolve->v4 : &resolve->v6;

		if (!resolve->jobs[i])
			continue;
		answer->arrived = true;
		answer->gai = EAI_SYSTEM;
		answer->errnum = ETIMEDOUT;
		answer->end_ns = skt_clock_ns();
	}
	skt_resolve_cancel(resolve);
	resolve->answered(resolve);
}

static int enqueue(
	struct skt_resolver *resolver, const char *host, int family, struct skt_resolve *resolve)
{
	size_t size = strlen(host) + 1;
	struct skt_resolve_job *job = calloc(1, sizeof(*job) + size);
	int r;

	if (!job)
		return -ENOMEM;
	job->job = (struct skt_offload_job){.run = run_job, .done = deliver};
	job->request = resolve;
	job->family = family;
	job->lookup = resolver->lookup;
	job->arg = resolver->arg;
	memcpy(job->host, host, size);
	resolve->jobs[family == AF_INET] = job;
	answer_of(resolve, family)->asked = true;
	answer_of(resolve, family)->start_ns = skt_clock_ns();
	r = skt_offload_add(resolver->offload, &job->job);
	if (r) {
		resolve->jobs[family == AF_INET] = NULL;
		free(job);
	}
	return r;
}

int skt_resolve_start(struct skt_resolver *resolver, const char *host, int family,
	uint64_t deadline_ns, struct skt_resolve *resolve)
{
	int r = 0;

	resolve->resolver = resolver;
	resolve->timer.handler = too_late;
	memset(&resolve->v6, 0, sizeof(resolve->v6));
	memset(&resolve->v4, 0, sizeof(resolve->v4));
	if (family != AF_INET)
		r = enqueue(resolver, host, AF_INET6, resolve);
	if (r == 0 && family != AF_INET6)
		r = enqueue(resolver, host, AF_INET, resolve);
	if (r)
		skt_resolve_cancel(resolve);
	else
		skt_timer_set(resolver->loop, &resolve->timer, deadline_ns);
	return r;
}

static bool says_unknown(const struct skt_answer *answer)
{
	return answer->gai == EAI_NONAME || answer->gai == EAI_NODATA ||
		answer->gai == EAI_ADDRFAMILY;
}

int skt_resolve_error(const struct skt_resolve *resolve, const char *host, struct skt_err *err)
{
	const struct skt_answer *answer = resolve->v4.asked ? &resolve->v4 : &resolve->v6;
	int errnum;

	/* "No such name" is believed only where both lookups say so. */
	if (resolve->v6.asked && says_unknown(answer) && !says_unknown(&resolve->v6))
		answer = &resolve->v6;
	if (answer->gai == EAI_SYSTEM)
		return skt_fail(err, answer->errnum ? answer->errnum : EIO, "look up %.128s", host);
	errnum = says_unknown(answer)       ? ENOENT
		: answer->gai == EAI_AGAIN  ? EAGAIN
		: answer->gai == EAI_MEMORY ? ENOMEM
					    : EIO;
	return skt_fail_domain(err, errnum, SKT_ERR_GAI, answer->gai, gai_strerror(answer->gai),
		"look up %.128s", host);
}

int skt_resolve_numeric(
	const struct skt_endpoint *endpoint, struct skt_addr *ret, struct skt_err *err)
{
	struct skt_addr addr = endpoint->addr;

	if (addr.family == AF_UNSPEC)
		return skt_fail_text(err, EINVAL, "'%.128s' is no address", endpoint->host);
	if (endpoint->zone[0]) {
		addr.scope_id = if_nametoindex(endpoint->zone);
		if (!addr.scope_id)
			return skt_fail(err, ENODEV, "interface %s", endpoint->zone);
	}
	*ret = addr;
	return 0;
}
