#include "cmd/ports/end.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cmd/ports/guard.h"
#include "cmd/ports/signal.h"
#include "cmd/waiting.h"
#include "proc/pidfd.h"

/* How long a killed process may take to end. */
enum { KILL_WAIT_MS = 2000 };

/* How often it is said who is waited for, and in how many bytes. */
enum { SAY_MS = 500, WHAT_MAX = 128 };

/* ---- one ---- */

/* Whether an earlier hold of the same process is at the same port: two families, or dup(2). */
static bool is_repeated(const struct ports_targets *targets, size_t index)
{
	const struct ports_hold *hold = &targets->holds.data[index];

	for (size_t i = 0; i < index; i++) {
		const struct ports_hold *other = &targets->holds.data[i];

		if (other->pid == hold->pid && other->listener->port == hold->listener->port &&
			other->listener->proto == hold->listener->proto)
			return true;
	}
	return false;
}

/* "80/tcp,443/tcp" */
static const char *ports_text(struct ports_targets *targets, uint32_t pid)
{
	struct skt_str text = {0};
	const char *kept = NULL;

	for (size_t i = 0; i < targets->holds.len; i++) {
		const struct ports_hold *hold = &targets->holds.data[i];
		const struct ports_listener *at = hold->listener;

		if (hold->pid == pid && !is_repeated(targets, i))
			skt_str_add_format(&text, "%s%u/%s", text.len ? "," : "", at->port,
				skt_proto_names[at->proto]);
	}
	if (!text.failed)
		kept = skt_arena_text(&targets->texts, text.data, text.len);
	free(text.data);
	return kept;
}

/* As skt_process_holds(), of any of the descriptors that PID was found with. */
static int still_holds(const struct ports_targets *targets, uint32_t pid)
{
	int holds = 0;

	for (size_t i = 0; holds <= 0 && i < targets->holds.len; i++) {
		const struct ports_hold *hold = &targets->holds.data[i];
		int rc;

		if (hold->pid != pid)
			continue;
		rc = skt_process_holds(
			targets->ctx->system.proc_root, pid, hold->fd, hold->listener->inode);
		if (rc)
			holds = rc;
	}
	return holds;
}

/* Why PID is spared, or NULL. */
static const char *why_refused(struct ports_targets *targets, const struct ports_kill_row *row)
{
	struct ports_suspect suspect = {
		.pid = row->pid, .process = row->process, .command = row->command};
	struct skt_str reason = {0};
	const char *kept = NULL;

	for (size_t i = targets->holds.len; i-- > 0;)
		if (targets->holds.data[i].pid == row->pid) {
			suspect.port = targets->holds.data[i].listener->port;
			suspect.proto = targets->holds.data[i].listener->proto;
		}
	if (!targets->options->force && ports_guard_spares(&reason, targets->ctx, &suspect))
		kept = reason.failed ? "refused"
				     : skt_arena_text(&targets->texts, reason.data, reason.len);
	skt_str_fini(&reason);
	return kept;
}

/* Whether PID is a shell of this session that waits for us, and starts nobody meanwhile. */
static bool waits_for_us(const struct ports_targets *targets, uint32_t pid)
{
	return pid > 1 && getsid((pid_t)pid) == getsid(0) &&
		skt_process_is_ancestor(targets->ctx->system.proc_root, pid, (uint32_t)getpid());
}

static void note_parent(struct ports_targets *targets, uint32_t pid)
{
	uint32_t pids[2] = {0};

	(void)skt_process_ancestors(targets->ctx->system.proc_root, pid, pids, 2);
	for (size_t i = 0; i < targets->list.len; i++)
		if (targets->list.data[i].row.pid == pids[1])
			return;
	if (!waits_for_us(targets, pids[1]))
		targets->supervised = true;
}

static void deny_target(
	struct ports_targets *targets, struct ports_target *target, const char *reason)
{
	target->row.action = TARGET_DENIED;
	target->row.reason = ports_targets_keep(targets, reason);
	targets->trouble = true;
}

/* It cannot be signalled: it has ended, or it is not ours to end. */
static void fail_target(struct ports_targets *targets, struct ports_target *target, int error)
{
	if (error == -ESRCH) {
		target->row.action = TARGET_GONE;
		return;
	}
	deny_target(targets, target, strerror(-error));
	skt_warn(targets->ctx, "cannot end process %u: %s%s", target->row.pid, strerror(-error),
		error == -EPERM ? ": run as root or with CAP_KILL" : "");
}

static int send_signal(struct ports_target *target, int signal)
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
static bool recheck(struct ports_targets *targets, struct ports_target *target)
{
	const int holds = still_holds(targets, target->row.pid);

	if (holds > 0)
		return true;
	/* Not to be seen, or hidden: unless it has ended, it may well listen. */
	if (!holds || skt_pidfd_signal(target->pidfd, 0) == -ESRCH) {
		target->row.action = TARGET_GONE;
		return false;
	}
	deny_target(targets, target,
		holds == -ENOENT ? "hidden, so that it cannot be seen whether it still listens"
				 : "its descriptors may not be read");
	skt_warn(targets->ctx,
		"cannot see whether process %u still listens: %s: run as root or with "
		"CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH",
		target->row.pid, holds == -ENOENT ? "it is hidden" : strerror(-holds));
	return false;
}

static void engage(struct ports_targets *targets, struct ports_target *target)
{
	const int signal = targets->options->signal ? targets->options->signal : SIGTERM;
	int rc;

	target->row.ports = ports_text(targets, target->row.pid);
	target->row.reason = why_refused(targets, &target->row);
	if (target->row.reason) {
		target->row.action = TARGET_REFUSED;
		return;
	}
	/* Pinned first: what is seen then is this process, and no later one of its number. */
	target->pidfd = skt_pidfd_open(target->row.pid);
	if (target->pidfd < 0) {
		fail_target(targets, target, target->pidfd);
		return;
	}
	if (!recheck(targets, target))
		return;
	note_parent(targets, target->row.pid);
	rc = targets->options->dry_run ? skt_pidfd_signal(target->pidfd, 0)
				       : send_signal(target, signal);
	if (rc)
		fail_target(targets, target, rc);
	else
		target->row.action =
			targets->options->dry_run ? TARGET_WOULD_END : TARGET_SIGNALLED;
}

/* ---- until they have ended ---- */

/* The polls of those from FIRST on that were signalled. Returns the first of these, or NULL. */
static const struct ports_target *fill_polls(
	const struct ports_targets *targets, size_t first, struct pollfd *fds)
{
	const struct ports_target *awaited = NULL;

	for (size_t i = first; i < targets->list.len; i++) {
		const struct ports_target *target = &targets->list.data[i];
		bool wait = target->row.action == TARGET_SIGNALLED;

		fds[i - first] = (struct pollfd){wait ? target->pidfd : -1, POLLIN, 0};
		awaited = awaited || !wait ? awaited : target;
	}
	return awaited;
}

/* Waits for those from FIRST on that were signalled: they become ACTION, at most for LIMIT_NS. */
static int await_ends(struct ports_targets *targets, size_t first, uint64_t limit_ns,
	enum ports_target_action action)
{
	const uint64_t end = skt_clock_add(skt_clock_ns(), limit_ns);
	const size_t count = targets->list.len - first;
	struct pollfd *fds = calloc(count + 1, sizeof(*fds));
	const struct ports_target *awaited;
	struct skt_progress progress;
	struct skt_waiting waiting;
	char what[WHAT_MAX];
	int rc = 1;

	if (!fds)
		return -ENOMEM;
	skt_waiting_open(&progress, targets->ctx);
	skt_waiting_begin(&waiting, &progress, what, end);
	while (rc >= 0 && (awaited = fill_polls(targets, first, fds)) &&
		!skt_interrupted(targets->ctx)) {
		const uint64_t now = skt_clock_ns(), left = now < end ? end - now : 0;
		const uint64_t step = SKT_MIN(left, SAY_MS * SKT_NS_PER_MS);
		const struct timespec timeout = skt_clock_timespec(step);

		(void)snprintf(what, sizeof(what), "waiting for %s[%u] to end",
			awaited->row.process ? awaited->row.process : "process", awaited->row.pid);
		skt_waiting_look(&waiting);
		rc = ppoll(fds, count, &timeout, NULL);
		if (!rc && !left)
			break;
		for (size_t i = 0; i < count; i++)
			if (rc > 0 && fds[i].revents)
				targets->list.data[first + i].row.action = (uint8_t)action;
	}
	skt_waiting_end(&waiting);
	free(fds);
	return 0;
}

/* Those from FIRST on that a polite signal did not end. */
static void kill_rest(struct ports_targets *targets, size_t first)
{
	for (size_t i = first; i < targets->list.len; i++) {
		struct ports_target *target = &targets->list.data[i];
		int rc;

		if (target->row.action != TARGET_SIGNALLED)
			continue;
		rc = send_signal(target, SIGKILL);
		if (rc == -ESRCH)
			target->row.action = TARGET_ENDED;
		else if (rc)
			fail_target(targets, target, rc);
	}
}

int ports_end(struct ports_targets *targets, size_t first)
{
	const struct ports_options *o = targets->options;
	int rc;

	for (size_t i = first; i < targets->list.len; i++)
		engage(targets, &targets->list.data[i]);
	if (o->dry_run)
		return 0;
	rc = await_ends(
		targets, first, o->grace_ns, o->signal == SIGKILL ? TARGET_KILLED : TARGET_ENDED);
	if (!rc && !o->signal && !skt_interrupted(targets->ctx)) {
		kill_rest(targets, first);
		rc = await_ends(targets, first, KILL_WAIT_MS * SKT_NS_PER_MS, TARGET_KILLED);
	}
	for (size_t i = first; i < targets->list.len; i++)
		if (targets->list.data[i].row.action == TARGET_SIGNALLED)
			targets->list.data[i].row.action = TARGET_RUNNING;
	if (rc)
		skt_warn(targets->ctx, "%s", strerror(-rc));
	return rc;
}
