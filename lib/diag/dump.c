#include "diag/dump.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/kernel.h"
#include "base/macros.h"
#include "diag/churn.h"
#include "diag/family.h"
#include "diag/idle.h"
#include "diag/inet.h"
#include "diag/looks.h"
#include "diag/netns_link.h"
#include "diag/proc_net.h"

/* How often a dump is asked for again that the kernel interrupted. */
enum { TRIES = 3 };

struct dump {
	const struct skt_dump_system *system;
	const struct skt_dump_query *query;
	const char *net_root; /* the `net` in there is that of the namespace */
	skt_socket_fn *fn;
	void *ctx;
	struct skt_dump_report *report;
	struct skt_netlink *netlink; /* NULL: refused, or not to be used */
	uint64_t own_inode;          /* of that, which is gone before anyone could look at it */
	size_t answered;             /* tables that some source had */
	size_t rows;                 /* of the table at hand, handed to FN or dropped */
	bool stopped;                /* FN said so: no failure of ours */
	bool layers;                 /* it shall be told of TCP what is on top of it */
	bool layered;                /* a listener was met that has something there */
	struct skt_err unavailable;  /* why the last table that no source has could not be had */
	struct skt_looks looks;      /* at the table at hand */
};

/* Whether ERROR says that a source is not to be had here, rather than that it failed. */
static bool is_refusal(int error)
{
	switch (-error) {
	case EPROTONOSUPPORT: /* gVisor, WSL 1: no such netlink family */
	case EAFNOSUPPORT:
	case ENOSYS: /* seccomp */
	case EPERM:
	case EACCES:
	case ECONNREFUSED: /* nobody listens behind the family */
	case ENOENT:       /* no tcp_diag, udp_diag, or /proc/net file */
	case EOPNOTSUPP:
	case EINVAL:
		return true;
	}
	return false;
}

static int deliver(const struct skt_socket *socket, void *ctx)
{
	struct dump *dump = ctx;
	int rc;

	/* What filters, joins and columns index by, and where they stop. */
	SKT_ASSERT(socket->proto < SKT_PROTO_COUNT && socket->state < SKT_STATE_COUNT);
	SKT_ASSERT(socket->local.host_len <= SKT_SOCKET_TEXT_MAX &&
		socket->remote.host_len <= SKT_SOCKET_TEXT_MAX);
	dump->rows++;
	if (socket->state == SKT_STATE_BOUND)
		dump->report->bound_known = true;
	if (socket->state == SKT_STATE_LISTEN && socket->present >> SKT_SOCKET_ULP & 1)
		dump->layered = true;
	rc = skt_looks_see(&dump->looks, socket);
	if (SKT_UNLIKELY(rc != SKT_SIGHT_NEW)) {
		dump->report->duplicates += rc == SKT_SIGHT_REPEAT;
		return SKT_MIN(rc, 0);
	}
	if (SKT_UNLIKELY(socket->proto == SKT_PROTO_NETLINK && socket->inode &&
		    socket->inode == dump->own_inode))
		return 0;
	rc = dump->fn(socket, dump->ctx);
	dump->stopped = rc < 0;
	return rc;
}

static struct skt_inet_query inet_query(const struct dump *dump, enum skt_proto proto, int family)
{
	return (struct skt_inet_query){
		.family = (uint8_t)family,
		.proto = (uint8_t)proto,
		.states = dump->query->states,
		.local_port = dump->query->local_port,
		.remote_port = dump->query->remote_port,
		.detail = dump->query->detail,
		.layers = dump->layers,
		.kernel = dump->system->kernel,
		.code = dump->query->code,
		.code_len = dump->query->code_len,
	};
}

static struct skt_family_query family_query(const struct dump *dump, enum skt_proto proto)
{
	return (struct skt_family_query){
		.states = dump->query->states,
		.types = dump->query->types[proto],
		.ipv4 = dump->query->ipv4,
		.ipv6 = dump->query->ipv6,
		.local_port = dump->query->local_port,
		.remote_port = dump->query->remote_port,
		.detail = dump->query->detail,
	};
}

/* A table: of a protocol over one address family, or over both at once, or that has its own. */
static int read_netlink(struct dump *dump, enum skt_proto proto, int family,
	unsigned int *ret_flags, struct skt_err *err)
{
	const struct skt_family *own = skt_family_of(proto);

	if (own) {
		const struct skt_family_query query = family_query(dump, proto);

		return skt_family_dump(own, dump->netlink, &query, deliver, dump, ret_flags, err);
	}
	const struct skt_inet_query query = inet_query(dump, proto, family);

	return skt_inet_dump(dump->netlink, &query, deliver, dump, ret_flags, err);
}

static int read_proc(
	struct dump *dump, enum skt_proto proto, int family, size_t *ret_bad, struct skt_err *err)
{
	const char *root = dump->net_root;
	const struct skt_family *own = skt_family_of(proto);

	if (own) {
		const struct skt_family_query query = family_query(dump, proto);

		return skt_family_dump_proc(own, root, &query, deliver, dump, ret_bad, err);
	}
	const struct skt_inet_query query = inet_query(dump, proto, family);

	return skt_proc_net_dump(root, &query, deliver, dump, ret_bad, err);
}

/* ---- until nothing is missing ---- */

/*
 * Whether the kernel counts what comes and goes in the table: connections of TCP. Who asks for one
 * port gets one piece anyway.
 */
static bool is_counted(const struct dump *dump, enum skt_proto proto)
{
	const uint32_t connected =
		SKT_STATES_TCP & ~SKT_STATE_BIT(SKT_STATE_LISTEN) & ~SKT_STATE_BIT(SKT_STATE_BOUND);

	return !dump->system->netlink && proto == SKT_PROTO_TCP &&
		dump->query->states & connected && !dump->query->local_port &&
		!dump->query->remote_port;
}

/* Whether the table is to be looked at once more, after a look that gave FLAGS. */
static bool is_wanting(struct dump *dump, struct skt_churn *churn, unsigned int flags)
{
	const bool live = !dump->system->netlink || dump->system->netlink->live;
	bool wanting = flags & SKT_DUMP_INTERRUPTED;

	/* Of one piece no socket is missing. */
	if (!live || (!(flags & SKT_DUMP_PIECES) && dump->looks.look == 1))
		return wanting && !dump->rows && dump->looks.look < TRIES;
	skt_churn_update(churn);
	wanting |= !skt_looks_suffice(&dump->looks, churn->missed);
	if (wanting && dump->looks.look < SKT_LOOKS_MAX)
		return true;
	dump->report->interrupted |= wanting;
	return false;
}

/* One table by netlink. Where that is refused: 0, and *ret_refused is the error. */
static int dump_netlink(
	struct dump *dump, enum skt_proto proto, int family, int *ret_refused, struct skt_err *err)
{
	struct skt_err reason = {0};
	struct skt_churn churn;
	unsigned int flags;
	int rc;

	*ret_refused = 0;
	dump->rows = 0;
	skt_looks_reset(&dump->looks);
	skt_churn_begin(
		&churn, dump->system->proc_root, dump->system->netns, is_counted(dump, proto));
	skt_looks_expect(&dump->looks, churn.before.open + churn.before.time_wait);
	do {
		skt_looks_begin(&dump->looks);
		rc = read_netlink(dump, proto, family, &flags, &reason);
	} while (!rc && is_wanting(dump, &churn, flags));
	if (flags & SKT_DUMP_INTERRUPTED)
		dump->report->interrupted = true;
	if (flags & SKT_DUMP_TRUNCATED || (rc && dump->rows && !dump->stopped))
		dump->report->truncated = true;
	if (!rc)
		dump->answered++;
	if (is_refusal(rc) && !dump->rows) {
		dump->unavailable = reason;
		*ret_refused = rc;
		return 0;
	}
	if (err && reason.code)
		*err = reason;
	return rc;
}

static bool has_proc(enum skt_proto proto)
{
	const struct skt_family *own = skt_family_of(proto);

	return own ? own->proc_name != NULL : proto <= SKT_PROTO_PING;
}

/* Whether /proc/net tells of PROTO what there is to tell. */
static bool is_told_by_proc(enum skt_proto proto)
{
	return proto == SKT_PROTO_UDPLITE || proto == SKT_PROTO_RAW || proto == SKT_PROTO_PING;
}

/* One table by /proc. One that is missing there is no rows. */
static int dump_proc(struct dump *dump, enum skt_proto proto, int family, struct skt_err *err)
{
	struct skt_err reason = {0};
	size_t bad;
	int rc;

	dump->rows = 0;
	skt_looks_reset(&dump->looks);
	skt_looks_begin(&dump->looks);
	rc = read_proc(dump, proto, family, &bad, &reason);
	dump->report->bad_lines += bad;
	if (!rc) {
		dump->answered++;
		if (!is_told_by_proc(proto))
			dump->report->source = SKT_SOURCE_PROC;
	}
	if (rc == -ENOENT && !dump->rows) {
		dump->unavailable = reason;
		return 0;
	}
	if (err && reason.code)
		*err = reason;
	return rc;
}

struct visit {
	struct dump *dump;
	enum skt_proto proto;
	int family;
	struct skt_err *err;
};

static int dump_inside(void *ctx)
{
	struct visit *visit = ctx;

	return dump_proc(visit->dump, visit->proto, visit->family, visit->err);
}

/* The same in the namespace to be read: by a process that is there, or by going there. */
static int dump_proc_of_netns(
	struct dump *dump, enum skt_proto proto, int family, struct skt_err *err)
{
	const struct skt_netns *netns = dump->system->netns;
	struct visit visit = {.dump = dump, .proto = proto, .family = family, .err = err};
	char root[PATH_MAX];
	int rc;

	if (!netns || netns->own)
		return dump_proc(dump, proto, family, err);
	if (netns->pid)
		(void)snprintf(root, sizeof(root), "%s/%u", dump->system->proc_root, netns->pid);
	else
		(void)snprintf(root, sizeof(root), "%s/thread-self", dump->system->proc_root);
	dump->net_root = root;
	rc = netns->pid ? dump_inside(&visit) : skt_netns_run(netns, dump_inside, &visit, err);
	dump->net_root = dump->system->proc_root;
	return rc;
}

static int dump_table(struct dump *dump, enum skt_proto proto, int family, struct skt_err *err)
{
	int refused = dump->report->refused, rc;
	struct skt_err reason = {0};
	size_t answered;

	if (dump->netlink) {
		rc = dump_netlink(dump, proto, family, &refused, err);
		if (rc || !refused || dump->query->source == SKT_SOURCE_NETLINK || !has_proc(proto))
			return rc;
	}
	answered = dump->answered;
	rc = dump_proc_of_netns(dump, proto, family, &reason);
	/* A single file that cannot be opened is not the end of all that netlink tells. */
	if (rc < 0 && dump->netlink && !dump->rows) {
		dump->unavailable = reason;
		dump->report->truncated = true;
		return 0;
	}
	if (rc < 0 && err && reason.code)
		*err = reason;
	if (!dump->report->refused && dump->answered > answered && !is_told_by_proc(proto))
		dump->report->refused = refused;
	return rc;
}

static int dump_proto(struct dump *dump, enum skt_proto proto, struct skt_err *err)
{
	const struct skt_dump_query *query = dump->query;
	int rc = 0, refused;

	if (skt_family_of(proto))
		return dump_table(dump, proto, AF_UNSPEC, err);
	/* One walk for both families where that can be; what refuses it may know the newer way. */
	if (dump->netlink && proto == SKT_PROTO_TCP && query->ipv4 && query->ipv6) {
		rc = dump_netlink(dump, proto, AF_UNSPEC, &refused, err);
		if (rc || !refused)
			return rc;
	}
	if (query->ipv4)
		rc = dump_table(dump, proto, AF_INET, err);
	if (rc >= 0 && query->ipv6)
		rc = dump_table(dump, proto, AF_INET6, err);
	return rc;
}

/*
 * Whether the tables of MPTCP need not be walked, which takes longer than all others together, once
 * the kernel counts no such socket and no listener of TCP is one's.
 */
static bool may_leave_mptcp_out(const struct dump *dump)
{
	const struct skt_dump_query *query = dump->query;
	const struct skt_dump_system *system = dump->system;

	return dump->netlink && !system->netlink && system->kernel >= SKT_KERNEL(6, 2) &&
		(!system->netns || system->netns->own) && query->protos[SKT_PROTO_TCP] &&
		query->protos[SKT_PROTO_MPTCP] && query->ipv4 && query->ipv6 &&
		query->states & SKT_STATE_BIT(SKT_STATE_LISTEN) && !query->code_len &&
		!query->local_port && !query->remote_port;
}

/* TCP in two dumps, the listeners first, of which it is told what is on top of them. */
static int dump_tcp_apart(struct dump *dump, struct skt_err *err)
{
	const struct skt_dump_query *query = dump->query;
	struct skt_dump_query part = *query;
	int rc;

	dump->query = &part;
	part.states = SKT_STATE_BIT(SKT_STATE_LISTEN);
	dump->layers = true;
	rc = dump_proto(dump, SKT_PROTO_TCP, err);
	dump->layers = false;
	part.states = query->states & ~SKT_STATE_BIT(SKT_STATE_LISTEN);
	if (rc >= 0 && part.states)
		rc = dump_proto(dump, SKT_PROTO_TCP, err);
	dump->query = query;
	return rc;
}

/* Once TCP was dumped so. */
static bool is_mptcp_idle(const struct dump *dump)
{
	return dump->report->source == SKT_SOURCE_NETLINK && !dump->report->interrupted &&
		!dump->report->truncated && !dump->layered && skt_mptcp_is_idle(dump->net_root);
}

static int dump_all(struct dump *dump, struct skt_err *err)
{
	const bool apart = may_leave_mptcp_out(dump);
	int rc = 0;

	for (unsigned int proto = 0; rc >= 0 && proto < SKT_PROTO_OTHER; proto++) {
		if (!dump->query->protos[proto])
			continue;
		if (apart && proto == SKT_PROTO_TCP)
			rc = dump_tcp_apart(dump, err);
		else if (apart && proto == SKT_PROTO_MPTCP && is_mptcp_idle(dump))
			dump->answered++;
		else
			rc = dump_proto(dump, (enum skt_proto)proto, err);
	}
	return rc;
}

static int open_netlink(struct dump *dump, struct skt_err *err)
{
	struct skt_err reason = {0};
	int rc;

	if (dump->query->source == SKT_SOURCE_PROC)
		return 0;
	if (dump->system->netlink)
		rc = skt_netlink_open_source(dump->system->netlink, &dump->netlink, &reason);
	else if (dump->system->netns)
		rc = skt_netns_netlink(dump->system->netns, &dump->netlink, &reason);
	else
		rc = skt_netlink_open(&dump->netlink, &reason);
	if (is_refusal(rc) && dump->query->source == SKT_SOURCE_AUTO) {
		dump->report->refused = rc;
		return 0;
	}
	if (rc && err)
		*err = reason;
	return rc;
}

/* Says of what nothing could be learned, where that is one thing. */
static void name_unavailable(const struct skt_dump_query *query, struct skt_err *err)
{
	const char *name = NULL;

	for (size_t proto = 0; proto < SKT_PROTO_COUNT; proto++) {
		if (query->protos[proto] && (name || proto <= SKT_PROTO_UDP))
			return;
		if (query->protos[proto])
			name = skt_proto_names[proto];
	}
	if (name)
		skt_err_prefix(err, "the kernel tells nothing of %s sockets", name);
}

int skt_dump_sockets(const struct skt_dump_system *system, const struct skt_dump_query *query,
	skt_socket_fn *fn, void *ctx, struct skt_dump_report *ret_report, struct skt_err *err)
{
	struct dump dump = {.system = system,
		.query = query,
		.net_root = system->proc_root,
		.fn = fn,
		.ctx = ctx,
		.report = ret_report};
	int rc;

	*ret_report = (struct skt_dump_report){.source = SKT_SOURCE_NETLINK};
	(void)!getrandom(dump.looks.key, sizeof(dump.looks.key), GRND_NONBLOCK);
	rc = open_netlink(&dump, err);
	if (rc)
		return rc;
	if (dump.netlink)
		dump.own_inode = skt_netlink_inode(dump.netlink);
	else
		ret_report->source = SKT_SOURCE_PROC;
	rc = dump_all(&dump, err);
	if (rc >= 0 && !dump.answered && dump.unavailable.code) {
		rc = -dump.unavailable.code;
		name_unavailable(query, &dump.unavailable);
		if (err)
			*err = dump.unavailable;
	}
	/* Commit 91051f003948. */
	if (dump.netlink && ret_report->source == SKT_SOURCE_NETLINK &&
		system->kernel >= SKT_KERNEL(6, 8))
		ret_report->bound_known = true;
	/* The socket of a namespace is kept with it. */
	if (system->netlink || !system->netns)
		skt_netlink_close(dump.netlink);
	skt_looks_fini(&dump.looks);
	return SKT_MIN(rc, 0);
}
