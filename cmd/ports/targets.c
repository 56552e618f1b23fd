#include "cmd/ports/targets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/ports/wanted.h"
#include "proc/owner.h"

const char *ports_targets_keep(struct ports_targets *targets, const char *text)
{
	return text ? skt_arena_text(&targets->texts, text, strlen(text)) : NULL;
}

static int take_listener(const struct skt_socket *socket, void *ctx)
{
	struct ports_targets *targets = ctx;
	const struct ports_listener listener = {
		.inode = socket->present >> SKT_SOCKET_INODE & 1 ? socket->inode : 0,
		.port = socket->local.port,
		.proto = socket->proto,
	};

	if (!ports_match(socket, &targets->wanted))
		return 0;
	return skt_vec_push(&targets->listeners, listener);
}

int ports_targets_listen(struct ports_targets *targets)
{
	const struct skt_dump_query query = ports_query(targets->options, &targets->wanted);
	struct skt_dump_report report;
	struct skt_err err = {0};
	int rc = skt_dump_sockets(
		&targets->ctx->system, &query, take_listener, targets, &report, &err);

	if (rc)
		skt_warn(targets->ctx, "%s", err.text[0] ? err.text : strerror(-rc));
	return rc;
}

static int add_target(struct ports_targets *targets, struct skt_owners *owners, uint32_t pid)
{
	const struct skt_process *process = skt_owners_process(owners, pid);
	struct ports_target target = {.row = {.pid = pid}, .pidfd = -1};

	if (process) {
		target.row.process = ports_targets_keep(targets, process->name);
		target.row.command = ports_targets_keep(targets, skt_owners_command(owners, pid));
		if (process->has_uid)
			target.row.user = skt_names_user(&targets->names, process->uid);
	}
	return skt_vec_push(&targets->list, target);
}

/* Notes that HOLDER holds LISTENER, unless it was met in an earlier round, before FIRST. */
static int add_hold(struct ports_targets *targets, struct skt_owners *owners, size_t first,
	const struct ports_listener *listener, const struct skt_holder *holder)
{
	size_t i = 0;

	while (i < targets->list.len && targets->list.data[i].row.pid != holder->pid)
		i++;
	if (i < first)
		return 0;
	if (i == targets->list.len && add_target(targets, owners, holder->pid))
		return -ENOMEM;
	return skt_vec_push(
		&targets->holds, (struct ports_hold){listener, holder->pid, holder->fd});
}

static int add_holders(struct ports_targets *targets, struct skt_owners *owners, size_t first,
	const struct ports_listener *listener)
{
	const struct skt_holder *holders;
	size_t count = skt_owners_of(owners, listener->inode, &holders);
	int rc = 0;

	/* In later rounds it is gone, as was meant. */
	if (!count && !first)
		rc = skt_vec_push(&targets->unseen, *listener);
	for (size_t i = 0; !rc && i < count; i++)
		rc = add_hold(targets, owners, first, listener, &holders[i]);
	return rc;
}

static int compare_targets(const void *a, const void *b)
{
	uint32_t x = ((const struct ports_target *)a)->row.pid,
		 y = ((const struct ports_target *)b)->row.pid;

	return (x > y) - (x < y);
}

int ports_targets_find(struct ports_targets *targets)
{
	const size_t first = targets->list.len;
	struct skt_owners *owners = NULL;
	struct skt_err err = {0};
	int rc = skt_owners_new(targets->ctx->system.proc_root, &owners);

	if (!rc)
		skt_owners_use(owners, targets->options->owners);
	for (size_t i = 0; !rc && i < targets->listeners.len; i++)
		rc = skt_owners_want(owners, targets->listeners.data[i].inode);
	if (!rc)
		rc = skt_owners_scan(owners, &err);
	for (size_t i = 0; !rc && i < targets->listeners.len; i++)
		rc = add_holders(targets, owners, first, &targets->listeners.data[i]);
	if (rc)
		skt_warn(targets->ctx, "%s", err.text[0] ? err.text : strerror(-rc));
	else if (targets->list.len > first)
		qsort(targets->list.data + first, targets->list.len - first,
			sizeof(*targets->list.data), compare_targets);
	skt_owners_free(owners);
	return rc;
}

void ports_targets_close(struct ports_targets *targets, size_t first)
{
	for (size_t i = first; i < targets->list.len; i++) {
		struct ports_target *target = &targets->list.data[i];

		if (target->pidfd >= 0)
			(void)close(target->pidfd);
		target->pidfd = -1;
	}
	skt_vec_free(&targets->holds);
}

void ports_targets_fini(struct ports_targets *targets)
{
	ports_targets_close(targets, 0);
	skt_vec_free(&targets->list);
	skt_vec_free(&targets->listeners);
	skt_vec_free(&targets->unseen);
	skt_names_fini(&targets->names);
	skt_arena_fini(&targets->texts);
}
