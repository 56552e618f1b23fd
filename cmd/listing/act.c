#include "cmd/listing/act.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/end.h"
#include "cmd/listing/own.h"
#include "diag/destroy.h"
#include "diag/netlink.h"
#include "diag/socket_detail.h"
#include "proc/pidfd.h"

/* ---- words ---- */

/* "tcp ESTABLISHED 10.0.0.1:22 10.0.0.2:51000" */
static void add_socket(struct skt_str *out, const struct skt_socket *socket)
{
	skt_str_add_format(
		out, "%s %s ", skt_proto_names[socket->proto], skt_state_names[socket->state]);
	skt_end_add(out, &socket->local, false);
	if (!socket->remote.port && !socket->remote.host)
		return;
	skt_str_add_char(out, ' ');
	skt_end_add(out, &socket->remote, false);
}

static bool has_holder(const struct skt_socket_row *row)
{
	return row->s.present >> SKT_ROW_PID & 1 && row->processes.count;
}

/* ---- what is spared ---- */

static const char *why_not_destroy(
	const struct skt_socket_row *row, const struct skt_context *ctx, struct skt_own *own)
{
	struct skt_socket socket = row->s;

	skt_own_init(own, ctx);
	if (skt_own_reason(own, row))
		return "this very session depends on it (sockets --kill --force)";
	if (row->s.proto == SKT_PROTO_MPTCP)
		return "it ends with its subflows (sockets --kill)";
	if (row->netns_inode)
		return "it is of another network namespace";
	/* What it points to was of the look in which it was seen. */
	socket.detail = NULL;
	return skt_destroy_refusal(&socket);
}

static const char *why_not_end(
	const struct skt_socket_row *row, const struct skt_context *ctx, struct skt_own *own)
{
	skt_own_init(own, ctx);
	if (!has_holder(row))
		return "no process is seen to hold it";
	if (row->pid == 1)
		return "PID 1 holds it for a service: stop its socket unit";
	if (skt_own_is_ancestor(own, row->pid))
		return "what started this sockkit holds it";
	return NULL;
}

static const char *why_not(
	enum skt_act act, const struct skt_socket_row *row, const struct skt_context *ctx)
{
	struct skt_own own;

	switch (act) {
	case SKT_ACT_DESTROY:
		return why_not_destroy(row, ctx, &own);
	case SKT_ACT_END:
		return why_not_end(row, ctx, &own);
	}
	return NULL;
}

bool skt_act_ask(struct skt_str *out, enum skt_act act, const struct skt_socket_row *row,
	const struct skt_context *ctx)
{
	const char *reason = why_not(act, row, ctx);

	if (reason) {
		skt_str_add_format(
			out, "not %s: %s", act == SKT_ACT_DESTROY ? "destroyed" : "ended", reason);
		return false;
	}
	if (act == SKT_ACT_END)
		skt_str_add_format(out, "End %s[%" PRIu32 "] (SIGTERM), which holds ",
			row->process ? row->process : "?", row->pid);
	else
		skt_str_add_text(out, "Destroy ");
	add_socket(out, &row->s);
	skt_str_add_text(out, "? y/n");
	return true;
}

/* ---- deeds ---- */

static int destroy(const struct skt_socket_row *row, struct skt_err *err)
{
	struct skt_netlink *netlink = NULL;
	struct skt_socket socket = row->s;
	int rc = skt_netlink_open(&netlink, err);

	socket.detail = NULL;
	if (!rc)
		rc = skt_destroy(netlink, &socket, err);
	skt_netlink_close(netlink);
	return rc;
}

/* The process is pinned before it is asked whether it is still the one that was seen. */
static int end_holder(const struct skt_socket_row *row, const struct skt_context *ctx)
{
	const struct skt_holder *holder = row->processes.items;
	const char *proc_root = ctx->system.proc_root;
	int pidfd = skt_pidfd_open(holder->pid), rc = pidfd;

	if (pidfd < 0)
		return rc;
	rc = skt_process_holds(proc_root, holder->pid, holder->fd, row->s.inode);
	if (rc > 0)
		rc = skt_pidfd_signal(pidfd, SIGTERM);
	else if (!rc)
		rc = -ESRCH;
	(void)close(pidfd);
	return rc;
}

void skt_act_do(struct skt_str *out, enum skt_act act, const struct skt_socket_row *row,
	const struct skt_context *ctx)
{
	const char *reason = why_not(act, row, ctx);
	struct skt_err err = {0};
	int rc;

	if (reason) {
		skt_str_add_text(out, reason);
		return;
	}
	rc = act == SKT_ACT_DESTROY ? destroy(row, &err) : end_holder(row, ctx);
	if (rc == -ENOENT || rc == -ESRCH)
		skt_str_add_text(out, "it was gone");
	else if (rc == -EPERM || rc == -EACCES)
		skt_str_add_format(out, "not permitted: run as root or with %s",
			act == SKT_ACT_DESTROY ? "CAP_NET_ADMIN" : "CAP_KILL");
	else if (rc == -EOPNOTSUPP)
		skt_str_add_text(out, "the kernel destroys no socket in this state");
	else if (rc < 0)
		skt_str_add_text(out, err.text[0] ? err.text : strerror(-rc));
	else if (act == SKT_ACT_DESTROY)
		skt_str_add_text(out, "destroyed");
	else
		skt_str_add_format(out, "SIGTERM sent to %s[%" PRIu32 "]",
			row->process ? row->process : "?", row->pid);
}

/* ---- the long form ---- */

struct unfolding {
	const struct skt_socket_id *id;
	struct skt_output *output;
};

static bool is_it(const struct skt_socket *socket, const void *ctx)
{
	const struct unfolding *unfolding = ctx;
	struct skt_socket_id id;

	(void)skt_socket_id_of(socket, unfolding->id->netns, &id);
	return skt_socket_id_equal(&id, unfolding->id);
}

static int take_row(struct skt_socket_row *row, void *ctx)
{
	struct unfolding *unfolding = ctx;

	return row->netns_inode == unfolding->id->netns ? skt_output_row(unfolding->output, row)
							: 0;
}

int skt_act_unfold(struct skt_str *out, const struct skt_listing *listing,
	const struct skt_socket_id *id, const struct skt_context *ctx, unsigned int width,
	bool color)
{
	struct unfolding unfolding = {.id = id};
	struct skt_selection all = {0};
	struct skt_listing one = *listing;
	const struct skt_output_config config = {
		.format = SKT_FORMAT_TABLE,
		.selection = &all,
		.row_size = sizeof(struct skt_socket_row),
		.blocks = true,
		.width = width,
		.color = color,
	};
	struct skt_sink sink;
	int rc;

	if (skt_selection_parse(skt_socket_columns, "all", 0, NULL, &all, NULL))
		return -ENOMEM;
	one.filter = NULL;
	one.match = is_it;
	one.ctx = &unfolding;
	one.directory = NULL;
	one.meter = NULL;
	one.needs = skt_selection_needs(&all, NULL);
	/* Identities are of the one namespace that is read, unless more are. */
	if (!(listing->needs & SKT_NEED_NETNS))
		one.needs &= ~(uint32_t)SKT_NEED_NETNS;
	one.query.detail = one.needs & SKT_DETAIL_ALL;
	one.query.code = NULL;
	one.query.code_len = 0;
	one.quiet = true;
	skt_sink_init(&sink, SKT_SINK_MEMORY);
	rc = skt_output_begin(&sink, &config, &unfolding.output);
	if (!rc) {
		rc = skt_listing_each(&one, ctx, take_row, &unfolding) == SKT_EXIT_YES ? 0 : -EIO;
		if (!rc && !skt_output_count(unfolding.output))
			rc = -ENOENT;
		if (skt_output_end(unfolding.output))
			rc = -ENOMEM;
	}
	if (!rc)
		skt_str_add(out, sink.pending.data, sink.pending.len);
	skt_sink_fini(&sink);
	skt_selection_fini(&all);
	return rc;
}
