#include "cmd/ports/metrics.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/vec.h"
#include "diag/socket_detail.h"
#include "out/cell.h"
#include "out/row.h"

/* What sockets with the same labels have: many processes may share a port. */
struct series {
	struct skt_socket_row row; /* first: its `present` is that of the row; of the first one */
	uint8_t up;
	uint64_t queue, backlog, drops;
};

_Static_assert(offsetof(struct series, row) == 0, "its `present` is the row's");

enum { SERIES_UP = SKT_ROW_FIELDS, SERIES_QUEUE, SERIES_BACKLOG, SERIES_DROPS, SERIES_FIELDS };

_Static_assert(SERIES_FIELDS <= 64, "row.s.present");

#define BIT(field) (UINT64_C(1) << (field))
#define ROW(title, field, ...) SKT_COLUMN_AS(struct series, title, field, __VA_ARGS__)

const struct skt_column ports_metrics_columns[] = {
	ROW("port", row.s.local.port),
	SKT_COLUMN_NAME(struct series, "proto", row.s.proto, skt_proto_names),
	ROW("netns", row.netns, .needs = SKT_NEED_NETNS),
	ROW("address", row.s.local, .flags = SKT_COLUMN_BARE),
	ROW("process", row.process, .needs = SKT_NEED_OWNERS),
	ROW("unit", row.unit, .needs = SKT_NEED_CGROUP),
	ROW("container", row.container, .needs = SKT_NEED_CGROUP),
	ROW("up", up, .present = SKT_PRESENT(SERIES_UP)),
	ROW("queue", queue, .present = SKT_PRESENT(SERIES_QUEUE)),
	ROW("backlog", backlog, .present = SKT_PRESENT(SERIES_BACKLOG)),
	ROW("drops", drops, .present = SKT_PRESENT(SERIES_DROPS), .needs = SKT_DETAIL_MEMORY),
	SKT_COLUMN_END,
};

#define LABELS "address,process,unit,container"
#define VALUES "up,queue,backlog,drops"

/* Who it is that listens changes, but not who is asked for: `up` is told of the port alone. */
static const struct skt_metric families[] = {
	{"sockkit_port_up", "Whether somebody listens on the port, or has bound it.", 2, 0},
	{"sockkit_port_queue", "Connections that wait for accept().", 6, 0},
	{"sockkit_port_backlog", "How many may wait.", 6, 0},
	{"sockkit_port_drops", "Connections or datagrams that found no room.", 6, 0},
};

/* The same with the network namespace. */
static const struct skt_metric netns_families[] = {
	{"sockkit_port_up", "Whether somebody listens on the port, or has bound it.", 3, 0},
	{"sockkit_port_queue", "Connections that wait for accept().", 7, 0},
	{"sockkit_port_backlog", "How many may wait.", 7, 0},
	{"sockkit_port_drops", "Connections or datagrams that found no room.", 7, 0},
};

_Static_assert(SKT_COUNT(families) == SKT_COUNT(netns_families), "the same families");

void ports_metrics_settle(struct ports_options *options)
{
	const bool netns = options->netns.selector != NULL;
	struct skt_rows_options *rows = &options->rows;

	rows->columns_text =
		netns ? "port,proto,netns," LABELS "," VALUES : "port,proto," LABELS "," VALUES;
	rows->metrics = netns ? netns_families : families;
	rows->metrics_count = SKT_COUNT(families);
}

struct collecting {
	const struct skt_selection *kept; /* columns whose texts outlive the listing */
	SKT_VEC(struct series) series;
	struct skt_arena texts;
};

static int take_row(struct skt_socket_row *row, void *ctx)
{
	const struct skt_column *drops = skt_column_find(skt_socket_columns, "drops", 5);
	struct collecting *collecting = ctx;
	struct series series = {.row = *row, .up = 1};
	uint64_t *present = &series.row.s.present;
	const void *dropped = skt_cell_value(drops, row);

	if (row->s.state == SKT_STATE_LISTEN) {
		*present |= BIT(SERIES_QUEUE);
		series.queue = row->s.recv_queue;
	}
	if (*present & BIT(SKT_SOCKET_BACKLOG)) {
		*present |= BIT(SERIES_BACKLOG);
		series.backlog = row->s.send_queue;
	}
	if (dropped) {
		*present |= BIT(SERIES_DROPS);
		series.drops = skt_cell_unsigned(drops->type, dropped);
	}
	if (skt_row_keep(collecting->kept, &series, &collecting->texts))
		return -ENOMEM;
	return skt_vec_push(&collecting->series, series);
}

static int add_down(struct collecting *collecting, enum skt_proto proto, uint16_t port)
{
	struct series series = {
		.row.s = {.present = BIT(SERIES_UP), .proto = (uint8_t)proto, .local.port = port}};

	return skt_vec_push(&collecting->series, series);
}

/* Those of WANTED on which nobody listens: by TCP, unless UDP was asked for. */
static int add_missing(struct collecting *collecting, const struct ports_options *o,
	const struct skt_portset *wanted)
{
	const bool any = !o->inet.tcp && !o->inet.udp;
	struct skt_portset tcp = {0}, udp = {0};
	int rc = 0;

	for (size_t i = 0; i < collecting->series.len; i++) {
		const struct skt_socket *s = &collecting->series.data[i].row.s;

		skt_portset_add(any || s->proto == SKT_PROTO_TCP ? &tcp : &udp, s->local.port);
	}
	for (unsigned int port = 0; !rc && port <= UINT16_MAX; port++) {
		const uint16_t number = (uint16_t)port;

		if (!skt_portset_has(wanted, number))
			continue;
		if ((any || o->inet.tcp) && !skt_portset_has(&tcp, number))
			rc = add_down(collecting, SKT_PROTO_TCP, number);
		if (!rc && o->inet.udp && !skt_portset_has(&udp, number))
			rc = add_down(collecting, SKT_PROTO_UDP, number);
	}
	return rc;
}

static int compare(const void *a, const void *b, void *sort)
{
	return skt_sort_compare(sort, a, b);
}

static bool same_port(const struct series *a, const struct series *b)
{
	return a->row.s.local.port == b->row.s.local.port && a->row.s.proto == b->row.s.proto &&
		a->row.netns_inode == b->row.netns_inode;
}

/* Two series of the same labels would be no metrics. */
static void merge(struct series *sum, const struct series *other)
{
	sum->row.s.present |= other->row.s.present;
	sum->queue += other->queue;
	sum->backlog += other->backlog;
	sum->drops += other->drops;
}

static int write_series(struct collecting *collecting, struct skt_output *output)
{
	struct series *series = collecting->series.data;
	const size_t count = collecting->series.len;
	struct skt_sort sort = {0};
	int rc = skt_sort_parse(
		ports_metrics_columns, "port,proto,netns," LABELS, &sort, &(struct skt_err){0});

	if (rc)
		return rc;
	if (count)
		qsort_r(series, count, sizeof(*series), compare, &sort);
	for (size_t i = 0, next; i < count && !rc; i = next) {
		for (next = i + 1; next < count; next++) {
			if (skt_sort_compare(&sort, &series[i], &series[next]))
				break;
			merge(&series[i], &series[next]);
		}
		if (!i || !same_port(&series[i - 1], &series[i]))
			series[i].row.s.present |= BIT(SERIES_UP);
		rc = skt_output_row(output, &series[i]);
	}
	skt_sort_fini(&sort);
	return rc;
}

int ports_metrics(const struct ports_options *options, const struct skt_listing *listing,
	const struct skt_portset *wanted, const struct skt_context *ctx, uint64_t *ret_count)
{
	struct collecting collecting = {.kept = &listing->rows->selection};
	int status = skt_listing_each(listing, ctx, take_row, &collecting), rc = 0;
	struct skt_output *output;
	struct skt_sink sink;

	*ret_count = collecting.series.len;
	/* What was not seen is down only if nothing was left out. */
	if (wanted && status == SKT_EXIT_YES)
		rc = add_missing(&collecting, options, wanted);
	if (!rc && !skt_rows_begin(listing->rows, ctx, sizeof(struct series), &sink, &output)) {
		rc = write_series(&collecting, output);
		status = skt_rows_end(ctx, &sink, output, status);
	} else {
		status = SKT_EXIT_TROUBLE;
	}
	if (rc == -ENOMEM) {
		skt_warn(ctx, "%s", strerror(ENOMEM));
		status = SKT_EXIT_TROUBLE;
	}
	skt_vec_free(&collecting.series);
	skt_arena_fini(&collecting.texts);
	return status;
}
