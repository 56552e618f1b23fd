#include "cmd/listing/join.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "diag/socket_copy.h"

enum { BATCH = 32 * 1024 };

void skt_join_init(struct skt_join *join, const struct skt_context *ctx,
	struct skt_directory *directory, skt_row_fn *emit, void *emit_ctx)
{
	skt_directory_renew(directory);
	*join = (struct skt_join){
		.row = {.ctx = ctx, .directory = directory},
		.emit = emit,
		.emit_ctx = emit_ctx,
	};
}

static int emit(
	struct skt_join *join, const struct skt_socket *socket, const struct skt_row_facts *facts)
{
	const volatile sig_atomic_t *interrupted = join->row.ctx->interrupted;
	struct skt_socket_row row;
	int rc;

	if (interrupted && *interrupted)
		return -ECANCELED;
	rc = skt_composer_row(&join->row, socket, facts, &row);
	if (rc)
		return rc;
	/* Everything that a filter can ask for is there now. */
	if (skt_filter_needs_row(join->filter) && !skt_filter_match_row(join->filter, socket, &row))
		return 0;
	skt_composer_resolve(&join->row, &row);
	return join->emit(&row, join->emit_ctx);
}

/* Owners that cannot be had are a hint at the end, not the end. */
static int find_owners(struct skt_join *join)
{
	struct skt_err err;
	int rc = skt_owners_scan(join->row.directory->owners, &err);

	if (rc == -ENOMEM)
		return rc;
	if (rc)
		skt_warn(join->row.ctx, "cannot name processes: %s", err.text);
	join->incomplete |= rc == -EMFILE || rc == -ENFILE || rc == -EOPNOTSUPP;
	return 0;
}

static int flush_batch(struct skt_join *join)
{
	struct skt_netns *netns = join->row.netns;
	int rc = find_owners(join);

	for (size_t i = 0, part = 0; !rc && i < join->batch.len; i++) {
		const struct skt_join_item *item = &join->batch.data[i];

		while (part < join->parts.len && i >= join->parts.data[part].end)
			part++;
		join->row.netns = part < join->parts.len ? join->parts.data[part].netns : netns;
		rc = emit(join, &item->socket, &item->facts);
	}
	join->row.netns = netns;
	skt_vec_free(&join->batch);
	skt_vec_free(&join->parts);
	skt_arena_fini(&join->batch_arena);
	return rc;
}

/* Copies what SOCKET points to, for as long as it is kept. */
static int hold(struct skt_join *join, struct skt_socket *socket)
{
	return skt_socket_keep(socket, join->row.keep ? &join->row.arena : &join->batch_arena);
}

/* Emits a socket as the dump lends it. */
static int pass_on(
	struct skt_join *join, const struct skt_socket *socket, const struct skt_row_facts *facts)
{
	struct skt_socket kept;
	int rc;

	if (SKT_LIKELY(!join->row.keep || !skt_socket_lends(socket)))
		return emit(join, socket, facts);
	kept = *socket;
	rc = hold(join, &kept);
	return rc ? rc : emit(join, &kept, facts);
}

int skt_join_from(struct skt_join *join, struct skt_netns *netns)
{
	struct skt_netns *before = join->row.netns;

	join->row.netns = netns;
	return join->batch.len
		? skt_vec_push(&join->parts, (struct skt_join_part){join->batch.len, before})
		: 0;
}

int skt_join_socket(const struct skt_socket *socket, void *ctx)
{
	struct skt_join *join = ctx;
	const struct skt_row_facts facts = skt_composer_facts(&join->row, socket);
	struct skt_join_item item;
	int rc;

	if (!join->row.directory->owners || join->streaming)
		return pass_on(join, socket, &facts);
	if (join->batch.len == BATCH) {
		if ((join->row.directory->needs & SKT_NEED_OWNERS) || join->wanted)
			skt_owners_want_all(join->row.directory->owners);
		join->streaming = true;
		rc = flush_batch(join);
		return rc ? rc : pass_on(join, socket, &facts);
	}
	item = (struct skt_join_item){*socket, facts};
	rc = skt_socket_lends(socket) ? hold(join, &item.socket) : 0;
	if (!rc)
		rc = skt_vec_push(&join->batch, item);
	join->wanted |= skt_composer_wants_owner(&join->row, socket);
	return rc ? rc : skt_composer_want(&join->row, socket, &facts);
}

int skt_join_finish(struct skt_join *join)
{
	return join->row.directory->owners && !join->streaming ? flush_batch(join) : 0;
}

void skt_join_fini(struct skt_join *join)
{
	skt_composer_fini(&join->row);
	skt_vec_free(&join->batch);
	skt_vec_free(&join->parts);
	skt_arena_fini(&join->batch_arena);
}
