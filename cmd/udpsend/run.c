/* The run of udpsend: the socket, the one way out, and its end. */
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "cmd/datagram/address.h"
#include "cmd/udpsend/udpsend.h"

enum {
	/* Above this rate single sends cost too much: they go in bursts, this many a second. */
	SINGLE_PPS = 150 * 1000,
	BURSTS_PER_SECOND = 25 * 1000,
	/* And above this one there is no time to catch up one by one. */
	CATCH_UP_PPS = 25 * 1000,
	/* A stream that fails this often in a row, and never went, will not go. */
	FAILURES_MAX = 3,
};

/* ---- the socket ---- */

static bool is_multicast(const struct skt_udp_address *address)
{
	struct skt_addr addr;
	uint16_t port;

	return skt_udp_inet(&address->sa, address->len, &addr, &port) &&
		skt_addr_is_multicast(&addr);
}

/* An answer needs an address: unix sockets get a name that the kernel makes up (unix(7)). */
static void autobind(struct skt_udp_address *local)
{
	local->un = (struct sockaddr_un){.sun_family = AF_UNIX};
	local->len = sizeof(sa_family_t);
}

static int open_socket(struct udpsend_run *run)
{
	const struct udpsend_options *o = run->o;
	const int family = o->ipv4 ? AF_INET : o->ipv6 ? AF_INET6 : AF_UNSPEC;
	struct skt_udp_address local = {0};
	struct skt_udp_config config = {
		.broadcast = o->broadcast,
		.no_fragment = o->no_fragment,
		.errors = true,
		.ttl = o->ttl,
		.tos = o->dscp < 0 ? -1 : o->dscp << 2,
		.loop = o->loop,
		.send_buffer = 4 << 20,
	};
	struct skt_err err;
	int status = skt_udp_interface(run->ctx, o->interface, &config.ifindex);

	if (status == SKT_EXIT_YES)
		status = skt_udp_address_resolve(run->ctx, &o->to, family, false, &run->to);
	if (status != SKT_EXIT_YES)
		return status;
	run->family = config.family = run->to.sa.sa_family;
	if (o->source_given) {
		status = skt_udp_address_resolve(run->ctx, &o->source,
			run->family == AF_UNIX ? AF_UNSPEC : run->family, true, &local);
		if (status != SKT_EXIT_YES)
			return status;
	} else if (run->family == AF_UNIX && o->reply) {
		autobind(&local);
	}
	if (local.len)
		config.local = &local;
	(void)skt_udp_text(&run->to.sa, run->to.len, run->to_text);
	run->group = is_multicast(&run->to) || o->broadcast;
	/* Others than the one who was asked may answer for a group. */
	run->connected = !(run->group && o->reply);
	config.remote = run->connected ? &run->to : NULL;
	if (!run->group && run->family != AF_UNIX)
		config.interface = o->interface;
	run->fd = skt_udp_open(&config, &err);
	if (run->fd >= 0)
		return SKT_EXIT_YES;
	if (run->fd == -EACCES && !o->broadcast && run->family == AF_INET)
		skt_warn(run->ctx, "%s is a broadcast address: add --broadcast to mean it",
			run->to_text);
	else
		skt_warn(run->ctx, "%s", err.text);
	return run->family == AF_UNIX && (run->fd == -ENOENT || run->fd == -ECONNREFUSED)
		? SKT_EXIT_NO
		: SKT_EXIT_TROUBLE;
}

/* ---- pacing ---- */

/* What COUNT datagrams of BYTES in all are worth in the units of the rate. */
static uint64_t units_of(const struct udpsend_run *run, uint64_t count, uint64_t bytes)
{
	switch (run->o->rate.unit) {
	case SKT_RATE_EVENTS:
		return count;
	case SKT_RATE_BITS:
		return bytes * 8;
	case SKT_RATE_BYTES:
		return bytes;
	}
	return count;
}

static void begin_pace(struct udpsend_run *run)
{
	const struct skt_rate *rate = &run->o->rate;
	uint64_t pps = rate->per_second;

	run->begin_ns = skt_clock_ns();
	run->deadline_ns = run->o->duration_ns ? run->begin_ns + run->o->duration_ns : UINT64_MAX;
	run->burst = run->o->burst ? run->o->burst : 1;
	run->paced = pps > 0;
	if (!run->paced)
		return;
	/* The kernel may round our sleep up by this much; for us as little as it can. */
	(void)prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
	skt_pace_init(&run->pace, pps, run->begin_ns);
	if (rate->unit != SKT_RATE_EVENTS)
		pps = run->o->size ? pps / units_of(run, 1, run->o->size) : 0;
	if (!run->o->burst && pps > SINGLE_PPS)
		run->burst = SKT_MIN((pps + BURSTS_PER_SECOND - 1) / BURSTS_PER_SECOND,
			(uint64_t)SKT_SENDER_BATCH);
	if (!run->o->burst && pps > CATCH_UP_PPS)
		run->late_ns = run->burst * SKT_NS_PER_SEC / pps;
}

uint64_t udpsend_burst(const struct udpsend_run *run)
{
	uint64_t late;

	if (!run->late_ns)
		return run->burst;
	late = skt_pace_late_ns(&run->pace, skt_clock_ns()) / run->late_ns;
	return run->burst * SKT_MIN(1 + late, (uint64_t)SKT_PACE_CATCH_UP);
}

uint64_t udpsend_left(const struct udpsend_run *run)
{
	if (*run->ctx->interrupted || run->fatal)
		return 0;
	/* What was refused or failed was tried, and is not tried again. */
	return run->o->count ? run->o->count - SKT_MIN(run->o->count, run->sent + run->failed)
			     : UINT64_MAX;
}

/* Waits for the turn of what is sent next. 0: there is none any more. */
static uint64_t turn(struct udpsend_run *run)
{
	uint64_t now = 0, due;

	if (run->paced) {
		due = skt_pace_due(&run->pace);
		if (due >= run->deadline_ns)
			return 0;
		now = skt_pace_wait(&run->pace, due, run->ctx->interrupted);
	} else {
		now = skt_clock_ns();
	}
	return now >= run->deadline_ns || *run->ctx->interrupted ? 0 : now;
}

static void count_gap(struct udpsend_run *run, uint64_t now, uint64_t units)
{
	if (run->last_ns) {
		const uint64_t gap = now - run->last_ns;

		skt_histogram_add(&run->gaps, gap);
		if (run->paced)
			skt_histogram_add(&run->gap_errors,
				gap > run->interval_ns ? gap - run->interval_ns
						       : run->interval_ns - gap);
	}
	run->last_ns = now;
	if (run->paced)
		run->interval_ns =
			(uint64_t)((double)units * (double)SKT_NS_PER_SEC / (double)run->pace.rate);
}

/* ---- the way out ---- */

static bool came_by_icmp(int error)
{
	switch (error) {
	case ECONNREFUSED:
	case EHOSTUNREACH:
	case ENETUNREACH:
	case EHOSTDOWN:
	case ENOPROTOOPT:
	case EPROTO:
	case EACCES:
	case EMSGSIZE:
		return true;
	}
	return false;
}

static void count_failure(struct udpsend_run *run, int error, size_t size)
{
	run->failed++;
	run->failed_errno = error;
	if (error == EMSGSIZE) {
		run->too_long++;
		if (run->too_long == 1 && run->o->events.verbose >= 0) {
			uint32_t mtu = 0;

			if (!skt_udp_path_mtu(run->fd, run->family, &mtu))
				run->path_mtu = mtu;
			if (run->o->no_fragment && run->path_mtu && size <= SKT_SEND_MAX)
				skt_warn(run->ctx,
					"%zu bytes do not fit unfragmented: the path MTU is %" PRIu64,
					size, run->path_mtu);
			else
				skt_warn(run->ctx, "%zu bytes do not fit into a datagram%s", size,
					run->family == AF_UNIX ? "" : " (at most 65507)");
		}
	}
	if (!run->sent && run->failed >= FAILURES_MAX && error != ENOBUFS && error != EMSGSIZE)
		run->fatal = !run->receiver && !run->refused;
}

/*
 * A send that fails may only hand over an ICMP error about one before it: then it is tried again.
 * Returns how many went, 0 where the first of them cannot.
 */
static size_t push(
	struct udpsend_run *run, uint8_t *bytes, size_t size, struct iovec *iov, size_t count)
{
	int rc;

	for (int again = 0; again < 3; again++) {
		uint64_t refused = run->refused;

		rc = iov ? skt_sender_many(&run->sender, iov, count)
			 : skt_sender_equal(&run->sender, bytes, size, count);
		if (rc > 0)
			return (size_t)rc;
		if (!came_by_icmp(-rc))
			break;
		udpsend_take_errors(run);
		if (run->refused == refused)
			break;
	}
	count_failure(run, -rc, iov ? iov->iov_len : size);
	return 0;
}

static void stamp_all(struct udpsend_run *run, uint8_t *const *heads, size_t count)
{
	const uint64_t now = skt_clock_real_ns();

	for (size_t i = 0; i < count; i++)
		skt_iperf2_put(heads[i], (int64_t)(run->sent + run->failed + i + 1), now);
}

bool udpsend_equal(struct udpsend_run *run, uint8_t *bytes, size_t size, size_t count)
{
	size_t done = 0;
	uint64_t now = turn(run);

	if (!now)
		return false;
	if (run->o->stamp) {
		uint8_t *heads[SKT_SENDER_BATCH];

		for (size_t i = 0; i < count; i++)
			heads[i] = bytes + i * size;
		stamp_all(run, heads, count);
	}
	count_gap(run, now, units_of(run, count, count * size));
	while (done < count && udpsend_left(run)) {
		size_t n = push(run, bytes + done * size, size, NULL, count - done);

		if (run->ring)
			for (size_t i = 0; i < n; i++)
				udpsend_remember(run,
					run->o->stamp ? run->sent + run->failed + i + 1
						      : udpsend_hash(bytes, size),
					now);
		run->sent += n;
		run->bytes += n * size;
		done += n ? n : 1;
	}
	if (run->paced)
		skt_pace_sent(&run->pace, units_of(run, count, count * size), now);
	if (run->receiver)
		udpsend_take_replies(run);
	return udpsend_left(run) > 0;
}

bool udpsend_many(struct udpsend_run *run, struct iovec *iov, size_t count)
{
	size_t done = 0;

	while (done < count && udpsend_left(run)) {
		size_t n = run->paced ? 1 : count - done, bytes = 0;
		uint64_t now = turn(run);

		if (!now)
			return false;
		if (run->o->stamp) {
			uint8_t *heads[SKT_SENDER_BATCH];

			for (size_t i = 0; i < n; i++)
				heads[i] = iov[done + i].iov_base;
			stamp_all(run, heads, n);
		}
		count_gap(run, now, units_of(run, 1, iov[done].iov_len));
		n = push(run, NULL, 0, iov + done, SKT_MIN(n, udpsend_left(run)));
		for (size_t i = 0; i < n; i++) {
			bytes += iov[done + i].iov_len;
			if (run->ring)
				udpsend_remember(run,
					run->o->stamp ? run->sent + run->failed + i + 1
						      : udpsend_hash(iov[done + i].iov_base,
								iov[done + i].iov_len),
					now);
		}
		if (run->paced)
			skt_pace_sent(&run->pace, units_of(run, 1, iov[done].iov_len), now);
		run->sent += n;
		run->bytes += bytes;
		done += n ? n : 1;
		if (run->receiver)
			udpsend_take_replies(run);
	}
	return udpsend_left(run) > 0;
}

/* ---- beginning and end ---- */

static int begin_replies(struct udpsend_run *run)
{
	const struct skt_receiver_config config = {0};
	struct skt_err err;

	skt_sink_init(&run->sink, run->ctx->out);
	run->lines = !run->o->raw && !run->o->chunk && !run->o->size_given;
	if (!run->o->reply)
		return SKT_EXIT_YES;
	run->ring = calloc(SENT_RING, sizeof(*run->ring));
	if (run->ring && !skt_receiver_new(run->fd, run->family, &config, &run->receiver, &err))
		return SKT_EXIT_YES;
	skt_warn(run->ctx, "%s", run->ring ? err.text : strerror(ENOMEM));
	return SKT_EXIT_TROUBLE;
}

static int settle_status(const struct udpsend_run *run, int status)
{
	if (status != SKT_EXIT_YES)
		return status;
	if (run->failed)
		return SKT_EXIT_TROUBLE;
	if (run->o->reply && !*run->ctx->interrupted && (!run->replies || run->refused))
		return SKT_EXIT_NO;
	return SKT_EXIT_YES;
}

static int finish(struct udpsend_run *run, int status)
{
	int rc;

	run->end_ns = skt_clock_ns();
	if (run->o->stamp && run->sent)
		udpsend_mark_end(run);
	if (run->o->reply)
		udpsend_await(run);
	udpsend_take_errors(run);
	rc = skt_sink_flush(&run->sink);
	skt_sink_fini(&run->sink);
	status = settle_status(run, status);
	if (rc) {
		skt_warn(run->ctx, "cannot write to standard output: %s", strerror(-rc));
		status = SKT_EXIT_TROUBLE;
	}
	udpsend_report(run);
	return status;
}

int udpsend_run(const struct udpsend_options *o, struct skt_context *ctx)
{
	struct udpsend_run *run = calloc(1, sizeof(*run));
	int status;

	if (!run) {
		skt_warn(ctx, "%s", strerror(ENOMEM));
		return SKT_EXIT_TROUBLE;
	}
	run->o = o;
	run->ctx = ctx;
	run->fd = -1;
	run->head = o->stamp && !o->size_given ? SKT_IPERF2_HEADER : 0;
	status = open_socket(run);
	if (status != SKT_EXIT_YES)
		goto out;
	run->sender = (struct skt_sender){.fd = run->fd};
	/* Segments of a datagram that is cut by the kernel go back to back: not what pacing wants.
	 */
	run->sender.no_gso = o->gso == GSO_OFF || run->family == AF_UNIX;
	if (!run->connected) {
		run->sender.to = &run->to.sa;
		run->sender.to_len = run->to.len;
	}
	status = begin_replies(run);
	if (status != SKT_EXIT_YES)
		goto out;
	if (o->events.verbose > 0)
		skt_warn(ctx, "sending to %s", run->to_text);
	begin_pace(run);
	status = finish(run, o->size_given || o->data ? udpsend_stream(run) : udpsend_input(run));
out:
	skt_receiver_free(run->receiver);
	if (run->fd >= 0)
		(void)close(run->fd);
	free(run->ring);
	free(run);
	return status;
}
