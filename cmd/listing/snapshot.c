#include "cmd/listing/snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "out/row.h"

static int add(struct skt_snapshot *snapshot, const struct skt_selection *kept, const void *row,
	size_t size, struct skt_bytes id, enum skt_mark mark)
{
	char *copy = skt_arena_alloc(&snapshot->texts, size);
	const char *name = skt_arena_text(&snapshot->texts, id.data ? id.data : "", id.len);

	if (!copy || !name)
		return -ENOMEM;
	memcpy(copy, row, size);
	if (skt_row_keep(kept, copy, &snapshot->texts))
		return -ENOMEM;
	return skt_vec_push(&snapshot->rows,
		(struct skt_snapshot_row){
			.row = copy, .id = {.data = name, .len = id.len}, .mark = mark});
}

int skt_snapshot_add(struct skt_snapshot *snapshot, const struct skt_selection *kept,
	const void *row, size_t size, struct skt_bytes id)
{
	return add(snapshot, kept, row, size, id, SKT_MARK_NONE);
}

static int compare_ids(const void *a, const void *b)
{
	const struct skt_bytes *x = &(*(struct skt_snapshot_row *const *)a)->id;
	const struct skt_bytes *y = &(*(struct skt_snapshot_row *const *)b)->id;
	const int order = memcmp(x->data, y->data, SKT_MIN(x->len, y->len));

	return order ? order : (x->len > y->len) - (x->len < y->len);
}

/* The rows that are not gone and are told apart, by their identity; NULL when memory is out. */
static struct skt_snapshot_row **by_id(const struct skt_snapshot *snapshot, size_t *ret_count)
{
	const size_t count = snapshot->rows.len - snapshot->gone;
	struct skt_snapshot_row **rows = calloc(count + 1, sizeof(*rows));
	size_t n = 0;

	*ret_count = 0;
	if (!rows)
		return NULL;
	for (size_t i = 0; i < count; i++)
		if (snapshot->rows.data[i].id.len)
			rows[n++] = &snapshot->rows.data[i];
	if (n)
		qsort(rows, n, sizeof(*rows), compare_ids);
	*ret_count = n;
	return rows;
}

int skt_snapshot_mark(struct skt_snapshot *snapshot, const struct skt_snapshot *old,
	const struct skt_selection *kept, size_t size)
{
	size_t now_count, old_count, i = 0, j = 0;
	struct skt_snapshot_row **now = by_id(snapshot, &now_count);
	struct skt_snapshot_row **before = by_id(old, &old_count);
	SKT_VEC(const struct skt_snapshot_row *) gone = {0};
	int rc = now && before ? 0 : -ENOMEM;

	while (!rc && (i < now_count || j < old_count)) {
		int order = i == now_count ? 1
			: j == old_count   ? -1
					   : compare_ids(&now[i], &before[j]);

		if (order < 0)
			now[i]->mark = SKT_MARK_NEW;
		if (order > 0)
			rc = skt_vec_push(&gone, before[j]);
		i += order <= 0;
		j += order >= 0;
	}
	/* Only now: rows move when there are more. */
	for (size_t n = 0; !rc && n < gone.len; n++)
		rc = add(snapshot, kept, gone.data[n]->row, size, gone.data[n]->id, SKT_MARK_GONE);
	snapshot->gone = gone.len;
	skt_vec_free(&gone);
	free(now);
	free(before);
	return rc;
}

void skt_snapshot_fini(struct skt_snapshot *snapshot)
{
	skt_vec_free(&snapshot->rows);
	skt_arena_fini(&snapshot->texts);
	*snapshot = (struct skt_snapshot){0};
}
