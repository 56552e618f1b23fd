#include "cmd/ports/why_holders.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/plural.h"
#include "cmd/listing/listing.h"
#include "cmd/ports/published.h"
#include "cmd/ports/socket_unit.h"
#include "cmd/ports/wanted.h"
#include "cmd/ports/why_elsewhere.h"
#include "diag/socket_detail.h"

static bool has(const struct skt_socket *socket, unsigned int field)
{
	return socket->present >> field & 1;
}

const char *why_keep(struct why *why, struct skt_str *text)
{
	const char *kept = text->failed ? NULL : skt_arena_text(&why->texts, text->data, text->len);

	skt_str_fini(text);
	return kept;
}

static bool takes_ipv4(const struct skt_socket *socket)
{
	if (socket->family == AF_INET || skt_addr_is_v4_mapped(&socket->local.addr))
		return true;
	return skt_addr_is_any(&socket->local.addr) && !socket->v6only;
}

/* Whether SOCKET can be in the way of the families that are asked about. */
static bool concerns(const struct ports_options *o, const struct skt_socket *socket)
{
	if (o->inet.ipv4 == o->inet.ipv6)
		return true;
	if (o->inet.ipv4)
		return takes_ipv4(socket);
	return socket->family == AF_INET6 && !skt_addr_is_v4_mapped(&socket->local.addr);
}

static bool belongs_to(const struct skt_socket *socket, const struct skt_socket *listener)
{
	return listener->proto == socket->proto && listener->family == socket->family &&
		(skt_addr_is_any(&listener->local.addr) ||
			skt_addr_equal(&listener->local.addr, &socket->local.addr));
}

/* Whether a listener has accepted it, or will. The kernel sends listeners first. */
static bool is_accepted(const struct why *why, const struct skt_socket *socket)
{
	for (size_t i = 0; i < why->listeners.len; i++)
		if (belongs_to(socket, &why->listeners.data[i]))
			return true;
	return false;
}

static bool is_listening(const struct skt_socket *socket)
{
	return socket->state == SKT_STATE_LISTEN || socket->state == SKT_STATE_UNCONNECTED;
}

static int take_socket(const struct skt_socket *socket, void *ctx)
{
	struct why *why = ctx;
	struct why_tally *tally = &why->tallies[socket->proto];

	if (socket->local.port != why->port || !concerns(why->options, socket))
		return 0;
	if (socket->state == SKT_STATE_TIME_WAIT) {
		if (!tally->waiting++ || socket->timer_ms > tally->last_waiting.timer_ms)
			tally->last_waiting = *socket;
		return 0;
	}
	if (is_listening(socket)) {
		if (socket->proto == SKT_PROTO_TCP && skt_vec_push(&why->listeners, *socket))
			return -ENOMEM;
	} else if (socket->state != SKT_STATE_BOUND && socket->state != SKT_STATE_CLOSED) {
		if (is_accepted(why, socket)) {
			tally->accepted++;
			return 0;
		}
		if (tally->connections++ >= WHY_CONNECTIONS_SHOWN)
			return 0;
	}
	return skt_join_socket(socket, &why->join);
}

/* ---- what it means ---- */

static void describe_listener(struct skt_str *out, const struct skt_socket *socket)
{
	if (!skt_addr_is_any(&socket->local.addr))
		skt_str_add_format(out,
			"at this address alone: %s cannot be bound beside it, other addresses can",
			socket->family == AF_INET ? "0.0.0.0" : "::");
	else if (socket->family == AF_INET)
		skt_str_add_text(out, "at every IPv4 address");
	else if (!has(socket, SKT_SOCKET_V6ONLY))
		skt_str_add_text(out, "at every IPv6 address, and maybe IPv4");
	else if (socket->v6only)
		skt_str_add_text(out, "at every IPv6 address; IPv4 is left alone");
	else
		skt_str_add_text(out, "at every address: an IPv6 socket that takes IPv4 too");
	if (has(socket, SKT_SOCKET_INTERFACE))
		skt_str_add_text(out, ", on one interface");
}

static void describe_unit(struct skt_str *out, const struct why_row *row)
{
	char unit[SKT_SOCKET_UNIT_MAX];

	skt_str_add_text(out, "PID 1 listens, and starts a service when somebody comes");
	if (skt_socket_unit_find(
		    skt_socket_unit_dirs, (enum skt_proto)row->proto, row->port, &unit))
		skt_str_add_format(out, ": %s names the port", unit);
}

static void describe(
	struct skt_str *out, struct why *why, struct why_row *row, const struct skt_socket *s)
{
	switch ((enum why_reason)row->reason) {
	case WHY_LISTENER:
		describe_listener(out, s);
		break;
	case WHY_SOCKET_UNIT:
		describe_unit(out, row);
		break;
	case WHY_PROXY:
		why_describe_publisher(out, why, row);
		break;
	case WHY_BOUND:
		skt_str_add_text(out, "bound, but it neither listens nor is connected");
		break;
	case WHY_CONNECTION:
		skt_str_add_text(out,
			has(s, SKT_SOCKET_INODE)
				? "a connection has it as its own port"
				: "a connection that only the kernel holds still has it");
		break;
	case WHY_NAMESPACE:
		skt_str_add_format(
			out, "in network namespace %s, which hinders nobody here", row->netns);
		break;
	case WHY_ACCEPTED:
	case WHY_TIME_WAIT:
	case WHY_PRIVILEGED:
	case WHY_RESERVED:
	case WHY_EPHEMERAL:
	case WHY_VERDICT:
		break;
	}
}

static uint8_t reason_of(const struct skt_socket_row *row)
{
	const struct skt_holder *holders = row->processes.items;

	if (row->netns)
		return WHY_NAMESPACE;
	if (row->s.state == SKT_STATE_BOUND || row->s.state == SKT_STATE_CLOSED)
		return WHY_BOUND;
	if (!is_listening(&row->s))
		return WHY_CONNECTION;
	if (ports_publisher(row->process))
		return WHY_PROXY;
	for (size_t i = 0; i < row->processes.count; i++)
		if (holders[i].pid == 1)
			return WHY_SOCKET_UNIT;
	return WHY_LISTENER;
}

static struct why_row row_of(const struct why *why, const struct skt_socket *s, size_t count)
{
	struct why_row row = {
		.present = UINT64_C(1) << WHY_HAS_SOCKET | UINT64_C(1) << WHY_HAS_COUNT,
		.port = why->port,
		.proto = s->proto,
		.state = s->state,
		.count = count,
		.local = s->local,
		.remote = s->remote,
	};

	if (s->remote.addr.family != AF_UNSPEC)
		row.present |= UINT64_C(1) << WHY_HAS_REMOTE;
	return row;
}

/* What a listener has lost: once its queue is full, whoever comes is dropped, and may try again. */
static void describe_queue(struct skt_str *out, const struct why_row *row)
{
	const bool full = row->queue > row->backlog;

	if (full && row->present >> WHY_HAS_BACKLOG & 1)
		skt_str_add_format(out,
			"; its queue is full: %" PRIu64 " wait for accept() and %" PRIu64 " may",
			row->queue, row->backlog);
	if (row->drops)
		skt_str_add_format(out, "%s: %" PRIu32 " connection%s dropped since it began",
			full ? "" : "; its queue was full", row->drops,
			skt_plural(row->drops, "", "s"));
}

static void note_queue(struct why_row *row, const struct skt_socket *s)
{
	const struct skt_socket_detail *detail = s->detail;

	if (s->state == SKT_STATE_LISTEN) {
		row->queue = s->recv_queue;
		row->backlog = s->send_queue;
		row->present |= UINT64_C(1) << WHY_HAS_QUEUE |
			(uint64_t)has(s, SKT_SOCKET_BACKLOG) << WHY_HAS_BACKLOG;
	}
	if (detail && detail->memory_length >= SKT_MEMORY_UP_TO(drops)) {
		row->drops = detail->memory.drops;
		row->present |= UINT64_C(1) << WHY_HAS_DROPS;
	}
}

static int take_row(struct skt_socket_row *socket, void *ctx)
{
	struct why *why = ctx;
	struct why_row row = row_of(why, &socket->s, 1);
	struct skt_str detail = {0};

	row.reason = reason_of(socket);
	row.pid = socket->pid;
	row.uid = socket->s.uid;
	row.process = socket->process;
	row.processes = socket->processes;
	if (socket->keeper)
		row.keeper = *socket->keeper;
	row.user = socket->user;
	row.command = socket->command;
	row.cgroup = socket->cgroup;
	row.unit = socket->unit;
	row.container = socket->container;
	row.netns = socket->netns;
	if (socket->s.present >> SKT_ROW_PID & 1)
		row.present |= UINT64_C(1) << WHY_HAS_PID;
	note_queue(&row, &socket->s);
	describe(&detail, why, &row, &socket->s);
	if (socket->held_by)
		skt_str_add_format(
			&detail, "%sheld by: %s", detail.len ? "; " : "", socket->held_by);
	if (socket->s.state == SKT_STATE_LISTEN && row.reason != WHY_NAMESPACE)
		describe_queue(&detail, &row);
	row.detail = why_keep(why, &detail);
	return skt_vec_push(&why->rows, row);
}

/* ---- all of them ---- */

struct why_row why_waiting_row(struct why *why, uint8_t proto)
{
	const struct why_tally *tally = &why->tallies[proto];
	struct why_row row = row_of(why, &tally->last_waiting, tally->waiting);
	struct skt_str detail = {0};

	row.reason = WHY_TIME_WAIT;
	row.left_ms = tally->last_waiting.timer_ms;
	row.present |= UINT64_C(1) << WHY_HAS_LEFT;
	if (tally->waiting > 1)
		skt_str_add_format(&detail, "%zu closed connections, the last", tally->waiting);
	else
		skt_str_add_text(&detail, "a closed connection,");
	skt_str_add_format(&detail,
		" gone in %u s; hinders a bind unless both it and the new socket set SO_REUSEADDR",
		(row.left_ms + 999) / 1000);
	row.detail = why_keep(why, &detail);
	return row;
}

static int compare_rows(const void *a, const void *b)
{
	const struct why_row *x = a, *y = b;

	return x->reason != y->reason ? x->reason - y->reason
				      : (x->pid > y->pid) - (x->pid < y->pid);
}

int why_collect(struct why *why)
{
	struct skt_dump_query query = ports_query(why->options, NULL);
	struct skt_dump_report report = {0};
	struct skt_err err = {0};
	int rc;

	query.ipv4 = query.ipv6 = true;
	query.states = SKT_STATES_ALL;
	query.local_port = why->port;
	query.detail = SKT_DETAIL_MEMORY;
	skt_composer_prepare(&why->join.row, &why->ctx->system, &query);
	rc = skt_dump_sockets(&why->ctx->system, &query, take_socket, why, &report, &err);
	if (!rc)
		rc = why_elsewhere(why);
	if (!rc)
		rc = skt_join_finish(&why->join);
	if (rc && rc != -ECANCELED)
		skt_warn(why->ctx, "%s", err.text[0] ? err.text : strerror(-rc));
	why->incomplete = skt_listing_warn(why->ctx, &report) || why->join.incomplete;
	if (why->rows.len)
		qsort(why->rows.data, why->rows.len, sizeof(*why->rows.data), compare_rows);
	return rc;
}

int why_open(struct why *why)
{
	/* Whatever is shown, the verdict names the holder. */
	const uint32_t needs = SKT_NEED_OWNERS | SKT_NEED_COMMAND | SKT_NEED_USER | SKT_NEED_ZONE |
		SKT_NEED_CGROUP | SKT_NEED_HELD_BY;
	int rc = skt_directory_init(
		&why->directory, why->ctx, needs, why->options->rows.resolve, SKT_OWNERS_AUTO);

	if (rc)
		return rc;
	skt_join_init(&why->join, why->ctx, &why->directory, take_row, why);
	/* Until the end: a reason is shown after the last socket has come. */
	why->join.row.keep = true;
	skt_local_ports_read(why->ctx->system.proc_root, &why->local);
	return 0;
}

void why_fini(struct why *why)
{
	skt_join_fini(&why->join);
	skt_directory_fini(&why->directory);
	skt_netns_set_fini(&why->namespaces);
	skt_vec_free(&why->rows);
	skt_vec_free(&why->listeners);
	skt_arena_fini(&why->texts);
}
