/*
 * Ends the processes that listen on ports, and no others: those who hold the listening socket, not
 * those who are connected to it. Each is pinned by a pidfd, and then looked at once more, before
 * anything is sent to it.
 */
#include "cmd/ports/kill.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/macros.h"
#include "base/vec.h"
#include "cmd/names.h"
#include "cmd/ports/again.h"
#include "cmd/ports/guard.h"
#include "cmd/ports/signal.h"
#include "cmd/ports/unseen.h"
#include "cmd/ports/wanted.h"
#include "proc/owner.h"
#include "proc/pidfd.h"

enum action {
	ACTION_SIGNALLED, /* so far; what has not ended until the row is written is RUNNING */
	ACTION_WOULD_END,
	ACTION_ENDED,
	ACTION_KILLED,
	ACTION_RUNNING,
	ACTION_GONE,
	ACTION_REFUSED,
	ACTION_DENIED,
};

static const char *const action_names[] = {[ACTION_SIGNALLED] = "signalled",
	[ACTION_WOULD_END] = "would-end",
	[ACTION_ENDED] = "ended",
	[ACTION_KILLED] = "killed",
	[ACTION_RUNNING] = "running",
	[ACTION_GONE] = "gone",
	[ACTION_REFUSED] = "refused",
	[ACTION_DENIED] = "denied"};

static const uint8_t action_tones[] = {[ACTION_ENDED] = SKT_TONE_GOOD,
	[ACTION_KILLED] = SKT_TONE_NOTICE,
	[ACTION_RUNNING] = SKT_TONE_BAD,
	[ACTION_REFUSED] = SKT_TONE_BAD,
	[ACTION_DENIED] = SKT_TONE_BAD};

struct kill_row {
	uint64_t present;
	uint32_t pid;
	uint8_t action;
	const char *process, *user, *command, *ports, *signal, *reason;
};

#define ROW(field, text, ...) \
	SKT_COLUMN(struct kill_row, field, .help = (text), .flags = SKT_COLUMN_BOTH, __VA_ARGS__)

const struct skt_column ports_kill_columns[] = {
	ROW(pid, "process id"),
	ROW(process, "program"),
	ROW(user, "user that it runs as"),
	ROW(ports, "where it listens, as port/protocol"),
	SKT_COLUMN_NAME(struct kill_row, "action", action, action_names, .tones = action_tones,
		.help = "what was done", .flags = SKT_COLUMN_BOTH),
	ROW(signal, "the last signal that it was sent"),
	ROW(reason, "why it was spared, or could not be ended"),
	SKT_COLUMN_AS(struct kill_row, "command", command, .help = "command line"),
	SKT_COLUMN_END,
};

/* A socket that somebody listens at. */
struct listener {
	uint64_t inode;
	uint16_t port;
	uint8_t proto;
};

/* A descriptor of it. */
struct hold {
	const struct listener *listener;
	uint32_t pid, fd;
};

struct target {
	struct kill_row row;
	int pidfd; /* -1: nothing to wait for */
};

struct killing {
	const struct ports_options *options;
	const struct skt_context *ctx;
	struct skt_portset wanted;
	SKT_VEC(struct listener) listeners;
	SKT_VEC(struct hold) holds;     /* of this round */
	SKT_VEC(struct target) targets; /* by pid in each round */
	struct skt_output *output;
	struct skt_names names;
	struct skt_arena texts;
	SKT_VEC(struct listener) unseen; /* nobody was seen to hold these */
	bool supervised;                 /* somebody may start again what was ended */
	bool again;                      /* and did, told */
	bool trouble;                    /* told */
};

/* A prefork server may have made more of its kind while the first ones were ended. */
enum { ROUNDS = 5, KILL_WAIT_MS = 2000 };

static bool interrupted(const struct killing *killing)
{
	return killing->ctx->interrupted && *killing->ctx->interrupted;
}

/* ---- who ---- */

static int take_listener(const struct skt_socket *socket, void *ctx)
{
	struct killing *killing = ctx;
	const struct listener listener = {
		.inode = socket->present >> SKT_SOCKET_INODE & 1 ? socket->inode : 0,
		.port = socket->local.port,
		.proto = socket->proto,
	};

	if (!ports_match(socket, &killing->wanted))
		return 0;
	return skt_vec_push(&killing->listeners, listener);
}

static int find_listeners(struct killing *killing)
{
	const struct skt_dump_query query = ports_query(killing->options, &killing->wanted);
	struct skt_dump_report report;
	struct skt_err err = {0};
	int rc = skt_dump_sockets(
		&killing->ctx->system, &query, take_listener, killing, &report, &err);

	if (rc)
		skt_warn(killing->ctx, "%s", err.text[0] ? err.text : strerror(-rc));
	return rc;
}

static const char *keep(struct killing *killing, const char *text)
{
	return text ? skt_arena_text(&killing->texts, text, strlen(text)) : NULL;
}

static int add_target(struct killing *killing, struct skt_owners *owners, uint32_t pid)
{
	const struct skt_process *process = skt_owners_process(owners, pid);
	struct target target = {.row = {.pid = pid}, .pidfd = -1};

	if (process) {
		target.row.process = keep(killing, process->name);
		target.row.command = keep(killing, skt_owners_command(owners, pid));
		if (process->has_uid)
			target.row.user = skt_names_user(&killing->names, process->uid);
	}
	return skt_vec_push(&killing->targets, target);
}

/* Notes that HOLDER holds LISTENER, unless it was met in an earlier round, before FIRST. */
static int add_hold(struct killing *killing, struct skt_owners *owners, size_t first,
	const struct listener *listener, const struct skt_holder *holder)
{
	size_t i = 0;

	while (i < killing->targets.len && killing->targets.data[i].row.pid != holder->pid)
		i++;
	if (i < first)
		return 0;
	if (i == killing->targets.len && add_target(killing, owners, holder->pid))
		return -ENOMEM;
	return skt_vec_push(&killing->holds, (struct hold){listener, holder->pid, holder->fd});
}

static int add_holders(struct killing *killing, struct skt_owners *owners, size_t first,
	const struct listener *listener)
{
	const struct skt_holder *holders;
	size_t count = skt_owners_of(owners, listener->inode, &holders);
	int rc = 0;

	/* In later rounds it is gone, as was meant. */
	if (!count && !first)
		rc = skt_vec_push(&killing->unseen, *listener);
	for (size_t i = 0; !rc && i < count; i++)
		rc = add_hold(killing, owners, first, listener, &holders[i]);
	return rc;
}

static int compare_targets(const void *a, const void *b)
{
	uint32_t x = ((const struct target *)a)->row.pid, y = ((const struct target *)b)->row.pid;

	return (x > y) - (x < y);
}

/* Appends those who hold a listener and were not met before, by ascending pid. */
static int find_targets(struct killing *killing)
{
	const size_t first = killing->targets.len;
	struct skt_owners *owners = NULL;
	struct skt_err err = {0};
	int rc = skt_owners_new(killing->ctx->system.proc_root, &owners);

	if (!rc)
		skt_owners_use(owners, killing->options->owners);
	for (size_t i = 0; !rc && i < killing->listeners.len; i++)
		rc = skt_owners_want(owners, killing->listeners.data[i].inode);
	if (!rc)
		rc = skt_owners_scan(owners, &err);
	for (size_t i = 0; !rc && i < killing->listeners.len; i++)
		rc = add_holders(killing, owners, first, &killing->listeners.data[i]);
	if (rc)
		skt_warn(killing->ctx, "%s", err.text[0] ? err.text : strerror(-rc));
	else if (killing->targets.len > first)
		qsort(killing->targets.data + first, killing->targets.len - first,
			sizeof(*killing->targets.data), compare_targets);
	skt_owners_free(owners);
	return rc;
}

/* ---- what is done to one ---- */

/* Whether an earlier hold of the same process is at the same port: two families, or dup(2). */
static bool is_repeated(const struct killing *killing, size_t index)
{
	const struct hold *hold = &killing->holds.data[index];

	for (size_t i = 0; i < index; i++) {
		const struct hold *other = &killing->holds.data[i];

		if (other->pid == hold->pid && other->listener->port == hold->listener->port &&
			other->listener->proto == hold->listener->proto)
			return true;
	}
	return false;
}

/* "80/tcp,443/tcp" */
static const char *ports_text(struct killing *killing, uint32_t pid)
{
	struct skt_str text = {0};
	const char *kept = NULL;

	for (size_t i = 0; i < killing->holds.len; i++) {
		const struct hold *hold = &killing->holds.data[i];
		const struct listener *at = hold->listener;

		if (hold->pid == pid && !is_repeated(killing, i))
			skt_str_add_format(&text, "%s%u/%s", text.len ? "," : "", at->port,
				skt_proto_names[at->proto]);
	}
	if (!text.failed)
		kept = skt_arena_text(&killing->texts, text.data, text.len);
	free(text.data);
	return kept;
}

/* As skt_process_holds(), of any of the descriptors that PID was found with. */
static int still_holds(const struct killing *killing, uint32_t pid)
{
	int holds = 0;

	for (size_t i = 0; holds <= 0 && i < killing->holds.len; i++) {
		const struct hold *hold = &killing->holds.data[i];
		int rc;

		if (hold->pid != pid)
			continue;
		rc = skt_process_holds(
			killing->ctx->system.proc_root, pid, hold->fd, hold->listener->inode);
		if (rc)
			holds = rc;
	}
	return holds;
}

/* Why PID is spared, or NULL. */
static const char *why_refused(struct killing *killing, const struct kill_row *row)
{
	struct ports_suspect suspect = {
		.pid = row->pid, .process = row->process, .command = row->command};
	struct skt_str reason = {0};
	const char *kept = NULL;

	for (size_t i = killing->holds.len; i-- > 0;)
		if (killing->holds.data[i].pid == row->pid) {
			suspect.port = killing->holds.data[i].listener->port;
			suspect.proto = killing->holds.data[i].listener->proto;
		}
	if (!killing->options->force && ports_guard_spares(&reason, killing->ctx, &suspect))
		kept = reason.failed ? "refused"
				     : skt_arena_text(&killing->texts, reason.data, reason.len);
	skt_str_fini(&reason);
	return kept;
}

/* Whether PID is a shell of this session that waits for us, and starts nobody meanwhile. */
static bool waits_for_us(const struct killing *killing, uint32_t pid)
{
	return pid > 1 && getsid((pid_t)pid) == getsid(0) &&
		skt_process_is_ancestor(killing->ctx->system.proc_root, pid, (uint32_t)getpid());
}

static void note_parent(struct killing *killing, uint32_t pid)
{
	uint32_t pids[2] = {0};

	(void)skt_process_ancestors(killing->ctx->system.proc_root, pid, pids, 2);
	for (size_t i = 0; i < killing->targets.len; i++)
		if (killing->targets.data[i].row.pid == pids[1])
			return;
	if (!waits_for_us(killing, pids[1]))
		killing->supervised = true;
}

static void deny_target(struct killing *killing, struct target *target, const char *reason)
{
	target->row.action = ACTION_DENIED;
	target->row.reason = keep(killing, reason);
	killing->trouble = true;
}

/* It cannot be signalled: it has ended, or it is not ours to end. */
static void fail_target(struct killing *killing, struct target *target, int error)
{
	if (error == -ESRCH) {
		target->row.action = ACTION_GONE;
		return;
	}
	deny_target(killing, target, strerror(-error));
	skt_warn(killing->ctx, "cannot end process %u: %s%s", target->row.pid, strerror(-error),
		error == -EPERM ? ": run as root or with CAP_KILL" : "");
}

static int send_signal(struct target *target, int signal)
{
	int rc = skt_pidfd_signal(target->pidfd, signal);

	if (!rc)
		target->row.signal = ports_signal_name(signal);
	/* One that is stopped would get it only when it is woken. */
	if (!rc && signal != SIGKILL)
		(void)skt_pidfd_signal(target->pidfd, SIGCONT);
	return rc;
}

/* Whether TARGET, which is pinned, is seen to listen still. */
static bool recheck(struct killing *killing, struct target *target)
{
	const int holds = still_holds(killing, target->row.pid);

	if (holds > 0)
		return true;
	/* Not to be seen, or hidden: unless it has ended, it may well listen. */
	if (!holds || skt_pidfd_signal(target->pidfd, 0) == -ESRCH) {
		target->row.action = ACTION_GONE;
		return false;
	}
	deny_target(killing, target,
		holds == -ENOENT ? "hidden, so that it cannot be seen whether it still listens"
				 : "its descriptors may not be read");
	skt_warn(killing->ctx,
		"cannot see whether process %u still listens: %s: run as root or with "
		"CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH",
		target->row.pid, holds == -ENOENT ? "it is hidden" : strerror(-holds));
	return false;
}

static void engage(struct killing *killing, struct target *target)
{
	const int signal = killing->options->signal ? killing->options->signal : SIGTERM;
	int rc;

	target->row.ports = ports_text(killing, target->row.pid);
	target->row.reason = why_refused(killing, &target->row);
	if (target->row.reason) {
		target->row.action = ACTION_REFUSED;
		return;
	}
	/* Pinned first: what is seen then is this process, and no later one of its number. */
	target->pidfd = skt_pidfd_open(target->row.pid);
	if (target->pidfd < 0) {
		fail_target(killing, target, target->pidfd);
		return;
	}
	if (!recheck(killing, target))
		return;
	note_parent(killing, target->row.pid);
	rc = killing->options->dry_run ? skt_pidfd_signal(target->pidfd, 0)
				       : send_signal(target, signal);
	if (rc)
		fail_target(killing, target, rc);
	else
		target->row.action =
			killing->options->dry_run ? ACTION_WOULD_END : ACTION_SIGNALLED;
}

/* ---- until they have ended ---- */

/* Waits for those from FIRST on that were signalled: they become ACTION, at most for LIMIT_NS. */
static int await_ends(struct killing *killing, size_t first, uint64_t limit_ns, enum action action)
{
	const uint64_t begin = skt_clock_ns();
	const size_t count = killing->targets.len - first;
	struct pollfd *fds = calloc(count + 1, sizeof(*fds));
	size_t waiting;

	if (!fds)
		return -ENOMEM;
	do {
		const uint64_t passed = skt_clock_ns() - begin;
		const uint64_t left = passed < limit_ns ? limit_ns - passed : 0;
		const struct timespec timeout = {.tv_sec = (time_t)(left / SKT_NS_PER_SEC),
			.tv_nsec = (long)(left % SKT_NS_PER_SEC)};

		waiting = 0;
		for (size_t i = 0; i < count; i++) {
			const struct target *target = &killing->targets.data[first + i];
			bool wait = target->row.action == ACTION_SIGNALLED;

			fds[i] = (struct pollfd){wait ? target->pidfd : -1, POLLIN, 0};
			waiting += wait;
		}
		if (!waiting || ppoll(fds, count, &timeout, NULL) <= 0)
			break;
		for (size_t i = 0; i < count; i++)
			if (fds[i].revents)
				killing->targets.data[first + i].row.action = (uint8_t)action;
	} while (!interrupted(killing));
	free(fds);
	return 0;
}

/* Those from FIRST on that a polite signal did not end. */
static void kill_rest(struct killing *killing, size_t first)
{
	for (size_t i = first; i < killing->targets.len; i++) {
		struct target *target = &killing->targets.data[i];
		int rc;

		if (target->row.action != ACTION_SIGNALLED)
			continue;
		rc = send_signal(target, SIGKILL);
		if (rc == -ESRCH)
			target->row.action = ACTION_ENDED;
		else if (rc)
			fail_target(killing, target, rc);
	}
}

static int end_targets(struct killing *killing, size_t first)
{
	const struct ports_options *o = killing->options;
	int rc;

	for (size_t i = first; i < killing->targets.len; i++)
		engage(killing, &killing->targets.data[i]);
	if (o->dry_run)
		return 0;
	rc = await_ends(
		killing, first, o->grace_ns, o->signal == SIGKILL ? ACTION_KILLED : ACTION_ENDED);
	if (!rc && !o->signal && !interrupted(killing)) {
		kill_rest(killing, first);
		rc = await_ends(killing, first, KILL_WAIT_MS * SKT_NS_PER_MS, ACTION_KILLED);
	}
	for (size_t i = first; i < killing->targets.len; i++)
		if (killing->targets.data[i].row.action == ACTION_SIGNALLED)
			killing->targets.data[i].row.action = ACTION_RUNNING;
	if (rc)
		skt_warn(killing->ctx, "%s", strerror(-rc));
	return rc;
}

/* ---- all of it ---- */

static void close_targets(struct killing *killing, size_t first)
{
	for (size_t i = first; i < killing->targets.len; i++) {
		struct target *target = &killing->targets.data[i];

		if (target->pidfd >= 0)
			(void)close(target->pidfd);
		target->pidfd = -1;
	}
	skt_vec_free(&killing->holds);
}

/* Finds and ends who listens now, but nobody twice. *ret_count: how many these were. */
static int run_round(struct killing *killing, size_t *ret_count)
{
	const size_t first = killing->targets.len;
	int rc = find_targets(killing);

	if (!rc)
		rc = end_targets(killing, first);
	*ret_count = killing->targets.len - first;
	/* Rows also of what went wrong half way: something was done. */
	for (size_t i = first; i < killing->targets.len; i++)
		if (skt_output_row(killing->output, &killing->targets.data[i].row))
			rc = rc ? rc : -EIO;
	close_targets(killing, first);
	return rc;
}

/* What is said of those whom nobody was seen to hold: an exit status. */
static int report_unseen(const struct killing *killing)
{
	SKT_VEC(uint64_t) inodes = {0};
	int status = SKT_EXIT_YES;

	for (size_t i = 0; i < killing->unseen.len; i++)
		if (skt_vec_push(&inodes, killing->unseen.data[i].inode))
			break;
	if (inodes.len)
		status = ports_unseen(
			killing->options, killing->ctx, &killing->wanted, inodes.data, inodes.len);
	skt_vec_free(&inodes);
	return status;
}

static int status_of(const struct killing *killing)
{
	int status = killing->again ? SKT_EXIT_NO : SKT_EXIT_YES;

	if (killing->trouble)
		return SKT_EXIT_TROUBLE;
	for (size_t i = 0; i < killing->targets.len; i++)
		switch ((enum action)killing->targets.data[i].row.action) {
		case ACTION_WOULD_END:
		case ACTION_ENDED:
		case ACTION_KILLED:
		case ACTION_GONE:
			break;
		case ACTION_SIGNALLED:
		case ACTION_RUNNING:
		case ACTION_REFUSED:
		case ACTION_DENIED:
			status = SKT_EXIT_NO;
		}
	return status;
}

static int look_again(struct killing *killing)
{
	SKT_VEC(uint64_t) known = {0};
	int rc = 0;

	if (!killing->supervised || killing->options->dry_run || interrupted(killing))
		return 0;
	for (size_t i = 0; !rc && i < killing->listeners.len; i++)
		rc = skt_vec_push(&known, killing->listeners.data[i].inode);
	if (!rc)
		rc = ports_again(
			killing->options, killing->ctx, &killing->wanted, known.data, known.len);
	skt_vec_free(&known);
	killing->again = rc > 0;
	return SKT_MIN(rc, 0);
}

/* Nobody listens by the protocols that were asked for; by the other one, maybe. */
static int report_none(struct killing *killing)
{
	const bool other_is_udp = !killing->options->inet.udp;
	struct ports_options other = *killing->options;
	const struct ports_options *asked = killing->options;
	const struct listener *at;

	other.inet.udp = other_is_udp;
	other.inet.tcp = !other_is_udp;
	killing->options = &other;
	if (asked->inet.tcp != asked->inet.udp && find_listeners(killing))
		killing->trouble = true;
	killing->options = asked;
	at = killing->listeners.data;
	if (killing->listeners.len)
		skt_warn(killing->ctx, "nothing listens there by %s, but port %u/%s is %s: use -%c",
			other_is_udp ? "TCP" : "UDP", at->port, skt_proto_names[at->proto],
			other_is_udp ? "bound" : "listened on", other_is_udp ? 'u' : 't');
	else
		skt_warn(killing->ctx, "nothing listens there");
	return killing->trouble ? SKT_EXIT_TROUBLE : SKT_EXIT_NO;
}

static int kill_listeners(struct killing *killing)
{
	size_t count = 1;
	int rc = find_listeners(killing), status, unseen;

	if (rc)
		return SKT_EXIT_TROUBLE;
	if (!killing->listeners.len)
		return report_none(killing);
	for (int i = 0; !rc && count && i < ROUNDS && !interrupted(killing); i++) {
		rc = run_round(killing, &count);
		if (killing->options->dry_run)
			break;
	}
	if (!rc)
		rc = look_again(killing);
	unseen = report_unseen(killing);
	status = rc ? SKT_EXIT_TROUBLE : status_of(killing);
	return SKT_MAX(status, unseen);
}

int ports_kill(const struct ports_options *o, const struct skt_context *ctx)
{
	struct killing killing = {.options = o, .ctx = ctx};
	struct skt_services *services = NULL;
	struct skt_sink sink;
	int status = ports_resolve(o, ctx, &services, &killing.wanted);

	skt_services_free(services);
	if (status == SKT_EXIT_YES) {
		status = SKT_EXIT_TROUBLE;
		if (!skt_rows_begin(&o->rows, ctx, sizeof(struct kill_row), &sink, &killing.output))
			status = skt_rows_end(ctx, &sink, killing.output, kill_listeners(&killing));
	}
	close_targets(&killing, 0);
	skt_vec_free(&killing.targets);
	skt_vec_free(&killing.listeners);
	skt_vec_free(&killing.unseen);
	skt_names_fini(&killing.names);
	skt_arena_fini(&killing.texts);
	return status;
}
