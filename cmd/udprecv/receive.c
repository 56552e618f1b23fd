/* Batches in, payload, echoes and counts out, until an end. */
#include "cmd/udprecv/run_internal.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/macros.h"

/* A run at full speed never waits: signals that are blocked get their turn every so many batches.
 */
enum { BATCHES_PER_LOOK = 32 };

/* How often is looked whether names have come that rows wait for. */
#define NAMES_LOOK_NS (20 * SKT_NS_PER_MS)

/* Whether --allow and --deny keep its sender out. */
static bool is_denied(struct udprecv *run, const struct skt_datagram *d)
{
	struct skt_addr source = {0};
	uint16_t port;

	if (!run->lists.allow_count && !run->lists.deny_count)
		return false;
	(void)skt_udp_inet(d->source, d->source_len, &source, &port);
	if (!skt_lists_deny(&run->lists, &source))
		return false;
	run->denied++;
	return true;
}

void udprecv_tell_alive(struct udprecv *run)
{
	skt_manager_alive(&run->manager);
	run->alive_ns = skt_clock_add(skt_clock_ns(), run->manager.watchdog_ns);
}

/* That nobody is waited for any longer than this; 0: for ever. */
static uint64_t idle_limit(const struct udprecv *run)
{
	return run->o->idle_ns ? run->o->idle_ns : run->o->exit_idle_ns;
}

enum { POLL_SOCKET, POLL_STDIN, POLL_PROGRAMS, POLL_MAX = POLL_PROGRAMS + UDPRECV_PROGRAMS_MAX };

/*
 * Waits until UNTIL_NS for whatever may come: datagrams (where RECEIVING), what is said on stdin,
 * what programs answer. The two last are taken care of.
 */
static void await(struct udprecv *run, uint64_t until_ns, bool receiving)
{
	struct pollfd fds[POLL_MAX] = {
		[POLL_SOCKET] = {.fd = receiving ? run->sock.fd : -1, .events = POLLIN},
		[POLL_STDIN] = {.fd = run->talk ? udprecv_talk_fd(run->talk) : -1,
			.events = POLLIN},
	};
	size_t count = POLL_PROGRAMS;

	if (run->programs) {
		count += udprecv_programs_poll(run->programs, fds + POLL_PROGRAMS);
		until_ns = SKT_MIN(until_ns, udprecv_programs_due(run->programs));
	}
	until_ns = SKT_MIN(until_ns, run->alive_ns);
	(void)skt_datagram_poll(fds, count, until_ns, &run->waiting);
	if (fds[POLL_STDIN].revents)
		udprecv_talk_step(run->talk, run->ctx);
	if (run->programs)
		udprecv_programs_step(run->programs, skt_clock_ns());
	if (skt_clock_ns() >= run->alive_ns)
		udprecv_tell_alive(run);
}

/* What D is answered, if it is. */
static void respond(struct udprecv *run, const struct skt_datagram *d)
{
	if (run->talk)
		udprecv_talk_hear(run->talk, d);
	if (!(run->o->echo || run->programs) || !udprecv_may_answer(&run->answers, d))
		return;
	if (!run->programs) {
		udprecv_answer(&run->answers, d, d->data, d->captured);
		return;
	}
	while (!udprecv_programs_free_place(run->programs) && !*run->ctx->interrupted)
		await(run, SKT_NEVER, false);
	if (!*run->ctx->interrupted)
		udprecv_programs_start(run->programs, d);
}

/* 0, or -errno where there is no use in going on. */
static int take_batch(struct udprecv *run)
{
	struct skt_datagram d;
	int rc = 0;

	if (run->o->counting.no_timing)
		run->batch_ns = skt_clock_real_ns();
	while (!rc && !run->full && skt_receiver_next(run->receiver, &d)) {
		if (is_denied(run, &d))
			continue;
		if (run->o->pulls && skt_datagram_pull_take(&run->pull, &d))
			continue;
		if (!d.time_ns)
			d.time_ns = run->batch_ns;
		if (run->stats && skt_datagram_stats_take(run->stats, &d)) {
			/* Of a stream that was asked for this is all. */
			run->full |= run->o->pulls && !run->o->count;
			continue;
		}
		respond(run, &d);
		rc = udprecv_payload_take(&run->payload, &d);
		run->truncated += d.truncated;
		run->received++;
		run->full = run->received == run->o->count;
	}
	return rc;
}

/* The nearest time at which something is to be done. */
static uint64_t next_time(const struct udprecv *run)
{
	uint64_t next = run->deadline_ns;

	if (run->o->pulls)
		next = SKT_MIN(next, run->pull.due_ns);
	if (run->stats)
		next = SKT_MIN(next, skt_datagram_stats_due(run->stats));
	if (idle_limit(run))
		next = SKT_MIN(next, skt_clock_add(run->last_ns, idle_limit(run)));
	return next;
}

/* Whether the time to end has come; does what is due on the way. */
static bool take_time(struct udprecv *run, uint64_t now)
{
	if (run->o->pulls)
		skt_datagram_pull_step(&run->pull, now);
	if (run->stats && now >= skt_datagram_stats_due(run->stats))
		skt_datagram_stats_interval(run->stats, now);
	/* Who is still being answered is no idleness. */
	if (run->o->exit_idle_ns && run->programs && udprecv_programs_running(run->programs))
		run->last_ns = now;
	run->idle = idle_limit(run) && now - run->last_ns >= idle_limit(run);
	return run->idle || now >= run->deadline_ns;
}

int udprecv_receive(struct udprecv *run)
{
	unsigned int batches = 0;
	int rc = 0;

	while (!run->full && !*run->ctx->interrupted) {
		uint64_t now;
		int n = skt_receiver_fill(run->receiver);

		/* What came back of an echo by ICMP is no failure of ours. */
		if (n < 0 && n != -ECONNREFUSED && n != -EHOSTUNREACH && n != -ENETUNREACH) {
			skt_warn(run->ctx, "%s: %s", run->sock.text, strerror(-n));
			return SKT_EXIT_TROUBLE;
		}
		if (n > 0) {
			rc = take_batch(run);
			if (rc)
				return SKT_EXIT_TROUBLE; /* told at the end */
		}
		now = skt_clock_ns();
		if (n > 0)
			run->last_ns = now;
		if (take_time(run, now))
			break;
		if (n == 0) {
			uint64_t until = next_time(run);

			rc = udprecv_payload_settle(&run->payload);
			if (rc < 0)
				return SKT_EXIT_TROUBLE;
			if (rc)
				until = SKT_MIN(until, now + NAMES_LOOK_NS);
			await(run, until, true);
		} else if (++batches % BATCHES_PER_LOOK == 0) {
			if (run->o->rows.resolve && udprecv_payload_settle(&run->payload) < 0)
				return SKT_EXIT_TROUBLE;
			await(run, 0, true);
		}
	}
	/* Who was asked may answer. */
	while (run->programs && udprecv_programs_running(run->programs) && !*run->ctx->interrupted)
		await(run, SKT_NEVER, false);
	return SKT_EXIT_YES;
}
