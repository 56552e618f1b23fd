#include "cmd/sockets/snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "out/row.h"

struct taking {
	struct snapshot *snapshot;
	const struct skt_selection *kept;
};

static int keep_row(
	struct taking *taking, const struct skt_socket_row *row, enum snapshot_mark mark)
{
	struct snapshot_row kept = {.row = *row, .mark = mark};

	(void)skt_socket_id_of(&row->s, row->netns_inode, &kept.id);
	if (skt_row_keep(taking->kept, &kept, &taking->snapshot->texts))
		return -ENOMEM;
	return skt_vec_push(&taking->snapshot->rows, kept);
}

static int take_row(struct skt_socket_row *row, void *ctx)
{
	return keep_row(ctx, row, MARK_NONE);
}

static int compare_ids(const void *a, const void *b)
{
	const struct snapshot_row *const *x = a, *const *y = b;

	return skt_socket_id_compare(&(*x)->id, &(*y)->id);
}

/*
 * The rows that are not gone and have a cookie, by their identity; NULL when memory is out.
 * /proc/net knows no cookies, and what orphans a socket changes its inode: nothing is marked then.
 */
static struct snapshot_row **by_id(const struct snapshot *snapshot, size_t *ret_count)
{
	const size_t count = snapshot->rows.len - snapshot->gone;
	struct snapshot_row **rows = calloc(count + 1, sizeof(struct snapshot_row *));
	size_t n = 0;

	*ret_count = 0;
	if (!rows)
		return NULL;
	for (size_t i = 0; i < count; i++)
		if (snapshot->rows.data[i].id.cookie)
			rows[n++] = &snapshot->rows.data[i];
	if (n)
		qsort(rows, n, sizeof(struct snapshot_row *), compare_ids);
	*ret_count = n;
	return rows;
}

static int mark(struct taking *taking, const struct snapshot *old)
{
	size_t now_count, old_count, i = 0, j = 0;
	struct snapshot_row **now = by_id(taking->snapshot, &now_count);
	struct snapshot_row **before = by_id(old, &old_count);
	SKT_VEC(const struct snapshot_row *) gone = {0};
	int rc = now && before ? 0 : -ENOMEM;

	while (!rc && (i < now_count || j < old_count)) {
		int order = i == now_count ? 1
			: j == old_count   ? -1
					   : compare_ids(&now[i], &before[j]);

		if (order < 0)
			now[i]->mark = MARK_NEW;
		if (order > 0)
			rc = skt_vec_push(&gone, before[j]);
		i += order <= 0;
		j += order >= 0;
	}
	/* Only now: rows move when there are more. */
	for (size_t n = 0; !rc && n < gone.len; n++)
		rc = keep_row(taking, &gone.data[n]->row, MARK_GONE);
	taking->snapshot->gone = gone.len;
	skt_vec_free(&gone);
	free(now);
	free(before);
	return rc;
}

int snapshot_take(struct snapshot *snapshot, bool first, const struct skt_listing *listing,
	const struct skt_selection *kept, const struct skt_context *ctx)
{
	struct snapshot old = *snapshot;
	struct taking taking = {.snapshot = snapshot, .kept = kept};
	int status;

	*snapshot = (struct snapshot){0};
	status = skt_listing_each(listing, ctx, take_row, &taking);
	if (!first && mark(&taking, &old))
		status = SKT_EXIT_TROUBLE;
	snapshot_fini(&old);
	return status;
}

void snapshot_fini(struct snapshot *snapshot)
{
	skt_vec_free(&snapshot->rows);
	skt_arena_fini(&snapshot->texts);
	*snapshot = (struct snapshot){0};
}
