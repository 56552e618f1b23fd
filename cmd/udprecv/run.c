/* The run of udprecv, from its socket to its status. */
#include "cmd/udprecv/run.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/plural.h"
#include "cmd/look_up.h"
#include "cmd/policy.h"
#include "cmd/report.h"
#include "cmd/udprecv/join.h"
#include "cmd/udprecv/run_internal.h"
#include "net/iperf2.h"

/* ---- events ---- */

struct life_row {
	uint64_t present;
	const char *event, *address;
	uint64_t buffer;
};

const struct skt_column udprecv_life_columns[] = {
	SKT_COLUMN(struct life_row, event, .help = "what happened"),
	SKT_COLUMN(struct life_row, address, .help = "where"),
	SKT_COLUMN(struct life_row, buffer, .help = "size of the receive buffer in bytes"),
	SKT_COLUMN_END,
};

/* The port must be told where the kernel chose it. */
static void tell_bound(const struct udprecv *run)
{
	const struct life_row row = {.event = "bound",
		.address = run->sock.text,
		.buffer = skt_udp_receive_buffer(run->sock.fd)};
	const bool chosen = run->o->at.endpoint.kind == SKT_ENDPOINT_INET &&
		!run->o->at.endpoint.port && !run->o->at.endpoint.service[0];

	if (run->o->events.json && run->o->events.verbose >= 0)
		skt_report_json(udprecv_life_columns, &row);
	else if (run->o->events.verbose > 0 || (chosen && run->o->events.verbose == 0))
		skt_warn(run->ctx, "receiving on %s", run->sock.text);
}

/* ---- beginning and end ---- */

/* Whether anything is sent. */
static bool answers(const struct udprecv_options *o)
{
	return o->echo || o->command || o->talk;
}

static int open_receiver(struct udprecv *run)
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

static int open_answers(struct udprecv *run)
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

static int load_lists(struct udprecv *run)
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

static void block_signals(struct udprecv *run, sigset_t *before)
{
	(void)sigprocmask(SIG_BLOCK, &run->ctx->endings, before);
	run->waiting = *before;
}

static int settle_status(const struct udprecv *run, int status)
{
	if (status != SKT_EXIT_YES || *run->ctx->interrupted)
		return status;
	if (run->idle && run->o->exit_idle_ns)
		return SKT_EXIT_YES;
	return (run->o->count ? run->full : run->received > 0) ? SKT_EXIT_YES : SKT_EXIT_NO;
}

static int finish(struct udprecv *run, int status)
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

static void confine(const struct udprecv *run)
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

/* Before any other descriptor is opened: those that were passed on. */
static int open_socket(struct udprecv *run)
{
	const struct udprecv_options *o = run->o;
	int status = udprecv_take_passed(o, run->ctx, &run->sock);

	if (status == SKT_EXIT_YES)
		skt_manager_open(&run->manager, run->ctx);
	if (status == SKT_EXIT_YES && o->events.verbose > 0)
		udprecv_silence_begin(run->ctx, &run->before);
	if (status == SKT_EXIT_YES)
		status = load_lists(run);
	return status == SKT_EXIT_YES ? udprecv_open(o, run->ctx, &run->sock) : status;
}

/* All that is needed between the socket and its first datagram. */
static int prepare(struct udprecv *run)
{
	const struct udprecv_options *o = run->o;
	int status = udprecv_join_all(o, run->ctx, &run->sock);

	if (status == SKT_EXIT_YES)
		status = open_receiver(run);
	if (status == SKT_EXIT_YES && o->stats)
		status = skt_datagram_stats_new(&o->counting, run->ctx, run->sock.fd, run->sock.gro,
			run->sock.since_ns, &run->stats);
	return status == SKT_EXIT_YES ? open_answers(run) : status;
}

static int serve(struct udprecv *run)
{
	const struct udprecv_options *o = run->o;
	int status;

	confine(run);
	if (udprecv_payload_begin(&run->payload, o, run->ctx, &run->sock))
		return SKT_EXIT_TROUBLE;
	tell_bound(run);
	skt_datagram_pull_init(&run->pull, run->sock.fd);
	skt_manager_ready(&run->manager);
	if (run->manager.watchdog_ns)
		udprecv_tell_alive(run);
	run->last_ns = skt_clock_ns();
	run->deadline_ns = o->timeout_ns ? skt_clock_add(run->last_ns, o->timeout_ns) : SKT_NEVER;
	status = udprecv_receive(run);
	skt_manager_stopping(&run->manager);
	return finish(run, status);
}

static void close_socket(struct udprecv *run)
{
	(void)close(run->sock.fd);
	if (run->sock.family == AF_UNIX && !run->sock.passed && run->sock.local.un.sun_path[0])
		(void)unlink(run->sock.local.un.sun_path);
}

int udprecv_run(const struct udprecv_options *o, struct skt_context *ctx)
{
	struct udprecv run = {.o = o,
		.ctx = ctx,
		.sock = {.fd = -1},
		.manager = {.notify = {.fd = -1}},
		.alive_ns = SKT_NEVER};
	sigset_t before;
	int status = open_socket(&run);

	if (status != SKT_EXIT_YES) {
		status = udprecv_payload_nothing(o, ctx, status);
		goto out;
	}
	block_signals(&run, &before);
	status = prepare(&run);
	status = status == SKT_EXIT_YES ? serve(&run) : udprecv_payload_nothing(o, ctx, status);
	udprecv_programs_free(run.programs);
	udprecv_talk_free(run.talk);
	udprecv_answers_fini(&run.answers);
	skt_datagram_stats_free(run.stats);
	skt_receiver_free(run.receiver);
	close_socket(&run);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
out:
	skt_manager_stopping(&run.manager);
	skt_access_free(&run.allow);
	skt_access_free(&run.deny);
	return status;
}
