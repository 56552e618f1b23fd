#include "cmd/ports/unseen.h"

#include <unistd.h>

#include "base/macros.h"
#include "cmd/listing/listing.h"
#include "cmd/ports/advice.h"
#include "cmd/ports/wanted.h"

struct search {
	const struct skt_context *ctx;
	const struct skt_portset *wanted;
	const uint64_t *inodes;
	size_t count;
	struct skt_portset told[SKT_PROTO_COUNT]; /* ports */
	int status;
};

static bool match(const struct skt_socket *socket, const void *ctx)
{
	const struct search *search = ctx;

	if (!ports_match(socket, search->wanted))
		return false;
	for (size_t i = 0; i < search->count; i++)
		if (search->inodes[i] == socket->inode)
			return true;
	return false;
}

/* Whether it is known that no process has a descriptor of it. */
static bool is_certain(const struct skt_keeper *keeper)
{
	return keeper->kind == SKT_KEEPER_IO_URING || keeper->kind == SKT_KEEPER_KERNEL ||
		keeper->kind == SKT_KEEPER_IN_FLIGHT;
}

static const char *remedy(const struct skt_keeper *keeper)
{
	if (geteuid() || keeper->kind != SKT_KEEPER_HIDDEN)
		return "run as root or with CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH and CAP_KILL";
	return "the kernel itself, or a process of another PID namespace, or one that hides: run "
	       "outside of this one, with CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH and CAP_KILL";
}

static int take_row(struct skt_socket_row *row, void *ctx)
{
	struct search *search = ctx;
	struct skt_portset *told = &search->told[row->s.proto];
	const char *proto = skt_proto_names[row->s.proto];
	const uint16_t port = row->s.local.port;
	struct skt_str advice = {0};

	if (!row->keeper || skt_portset_has(told, port))
		return 0;
	skt_portset_add(told, port);
	if (ports_keeper_advice(&advice, row->keeper) && !advice.failed)
		skt_warn(search->ctx, "nobody was ended for port %u/%s: %.*s", port, proto,
			(int)advice.len, advice.data);
	else
		skt_warn(search->ctx, "cannot see who listens on port %u/%s: %s", port, proto,
			remedy(row->keeper));
	search->status =
		SKT_MAX(search->status, is_certain(row->keeper) ? SKT_EXIT_NO : SKT_EXIT_TROUBLE);
	skt_str_fini(&advice);
	return 0;
}

int ports_unseen(const struct ports_options *o, const struct skt_context *ctx,
	const struct skt_portset *wanted, const uint64_t *inodes, size_t count)
{
	struct search search = {.ctx = ctx,
		.wanted = wanted,
		.inodes = inodes,
		.count = count,
		.status = SKT_EXIT_YES};
	const struct skt_listing listing = {
		.rows = &o->rows,
		.query = ports_query(o, wanted),
		.row_size = sizeof(struct skt_socket_row),
		.match = match,
		.ctx = &search,
		.owners = o->owners,
		.needs = SKT_NEED_OWNERS | SKT_NEED_HELD_BY,
		.quiet = true,
	};
	int status = skt_listing_each(&listing, ctx, take_row, &search);

	return SKT_MAX(status, search.status);
}
