#include "cmd/listing/compose.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/listing/verdict.h"
#include "diag/socket_detail.h"
#include "diag/socket_list.h"
#include "proc/root.h"

static bool needs(const struct skt_composer *composer, uint32_t need)
{
	return composer->directory->needs & need;
}

static void warn_missing(
	const struct skt_composer *composer, const char *what, const struct skt_err *err)
{
	/* Of another namespace, the dump itself has more to say. */
	if (!composer->netns || composer->netns->own)
		skt_warn(composer->ctx, "cannot tell %s: %s", what, err->text);
}

static void prepare_held_by(struct skt_composer *composer, const struct skt_dump_system *system,
	const struct skt_dump_query *query)
{
	struct skt_err err = {0};

	if (needs(composer, SKT_NEED_HELD_BY) &&
		skt_held_by_prepare(
			&composer->held_by, system, query, composer->directory->owners, &err))
		warn_missing(composer, "what holds sockets", &err);
}

void skt_composer_prepare(struct skt_composer *composer, const struct skt_dump_system *system,
	const struct skt_dump_query *query)
{
	struct skt_err err = {0};

	composer->listened = false;
	if (needs(composer, SKT_NEED_DIRECTION | SKT_NEED_HELD_BY)) {
		composer->listened = !skt_listeners_read(system, query, &composer->listeners, &err);
		if (!composer->listened)
			warn_missing(composer, "who listens", &err);
	}
	prepare_held_by(composer, system, query);
	if (needs(composer, SKT_NEED_PEER) &&
		skt_other_end_prepare(&composer->other_end, system, query, &err))
		warn_missing(composer, "the other ends", &err);
	else if (skt_other_end_lost(&composer->other_end))
		skt_warn(composer->ctx,
			"more connections than can be matched with their other ends: %zu",
			skt_other_end_lost(&composer->other_end));
}

void skt_composer_prepare_unix(struct skt_composer *composer, const struct skt_dump_system *system,
	const struct skt_dump_query *query)
{
	/* Whatever is wrong the dump itself will say. */
	if (needs(composer, SKT_NEED_UNIX_PEERS) && query->protos[SKT_PROTO_UNIX] &&
		query->source != SKT_SOURCE_PROC)
		(void)skt_unix_peers_read(&composer->other_end.of_unix, system, NULL);
}

void skt_composer_name(struct skt_composer *composer, struct skt_socket *socket)
{
	if (socket->proto == SKT_PROTO_UNIX)
		skt_unix_peers_name(&composer->other_end.of_unix, socket);
}

static bool has(const struct skt_socket *s, unsigned int field)
{
	return s->present >> field & 1;
}

static const char *service_name(
	const struct skt_composer *composer, const struct skt_socket *s, uint16_t port)
{
	/* The others have no ports that a registry knows; the port of a raw one is a protocol. */
	static const uint8_t protocols[SKT_PROTO_COUNT] = {
		[SKT_PROTO_TCP] = SKT_SERVICE_TCP,
		[SKT_PROTO_UDP] = SKT_SERVICE_UDP,
		[SKT_PROTO_MPTCP] = SKT_SERVICE_TCP,
		[SKT_PROTO_SMC] = SKT_SERVICE_TCP,
	};
	uint8_t protocol = protocols[s->proto];

	return port && protocol ? skt_services_name(composer->directory->services, port, protocol)
				: NULL;
}

/* The end that gives a connection its name: that of the server, whose port is the lower one. */
static const char *service_of(const struct skt_composer *composer, const struct skt_socket *s)
{
	const char *local = service_name(composer, s, s->local.port);
	const char *remote = service_name(composer, s, s->remote.port);

	if (!remote || (local && s->local.port <= s->remote.port))
		return local;
	return remote;
}

static void resolve_end(
	struct skt_composer *composer, const struct skt_socket *s, struct skt_end *end)
{
	const char *host = NULL;

	if (end->addr.family != AF_UNSPEC && !skt_addr_is_any(&end->addr))
		host = skt_names_host(&composer->directory->names, &end->addr);
	if (host)
		end->host = host;
	end->service = service_name(composer, s, end->port);
}

/*
 * Says with an address which interface it is meant for: link-local ones mean nothing without, and a
 * socket that is bound to an interface takes nothing from others. The bare address stays bare.
 */
static void zone_ends(struct skt_composer *composer, struct skt_socket *s)
{
	if (needs(composer, SKT_NEED_ZONE) || skt_addr_is_link_local(&s->local.addr))
		s->local.host = skt_names_zoned(
			&composer->directory->names, composer->netns, &s->local.addr, s->ifindex);
	if (s->remote.addr.family == AF_INET6 && skt_addr_is_link_local(&s->remote.addr))
		s->remote.host = skt_names_zoned(
			&composer->directory->names, composer->netns, &s->remote.addr, s->ifindex);
	s->local.addr.scope_id = s->remote.addr.scope_id = 0;
}

/* A copy of HOLDERS for as long as the rows live that are kept. NULL: memory is out. */
static const struct skt_holder *keep_holders(
	struct skt_composer *composer, const struct skt_holder *holders, size_t count)
{
	struct skt_holder *copy = skt_arena_alloc(&composer->arena, count * sizeof(*copy));

	if (copy)
		memcpy(copy, holders, count * sizeof(*copy));
	return copy;
}

static bool speaks_ip(const struct skt_socket *socket)
{
	return socket->family == AF_INET || socket->family == AF_INET6;
}

int skt_composer_want(struct skt_composer *composer, const struct skt_socket *socket,
	const struct skt_row_facts *facts)
{
	struct skt_owners *owners = composer->directory->owners;
	const uint64_t *others;
	const size_t count = needs(composer, SKT_NEED_PEER)
		? skt_other_end_inodes(&composer->other_end, socket, facts->peer_inode, &others)
		: 0;
	int rc = skt_owners_want(owners, facts->listener);

	if (!rc && skt_composer_wants_owner(composer, socket))
		rc = skt_owners_want(owners, socket->inode);
	for (size_t i = 0; !rc && i < count; i++)
		rc = skt_owners_want(owners, others[i]);
	return rc;
}

static int join_peer(struct skt_composer *composer, const struct skt_row_facts *facts,
	struct skt_socket_row *row)
{
	struct skt_list list = {0};
	int rc = skt_other_end_holders(&composer->other_end, composer->directory->owners, &row->s,
		facts->peer_inode, &list);

	if (!rc && list.count && composer->keep) {
		list.items = keep_holders(composer, list.items, list.count);
		rc = list.items ? 0 : -ENOMEM;
	}
	if (!rc)
		row->peer = list;
	return rc;
}

/* The ends of sockets that speak no IP, by the interface that they are bound to. */
static void name_ends(struct skt_composer *composer, struct skt_socket *s)
{
	if (s->proto == SKT_PROTO_PACKET)
		s->local.service = skt_names_interface(
			&composer->directory->names, composer->netns, s->ifindex);
	if (s->proto == SKT_PROTO_XDP)
		s->local.host = skt_names_interface(
			&composer->directory->names, composer->netns, s->ifindex);
}

/* The numbers of the groups, joined by commas; rows that are kept have a copy. NULL: none. */
static const char *groups_of(struct skt_composer *composer, uint64_t groups)
{
	char *p = composer->groups_text;

	for (unsigned int i = 0; i < 64; i++) {
		if (!(groups >> i & 1))
			continue;
		if (p > composer->groups_text)
			*p++ = ',';
		p = skt_put_u64(p, i + 1);
	}
	if (p == composer->groups_text)
		return NULL;
	*p = '\0';
	return composer->keep ? skt_arena_text(&composer->arena, composer->groups_text,
					(size_t)(p - composer->groups_text))
			      : composer->groups_text;
}

/* The text in SCRATCH for as long as the row lives; rows that are kept have a copy. -ENOMEM. */
static int settle_text(struct skt_composer *composer, struct skt_str *scratch, const char **ret)
{
	if (!composer->keep)
		skt_str_add_char(scratch, '\0');
	*ret = scratch->failed   ? NULL
		: composer->keep ? skt_arena_text(&composer->arena, scratch->data, scratch->len)
				 : scratch->data;
	return *ret ? 0 : -ENOMEM;
}

/* What is told as a list: of any one socket only one is. */
static int join_list(struct skt_composer *composer, struct skt_socket_row *row)
{
	struct skt_str *text = &composer->list_text;

	text->len = 0;
	if (row->s.proto == SKT_PROTO_PACKET && needs(composer, SKT_DETAIL_BPF)) {
		row->s.present |= UINT64_C(1) << SKT_ROW_BPF;
		skt_socket_list_add_bpf(&row->s, text);
	} else if (row->s.proto == SKT_PROTO_TCP && needs(composer, SKT_DETAIL_MD5)) {
		row->s.present |= UINT64_C(1) << SKT_ROW_MD5;
		skt_socket_list_add_md5(&row->s, text);
	}
	return text->len ? settle_text(composer, text, &row->list) : 0;
}

static int join_held_by(
	struct skt_composer *composer, uint64_t listener, struct skt_socket_row *row)
{
	struct skt_str *text = &composer->held_by_text;

	composer->keeper = skt_held_by_find(
		&composer->held_by, composer->directory, composer->netns, &row->s, listener);
	row->keeper = &composer->keeper;
	text->len = 0;
	skt_keeper_text(text, row->keeper);
	return settle_text(composer, text, &row->held_by);
}

static int join_verdict(struct skt_composer *composer, struct skt_socket_row *row)
{
	const struct skt_judgement judgement =
		skt_verdict_judge(&row->s, row->rates ? &row->rates->before : NULL);
	struct skt_str *text = &composer->verdict_text;

	row->verdict = (uint8_t)judgement.verdict;
	text->len = 0;
	skt_verdict_explain(text, &judgement, row);
	return text->len ? settle_text(composer, text, &row->detail) : 0;
}

/* What is told of the first HOLDER alone, as far as it is asked for. */
static void describe_holder(
	struct skt_composer *composer, const struct skt_holder *holder, struct skt_socket_row *row)
{
	struct skt_owners *owners = composer->directory->owners;
	const struct skt_process *process = skt_owners_process(owners, holder->pid);
	const struct skt_thread *threads = NULL;

	row->comm = holder->comm;
	if (process && process->exe) {
		row->exe = process->exe;
		row->deleted = process->deleted;
		row->s.present |= UINT64_C(1) << SKT_ROW_EXE;
	}
	if (needs(composer, SKT_NEED_COMMAND))
		row->command = skt_owners_command(owners, holder->pid);
	if (needs(composer, SKT_NEED_THREADS)) {
		row->threads.count = skt_owners_threads(owners, holder->pid, &threads);
		row->threads.items = threads;
	}
	if (needs(composer, SKT_NEED_CONTEXT)) {
		row->context = skt_owners_context(owners, holder->pid);
		row->socket_context = skt_owners_socket_context(owners, holder->pid, holder->fd);
	}
}

static int join_owners(struct skt_composer *composer, uint64_t listener, struct skt_socket_row *row)
{
	const struct skt_holder *holders;
	size_t count = skt_owners_of(composer->directory->owners, row->s.inode, &holders);

	if (!count) {
		composer->unowned += row->s.inode != 0;
		composer->foreign |= row->s.inode && row->s.uid != composer->directory->euid;
		return needs(composer, SKT_NEED_HELD_BY) ? join_held_by(composer, listener, row)
							 : 0;
	}
	if (composer->keep) {
		holders = keep_holders(composer, holders, count);
		if (!holders)
			return -ENOMEM;
	}
	/* The list is sorted, and names are never NULL: the first one stands for all. */
	SKT_ASSERT(holders[0].name && holders[0].pid <= holders[count - 1].pid);
	row->processes = (struct skt_list){.items = holders, .count = count};
	row->pid = holders[0].pid;
	row->process = holders[0].name;
	row->s.present |= UINT64_C(1) << SKT_ROW_PID;
	describe_holder(composer, &holders[0], row);
	/* A process of today is not the one of then. */
	return needs(composer, SKT_NEED_SOCKOPTS) && !composer->directory->past
		? skt_sockopt_reader_join(
			  &composer->sockopts, composer->keep ? &composer->arena : NULL, row)
		: 0;
}

/* The group that the kernel tells of a socket; NULL: it does not. */
static const struct skt_cgroup *told_cgroup(
	struct skt_composer *composer, const struct skt_socket *s)
{
	return has(s, SKT_SOCKET_CGROUP)
		? skt_cgroups_by_id(composer->directory->cgroups, s->cgroup_id)
		: NULL;
}

/* That of a holder which has one to speak of; not of PID 1 if others hold the socket as well. */
static const struct skt_cgroup *holder_cgroup(struct skt_composer *composer, uint64_t inode)
{
	const struct skt_cgroup *cgroup = NULL;
	const struct skt_holder *holders;
	size_t count = skt_owners_of(composer->directory->owners, inode, &holders);

	for (size_t i = 0; i < count && skt_cgroup_is_vague(cgroup); i++)
		cgroup = skt_cgroups_by_pid(composer->directory->cgroups, holders[i].pid);
	return cgroup;
}

/*
 * The kernel's word counts, which is the same for every user, unless a holder has more to tell: on
 * hosts of version 1 every socket is in the root of version 2.
 */
static void join_cgroup(struct skt_composer *composer, struct skt_socket_row *row)
{
	const struct skt_cgroup *told = told_cgroup(composer, &row->s), *held;

	if (skt_cgroup_is_vague(told)) {
		held = holder_cgroup(composer, row->s.inode);
		if (held && (!told || !told->path || held->unit || held->container))
			told = held;
	}
	if (!told)
		return;
	row->cgroup = told->path;
	row->unit = told->unit;
	row->container = told->container;
}

struct skt_row_facts skt_composer_facts(
	const struct skt_composer *composer, const struct skt_socket *socket)
{
	struct skt_row_facts facts = {.rates = composer->rates};

	if (needs(composer, SKT_NEED_HELD_BY))
		facts.listener = skt_held_by_listener(&composer->listeners, socket);
	/* Of other protocols nobody has asked which ports are listened on. */
	if (socket->proto != SKT_PROTO_TCP && socket->proto != SKT_PROTO_UDP)
		return facts;
	if (composer->listened && needs(composer, SKT_NEED_DIRECTION))
		facts.direction = (uint8_t)skt_direction_of(&composer->listeners, socket);
	if (composer->other_end.of_inet)
		facts.peer_inode = skt_peers_inode(composer->other_end.of_inet, socket);
	return facts;
}

int skt_composer_row(struct skt_composer *composer, const struct skt_socket *socket,
	const struct skt_row_facts *facts, struct skt_socket_row *ret)
{
	const struct skt_netns *netns = composer->netns;
	int rc = 0;

	*ret = (struct skt_socket_row){
		.s = *socket, .rates = facts->rates, .direction = facts->direction};
	if (has(socket, SKT_SOCKET_INTERFACE)) {
		if (speaks_ip(socket))
			zone_ends(composer, &ret->s);
		else
			name_ends(composer, &ret->s);
		ret->interface = needs(composer, SKT_NEED_INTERFACE)
			? skt_names_interface(
				  &composer->directory->names, composer->netns, socket->ifindex)
			: NULL;
	}
	if (needs(composer, SKT_NEED_USER) && has(socket, SKT_SOCKET_UID))
		ret->user = skt_names_user(&composer->directory->names, socket->uid);
	if (needs(composer, SKT_NEED_SERVICE))
		ret->service = service_of(composer, socket);
	if (needs(composer, SKT_NEED_GROUPS) && has(socket, SKT_SOCKET_GROUPS))
		ret->groups = groups_of(composer, socket->groups);
	if (needs(composer, SKT_NEED_CGROUP))
		join_cgroup(composer, ret);
	ret->netns = netns ? netns->label : NULL;
	ret->host = *composer->directory->host ? composer->directory->host : NULL;
	ret->netns_inode = netns ? netns->inode : 0;
	if (ret->s.list)
		rc = join_list(composer, ret);
	if (!rc && needs(composer, SKT_NEED_VERDICT))
		rc = join_verdict(composer, ret);
	/* The finder's answer is good until the next question: that about the row comes last. */
	if (!rc && needs(composer, SKT_NEED_PEER))
		rc = join_peer(composer, facts, ret);
	return !rc && needs(composer, SKT_NEED_OWNERS) ? join_owners(composer, facts->listener, ret)
						       : rc;
}

void skt_composer_resolve(struct skt_composer *composer, struct skt_socket_row *row)
{
	if (!composer->directory->resolve || !speaks_ip(&row->s))
		return;
	resolve_end(composer, &row->s, &row->s.local);
	resolve_end(composer, &row->s, &row->s.remote);
}

bool skt_composer_wants_owner(struct skt_composer *composer, const struct skt_socket *socket)
{
	return needs(composer, SKT_NEED_OWNERS) ||
		skt_cgroup_is_vague(told_cgroup(composer, socket));
}

void skt_composer_report(const struct skt_composer *composer)
{
	size_t hidden = needs(composer, SKT_NEED_OWNERS)
		? skt_owners_hidden(composer->directory->owners)
		: 0;

	skt_sockopt_reader_report(&composer->sockopts, composer->ctx);
	/* A cell of each row says more. */
	if (!composer->unowned || needs(composer, SKT_NEED_HELD_BY))
		return;
	/* Nothing helps who has it all. */
	if (skt_proc_root_grants(composer->directory->proc_root))
		return;
	/* A /proc that is mounted with hidepid does not even list what it hides. */
	if (hidden || (composer->directory->euid != 0 && composer->foreign))
		skt_warn(composer->ctx,
			"cannot name processes of other users: run as root or with "
			"CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH");
}

void skt_composer_fini(struct skt_composer *composer)
{
	skt_listeners_fini(&composer->listeners);
	skt_other_end_fini(&composer->other_end);
	skt_held_by_fini(&composer->held_by);
	skt_sockopt_reader_fini(&composer->sockopts);
	skt_str_fini(&composer->held_by_text);
	skt_str_fini(&composer->verdict_text);
	skt_str_fini(&composer->list_text);
	skt_arena_fini(&composer->arena);
}
