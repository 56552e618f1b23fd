#include "cmd/listing/join.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "diag/socket_detail.h"

enum { BATCH = 32 * 1024 };

int skt_join_init(struct skt_join *join, const struct skt_context *ctx, uint32_t needs,
	bool resolve, skt_row_fn *emit, void *emit_ctx)
{
	int rc = 0;

	*join = (struct skt_join){
		.ctx = ctx,
		.emit = emit,
		.emit_ctx = emit_ctx,
		.needs = needs,
		.resolve = resolve,
		.euid = geteuid(),
	};
	if (needs & (SKT_NEED_OWNERS | SKT_NEED_CGROUP))
		rc = skt_owners_new(ctx->system.proc_root, &join->finder);
	if (!rc && needs & SKT_NEED_CGROUP)
		rc = skt_cgroups_new(ctx->system.proc_root, &join->groups);
	if (!rc && (needs & SKT_NEED_SERVICE || resolve))
		rc = skt_services_open(ctx->services_path, &join->services);
	if (rc)
		skt_join_fini(join);
	return rc;
}

static bool needs(const struct skt_join *join, uint32_t need)
{
	return join->needs & need;
}

static void warn_missing(const struct skt_join *join, const char *what, const struct skt_err *err)
{
	/* Of another namespace, the dump itself has more to say. */
	if (!join->netns || join->netns->own)
		skt_warn(join->ctx, "cannot tell %s: %s", what, err->text);
}

void skt_join_prepare(struct skt_join *join, const struct skt_dump_system *system,
	const struct skt_dump_query *query)
{
	struct skt_err err = {0};

	free(join->listening);
	join->listening =
		needs(join, SKT_NEED_DIRECTION) ? calloc(1, sizeof(*join->listening)) : NULL;
	if (join->listening && skt_listening_read(system, query, join->listening, &err)) {
		warn_missing(join, "directions", &err);
		free(join->listening);
		join->listening = NULL;
	}
	skt_peers_free(join->peers);
	join->peers = NULL;
	if (needs(join, SKT_NEED_PEER) && skt_peers_read(system, query, &join->peers, &err))
		warn_missing(join, "the other ends", &err);
	else if (join->peers && skt_peers_lost(join->peers))
		skt_warn(join->ctx, "more connections within this host than can be matched: %zu",
			skt_peers_lost(join->peers));
}

/* ---- one row ---- */

static bool has(const struct skt_socket *s, unsigned int field)
{
	return s->present >> field & 1;
}

static const char *service_name(
	const struct skt_join *join, const struct skt_socket *s, uint16_t port)
{
	/* The others have no ports that a registry knows; the port of a raw one is a protocol. */
	static const uint8_t protocols[SKT_PROTO_COUNT] = {
		[SKT_PROTO_TCP] = SKT_SERVICE_TCP,
		[SKT_PROTO_UDP] = SKT_SERVICE_UDP,
		[SKT_PROTO_MPTCP] = SKT_SERVICE_TCP,
		[SKT_PROTO_SMC] = SKT_SERVICE_TCP,
	};
	uint8_t protocol = protocols[s->proto];

	return port && protocol ? skt_services_name(join->services, port, protocol) : NULL;
}

/* The end that gives a connection its name: that of the server, whose port is the lower one. */
static const char *service_of(const struct skt_join *join, const struct skt_socket *s)
{
	const char *local = service_name(join, s, s->local.port);
	const char *remote = service_name(join, s, s->remote.port);

	if (!remote || (local && s->local.port <= s->remote.port))
		return local;
	return remote;
}

static void resolve_end(struct skt_join *join, const struct skt_socket *s, struct skt_end *end)
{
	const char *host = NULL;

	if (end->addr.family != AF_UNSPEC && !skt_addr_is_any(&end->addr))
		host = skt_names_host(&join->names, &end->addr);
	if (host)
		end->host = host;
	end->service = service_name(join, s, end->port);
}

/*
 * Says with an address which interface it is meant for: link-local ones mean nothing without, and a
 * socket that is bound to an interface takes nothing from others. The bare address stays bare.
 */
static void zone_ends(struct skt_join *join, struct skt_socket *s)
{
	if (needs(join, SKT_NEED_ZONE) || skt_addr_is_link_local(&s->local.addr))
		s->local.host =
			skt_names_zoned(&join->names, join->netns, &s->local.addr, s->ifindex);
	if (s->remote.addr.family == AF_INET6 && skt_addr_is_link_local(&s->remote.addr))
		s->remote.host =
			skt_names_zoned(&join->names, join->netns, &s->remote.addr, s->ifindex);
	s->local.addr.scope_id = s->remote.addr.scope_id = 0;
}

/* HOLDERS for as long as the row lives, or all rows where they are kept. NULL: memory is out. */
static const struct skt_holder *copy_holders(
	struct skt_join *join, const struct skt_holder *holders, size_t count)
{
	struct skt_holder *copy;

	if (join->keep) {
		copy = skt_arena_alloc(&join->arena, count * sizeof(*copy));
	} else {
		join->peer_holders.len = 0;
		copy = skt_vec_reserve(&join->peer_holders, count) ? NULL : join->peer_holders.data;
	}
	if (copy)
		memcpy(copy, holders, count * sizeof(*copy));
	return copy;
}

static bool speaks_ip(const struct skt_socket *socket)
{
	return socket->family == AF_INET || socket->family == AF_INET6;
}

static struct skt_join_facts facts_of(const struct skt_join *join, const struct skt_socket *socket)
{
	struct skt_join_facts facts = {0};

	/* Of other protocols nobody has asked which ports are listened on. */
	if (socket->proto != SKT_PROTO_TCP && socket->proto != SKT_PROTO_UDP) {
		facts.peer_inode = needs(join, SKT_NEED_PEER) ? socket->peer_inode : 0;
		return facts;
	}
	if (join->listening)
		facts.direction = (uint8_t)skt_direction_of(join->listening, socket);
	if (join->peers)
		facts.peer_inode = skt_peers_inode(join->peers, socket);
	return facts;
}

static int join_peer(struct skt_join *join, uint64_t inode, struct skt_socket_row *row)
{
	const struct skt_holder *holders;
	size_t count = skt_owners_of(join->finder, inode, &holders);

	if (!count)
		return 0;
	holders = copy_holders(join, holders, count);
	if (!holders)
		return -ENOMEM;
	row->peer = (struct skt_list){.items = holders, .count = count};
	return 0;
}

/* The ends of sockets that speak no IP, by the interface that they are bound to. */
static void name_ends(struct skt_join *join, struct skt_socket *s)
{
	if (s->proto == SKT_PROTO_PACKET)
		s->local.service = skt_names_interface(&join->names, join->netns, s->ifindex);
	if (s->proto == SKT_PROTO_XDP)
		s->local.host = skt_names_interface(&join->names, join->netns, s->ifindex);
}

/* The numbers of the groups, joined by commas; rows that are kept have a copy. NULL: none. */
static const char *groups_of(struct skt_join *join, uint64_t groups)
{
	char *p = join->groups_text;

	for (unsigned int i = 0; i < 64; i++) {
		if (!(groups >> i & 1))
			continue;
		if (p > join->groups_text)
			*p++ = ',';
		p = skt_put_u64(p, i + 1);
	}
	if (p == join->groups_text)
		return NULL;
	*p = '\0';
	return join->keep
		? skt_arena_text(&join->arena, join->groups_text, (size_t)(p - join->groups_text))
		: join->groups_text;
}

static int join_owners(struct skt_join *join, struct skt_socket_row *row)
{
	const struct skt_holder *holders;
	size_t count = skt_owners_of(join->finder, row->s.inode, &holders);

	if (!count) {
		join->unowned += row->s.inode != 0;
		join->foreign |= row->s.inode && row->s.uid != join->euid;
		return 0;
	}
	if (join->keep) {
		holders = copy_holders(join, holders, count);
		if (!holders)
			return -ENOMEM;
	}
	row->processes = (struct skt_list){.items = holders, .count = count};
	row->pid = holders[0].pid;
	row->process = holders[0].name;
	row->s.present |= UINT64_C(1) << SKT_ROW_PID;
	if (needs(join, SKT_NEED_COMMAND))
		row->command = skt_owners_command(join->finder, row->pid);
	return 0;
}

/* The group that the kernel tells of a socket; NULL: it does not. */
static const struct skt_cgroup *told_cgroup(struct skt_join *join, const struct skt_socket *s)
{
	return has(s, SKT_SOCKET_CGROUP) ? skt_cgroups_by_id(join->groups, s->cgroup_id) : NULL;
}

/* That of a holder which has one to speak of; not of PID 1 if others hold the socket as well. */
static const struct skt_cgroup *holder_cgroup(struct skt_join *join, uint64_t inode)
{
	const struct skt_cgroup *cgroup = NULL;
	const struct skt_holder *holders;
	size_t count = skt_owners_of(join->finder, inode, &holders);

	for (size_t i = 0; i < count && skt_cgroup_is_vague(cgroup); i++)
		cgroup = skt_cgroups_by_pid(join->groups, holders[i].pid);
	return cgroup;
}

/*
 * The kernel's word counts, which is the same for every user, unless a holder has more to tell: on
 * hosts of version 1 every socket is in the root of version 2.
 */
static void join_cgroup(struct skt_join *join, struct skt_socket_row *row)
{
	const struct skt_cgroup *told = told_cgroup(join, &row->s), *held;

	if (skt_cgroup_is_vague(told)) {
		held = holder_cgroup(join, row->s.inode);
		if (held && (!told || !told->path || held->unit || held->container))
			told = held;
	}
	if (!told)
		return;
	row->cgroup = told->path;
	row->unit = told->unit;
	row->container = told->container;
}

static int emit(
	struct skt_join *join, const struct skt_socket *socket, const struct skt_join_facts *facts)
{
	const bool inet = speaks_ip(socket);
	struct skt_socket_row row = {.s = *socket, .direction = facts->direction};
	int rc;

	if (join->ctx->interrupted && *join->ctx->interrupted)
		return -ECANCELED;
	if (has(socket, SKT_SOCKET_INTERFACE)) {
		if (inet)
			zone_ends(join, &row.s);
		else
			name_ends(join, &row.s);
		row.interface = needs(join, SKT_NEED_INTERFACE)
			? skt_names_interface(&join->names, join->netns, socket->ifindex)
			: NULL;
	}
	if (needs(join, SKT_NEED_USER) && has(socket, SKT_SOCKET_UID))
		row.user = skt_names_user(&join->names, socket->uid);
	if (needs(join, SKT_NEED_SERVICE))
		row.service = service_of(join, socket);
	if (needs(join, SKT_NEED_GROUPS) && has(socket, SKT_SOCKET_GROUPS))
		row.groups = groups_of(join, socket->groups);
	if (needs(join, SKT_NEED_CGROUP))
		join_cgroup(join, &row);
	if (join->netns) {
		row.netns = join->netns->label;
		row.netns_inode = join->netns->inode;
	}
	/* The finder's answer is good until the next question: that about the row comes last. */
	rc = needs(join, SKT_NEED_PEER) ? join_peer(join, facts->peer_inode, &row) : 0;
	if (!rc && needs(join, SKT_NEED_OWNERS))
		rc = join_owners(join, &row);
	if (rc)
		return rc;
	/* Everything that a filter can ask for is there now; names of hosts may take seconds. */
	if (skt_filter_needs_row(join->filter) && !skt_filter_match_row(join->filter, socket, &row))
		return 0;
	if (join->resolve && inet) {
		resolve_end(join, socket, &row.s.local);
		resolve_end(join, socket, &row.s.remote);
	}
	return join->emit(&row, join->emit_ctx);
}

/* ---- the stream ---- */

/* Owners that cannot be had are a hint at the end, not the end. */
static int find_owners(struct skt_join *join)
{
	struct skt_err err;
	int rc = skt_owners_scan(join->finder, &err);

	if (rc == -ENOMEM)
		return rc;
	if (rc)
		skt_warn(join->ctx, "cannot name processes: %s", err.text);
	join->incomplete = rc == -EMFILE || rc == -ENFILE || rc == -EOPNOTSUPP;
	return 0;
}

/* The dump lends the details of a socket for the call only: who holds the socket holds a copy. */
static int hold_detail(struct skt_join *join, struct skt_socket *socket)
{
	struct skt_socket_detail *copy;

	if (!socket->detail)
		return 0;
	copy = skt_arena_alloc(join->keep ? &join->arena : &join->batch_arena, sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	*copy = *socket->detail;
	socket->detail = copy;
	return 0;
}

static int flush_batch(struct skt_join *join)
{
	struct skt_netns *netns = join->netns;
	int rc = find_owners(join);

	for (size_t i = 0, part = 0; !rc && i < join->batch.len; i++) {
		const struct skt_join_item *item = &join->batch.data[i];

		while (part < join->parts.len && i >= join->parts.data[part].end)
			part++;
		join->netns = part < join->parts.len ? join->parts.data[part].netns : netns;
		rc = emit(join, &item->socket, &item->facts);
	}
	join->netns = netns;
	skt_vec_free(&join->batch);
	skt_vec_free(&join->parts);
	skt_arena_fini(&join->batch_arena);
	return rc;
}

/* Whether anything that SOCKET points to ends with the call that it came in. */
static bool lends(const struct skt_socket *socket)
{
	return socket->detail || socket->local.host || socket->local.service || socket->remote.host;
}

static int hold_text(struct skt_join *join, const char **text, size_t len)
{
	if (!*text)
		return 0;
	*text = skt_arena_text(
		join->keep ? &join->arena : &join->batch_arena, *text, len ? len : strlen(*text));
	return *text ? 0 : -ENOMEM;
}

/* Copies what SOCKET points to, for as long as it is kept. */
static int hold(struct skt_join *join, struct skt_socket *s)
{
	struct skt_end *const ends[] = {&s->local, &s->remote};
	int rc = hold_detail(join, s);

	for (size_t i = 0; !rc && i < SKT_COUNT(ends); i++) {
		rc = hold_text(join, &ends[i]->host, ends[i]->host_len);
		if (!rc)
			rc = hold_text(join, &ends[i]->service, 0);
	}
	return rc;
}

/* Emits a socket as the dump lends it. */
static int pass_on(
	struct skt_join *join, const struct skt_socket *socket, const struct skt_join_facts *facts)
{
	struct skt_socket kept;
	int rc;

	if (SKT_LIKELY(!join->keep || !lends(socket)))
		return emit(join, socket, facts);
	kept = *socket;
	rc = hold(join, &kept);
	return rc ? rc : emit(join, &kept, facts);
}

int skt_join_from(struct skt_join *join, struct skt_netns *netns)
{
	struct skt_netns *before = join->netns;

	join->netns = netns;
	return join->batch.len
		? skt_vec_push(&join->parts, (struct skt_join_part){join->batch.len, before})
		: 0;
}

/* Whether it matters who holds a socket. */
static bool wants_owner(struct skt_join *join, const struct skt_socket *socket)
{
	return needs(join, SKT_NEED_OWNERS) || skt_cgroup_is_vague(told_cgroup(join, socket));
}

int skt_join_socket(const struct skt_socket *socket, void *ctx)
{
	struct skt_join *join = ctx;
	const struct skt_join_facts facts = facts_of(join, socket);
	struct skt_join_item item;
	int rc;

	if (!join->finder || join->streaming)
		return pass_on(join, socket, &facts);
	if (join->batch.len == BATCH) {
		if (needs(join, SKT_NEED_OWNERS) || join->wanted)
			skt_owners_want_all(join->finder);
		join->streaming = true;
		rc = flush_batch(join);
		return rc ? rc : pass_on(join, socket, &facts);
	}
	item = (struct skt_join_item){*socket, facts};
	rc = lends(socket) ? hold(join, &item.socket) : 0;
	if (!rc)
		rc = skt_vec_push(&join->batch, item);
	if (!rc && wants_owner(join, socket)) {
		join->wanted = true;
		rc = skt_owners_want(join->finder, socket->inode);
	}
	return rc ? rc : skt_owners_want(join->finder, facts.peer_inode);
}

int skt_join_finish(struct skt_join *join)
{
	return join->finder && !join->streaming ? flush_batch(join) : 0;
}

void skt_join_report(const struct skt_join *join)
{
	size_t hidden = needs(join, SKT_NEED_OWNERS) ? skt_owners_hidden(join->finder) : 0;

	if (!join->unowned)
		return;
	if (join->euid == 0 && hidden)
		skt_warn(join->ctx,
			"sockets without a visible process: %zu; processes that hide "
			"their descriptors from root too: %zu",
			join->unowned, hidden);
	/* A /proc that is mounted with hidepid does not even list what it hides. */
	if (join->euid != 0 && (hidden || join->foreign))
		skt_warn(join->ctx,
			"cannot name processes of other users: run as root or with "
			"CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH");
}

void skt_join_fini(struct skt_join *join)
{
	skt_owners_free(join->finder);
	skt_cgroups_free(join->groups);
	skt_services_free(join->services);
	skt_names_fini(&join->names);
	skt_vec_free(&join->batch);
	skt_vec_free(&join->peer_holders);
	free(join->listening);
	skt_peers_free(join->peers);
	skt_vec_free(&join->parts);
	skt_arena_fini(&join->batch_arena);
	skt_arena_fini(&join->arena);
}
