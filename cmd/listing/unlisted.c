#include "cmd/listing/unlisted.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/macros.h"
#include "base/vec.h"
#include "diag/protocol.h"
#include "diag/socket_fill.h"
#include "proc/held_socket.h"
#include "proc/inode_table.h"

/* One that is held, and in no table so far. */
struct candidate {
	uint32_t inode, place; /* PLACE: which of the namespaces that are listed */
	uint32_t pid, fd;      /* a holder in there */
	struct skt_held_socket held;
	struct skt_socket socket; /* once HELD is read */
};

struct finding {
	const struct skt_unlisted_search *search;
	struct skt_err *err;
	struct skt_owners *owners;
	struct skt_inode_table places; /* of processes: 1: not listed, else 2 + its index */
	struct skt_inode_table known;  /* in some table */
	SKT_VEC(struct candidate) candidates;
	bool read[SKT_PROTO_COUNT]; /* all that are bound, where they are to be listed */
};

static size_t places_count(const struct finding *finding)
{
	return SKT_MAX(finding->search->namespaces->len, (size_t)1);
}

static struct skt_netns *netns_at(const struct finding *finding, size_t place)
{
	const struct skt_netns_vec *list = finding->search->namespaces;

	return place < list->len ? &list->data[place] : NULL;
}

/* ---- who is held ---- */

/* The namespace of a process as a number of `places`. */
static uint32_t look_up_place(const struct finding *finding, uint32_t pid)
{
	const char *root = finding->search->system->proc_root;
	struct stat theirs, own;
	char path[64];

	(void)snprintf(path, sizeof(path), "%s/%u/ns/net", root, pid);
	if (stat(path, &theirs))
		return 1;
	for (size_t i = 0; i < finding->search->namespaces->len; i++) {
		const struct skt_netns *netns = netns_at(finding, i);

		if (netns->inode == theirs.st_ino && netns->device == theirs.st_dev)
			return (uint32_t)i + 2;
	}
	(void)snprintf(path, sizeof(path), "%s/self/ns/net", root);
	return !finding->search->namespaces->len && !stat(path, &own) &&
			own.st_ino == theirs.st_ino && own.st_dev == theirs.st_dev
		? 2
		: 1;
}

static int take_held(void *ctx, uint64_t inode)
{
	struct finding *finding = ctx;
	const struct skt_holder *holders;
	size_t count = skt_owners_of(finding->owners, inode, &holders);

	for (size_t i = 0; i < count; i++) {
		struct skt_inode_slot *slot;

		if (holders[i].pid == (uint32_t)getpid())
			continue;
		if (skt_inode_table_add(&finding->places, holders[i].pid, &slot))
			return -ENOMEM;
		if (!slot->head)
			slot->head = look_up_place(finding, holders[i].pid);
		if (slot->head > 1)
			return skt_vec_push(&finding->candidates,
				(struct candidate){.inode = (uint32_t)inode,
					.place = slot->head - 2,
					.pid = holders[i].pid,
					.fd = holders[i].fd});
	}
	return 0;
}

static int find_held(struct finding *finding)
{
	int rc = skt_owners_new(finding->search->system->proc_root, &finding->owners);

	if (rc)
		return rc;
	skt_owners_use(finding->owners, finding->search->owners);
	skt_owners_want_all(finding->owners);
	rc = skt_owners_scan(finding->owners, finding->err);
	return rc ? rc : skt_owners_each(finding->owners, take_held, finding);
}

/* ---- what is in some table ---- */

static int take_listed(const struct skt_socket *socket, void *ctx)
{
	struct finding *finding = ctx;
	struct skt_inode_slot *slot;

	return socket->inode &&
			skt_inode_table_add(&finding->known, socket->inode, &slot) == -ENOMEM
		? -ENOMEM
		: 0;
}

/* Whether a dump of PROTO lists all that are bound: of TCP since Linux 6.8. */
static bool lists_bound(enum skt_proto proto, const struct skt_dump_report *report)
{
	if (proto == SKT_PROTO_MPTCP || proto == SKT_PROTO_SCTP)
		return false;
	return proto != SKT_PROTO_TCP ||
		(report->bound_known && report->source == SKT_SOURCE_NETLINK);
}

/*
 * Reads the tables of one namespace, of the protocols WANTED; and notes of which it could not all
 * in READ, or NULL.
 */
static int read_tables(
	struct finding *finding, struct skt_netns *netns, const bool *wanted, bool *read)
{
	struct skt_dump_system system = *finding->search->system;
	int rc = 0;

	system.netns = netns;
	for (size_t proto = 0; proto < SKT_PROTO_OTHER && rc != -ENOMEM; proto++) {
		struct skt_dump_query query = {.ipv4 = true,
			.ipv6 = true,
			.states = SKT_STATES_ALL,
			.source = finding->search->query->source};
		struct skt_dump_report report;

		if (!wanted[proto])
			continue;
		query.protos[proto] = true;
		rc = skt_dump_sockets(&system, &query, take_listed, finding, &report, NULL);
		if (read &&
			(rc || report.interrupted || report.truncated || report.bad_lines ||
				!lists_bound((enum skt_proto)proto, &report)))
			read[proto] = false;
	}
	return rc == -ENOMEM ? rc : 0;
}

static void drop_listed(struct finding *finding)
{
	size_t kept = 0;

	for (size_t i = 0; i < finding->candidates.len; i++)
		if (!skt_inode_table_find(&finding->known, finding->candidates.data[i].inode))
			finding->candidates.data[kept++] = finding->candidates.data[i];
	finding->candidates.len = kept;
}

/* Drops what the tables of the namespaces to be listed have. */
static int drop_listed_here(struct finding *finding)
{
	bool wanted[SKT_PROTO_COUNT];
	int rc = 0;

	for (size_t proto = 0; proto < SKT_PROTO_COUNT; proto++)
		wanted[proto] = true;
	for (size_t i = 0; !rc && i < places_count(finding) && finding->candidates.len; i++)
		rc = read_tables(finding, netns_at(finding, i), wanted, finding->read);
	drop_listed(finding);
	return rc;
}

/* Reads what is left, and drops what was closed meanwhile. */
static void describe(struct finding *finding)
{
	size_t kept = 0;

	for (size_t i = 0; i < finding->candidates.len; i++) {
		struct candidate candidate = finding->candidates.data[i];
		struct skt_socket *socket = &candidate.socket;
		int rc = skt_held_socket_read(finding->search->system->proc_root, candidate.pid,
			candidate.fd, candidate.inode, &candidate.held);

		if (rc == -ENOENT)
			continue;
		skt_protocol_fill(socket, candidate.held.protocol);
		skt_socket_fill_inode(socket, candidate.inode);
		if (!rc) {
			socket->uid = candidate.held.uid;
			socket->present |= SKT_SOCKET_BIT(SKT_SOCKET_UID);
		}
		finding->candidates.data[kept++] = candidate;
	}
	finding->candidates.len = kept;
}

/*
 * Drops what is in a table now, of any namespace: it was between two when it was looked for, or its
 * holder has it from elsewhere. Those that may not be read are passed over: to have a socket of one
 * takes privilege.
 */
static int drop_listed_anywhere(struct finding *finding)
{
	struct skt_netns_set all = {0};
	bool wanted[SKT_PROTO_COUNT] = {false};
	int rc = 0;

	for (size_t i = 0; i < finding->candidates.len; i++) {
		const struct candidate *candidate = &finding->candidates.data[i];

		/* What is not told may be anything. */
		for (size_t proto = 0; proto < SKT_PROTO_COUNT; proto++)
			wanted[proto] |=
				proto == candidate->socket.proto || !candidate->held.protocol[0];
	}
	if (finding->candidates.len)
		rc = skt_netns_find(finding->search->system->proc_root, "all", &all, finding->err);
	for (size_t i = 0; !rc && i < all.list.len; i++)
		rc = read_tables(finding, &all.list.data[i], wanted, NULL);
	drop_listed(finding);
	skt_netns_set_fini(&all);
	return rc;
}

/* ---- telling ---- */

static int compare(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->place != y->place)
		return x->place < y->place ? -1 : 1;
	if (x->socket.proto != y->socket.proto)
		return x->socket.proto < y->socket.proto ? -1 : 1;
	return (x->inode > y->inode) - (x->inode < y->inode);
}

static bool is_asked_for(const struct skt_dump_query *query, const struct skt_socket *socket)
{
	const uint32_t types = query->types[socket->proto];

	return query->protos[socket->proto] &&
		(!types || !socket->type || types >> socket->type & 1) &&
		(socket->family != AF_INET || query->ipv4) &&
		(socket->family != AF_INET6 || query->ipv6);
}

static int tell(const struct finding *finding, skt_unlisted_fn *fn, void *ctx)
{
	int rc = 0;

	if (finding->candidates.len)
		qsort(finding->candidates.data, finding->candidates.len,
			sizeof(*finding->candidates.data), compare);
	for (size_t i = 0; rc >= 0 && i < finding->candidates.len; i++) {
		struct candidate *candidate = &finding->candidates.data[i];
		struct skt_socket *socket = &candidate->socket;

		/* It has moved since its protocol was read. */
		skt_protocol_fill(socket, candidate->held.protocol);
		socket->state =
			finding->read[socket->proto] ? SKT_STATE_UNBOUND : SKT_STATE_UNKNOWN;
		if (is_asked_for(finding->search->query, socket))
			rc = fn(socket, netns_at(finding, candidate->place), ctx);
	}
	return SKT_MIN(rc, 0);
}

int skt_unlisted_find(const struct skt_unlisted_search *search, skt_unlisted_fn *fn, void *ctx,
	struct skt_err *err)
{
	struct finding finding = {.search = search, .err = err};
	int rc;

	for (size_t proto = 0; proto < SKT_PROTO_OTHER; proto++)
		finding.read[proto] = true;
	rc = find_held(&finding);
	if (!rc)
		rc = drop_listed_here(&finding);
	if (!rc) {
		describe(&finding);
		rc = drop_listed_anywhere(&finding);
	}
	if (!rc)
		rc = tell(&finding, fn, ctx);
	skt_owners_free(finding.owners);
	skt_inode_table_fini(&finding.places);
	skt_inode_table_fini(&finding.known);
	skt_vec_free(&finding.candidates);
	return rc;
}
