/* The run of udprecv: batches in, payload, echoes and counts out, until an end. */
#include "cmd/udprecv/run.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macros.h"
#include "base/plural.h"
#include "cmd/datagram/pull.h"
#include "cmd/datagram/stats.h"
#include "cmd/look_up.h"
#include "cmd/manager.h"
#include "cmd/policy.h"
#include "cmd/report.h"
#include "cmd/udprecv/answer.h"
#include "cmd/udprecv/join.h"
#include "cmd/udprecv/payload.h"
#include "cmd/udprecv/programs.h"
#include "cmd/udprecv/silence.h"
#include "cmd/udprecv/socket.h"
#include "cmd/udprecv/talk.h"
#include "net/iperf2.h"

/* A run at full speed never waits: signals that are blocked get their turn every so many batches.
 */
enum { BATCHES_PER_LOOK = 32 };

/* How often is looked whether names have come that rows wait for. */
#define NAMES_LOOK_NS (20 * SKT_NS_PER_MS)

struct run {
	const struct udprecv_options *o;
	struct skt_context *ctx;
	struct udprecv_socket sock;
	struct skt_receiver *receiver;
	struct udprecv_payload payload;
	struct skt_datagram_stats *stats; /* NULL: none */
	struct udprecv_silence before;
	struct udprecv_answers answers;
	struct udprecv_programs *programs; /* NULL: none are run */
	struct udprecv_talk *talk;         /* NULL: nothing is said */
	struct skt_datagram_pull pull;     /* with --pull */
	struct skt_manager manager;
	uint64_t alive_ns; /* when the manager is to hear next that all is well */
	struct skt_access allow, deny;
	struct skt_lists lists;
	uint64_t received, truncated, denied;
	uint64_t deadline_ns, last_ns;
	uint64_t batch_ns; /* when the batch came, where the kernel is not asked of each datagram */
	sigset_t waiting;  /* the signals let in while waiting */
	bool full;         /* --count is reached */
	bool idle;         /* nothing has come for so long that it ends */
};

/* ---- events ---- */

struct life_row {
	uint64_t present;
	const char *event, *address;
	uint64_t buffer;
};

static const struct skt_column life_columns[] = {
	SKT_COLUMN(struct life_row, event, .help = "what happened"),
	SKT_COLUMN(struct life_row, address, .help = "where"),
	SKT_COLUMN(struct life_row, buffer, .help = "size of the receive buffer in bytes"),
	SKT_COLUMN_END,
};

/* The port must be told where the kernel chose it. */
static void tell_bound(const struct run *run)
{
	const struct life_row row = {.event = "bound",
		.address = run->sock.text,
		.buffer = skt_udp_receive_buffer(run->sock.fd)};
	const bool chosen = run->o->at.endpoint.kind == SKT_ENDPOINT_INET &&
		!run->o->at.endpoint.port && !run->o->at.endpoint.service[0];

	if (run->o->events.json && run->o->events.verbose >= 0)
		skt_report_json(life_columns, &row);
	else if (run->o->events.verbose > 0 || (chosen && run->o->events.verbose == 0))
		skt_warn(run->ctx, "receiving on %s", run->sock.text);
}

/* ---- receiving ---- */

/* Whether --allow and --deny keep its sender out. */
static bool is_denied(struct run *run, const struct skt_datagram *d)
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

static void tell_alive(struct run *run)
{
	skt_manager_alive(&run->manager);
	run->alive_ns = skt_clock_add(skt_clock_ns(), run->manager.watchdog_ns);
}

/* That nobody is waited for any longer than this; 0: for ever. */
static uint64_t idle_limit(const struct run *run)
{
	return run->o->idle_ns ? run->o->idle_ns : run->o->exit_idle_ns;
}

enum { POLL_SOCKET, POLL_STDIN, POLL_PROGRAMS, POLL_MAX = POLL_PROGRAMS + UDPRECV_PROGRAMS_MAX };

/*
 * Waits until UNTIL_NS for whatever may come: datagrams (where RECEIVING), what is said on stdin,
 * what programs answer. The two last are taken care of.
 */
static void await(struct run *run, uint64_t until_ns, bool receiving)
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
		tell_alive(run);
}

/* What D is answered, if it is. */
static void respond(struct run *run, const struct skt_datagram *d)
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
static int take_batch(struct run *run)
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
static uint64_t next_time(const struct run *run)
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
static bool take_time(struct run *run, uint64_t now)
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

/* SKT_EXIT_YES, or SKT_EXIT_TROUBLE having told why. */
static int receive(struct run *run)
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

/* ---- beginning and end ---- */

/* Whether anything is sent. */
static bool answers(const struct udprecv_options *o)
{
	return o->echo || o->command || o->talk;
}

static int open_receiver(struct run *run)
{
	const struct udprecv_options *o = run->o;
	struct skt_receiver_config config = {.gro = o->gro};
	struct skt_err err;

	if (o->output == OUTPUT_ROWS)
		config.wanted = skt_datagram_wanted(&o->rows.selection);
	if (o->stats && !o->counting.no_timing)
		config.wanted |= SKT_RECEIVE_TIME;
	if (answers(o))
		config.wanted |= SKT_RECEIVE_DESTINATION;
	/* Nobody looks at more than the header of what is only counted. */
	if (o->output == OUTPUT_NONE && !o->echo && !o->command)
		config.capture = SKT_IPERF2_LOOK;
	if (run->sock.family == AF_UNIX)
		config.wanted &= SKT_RECEIVE_TIME;
	if (skt_receiver_new(run->sock.fd, run->sock.family, &config, &run->receiver, &err)) {
		skt_warn(run->ctx, "%s", err.text);
		return SKT_EXIT_TROUBLE;
	}
	run->sock.gro = skt_receiver_gro(run->receiver);
	if (o->gro && !run->sock.gro)
		skt_warn(run->ctx, "this kernel cannot cluster datagrams: going on without --gro");
	return SKT_EXIT_YES;
}

static int open_answers(struct run *run)
{
	const struct udprecv_options *o = run->o;

	if (!answers(o))
		return SKT_EXIT_YES;
	if (udprecv_answers_init(&run->answers, o, &run->sock) ||
		(o->talk && udprecv_talk_new(o, &run->answers, &run->talk))) {
		skt_warn(run->ctx, "room for answers: %s", strerror(ENOMEM));
		return SKT_EXIT_TROUBLE;
	}
	if (!o->command)
		return SKT_EXIT_YES;
	return udprecv_programs_new(o, run->ctx, &run->answers, &run->waiting, &run->programs);
}

static int load_lists(struct run *run)
{
	struct skt_err err;
	int rc = skt_access_resolve(run->ctx, &run->o->allow, &run->allow, &err);

	if (!rc && skt_access_given(&run->o->allow))
		rc = skt_access_check(&run->allow, &err);
	if (!rc)
		rc = skt_access_resolve(run->ctx, &run->o->deny, &run->deny, &err);
	if (rc) {
		if (rc != -ECANCELED)
			skt_warn(run->ctx, "%s", err.text);
		return skt_look_up_status(rc);
	}
	run->lists = skt_access_lists(&run->allow, &run->deny);
	return SKT_EXIT_YES;
}

static void block_signals(struct run *run, sigset_t *before)
{
	(void)sigprocmask(SIG_BLOCK, &run->ctx->endings, before);
	run->waiting = *before;
}

static int settle_status(const struct run *run, int status)
{
	if (status != SKT_EXIT_YES || *run->ctx->interrupted)
		return status;
	if (run->idle && run->o->exit_idle_ns)
		return SKT_EXIT_YES;
	return (run->o->count ? run->full : run->received > 0) ? SKT_EXIT_YES : SKT_EXIT_NO;
}

static int finish(struct run *run, int status)
{
	status = udprecv_payload_end(&run->payload, settle_status(run, status));
	if (run->stats && run->o->events.verbose >= 0)
		skt_datagram_stats_final(run->stats);
	if (run->truncated)
		skt_warn(run->ctx, "%" PRIu64 " datagram%s longer than can be: cut", run->truncated,
			skt_plural(run->truncated, " was", "s were"));
	if (run->denied && run->o->events.verbose >= 0)
		skt_warn(run->ctx, "%" PRIu64 " datagram%s came from senders who are not allowed",
			run->denied, skt_plural(run->denied, "", "s"));
	if (run->programs)
		udprecv_programs_tell(run->programs);
	if (run->o->echo || run->o->command)
		udprecv_answers_tell(&run->answers, run->o, run->ctx);
	if (!run->stats && run->o->events.verbose >= 0) {
		uint32_t drops = 0;

		if (!skt_datagram_drops(run->sock.fd, &drops) && drops)
			skt_warn(run->ctx,
				"%" PRIu32 " datagram%s dropped here: the socket's buffer was "
				"full (see --buffer)",
				drops, skt_plural(drops, " was", "s were"));
	}
	if (!run->received && run->o->events.verbose > 0)
		udprecv_silence_explain(&run->before, run->o, run->ctx, &run->sock);
	if (run->truncated && status == SKT_EXIT_YES)
		status = SKT_EXIT_TROUBLE;
	return status;
}

static void confine(const struct run *run)
{
	const struct udprecv_options *o = run->o;
	struct skt_needs needs = skt_policy_needs(o->command ? SKT_POLICY_UDPRECV_PROGRAMS
			: o->events.verbose > 0              ? SKT_POLICY_UDPRECV_VERBOSE
							     : SKT_POLICY_UDPRECV);

	needs.names = o->rows.resolve;
	/* The file of the socket is removed at the end; others' are answered at. */
	if (run->sock.family == AF_UNIX) {
		if (!run->sock.passed)
			skt_needs_add(&needs, SKT_NEED_REMOVE, o->at.endpoint.path);
		if (answers(o))
			needs.capabilities |= SKT_CAPABILITY(CAP_DAC_OVERRIDE);
	}
	skt_policy_apply(&needs, run->ctx, NULL);
}

int udprecv_run(const struct udprecv_options *o, struct skt_context *ctx)
{
	struct run run = {.o = o,
		.ctx = ctx,
		.sock = {.fd = -1},
		.manager = {.notify = {.fd = -1}},
		.alive_ns = SKT_NEVER};
	sigset_t before;
	int status;

	/* Before any other descriptor is opened. */
	status = udprecv_take_passed(o, ctx, &run.sock);
	if (status == SKT_EXIT_YES)
		skt_manager_open(&run.manager, ctx);
	if (status == SKT_EXIT_YES && o->events.verbose > 0)
		udprecv_silence_begin(ctx, &run.before);
	if (status == SKT_EXIT_YES)
		status = load_lists(&run);
	if (status == SKT_EXIT_YES)
		status = udprecv_open(o, ctx, &run.sock);
	if (status != SKT_EXIT_YES) {
		status = udprecv_payload_nothing(o, ctx, status);
		goto lists;
	}
	block_signals(&run, &before);
	status = udprecv_join_all(o, ctx, &run.sock);
	if (status == SKT_EXIT_YES)
		status = open_receiver(&run);
	if (status == SKT_EXIT_YES && o->stats)
		status = skt_datagram_stats_new(&o->counting, ctx, run.sock.fd, run.sock.gro,
			run.sock.since_ns, &run.stats);
	if (status == SKT_EXIT_YES)
		status = open_answers(&run);
	if (status != SKT_EXIT_YES) {
		status = udprecv_payload_nothing(o, ctx, status);
		goto out;
	}
	confine(&run);
	if (udprecv_payload_begin(&run.payload, o, ctx, &run.sock)) {
		status = SKT_EXIT_TROUBLE;
		goto out;
	}
	tell_bound(&run);
	skt_datagram_pull_init(&run.pull, run.sock.fd);
	skt_manager_ready(&run.manager);
	if (run.manager.watchdog_ns)
		tell_alive(&run);
	run.last_ns = skt_clock_ns();
	run.deadline_ns = o->timeout_ns ? skt_clock_add(run.last_ns, o->timeout_ns) : SKT_NEVER;
	status = receive(&run);
	skt_manager_stopping(&run.manager);
	status = finish(&run, status);
out:
	udprecv_programs_free(run.programs);
	udprecv_talk_free(run.talk);
	udprecv_answers_fini(&run.answers);
	skt_datagram_stats_free(run.stats);
	skt_receiver_free(run.receiver);
	(void)close(run.sock.fd);
	if (run.sock.family == AF_UNIX && !run.sock.passed && run.sock.local.un.sun_path[0])
		(void)unlink(run.sock.local.un.sun_path);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
lists:
	skt_manager_stopping(&run.manager);
	skt_access_free(&run.allow);
	skt_access_free(&run.deny);
	return status;
}
