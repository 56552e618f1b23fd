#include "net/resolve.h"

#include <errno.h>
#include <net/if.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macros.h"

/* getaddrinfo loads modules that put large buffers on the stack; the default of 8 MiB is too much
 * where address space is limited. */
enum { STACK_SIZE = 1024 * 1024 };

enum job_state { JOB_QUEUED, JOB_RUNNING, JOB_DONE };

/* One lookup. The thread writes `answer` and `state`, and never looks at `request`. */
struct skt_resolve_job {
	struct skt_resolve_job *next;
	struct skt_resolve *request; /* the loop's thread only; NULL: nobody waits for it */
	enum job_state state;        /* under the lock */
	bool abandoned;              /* under the lock: its thread is not counted any more */
	int family;
	struct skt_answer answer;
	char host[];
};

struct job_queue {
	struct skt_resolve_job *first, **tail;
};

/* Shared by the loop's thread and the workers; the last of them to leave frees it. */
struct skt_resolver {
	pthread_mutex_t lock;
	unsigned int refs;    /* under the lock, as are the next four */
	unsigned int workers; /* threads that are not stuck in an abandoned lookup */
	bool closed;
	struct job_queue queued, done;
	skt_lookup_fn lookup;
	void *arg;

	/* the loop's thread only */
	struct skt_loop *loop;
	struct skt_watch watch; /* of an eventfd; watched while anybody waits */
	size_t waiting;
};

static void queue_push(struct job_queue *queue, struct skt_resolve_job *job)
{
	job->next = NULL;
	*queue->tail = job;
	queue->tail = &job->next;
}

static struct skt_resolve_job *queue_pop(struct job_queue *queue)
{
	struct skt_resolve_job *job = queue->first;

	if (!job)
		return NULL;
	queue->first = job->next;
	if (!queue->first)
		queue->tail = &queue->first;
	return job;
}

static void queue_remove(struct job_queue *queue, struct skt_resolve_job *job)
{
	struct skt_resolve_job **link = &queue->first;

	while (*link != job)
		link = &(*link)->next;
	*link = job->next;
	if (!*link)
		queue->tail = link;
}

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

/* With the lock held; gives it up. */
static void unref_unlock(struct skt_resolver *resolver)
{
	bool last = --resolver->refs == 0;

	(void)pthread_mutex_unlock(&resolver->lock);
	if (!last)
		return;
	(void)pthread_mutex_destroy(&resolver->lock);
	free(resolver);
}

/* With the lock held: hands the job to the loop, or drops it where no loop is left. */
static void complete(struct skt_resolver *resolver, struct skt_resolve_job *job)
{
	uint64_t one = 1;

	if (resolver->closed) {
		free(job);
		return;
	}
	job->state = JOB_DONE;
	queue_push(&resolver->done, job);
	/* Cannot block: the counter would have to pass 2^64. */
	(void)!write(resolver->watch.fd, &one, sizeof(one));
}

static void run_job(struct skt_resolver *resolver, struct skt_resolve_job *job)
{
	struct skt_answer *answer = &job->answer;

	answer->start_ns = skt_clock_ns();
	errno = 0;
	answer->gai = resolver->lookup(resolver->arg, job->host, job->family, answer->addrs,
		SKT_COUNT(answer->addrs), &answer->count);
	answer->errnum = answer->gai == EAI_SYSTEM ? errno : 0;
	if (answer->gai)
		answer->count = 0;
	answer->end_ns = skt_clock_ns();
}

static void *worker(void *arg)
{
	struct skt_resolver *resolver = arg;
	struct skt_resolve_job *job;
	bool counted = true;

	(void)pthread_mutex_lock(&resolver->lock);
	while (counted && !resolver->closed && (job = queue_pop(&resolver->queued))) {
		job->state = JOB_RUNNING;
		(void)pthread_mutex_unlock(&resolver->lock);
		run_job(resolver, job);
		(void)pthread_mutex_lock(&resolver->lock);
		counted = !job->abandoned;
		complete(resolver, job);
	}
	resolver->workers -= counted;
	unref_unlock(resolver);
	return NULL;
}

/* With the lock held: a thread more, unless there are enough. */
static int hire(struct skt_resolver *resolver)
{
	sigset_t all, before;
	pthread_attr_t attr;
	pthread_t thread;
	int r;

	if (resolver->workers >= SKT_RESOLVE_THREADS)
		return 0;
	r = pthread_attr_init(&attr);
	if (r)
		return -r;
	(void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	(void)pthread_attr_setstacksize(&attr, STACK_SIZE);
	/* Signals are for the loop's thread. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&thread, &attr, worker, resolver);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	(void)pthread_attr_destroy(&attr);
	if (r)
		/* Those who are there will come to it. */
		return resolver->workers ? 0 : -r;
	resolver->workers++;
	resolver->refs++;
	return 0;
}

/* With the lock held: no thread is there, and none can be made. */
static void fail_queued(struct skt_resolver *resolver, int errnum)
{
	struct skt_resolve_job *job;

	while ((job = queue_pop(&resolver->queued))) {
		job->answer.gai = EAI_SYSTEM;
		job->answer.errnum = errnum;
		job->answer.start_ns = job->answer.end_ns = skt_clock_ns();
		complete(resolver, job);
	}
}

static struct skt_answer *answer_of(struct skt_resolve *resolve, int family)
{
	return family == AF_INET6 ? &resolve->v6 : &resolve->v4;
}

static void stop_waiting(struct skt_resolver *resolver)
{
	if (--resolver->waiting == 0)
		skt_watch_remove(&resolver->watch);
}

static void deliver(struct skt_resolve_job *job)
{
	struct skt_resolve *request = job->request;
	struct skt_answer *answer;

	if (!request) {
		free(job);
		return;
	}
	answer = answer_of(request, job->family);
	*answer = job->answer;
	answer->asked = answer->arrived = true;
	request->jobs[job->family == AF_INET] = NULL;
	stop_waiting(request->resolver);
	free(job);
	if (!skt_resolve_pending(request))
		skt_timer_remove(&request->timer);
	request->answered(request);
}

static void answers_came(struct skt_watch *watch, uint32_t events SKT_UNUSED)
{
	struct skt_resolver *resolver = SKT_CONTAINER(watch, struct skt_resolver, watch);
	uint64_t count;

	(void)!read(watch->fd, &count, sizeof(count));
	(void)pthread_mutex_lock(&resolver->lock);
	/* A callback may close the resolver: it stays until we are through. */
	resolver->refs++;
	while (!resolver->closed) {
		struct skt_resolve_job *job = queue_pop(&resolver->done);

		if (!job)
			break;
		(void)pthread_mutex_unlock(&resolver->lock);
		deliver(job);
		(void)pthread_mutex_lock(&resolver->lock);
	}
	unref_unlock(resolver);
}

int skt_resolver_open(
	struct skt_loop *loop, skt_lookup_fn lookup, void *arg, struct skt_resolver **ret)
{
	struct skt_resolver *resolver = calloc(1, sizeof(*resolver));
	int r;

	if (!resolver)
		return -ENOMEM;
	resolver->watch.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (resolver->watch.fd < 0) {
		r = -errno;
		free(resolver);
		return r;
	}
	resolver->watch.events = EPOLLIN;
	resolver->watch.handler = answers_came;
	(void)pthread_mutex_init(&resolver->lock, NULL);
	resolver->refs = 1;
	resolver->queued.tail = &resolver->queued.first;
	resolver->done.tail = &resolver->done.first;
	resolver->lookup = lookup ? lookup : system_lookup;
	resolver->arg = arg;
	resolver->loop = loop;
	*ret = resolver;
	return 0;
}

void skt_resolver_free(struct skt_resolver *resolver)
{
	struct skt_resolve_job *job;

	if (!resolver)
		return;
	skt_watch_remove(&resolver->watch);
	(void)pthread_mutex_lock(&resolver->lock);
	resolver->closed = true;
	(void)close(resolver->watch.fd);
	while ((job = queue_pop(&resolver->queued)) || (job = queue_pop(&resolver->done)))
		free(job);
	unref_unlock(resolver);
}

bool skt_resolve_pending(const struct skt_resolve *resolve)
{
	return resolve->jobs[0] || resolve->jobs[1];
}

static void abandon(struct skt_resolver *resolver, struct skt_resolve_job *job)
{
	int r;

	(void)pthread_mutex_lock(&resolver->lock);
	switch (job->state) {
	case JOB_QUEUED:
		queue_remove(&resolver->queued, job);
		free(job);
		break;
	case JOB_RUNNING:
		/* It may be stuck for long: others get its place. */
		job->abandoned = true;
		job->request = NULL;
		resolver->workers--;
		r = resolver->queued.first ? hire(resolver) : 0;
		if (r)
			fail_queued(resolver, -r);
		break;
	case JOB_DONE:
		job->request = NULL;
		break;
	}
	(void)pthread_mutex_unlock(&resolver->lock);
	stop_waiting(resolver);
}

void skt_resolve_cancel(struct skt_resolve *resolve)
{
	skt_timer_remove(&resolve->timer);
	for (size_t i = 0; i < SKT_COUNT(resolve->jobs); i++) {
		if (resolve->jobs[i])
			abandon(resolve->resolver, resolve->jobs[i]);
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
	job->request = resolve;
	job->family = family;
	memcpy(job->host, host, size);
	if (resolver->waiting == 0) {
		r = skt_watch_add(resolver->loop, &resolver->watch);
		if (r) {
			free(job);
			return r;
		}
	}
	resolver->waiting++;
	resolve->jobs[family == AF_INET] = job;
	answer_of(resolve, family)->asked = true;
	answer_of(resolve, family)->start_ns = skt_clock_ns();
	(void)pthread_mutex_lock(&resolver->lock);
	queue_push(&resolver->queued, job);
	r = hire(resolver);
	if (r)
		fail_queued(resolver, -r);
	(void)pthread_mutex_unlock(&resolver->lock);
	return 0;
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
