#include "cmd/listen/serve.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/macros.h"
#include "cmd/listen/arrive.h"
#include "cmd/listen/bind.h"
#include "cmd/listen/client.h"
#include "cmd/listen/far.h"
#include "cmd/listen/privilege.h"
#include "cmd/listen/roster.h"
#include "cmd/listen/run.h"
#include "cmd/listen/service.h"
#include "cmd/listen/standing.h"
#include "cmd/listen/tls.h"
#include "cmd/listen/user.h"

/* The queue of connections whose data came with the SYN. */
enum { FASTOPEN_QUEUE = 256 };

/* Among so many is the one whom a server for one serves: who says nothing is in nobody's way. */
enum { ARRIVING_MAX = 64 };

/* Reads anew what may have changed; false: there is nothing of the kind. */
static bool reload(struct listen_run *run)
{
	bool lists = listen_roster_changes(run), tls = listen_tls_changes(run);

	if (lists || tls)
		listen_standing_reloading(run);
	if (tls)
		listen_tls_reload(run);
	if (lists)
		listen_roster_reload(run);
	else if (tls)
		listen_standing_reloaded(run);
	return lists || tls;
}

static void signalled(struct skt_signals *signals, int signo)
{
	struct listen_run *run = SKT_CONTAINER(signals, struct listen_run, signals);

	if (signo == SIGHUP && reload(run))
		return;
	run->signo = signo;
	listen_stop(run, run->status);
}

static void deadline_due(struct skt_timer *timer)
{
	struct listen_run *run = SKT_CONTAINER(timer, struct listen_run, deadline);

	/* A server that was to serve for a while has done so. */
	if (run->options->keep) {
		skt_event_tell(&run->log, SKT_EVENT_DETAIL, "timeout", "ended by --timeout");
		listen_stop(run, SKT_EXIT_YES);
		return;
	}
	skt_event_tell(&run->log, SKT_EVENT_ERROR, "timeout",
		run->clients ? "ended by --timeout" : "nobody came before --timeout");
	listen_stop(run, SKT_EXIT_NO);
}

/* The last listener is gone, and nobody who was served is left. */
static void broken(struct skt_server *server, const struct skt_endpoint *endpoint, int r)
{
	struct listen_run *run = SKT_CONTAINER(server, struct listen_run, server);
	char text[SKT_ENDPOINT_TEXT_MAX];

	skt_event_tell(&run->log, SKT_EVENT_ERROR, "listener_broken",
		"no longer listening on %s: %s", skt_endpoint_text(endpoint, text), strerror(-r));
	run->status = SKT_EXIT_TROUBLE;
	if (!server->listeners)
		listen_stop(run, SKT_EXIT_TROUBLE);
}

/* Every descriptor that we may have; children get back what was found. */
static void raise_limit(struct listen_run *run)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &run->nofile))
		return;
	limit = run->nofile;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

/* Whose word is taken on where clients come from. */
static struct skt_lists senders(const struct listen_run *run)
{
	static const struct skt_access none;
	static const struct skt_cidr own[] = {
		{.addr = {.bytes = {127}, .family = AF_INET}, .length = 8},
		{.addr = {.bytes = {[15] = 1}, .family = AF_INET6}, .length = 128},
	};

	if (skt_access_given(&run->options->proxy_from))
		return skt_access_lists(&run->senders, &none);
	return (struct skt_lists){.allow = own, .allow_count = SKT_COUNT(own)};
}

static void init_server(struct listen_run *run)
{
	const struct listen_options *o = run->options;
	size_t max_clients = o->max_clients ? (size_t)o->max_clients : run->service->max_clients;
	struct skt_server_options options = {
		.family = o->socket.way.family,
		.type = o->seqpacket ? SOCK_SEQPACKET : SOCK_STREAM,
		.backlog = (int)o->backlog,
		.fastopen = o->socket.fastopen ? FASTOPEN_QUEUE : 0,
		.mode = o->mode,
		.reuse_port = o->reuse_port,
		.mptcp = o->socket.mptcp,
		.interface = o->socket.way.interface,
		.max_clients = o->keep      ? max_clients
			: arrival_is_due(o) ? ARRIVING_MAX
					    : 1,
		.refuse_full = o->refuse_full,
		.max_per_host = (size_t)o->max_per_host,
		.needs = run->service->needs + (o->record != NULL),
		.deferred = o->proxy_protocol,
	};

	if (o->proxy_protocol)
		options.senders = senders(run);

	run->server.accepted = arrive_accepted;
	run->server.refused = arrive_refused;
	run->server.stalled = arrive_stalled;
	run->server.broken = broken;
	skt_server_init(&run->server, &run->loop, &options);
}

/* The directory of --record is made where it is missing. */
static int open_records(const struct listen_run *run, struct skt_err *err)
{
	const char *dir = run->options->record;

	if (!dir)
		return 0;
	if (mkdir(dir, 0700) && errno != EEXIST)
		return skt_fail(err, errno, "--record: make %.160s", dir);
	return access(dir, W_OK | X_OK) ? skt_fail(err, errno, "--record: %.160s", dir) : 0;
}

static enum skt_exit fail(const struct listen_run *run, const struct skt_err *err)
{
	skt_event_tell(&run->log, SKT_EVENT_ERROR, "failed", "%s", err->text);
	return SKT_EXIT_TROUBLE;
}

/* A list of nobody would let everybody in. */
static int load_senders(struct listen_run *run, struct skt_err *err)
{
	int r = skt_access_resolve(run->ctx, &run->options->proxy_from, &run->senders, err);

	if (r == 0 && skt_access_given(&run->options->proxy_from) && !run->senders.prefixes.len)
		r = skt_fail_text(err, ENODATA, "nobody is in the list");
	if (r)
		skt_err_prefix(err, "--proxy-from");
	return r;
}

/* Who may come is known before anyone can. */
static enum skt_exit load_lists(struct listen_run *run)
{
	struct skt_err err = {0};
	int r = load_senders(run, &err);

	if (r == 0) {
		init_server(run);
		r = listen_roster_open(run, &err);
	}
	if (r == 0 || r == -ECANCELED)
		return SKT_EXIT_YES;
	(void)fail(run, &err);
	return r == -EINVAL                                 ? SKT_EXIT_USAGE
		: r == -ENOENT && err.domain == SKT_ERR_GAI ? SKT_EXIT_NO
							    : SKT_EXIT_TROUBLE;
}

static enum skt_exit serve(struct listen_run *run)
{
	const struct listen_options *o = run->options;
	struct skt_err err = {0};
	enum skt_exit status;
	int r = 0;

	status = load_lists(run);
	if (status || run->stopping)
		return status;
	if (listen_tls_open(run, &err) || listen_far_open(run, &err))
		return fail(run, &err);
	if (run->service->open)
		r = run->service->open(run, &err);
	if (r) {
		status = fail(run, &err);
		return r == -EINVAL ? SKT_EXIT_USAGE : status;
	}
	status = listen_bind(run);
	if (status)
		return status;
	r = o->user ? listen_become(o->user, o->chroot, !run->ctx->no_sandbox, &err) : 0;
	if (r == 0)
		r = open_records(run, &err);
	if (r)
		return fail(run, &err);
	listen_confine(run);
	status = listen_announce(run);
	if (status)
		return status;
	if (run->service->begin)
		run->service->begin(run);
	listen_tls_announce(run);
	run->deadline.handler = deadline_due;
	if (o->limits.timeout_ns)
		skt_timer_set(&run->loop, &run->deadline,
			skt_loop_after(&run->loop, o->limits.timeout_ns));
	listen_standing_begin(run);
	listen_take_passed(run);
	r = run->stopping ? 0 : skt_loop_run(&run->loop);
	if (r == 0)
		return run->status;
	(void)skt_fail(&err, -r, "wait for events");
	return fail(run, &err);
}

static int open_signals(struct listen_run *run)
{
	run->signals.handler = signalled;
	return skt_signals_open(
		&run->loop, &run->signals, &run->ctx->endings, run->ctx->interrupted);
}

/* What a signal, or a reader of stdout that went away, would have done to us at once. */
static void end_as_told(const struct listen_run *run)
{
	if (run->signo)
		(void)raise(run->signo);
	if (run->out_gone) {
		(void)signal(SIGPIPE, SIG_DFL);
		(void)raise(SIGPIPE);
	}
}

enum skt_exit listen_serve(const struct listen_options *options, struct skt_context *ctx)
{
	struct listen_run run = {
		.options = options,
		.ctx = ctx,
		.service = options->service,
		.status = SKT_EXIT_YES,
	};
	enum skt_exit status = SKT_EXIT_TROUBLE;
	int r;

	if (!run.service)
		run.service = options->keep ? &listen_share : &listen_join;
	skt_event_log_init(&run.log, ctx, &options->events);
	/* Before any other descriptor is opened. */
	status = listen_choose_passed(&run);
	if (status) {
		skt_vec_free(&run.passed);
		skt_event_log_fini(&run.log);
		return status;
	}
	status = SKT_EXIT_TROUBLE;
	skt_manager_open(&run.standing.manager, ctx);
	raise_limit(&run);
	/* Who is gone is told by errors; children get back what was found. */
	run.sigpipe = signal(SIGPIPE, SIG_IGN);
	r = skt_loop_init(&run.loop);
	if (r == 0)
		r = open_signals(&run);
	if (r) {
		skt_warn(ctx, "cannot wait for events: %s", strerror(-r));
		skt_manager_stopping(&run.standing.manager);
	} else {
		status = serve(&run);
		listen_standing_end(&run);
		client_end_all(&run);
		if (run.service->close)
			run.service->close(&run);
		skt_server_fini(&run.server);
		status = listen_tls_close(&run, status);
		status = listen_far_close(&run, status);
		listen_roster_close(&run);
		skt_access_free(&run.senders);
		skt_signals_close(&run.signals);
	}
	skt_vec_free(&run.passed);
	skt_timer_remove(&run.deadline);
	skt_pump_pool_fini(&run.pool);
	skt_loop_fini(&run.loop);
	skt_event_log_fini(&run.log);
	end_as_told(&run);
	(void)signal(SIGPIPE, run.sigpipe);
	return status;
}
