#include "cmd/ports/pairs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/vec.h"
#include "cmd/ports/row.h"
#include "out/row.h"
#include "out/terminal.h"

struct kept {
	struct ports_row row;
	struct skt_bytes key; /* all that is shown but the address; no bytes: it has no partner */
	bool told;            /* by the row of the other one */
};

struct pairing {
	struct skt_selection shown; /* and sorted by */
	struct skt_selection told_apart;
	struct skt_arena texts;
	SKT_VEC(struct kept) rows;
	struct skt_str key;
};

bool ports_pairs_wanted(const struct skt_rows_options *rows, const struct skt_context *ctx)
{
	return rows->format == SKT_FORMAT_TABLE && !rows->columns_text && skt_terminal_is(ctx->out);
}

static int choose_columns(struct pairing *pairing, const struct skt_rows_options *rows)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < rows->selection.count; i++)
		rc = skt_selection_add(&pairing->shown, rows->selection.columns[i]);
	for (size_t i = 0; !rc && i < rows->sort.count; i++)
		rc = skt_selection_add(&pairing->shown, rows->sort.keys[i].column);
	for (size_t i = 0; !rc && i < pairing->shown.count; i++) {
		const struct skt_column *column = pairing->shown.columns[i];

		if (strcmp(column->name, "address") != 0)
			rc = skt_selection_add(&pairing->told_apart, column);
	}
	return rc;
}

/* Appends in what else the texts of cells differ. */
static void add_rest(struct skt_str *key, const struct skt_socket_row *row)
{
	const uint64_t rest[] = {row->s.send_queue, row->processes.count, row->s.ifindex};

	skt_str_add(key, (const char *)rest, sizeof(rest));
}

static int take_row(struct skt_socket_row *socket, void *ctx)
{
	struct pairing *pairing = ctx;
	struct skt_str *key = &pairing->key;
	struct kept kept = {.told = false};

	ports_row_make(socket, &kept.row);
	if (skt_row_keep(&pairing->shown, &kept.row, &pairing->texts))
		return -ENOMEM;
	if (skt_addr_is_any(&socket->s.local.addr)) {
		key->len = 0;
		skt_row_add_key(&pairing->told_apart, &kept.row, key);
		add_rest(key, socket);
		kept.key.len = key->len;
		kept.key.data =
			key->failed ? NULL : skt_arena_text(&pairing->texts, key->data, key->len);
		if (!kept.key.data)
			return -ENOMEM;
	}
	return skt_vec_push(&pairing->rows, kept);
}

static int compare_keys(const struct kept *x, const struct kept *y)
{
	if (x->key.len != y->key.len)
		return x->key.len < y->key.len ? -1 : 1;
	return memcmp(x->key.data, y->key.data, x->key.len);
}

/* For qsort(): those of a kind beside each other, IPv4 first. */
static int compare(const void *a, const void *b)
{
	const struct kept *x = *(struct kept *const *)a, *y = *(struct kept *const *)b;
	const int order = compare_keys(x, y);

	if (order)
		return order;
	return (x->row.socket.s.family == AF_INET6) - (y->row.socket.s.family == AF_INET6);
}

/* Of COUNT rows of a kind, the first of IPv4 with the first of IPv6, and so on. */
static void pair_up(struct kept **rows, size_t count)
{
	size_t six = 0;

	while (six < count && rows[six]->row.socket.s.family != AF_INET6)
		six++;
	for (size_t four = 0; four < six && six + four < count; four++) {
		rows[four]->row.socket.s.local.host = "*";
		rows[four]->row.socket.s.local.host_len = 0;
		rows[six + four]->told = true;
	}
}

static int pair_all(struct pairing *pairing)
{
	struct kept **wild = calloc(pairing->rows.len + 1, sizeof(*wild));
	size_t count = 0;

	if (!wild)
		return -ENOMEM;
	for (size_t i = 0; i < pairing->rows.len; i++)
		if (pairing->rows.data[i].key.len)
			wild[count++] = &pairing->rows.data[i];
	qsort(wild, count, sizeof(*wild), compare);
	for (size_t first = 0, end; first < count; first = end) {
		for (end = first + 1; end < count && !compare_keys(wild[first], wild[end]);)
			end++;
		pair_up(wild + first, end - first);
	}
	free(wild);
	return 0;
}

static int write_rows(const struct pairing *pairing, const struct skt_rows_options *rows,
	const struct skt_context *ctx, int status)
{
	struct skt_output *output;
	struct skt_sink sink;

	if (skt_rows_begin(rows, ctx, sizeof(struct ports_row), &sink, &output))
		return SKT_EXIT_TROUBLE;
	for (size_t i = 0; i < pairing->rows.len; i++)
		if (!pairing->rows.data[i].told &&
			skt_output_row(output, &pairing->rows.data[i].row))
			break;
	return skt_rows_end(ctx, &sink, output, status);
}

int ports_pairs(
	const struct skt_listing *listing, const struct skt_context *ctx, uint64_t *ret_count)
{
	struct pairing pairing = {.told_apart = {0}};
	int rc = choose_columns(&pairing, listing->rows), status = SKT_EXIT_TROUBLE;

	*ret_count = 0;
	if (!rc) {
		status = skt_listing_each(listing, ctx, take_row, &pairing);
		*ret_count = pairing.rows.len;
		rc = pair_all(&pairing);
	}
	if (rc) {
		skt_warn(ctx, "%s", strerror(-rc));
		status = SKT_EXIT_TROUBLE;
	} else if (status != SKT_EXIT_USAGE) {
		status = write_rows(&pairing, listing->rows, ctx, status);
	}
	skt_vec_free(&pairing.rows);
	skt_arena_fini(&pairing.texts);
	skt_str_fini(&pairing.key);
	skt_selection_fini(&pairing.shown);
	skt_selection_fini(&pairing.told_apart);
	return status;
}
