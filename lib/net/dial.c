#include "net/dial.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macros.h"
#include "net/dial_internal.h"
#include "net/socket.h"

/* RFC 8305, section 8. */
#define ATTEMPT_DELAY_NS (250 * SKT_NS_PER_MS)
#define RESOLUTION_DELAY_NS (50 * SKT_NS_PER_MS)

/* A unix listener whose queue is full gives no event when it has room again. */
#define RETRY_FIRST_NS (5 * SKT_NS_PER_MS)
#define RETRY_LAST_NS (200 * SKT_NS_PER_MS)

/* No other address would fare better. */
static bool is_exhausted(int r)
{
	return r == -EMFILE || r == -ENFILE || r == -ENOMEM || r == -ENOBUFS || r == -ENODEV ||
		r == -ENOSPC;
}

static void attempt_end(struct skt_attempt *attempt, enum skt_attempt_state state, int error)
{
	attempt->state = state;
	attempt->error = error;
	attempt->end_ns = skt_clock_ns();
	attempt->dial->running--;
	skt_watch_remove(&attempt->watch);
	if (state == SKT_ATTEMPT_WON)
		return;
	if (attempt->watch.fd >= 0)
		(void)close(attempt->watch.fd);
	attempt->watch.fd = -1;
}

static void end_all(struct skt_dial *dial, enum skt_attempt_state state, int error)
{
	for (struct skt_attempt *attempt = dial->attempts; attempt; attempt = attempt->next)
		if (attempt->state == SKT_ATTEMPT_RUNNING)
			attempt_end(attempt, state, error);
	skt_resolve_cancel(&dial->resolve);
	skt_timer_remove(&dial->next_timer);
	skt_timer_remove(&dial->deadline);
	dial->active = false;
	dial->end_ns = skt_clock_ns();
}

/*
 * One that has connected, which nobody has seen yet: its other side sees a reset, and not a
 * connection on which nothing was to be said.
 */
static void abort_attempts(const struct skt_dial *dial)
{
	for (struct skt_attempt *attempt = dial->attempts; attempt; attempt = attempt->next) {
		if (attempt->state != SKT_ATTEMPT_RUNNING || attempt->watch.fd < 0)
			continue;
		skt_socket_abort(attempt->watch.fd);
		skt_watch_remove(&attempt->watch);
		attempt->watch.fd = -1;
	}
}

void skt_dial_cancel(struct skt_dial *dial)
{
	if (!dial->active)
		return;
	abort_attempts(dial);
	end_all(dial, SKT_ATTEMPT_CANCELLED, 0);
}

void skt_dial_fini(struct skt_dial *dial)
{
	struct skt_attempt *attempt;

	skt_dial_cancel(dial);
	while ((attempt = dial->attempts)) {
		dial->attempts = attempt->next;
		free(attempt);
	}
	dial->winner = NULL;
}

static bool awaits(const struct skt_answer *answer)
{
	return answer->asked && !answer->arrived;
}

/* Whether addresses may still come, be it from a lookup of its own or from one that is shared. */
static bool looks_up(const struct skt_dial *dial)
{
	return awaits(&dial->resolve.v6) || awaits(&dial->resolve.v4);
}

/* Which of two failures tells more of the other side: an answer, silence, no way, our own fault. */
static int telling(int error)
{
	switch (error) {
	case ECONNREFUSED:
	case ECONNRESET:
		return 4;
	case ETIMEDOUT:
		return 3;
	case ENETUNREACH:
		return 1;
	}
	return skt_dial_is_local(-error) ? 0 : 2;
}

static void fail(struct skt_dial *dial, int r)
{
	end_all(dial, SKT_ATTEMPT_CANCELLED, 0);
	dial->done(dial, r);
}

/* All attempts are over: the most telling one speaks for them. */
static void fail_attempts(struct skt_dial *dial)
{
	char text[SKT_ENDPOINT_TEXT_MAX];
	size_t count = 0, len;
	int error = dial->attempts ? dial->attempts->error : ENOMEM;

	for (struct skt_attempt *attempt = dial->attempts; attempt; attempt = attempt->next) {
		if (telling(attempt->error) > telling(error))
			error = attempt->error;
		count++;
	}
	(void)skt_fail(
		&dial->err, error, "connect %.160s", skt_endpoint_text(&dial->endpoint, text));
	len = strlen(dial->err.text);
	if (count > 1)
		(void)snprintf(dial->err.text + len, sizeof(dial->err.text) - len,
			" (%zu addresses tried)", count);
	fail(dial, -error);
}

static void deadline_passed(struct skt_timer *timer)
{
	struct skt_dial *dial = SKT_CONTAINER(timer, struct skt_dial, deadline);
	bool looking_up = looks_up(dial);
	char text[SKT_ENDPOINT_TEXT_MAX];

	end_all(dial, SKT_ATTEMPT_TIMED_OUT, ETIMEDOUT);
	if (dial->attempts)
		fail_attempts(dial);
	else if (looking_up)
		fail(dial, skt_fail(&dial->err, ETIMEDOUT, "look up %.128s", dial->endpoint.host));
	else
		fail(dial,
			skt_fail(&dial->err, ETIMEDOUT, "connect %.160s",
				skt_endpoint_text(&dial->endpoint, text)));
}

static void win(struct skt_attempt *attempt)
{
	struct skt_dial *dial = attempt->dial;
	int fd = attempt->watch.fd;

	/* Whole chunks are written: there is nothing for Nagle's algorithm to wait for. Of no
	 * effect, and no harm, where there is no TCP. */
	(void)skt_socket_set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	attempt_end(attempt, SKT_ATTEMPT_WON, 0);
	attempt->watch.fd = -1;
	dial->winner = attempt;
	end_all(dial, SKT_ATTEMPT_CANCELLED, 0);
	dial->done(dial, fd);
}

static void advance(struct skt_dial *dial);

static void attempt_ready(struct skt_watch *watch, uint32_t events SKT_UNUSED)
{
	struct skt_attempt *attempt = SKT_CONTAINER(watch, struct skt_attempt, watch);
	struct skt_dial *dial = attempt->dial;
	int error = skt_attempt_failure(watch->fd, attempt->addr.family);

	if (!error && skt_attempt_is_self(attempt)) {
		/* No TIME_WAIT: it would keep the port from whoever is to listen there. */
		skt_socket_abort(watch->fd);
		skt_watch_remove(watch);
		watch->fd = -1;
		error = ECONNREFUSED;
	}
	if (!error) {
		win(attempt);
		return;
	}
	attempt_end(attempt, SKT_ATTEMPT_FAILED, error);
	advance(dial);
}

/* gcc's analyzer takes growing a list for losing it. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif

static struct skt_attempt *attempt_new(struct skt_dial *dial, const struct skt_addr *addr)
{
	struct skt_attempt *attempt = calloc(1, sizeof(*attempt));

	if (!attempt)
		return NULL;
	attempt->dial = dial;
	attempt->addr = *addr;
	attempt->port = dial->port;
	attempt->watch.fd = -1;
	attempt->watch.events = EPOLLOUT;
	attempt->watch.handler = attempt_ready;
	attempt->start_ns = skt_clock_ns();
	dial->running++;
	*dial->tail = attempt;
	dial->tail = &attempt->next;
	return attempt;
}

/*
 * Sets ATTEMPT on its way. 0: it runs, be it that the queue of a unix listener is full and it goes
 * on later; else why it failed.
 */
static int attempt_connect(struct skt_attempt *attempt)
{
	struct skt_dial *dial = attempt->dial;
	int type = dial->options.type ? dial->options.type : SOCK_STREAM, r;
	struct sockaddr_storage sa;
	socklen_t len;

	if (attempt->addr.family == AF_UNSPEC)
		len = skt_socket_address(&dial->endpoint, &sa);
	else
		len = skt_addr_to_sockaddr(&attempt->addr, dial->port, &sa);
	if (dial->options.permits &&
		!dial->options.permits(dial->options.permits_arg, &attempt->addr))
		r = -EPERM;
	else
		r = skt_attempt_connect(attempt, type, &sa, len);
	/* Of an abstract name the kernel knows one for each type, of a file only one. */
	if (!dial->options.type &&
		(r == -EPROTOTYPE || (r == -ECONNREFUSED && dial->endpoint.abstract)))
		r = skt_attempt_connect(attempt, SOCK_SEQPACKET, &sa, len);
	/* Connected already or not yet: the loop says so, and there is one way to win. */
	if (r == 0 || r == -EINPROGRESS)
		r = skt_watch_add(dial->loop, &attempt->watch);
	if (r == -EAGAIN && sa.ss_family == AF_UNIX) {
		dial->retry_ns = SKT_MIN(2 * dial->retry_ns, RETRY_LAST_NS);
		skt_timer_set(
			dial->loop, &dial->next_timer, skt_loop_after(dial->loop, dial->retry_ns));
		return 0;
	}
	if (r)
		attempt_end(attempt, SKT_ATTEMPT_FAILED, -r);
	return r;
}

/* The next address, families alternating, or NULL. */
static const struct skt_addr *next_addr(struct skt_dial *dial)
{
	const struct skt_answer *v6 = &dial->resolve.v6, *v4 = &dial->resolve.v4;
	bool have_v6 = dial->tried_v6 < v6->count, have_v4 = dial->tried_v4 < v4->count;

	if (have_v6 && (dial->last_family != AF_INET6 || !have_v4)) {
		dial->last_family = AF_INET6;
		return &v6->addrs[dial->tried_v6++];
	}
	if (have_v4) {
		dial->last_family = AF_INET;
		return &v4->addrs[dial->tried_v4++];
	}
	return NULL;
}

/* Begins what may begin now, and arms the timer for what may not yet. May end the dial. */
static void advance(struct skt_dial *dial)
{
	uint64_t delay_ns = dial->options.attempt_delay_ns;
	const struct skt_addr *addr;

	if (!dial->attempts && awaits(&dial->resolve.v6) && dial->resolve.v4.count) {
		/* RFC 8305, section 3: IPv6 is given a moment to appear, which begins when IPv4
		 * has. */
		uint64_t until_ns =
			skt_clock_add(dial->resolve.v4.end_ns, dial->options.resolution_delay_ns);

		if (skt_clock_ns() < until_ns) {
			skt_timer_set(dial->loop, &dial->next_timer, until_ns);
			return;
		}
	}
	while ((addr = next_addr(dial))) {
		struct skt_attempt *attempt = attempt_new(dial, addr);
		int r = attempt ? attempt_connect(attempt) : -ENOMEM;

		if (r == 0) {
			if (attempt->watch.fd >= 0)
				skt_timer_set(dial->loop, &dial->next_timer,
					skt_clock_add(attempt->start_ns, delay_ns));
			return;
		}
		if (is_exhausted(r)) {
			dial->tried_v6 = dial->resolve.v6.count;
			dial->tried_v4 = dial->resolve.v4.count;
		}
	}
	if (dial->running || looks_up(dial))
		return;
	if (dial->tried_v6 + dial->tried_v4) {
		fail_attempts(dial);
		return;
	}
	fail(dial, skt_resolve_error(&dial->resolve, dial->endpoint.host, &dial->err));
}

static void name_answered(struct skt_resolve *resolve)
{
	struct skt_dial *dial = SKT_CONTAINER(resolve, struct skt_dial, resolve);

	/* While an attempt runs, its delay decides when the next one begins. */
	if (!dial->running || !skt_timer_armed(&dial->next_timer))
		advance(dial);
}

static void next_due(struct skt_timer *timer)
{
	struct skt_dial *dial = SKT_CONTAINER(timer, struct skt_dial, next_timer);
	struct skt_attempt *attempt = dial->attempts;

	if (!attempt || attempt->state != SKT_ATTEMPT_RUNNING || attempt->watch.fd >= 0)
		advance(dial);
	else if (attempt_connect(attempt))
		fail_attempts(dial);
}

/* The family that is left when options, source and address have all had their say. */
static int agree(int *family, int other, const char *what, struct skt_err *err)
{
	if (other == AF_UNSPEC)
		return 0;
	if (*family != AF_UNSPEC && *family != other)
		return skt_fail_text(err, EAFNOSUPPORT, "%.128s is %s, but only %s is allowed",
			what, other == AF_INET6 ? "IPv6" : "IPv4",
			other == AF_INET6 ? "IPv4" : "IPv6");
	*family = other;
	return 0;
}

/* Takes over what is known of a name, as far as it is of use. */
static void take_known(struct skt_dial *dial, const struct skt_resolve *known, int family)
{
	if (family != AF_INET)
		dial->resolve.v6 = known->v6;
	if (family != AF_INET6)
		dial->resolve.v4 = known->v4;
	/* Whether a name has addresses, or why not, is said as after a lookup: by the loop. */
	if (known->v6.arrived || known->v4.arrived)
		skt_timer_set(dial->loop, &dial->next_timer, 0);
}

void skt_dial_learn(struct skt_dial *dial, const struct skt_resolve *known)
{
	if (!dial->active)
		return;
	if (awaits(&dial->resolve.v6))
		dial->resolve.v6 = known->v6;
	if (awaits(&dial->resolve.v4))
		dial->resolve.v4 = known->v4;
	name_answered(&dial->resolve);
}

/* Fills the lists of addresses, or begins the lookups that will. */
static int find_addresses(struct skt_dial *dial, struct skt_err *err)
{
	const struct skt_endpoint *endpoint = &dial->endpoint, *source = dial->options.source;
	char text[SKT_ENDPOINT_TEXT_MAX];
	struct skt_answer *answer = &dial->resolve.v4;
	int family = dial->options.family, r;

	if (endpoint->kind == SKT_ENDPOINT_INET) {
		if (source && source->addr.family != AF_UNSPEC) {
			r = skt_resolve_numeric(source, &dial->source, err);
			if (r == 0)
				r = agree(&family, source->addr.family,
					skt_endpoint_text(source, text), err);
			if (r)
				return r;
		}
		r = agree(&family, endpoint->addr.family, skt_endpoint_text(endpoint, text), err);
		if (r)
			return r;
		if (endpoint->addr.family == AF_UNSPEC && dial->options.known) {
			take_known(dial, dial->options.known, family);
			return 0;
		}
		if (endpoint->addr.family == AF_UNSPEC) {
			dial->resolve.answered = name_answered;
			r = skt_resolve_start(
				dial->resolver, endpoint->host, family, SKT_NEVER, &dial->resolve);
			return r ? skt_fail(err, -r, "look up %.128s", endpoint->host) : 0;
		}
		if (endpoint->addr.family == AF_INET6)
			answer = &dial->resolve.v6;
		r = skt_endpoint_check_zone(endpoint,
			dial->options.interface || dial->source.scope_id ? "" : NULL, err);
		if (r)
			return r;
		r = skt_resolve_numeric(endpoint, &answer->addrs[0], err);
		if (r)
			return r;
	}
	answer->count = 1;
	skt_timer_set(dial->loop, &dial->next_timer, 0);
	return 0;
}

int skt_dial_start(struct skt_dial *dial, struct skt_loop *loop, struct skt_resolver *resolver,
	const struct skt_endpoint *endpoint, uint16_t port, const struct skt_dial_options *options,
	uint64_t deadline_ns, struct skt_err *err)
{
	int r;

	dial->loop = loop;
	dial->resolver = resolver;
	dial->endpoint = *endpoint;
	dial->options = *options;
	dial->port = port;
	/* Messages show the port that was tried. */
	if (!endpoint->service[0])
		dial->endpoint.port = port;
	if (!dial->options.attempt_delay_ns)
		dial->options.attempt_delay_ns = ATTEMPT_DELAY_NS;
	if (!dial->options.resolution_delay_ns)
		dial->options.resolution_delay_ns = RESOLUTION_DELAY_NS;
	dial->retry_ns = RETRY_FIRST_NS;
	dial->tail = &dial->attempts;
	dial->next_timer.handler = next_due;
	dial->deadline.handler = deadline_passed;
	dial->start_ns = skt_clock_ns();
	r = find_addresses(dial, err);
	if (r)
		return r;
	dial->active = true;
	skt_timer_set(loop, &dial->deadline, deadline_ns);
	return 0;
}
