#include "cmd/socket_join.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { BATCH = 32 * 1024 };

int skt_join_init(struct skt_join *join, const struct skt_context *ctx,
	const struct skt_selection *selection, bool resolve, skt_row_fn *emit, void *emit_ctx)
{
	int rc;

	*join = (struct skt_join){
		.ctx = ctx,
		.emit = emit,
		.emit_ctx = emit_ctx,
		.command = skt_selection_has(selection, "command"),
		.user = skt_selection_has(selection, "user"),
		.interface = skt_selection_has(selection, "interface"),
		.service = skt_selection_has(selection, "service"),
		.zones = skt_selection_has(selection, "local"),
		.resolve = resolve,
		.euid = geteuid(),
	};
	join->owners = join->command || skt_selection_has(selection, "processes") ||
		skt_selection_has(selection, "process") || skt_selection_has(selection, "pid");
	rc = join->owners ? skt_owners_new(ctx->system.proc_root, &join->finder) : 0;
	if (!rc && (join->service || resolve))
		rc = skt_services_open(ctx->services_path, &join->services);
	if (rc)
		skt_join_fini(join);
	return rc;
}

/* ---- one row ---- */

static const char *service_name(
	const struct skt_join *join, const struct skt_socket *s, uint16_t port)
{
	uint8_t protocol = s->proto == SKT_PROTO_TCP ? SKT_SERVICE_TCP : SKT_SERVICE_UDP;

	return port ? skt_services_name(join->services, port, protocol) : NULL;
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
	if (join->zones || skt_addr_is_link_local(&s->local.addr))
		s->local.host = skt_names_zoned(&join->names, &s->local.addr, s->ifindex);
	if (s->remote.addr.family == AF_INET6 && skt_addr_is_link_local(&s->remote.addr))
		s->remote.host = skt_names_zoned(&join->names, &s->remote.addr, s->ifindex);
	s->local.addr.scope_id = s->remote.addr.scope_id = 0;
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
		struct skt_holder *copy = skt_arena_alloc(&join->arena, count * sizeof(*copy));

		if (!copy)
			return -ENOMEM;
		memcpy(copy, holders, count * sizeof(*copy));
		holders = copy;
	}
	row->processes = (struct skt_list){.items = holders, .count = count};
	row->pid = holders[0].pid;
	row->process = holders[0].name;
	row->s.present |= UINT64_C(1) << SKT_ROW_PID;
	if (join->command)
		row->command = skt_owners_command(join->finder, row->pid);
	return 0;
}

static bool has(const struct skt_socket *s, unsigned int field)
{
	return s->present >> field & 1;
}

static int emit(struct skt_join *join, const struct skt_socket *socket)
{
	struct skt_socket_row row = {.s = *socket};
	int rc;

	if (join->ctx->interrupted && *join->ctx->interrupted)
		return -ECANCELED;
	if (has(socket, SKT_SOCKET_INTERFACE)) {
		zone_ends(join, &row.s);
		row.interface =
			join->interface ? skt_names_interface(&join->names, socket->ifindex) : NULL;
	}
	if (join->user && has(socket, SKT_SOCKET_UID))
		row.user = skt_names_user(&join->names, socket->uid);
	if (join->service)
		row.service = service_of(join, socket);
	if (join->resolve) {
		resolve_end(join, socket, &row.s.local);
		resolve_end(join, socket, &row.s.remote);
	}
	if (join->owners) {
		rc = join_owners(join, &row);
		if (rc)
			return rc;
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

static int flush_batch(struct skt_join *join)
{
	int rc = find_owners(join);

	for (size_t i = 0; !rc && i < join->batch.len; i++)
		rc = emit(join, &join->batch.data[i]);
	skt_vec_free(&join->batch);
	return rc;
}

int skt_join_socket(const struct skt_socket *socket, void *ctx)
{
	struct skt_join *join = ctx;
	int rc;

	if (!join->owners || join->streaming)
		return emit(join, socket);
	if (join->batch.len == BATCH) {
		skt_owners_want_all(join->finder);
		join->streaming = true;
		rc = flush_batch(join);
		return rc ? rc : emit(join, socket);
	}
	rc = skt_vec_push(&join->batch, *socket);
	return rc ? rc : skt_owners_want(join->finder, socket->inode);
}

int skt_join_finish(struct skt_join *join)
{
	return join->owners && !join->streaming ? flush_batch(join) : 0;
}

void skt_join_report(const struct skt_join *join)
{
	size_t hidden = join->owners ? skt_owners_hidden(join->finder) : 0;

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
	skt_services_free(join->services);
	skt_names_fini(&join->names);
	skt_vec_free(&join->batch);
	skt_arena_fini(&join->arena);
}
