/*
 * Destroys the sockets that a filter matches: each by its cookie, which no other of TCP, UDP or
 * raw IP ever has, so that nothing else can be hit. What carries this very session is spared.
 */
#include "cmd/sockets/kill.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/vec.h"
#include "cmd/listing/own.h"
#include "cmd/sockets/subflows.h"
#include "diag/destroy.h"
#include "diag/socket_detail.h"
#include "diag/socket_id.h"
#include "out/row.h"

enum result {
	RESULT_NONE, /* its turn has not come */
	RESULT_DESTROYED,
	RESULT_WOULD_DESTROY,
	RESULT_GONE,
	RESULT_REFUSED,
	RESULT_DENIED,
	RESULT_UNSUPPORTED,
	RESULT_FAILED,
	RESULT_COUNT
};

static const char *const result_names[RESULT_COUNT] = {
	[RESULT_DESTROYED] = "destroyed",
	[RESULT_WOULD_DESTROY] = "would-destroy",
	[RESULT_GONE] = "gone",
	[RESULT_REFUSED] = "refused",
	[RESULT_DENIED] = "denied",
	[RESULT_UNSUPPORTED] = "unsupported",
	[RESULT_FAILED] = "failed",
};

static const uint8_t result_tones[RESULT_COUNT] = {
	[RESULT_DESTROYED] = SKT_TONE_GOOD,
	[RESULT_REFUSED] = SKT_TONE_BAD,
	[RESULT_DENIED] = SKT_TONE_BAD,
	[RESULT_UNSUPPORTED] = SKT_TONE_BAD,
	[RESULT_FAILED] = SKT_TONE_BAD,
};

struct kill_row {
	struct skt_socket_row row;
	uint8_t result;      /* enum result */
	const char *refusal; /* why none can be destroyed that is like it; NULL: it may be */
	const char *reason;
};

_Static_assert(offsetof(struct kill_row, row) == 0, "columns of the listing are its columns");

const struct skt_column sockets_kill_columns[] = {
	SKT_COLUMN_NAME(struct kill_row, "result", result, result_names, .tones = result_tones,
		.help = "what was done to it", .flags = SKT_COLUMN_BOTH),
	SKT_COLUMN(struct kill_row, reason, .help = "why it was spared, or could not be destroyed",
		.flags = SKT_COLUMN_BOTH),
	SKT_COLUMN_END,
};

struct killing {
	const struct sockets_modes *modes;
	const struct skt_listing *listing;
	const struct skt_context *ctx;
	struct skt_selection kept; /* columns whose texts must outlive the listing */
	SKT_VEC(struct kill_row) rows;
	struct skt_arena texts;
	struct skt_netlink *netlink;
	struct subflows subflows; /* of the rows that are MPTCP's */
	struct skt_own own;
};

/* ---- what is done to one ---- */

static const char *keep(struct killing *killing, const char *text)
{
	return skt_arena_text(&killing->texts, text, strlen(text));
}

/* What the kernel's -errno says of the socket. */
static enum result result_of(int rc)
{
	switch (-rc) {
	case 0:
		return RESULT_DESTROYED;
	case ENOENT:
		return RESULT_GONE;
	case EPERM:
	case EACCES:
		return RESULT_DENIED;
	case EOPNOTSUPP:
		return RESULT_UNSUPPORTED;
	}
	return RESULT_FAILED;
}

/*
 * Destroys what an MPTCP connection consists of. What is gone of it may be so by the row of TCP
 * that it was, or by its other end.
 */
static int destroy_subflows(
	struct killing *killing, const struct skt_socket *socket, struct skt_err *err)
{
	const struct skt_socket *subflows;
	const size_t count = subflows_of(&killing->subflows, socket->inode, &subflows);
	int rc = 0;

	if (!count)
		return skt_fail_text(err, EINVAL, "it has no subflow, and ends by itself");
	for (size_t i = 0; i < count; i++) {
		int failed = skt_destroy(killing->netlink, &subflows[i], err);

		if (failed && failed != -ENOENT)
			rc = failed;
	}
	return rc;
}

static void engage(struct killing *killing, struct kill_row *row)
{
	const bool mptcp = row->row.s.proto == SKT_PROTO_MPTCP;
	struct skt_err err = {0};
	int rc;

	row->reason = killing->modes->force ? NULL : skt_own_reason(&killing->own, &row->row);
	if (row->reason) {
		row->result = RESULT_REFUSED;
		return;
	}
	row->reason = row->refusal;
	if (row->reason) {
		row->result = RESULT_UNSUPPORTED;
		return;
	}
	if (mptcp)
		row->reason = "its subflows; it ends after net.mptcp.close_timeout";
	if (killing->modes->dry_run) {
		row->result = RESULT_WOULD_DESTROY;
		return;
	}
	rc = mptcp ? destroy_subflows(killing, &row->row.s, &err)
		   : skt_destroy(killing->netlink, &row->row.s, &err);
	row->result = (uint8_t)result_of(rc);
	if (row->result == RESULT_DENIED)
		row->reason = "needs CAP_NET_ADMIN";
	else if (row->result == RESULT_UNSUPPORTED)
		row->reason = "the kernel cannot in this state, or not at all "
			      "(CONFIG_INET_DIAG_DESTROY)";
	else if (row->result == RESULT_FAILED)
		row->reason = keep(killing, err.text);
}

/* ---- what the kernel did not find ---- */

struct gone {
	struct skt_socket_id id;
	struct kill_row *row;
};

SKT_VEC_DECLARE(gone_list, struct gone);

static int compare_gone(const void *a, const void *b)
{
	const struct gone *x = a, *y = b;

	return skt_socket_id_compare(&x->id, &y->id);
}

/* It is there still. */
static int take_survivor(struct skt_socket_row *row, void *ctx)
{
	const struct gone_list *list = ctx;
	struct gone key = {.row = NULL}, *found;

	(void)skt_socket_id_of(&row->s, 0, &key.id);
	found = bsearch(&key, list->data, list->len, sizeof(key), compare_gone);
	if (found) {
		found->row->result = RESULT_FAILED;
		found->row->reason = "the kernel finds another socket in its place";
	}
	return 0;
}

/* Looks once more for sockets that the kernel did not find: they may have gone, or not. */
static int look_again(struct killing *killing)
{
	struct skt_listing listing = *killing->listing;
	struct gone_list list = {0};
	struct gone gone;
	int status = SKT_EXIT_YES;

	for (size_t i = 0; i < killing->rows.len; i++) {
		struct kill_row *row = &killing->rows.data[i];

		if (row->result != RESULT_GONE)
			continue;
		gone.row = row;
		(void)skt_socket_id_of(&row->row.s, 0, &gone.id);
		if (skt_vec_push(&list, gone))
			status = SKT_EXIT_TROUBLE;
	}
	listing.needs = 0;
	listing.quiet = true;
	if (list.len) {
		qsort(list.data, list.len, sizeof(*list.data), compare_gone);
		status = skt_listing_each(&listing, killing->ctx, take_survivor, &list);
	}
	skt_vec_free(&list);
	return status;
}

/* ---- all of it ---- */

static int take_row(struct skt_socket_row *row, void *ctx)
{
	struct killing *killing = ctx;
	struct kill_row kept = {.row = *row};

	/* What it needs of the record is there for this call only. */
	kept.refusal = skt_destroy_refusal(&row->s);
	if (row->s.proto == SKT_PROTO_MPTCP && !kept.refusal &&
		subflows_want(&killing->subflows, row->s.inode))
		return -ENOMEM;
	if (skt_row_keep(&killing->kept, &kept, &killing->texts))
		return -ENOMEM;
	return skt_vec_push(&killing->rows, kept);
}

/* The columns of the rows that are shown, and the processes, which say what must be spared. */
static int choose_columns(struct killing *killing)
{
	struct skt_selection *kept = &killing->kept;

	if (sockets_table_shared(&killing->modes->table, &killing->listing->rows->selection, kept))
		return -ENOMEM;
	if (!skt_selection_has(kept, "processes"))
		kept->columns[kept->count++] =
			skt_column_find(skt_socket_columns, "processes", strlen("processes"));
	return 0;
}

static int destroy_all(struct killing *killing)
{
	struct skt_err err;

	if (skt_netlink_open(&killing->netlink, &err) ||
		subflows_read(&killing->subflows, &killing->ctx->system, &err)) {
		skt_warn(killing->ctx, "%s", err.text);
		return SKT_EXIT_TROUBLE;
	}
	for (size_t i = 0; i < killing->rows.len && !skt_interrupted(killing->ctx); i++)
		engage(killing, &killing->rows.data[i]);
	return look_again(killing);
}

/* Writes the rows whose turn has come; STATUS, or what they say where that is worse. */
static int report(struct killing *killing, int status)
{
	const struct skt_context *ctx = killing->ctx;
	size_t counts[RESULT_COUNT] = {0};
	struct skt_output *output;
	struct skt_sink sink;

	if (skt_rows_begin(killing->listing->rows, ctx, sizeof(struct kill_row), &sink, &output))
		return SKT_EXIT_TROUBLE;
	for (size_t i = 0; i < killing->rows.len; i++) {
		const struct kill_row *row = &killing->rows.data[i];

		counts[row->result]++;
		if (row->result != RESULT_NONE)
			(void)skt_output_row(output, row);
	}
	if (counts[RESULT_REFUSED] && status == SKT_EXIT_YES)
		status = SKT_EXIT_NO;
	if (counts[RESULT_DENIED] + counts[RESULT_UNSUPPORTED] + counts[RESULT_FAILED])
		status = SKT_EXIT_TROUBLE;
	status = skt_rows_end(ctx, &sink, output, status);
	if (counts[RESULT_DENIED])
		skt_warn(ctx, "cannot destroy sockets: run as root or with CAP_NET_ADMIN");
	if (counts[RESULT_UNSUPPORTED])
		skt_warn(ctx, "sockets that the kernel does not destroy: %zu (column reason)",
			counts[RESULT_UNSUPPORTED]);
	return status;
}

int sockets_kill(const struct sockets_modes *modes, const struct skt_listing *listing,
	const struct skt_context *ctx, uint64_t *ret_count)
{
	struct skt_listing all = *listing;
	struct killing killing = {.modes = modes, .listing = listing, .ctx = ctx};
	int status = SKT_EXIT_TROUBLE;

	*ret_count = 0;
	/* There are no cookies in /proc/net. */
	all.query.source = SKT_SOURCE_NETLINK;
	all.query.detail |= SKT_DETAIL_TCP; /* which says what listens for MPTCP */
	all.needs |= SKT_NEED_OWNERS;       /* which say what must be spared */
	skt_own_init(&killing.own, ctx);
	if (choose_columns(&killing))
		skt_warn(ctx, "%s", strerror(ENOMEM));
	else
		status = skt_listing_each(&all, ctx, take_row, &killing);
	/* Of an incomplete list all that is in it was asked for; the status says what is not. */
	if (killing.rows.len) {
		int destroyed = destroy_all(&killing);

		status = report(&killing, SKT_MAX(status, destroyed));
	} else if (status == SKT_EXIT_YES) {
		status = report(&killing, status);
	}
	*ret_count = killing.rows.len;
	skt_netlink_close(killing.netlink);
	subflows_fini(&killing.subflows);
	skt_selection_fini(&killing.kept);
	skt_vec_free(&killing.rows);
	skt_arena_fini(&killing.texts);
	return status;
}
