#include "diag/dump.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "diag/inet.h"
#include "diag/kernel.h"
#include "diag/proc_net.h"

/*
 * The kernel leaves a bucket of its tables after some sockets and comes back to it by position, so
 * on a busy host a socket may come twice, soon after another. A table of what came lately, each
 * cookie (or what stands in for it) in the one slot that is its own, finds these in bounded memory.
 */
enum { RECENT = 4096, TRIES = 3 };

struct dump {
	const struct skt_dump_system *system;
	const struct skt_dump_query *query;
	const char *net_root; /* the `net` in there is that of the namespace */
	skt_socket_fn *fn;
	void *ctx;
	struct skt_dump_report *report;
	struct skt_netlink *netlink; /* NULL: refused, or not to be used */
	size_t answered;             /* tables that some source had */
	size_t rows;                 /* of the table at hand, handed to FN or dropped */
	bool stopped;                /* FN said so: no failure of ours */
	bool by_ends;                /* sockets are told apart by their ends, for want of cookies */
	struct skt_err unavailable;  /* why the last table that no source has could not be had */
	uint64_t recent[RECENT];
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

static uint64_t mixed(uint64_t sum, uint64_t value)
{
	sum = (sum ^ value) * UINT64_C(0x9e3779b97f4a7c15);
	return sum ^ sum >> 32;
}

/*
 * In place of a cookie, which /proc/net has none of: the ends, and the inode, since listeners may
 * share an end (SO_REUSEPORT). Where there is no inode either, no other socket has these ends.
 */
static uint64_t key_of_ends(const struct skt_socket *socket)
{
	const struct skt_end *const ends[] = {&socket->local, &socket->remote};
	uint64_t sum = mixed(socket->family, socket->inode), halves[2];

	for (size_t i = 0; i < SKT_COUNT(ends); i++) {
		memcpy(halves, ends[i]->addr.bytes, sizeof(halves));
		sum = mixed(mixed(mixed(sum, halves[0]), halves[1]), ends[i]->port);
	}
	return sum;
}

static bool seen_lately(struct dump *dump, const struct skt_socket *socket)
{
	uint64_t key = dump->by_ends ? key_of_ends(socket) : socket->cookie, *slot;

	if (!key)
		return false;
	slot = &dump->recent[key * UINT64_C(0x9e3779b97f4a7c15) >> 52];
	if (*slot == key)
		return true;
	*slot = key;
	return false;
}

static int deliver(const struct skt_socket *socket, void *ctx)
{
	struct dump *dump = ctx;

	int rc;

	dump->rows++;
	if (socket->state == SKT_STATE_BOUND)
		dump->report->bound_known = true;
	if (SKT_UNLIKELY(seen_lately(dump, socket))) {
		dump->report->duplicates++;
		return 0;
	}
	rc = dump->fn(socket, dump->ctx);
	dump->stopped = rc < 0;
	return rc;
}

static struct skt_inet_query table_query(const struct dump *dump, enum skt_proto proto, int family)
{
	return (struct skt_inet_query){
		.family = (uint8_t)family,
		.proto = (uint8_t)proto,
		.states = dump->query->states,
		.local_port = dump->query->local_port,
		.remote_port = dump->query->remote_port,
		.detail = dump->query->detail,
	};
}

/* One table by netlink. Where that is refused: 0, and *ret_refused is the error. */
static int dump_netlink(
	struct dump *dump, enum skt_proto proto, int family, int *ret_refused, struct skt_err *err)
{
	const struct skt_inet_query query = table_query(dump, proto, family);
	struct skt_err reason = {0};
	unsigned int flags;
	int rc;

	*ret_refused = 0;
	dump->rows = 0;
	dump->by_ends = false;
	memset(dump->recent, 0, sizeof(dump->recent));
	for (int try = 1;; try++) {
		rc = skt_inet_dump(dump->netlink, &query, deliver, dump, &flags, &reason);
		/* Rows that were handed on cannot be taken back, so only an empty dump is redone.
		 */
		if (rc || !(flags & SKT_DUMP_INTERRUPTED) || dump->rows || try == TRIES)
			break;
	}
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

/* One table by /proc. One that is missing there is no rows. */
static int dump_proc(struct dump *dump, enum skt_proto proto, int family, struct skt_err *err)
{
	const struct skt_inet_query query = table_query(dump, proto, family);
	struct skt_err reason = {0};
	size_t bad;
	int rc;

	dump->rows = 0;
	dump->by_ends = true;
	memset(dump->recent, 0, sizeof(dump->recent));
	rc = skt_proc_net_dump(dump->net_root, &query, deliver, dump, &bad, &reason);
	dump->report->bad_lines += bad;
	if (!rc) {
		dump->answered++;
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
	size_t answered;

	if (dump->netlink) {
		rc = dump_netlink(dump, proto, family, &refused, err);
		if (rc || !refused || dump->query->source == SKT_SOURCE_NETLINK)
			return rc;
	}
	answered = dump->answered;
	rc = dump_proc_of_netns(dump, proto, family, err);
	if (!dump->report->refused && dump->answered > answered)
		dump->report->refused = refused;
	return rc;
}

static int dump_proto(struct dump *dump, enum skt_proto proto, struct skt_err *err)
{
	const struct skt_dump_query *query = dump->query;
	int rc = 0, refused;

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
	rc = open_netlink(&dump, err);
	if (rc)
		return rc;
	if (!dump.netlink)
		ret_report->source = SKT_SOURCE_PROC;
	for (unsigned int proto = 0; rc >= 0 && proto < SKT_PROTO_COUNT; proto++)
		if (query->protos[proto])
			rc = dump_proto(&dump, (enum skt_proto)proto, err);
	if (rc >= 0 && !dump.answered && dump.unavailable.code) {
		rc = -dump.unavailable.code;
		if (err)
			*err = dump.unavailable;
	}
	if (dump.netlink && !system->netlink && ret_report->source == SKT_SOURCE_NETLINK)
		/* Commit 91051f003948. */
		ret_report->bound_known = skt_kernel_running() >= SKT_KERNEL(6, 8);
	/* The socket of a namespace is kept with it. */
	if (system->netlink || !system->netns)
		skt_netlink_close(dump.netlink);
	return SKT_MIN(rc, 0);
}
