#include "cmd/datagram/rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/macros.h"
#include "cmd/command.h"

/* A row that waits for the name of its sender; its bytes and path stand behind it. */
struct held_row {
	struct skt_naming_row base;
	struct skt_datagram_row row;
	char bytes[];
};

/* People want the time of day. */
void skt_datagram_time_text(struct skt_str *out, const void *item)
{
	const struct skt_datagram_row *row = item;
	const time_t seconds = (time_t)(row->time_ns / SKT_NS_PER_SEC);
	struct tm tm;

	if (localtime_r(&seconds, &tm))
		skt_str_add_format(out, "%02d:%02d:%02d.%06u", tm.tm_hour, tm.tm_min, tm.tm_sec,
			(unsigned int)(row->time_ns % SKT_NS_PER_SEC / SKT_NS_PER_US));
}

/* What the kernel is asked to say of each datagram: what the rows show, and no more. */
unsigned int skt_datagram_wanted(const struct skt_selection *selection)
{
	static const struct {
		const char *column;
		unsigned int wanted;
	} needs[] = {
		{"time_ns", SKT_RECEIVE_TIME},
		{"destination_address", SKT_RECEIVE_DESTINATION},
		{"interface", SKT_RECEIVE_DESTINATION},
		{"ttl", SKT_RECEIVE_TTL},
		{"dscp", SKT_RECEIVE_TOS},
		{"ecn", SKT_RECEIVE_TOS},
		{"drops", SKT_RECEIVE_DROPS},
	};
	unsigned int wanted = 0;

	for (size_t i = 0; i < SKT_COUNT(needs); i++)
		if (skt_selection_has(selection, needs[i].column))
			wanted |= needs[i].wanted;
	return wanted;
}

/* ---- beginning and end ---- */

static int write_named(void *arg, const struct skt_naming_row *base, const char *host)
{
	struct skt_datagram_rows *rows = arg;
	struct skt_datagram_row row = SKT_CONTAINER(base, const struct held_row, base)->row;

	row.source.host = host;
	return skt_output_row(rows->output, &row);
}

static int open_naming(struct skt_datagram_rows *rows)
{
	int r;

	rows->naming.write = write_named;
	rows->naming.arg = rows;
	r = skt_naming_open(&rows->naming, NULL);
	if (r)
		skt_warn(rows->ctx, "--resolve: %s", strerror(-r));
	return r;
}

int skt_datagram_rows_begin(struct skt_datagram_rows *rows, const struct skt_rows_options *o,
	bool hex, const struct skt_context *ctx, const struct skt_udp_address *local,
	struct skt_sink *sink)
{
	int r;

	*rows = (struct skt_datagram_rows){
		.o = o, .ctx = ctx, .hex = hex, .local = *local, .sink = sink};
	r = o->resolve ? open_naming(rows) : 0;
	if (!r)
		r = skt_rows_begin(o, ctx, sizeof(struct skt_datagram_row), sink, &rows->output);
	/* The heading says that it waits; what fails here fails again. */
	if (!r)
		(void)skt_sink_flush(sink);
	return r;
}

int skt_datagram_rows_settle(struct skt_datagram_rows *rows)
{
	int rc = rows->naming.names ? skt_naming_step(&rows->naming, 0) : 0;

	if (!rc)
		rc = skt_sink_flush(rows->sink);
	return rc ? rc : skt_naming_holds(&rows->naming);
}

int skt_datagram_rows_end(struct skt_datagram_rows *rows, int status)
{
	if (rows->naming.names && !rows->sink->failed)
		(void)skt_naming_finish(&rows->naming, rows->ctx->interrupted);
	status = skt_rows_end(rows->ctx, rows->sink, rows->output, status);
	skt_naming_close(&rows->naming);
	skt_names_fini(&rows->names);
	skt_arena_fini(&rows->kept);
	skt_str_fini(&rows->scratch);
	return status;
}

int skt_datagram_rows_nothing(
	const struct skt_rows_options *o, const struct skt_context *ctx, int status)
{
	struct skt_output *output = NULL;
	struct skt_sink sink;

	if (skt_rows_begin(o, ctx, sizeof(struct skt_datagram_row), &sink, &output))
		return status;
	return skt_rows_end(ctx, &sink, output, status);
}

/* ---- one datagram ---- */

void skt_datagram_add_hex(struct skt_str *out, const uint8_t *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	char *p = skt_str_room(out, len * 2);

	if (!p)
		return;
	for (size_t i = 0; i < len; i++) {
		*p++ = digits[bytes[i] >> 4];
		*p++ = digits[bytes[i] & 15];
	}
	skt_str_commit(out, p);
}

static void fill_source(const struct skt_datagram *d, struct skt_datagram_row *row)
{
	uint64_t port = 0;

	if (skt_udp_inet(d->source, d->source_len, &row->source.addr, &row->source.port))
		port = 1;
	row->present |= port << SKT_DATAGRAM_HAS_PORT;
}

static void fill_destination(
	struct skt_datagram_rows *rows, const struct skt_datagram *d, struct skt_datagram_row *row)
{
	struct skt_addr local;

	if (d->destination.family == AF_UNSPEC)
		return;
	row->destination.addr = d->destination;
	if (skt_udp_inet(&rows->local.sa, rows->local.len, &local, &row->destination.port))
		row->present |= UINT64_C(1) << SKT_DATAGRAM_HAS_DESTINATION_PORT;
	if (d->ifindex)
		row->interface = skt_names_interface(&rows->names, NULL, d->ifindex);
}

static void fill(
	struct skt_datagram_rows *rows, const struct skt_datagram *d, struct skt_datagram_row *row)
{
	*row = (struct skt_datagram_row){
		.time_ns = d->time_ns,
		.length = (uint32_t)d->length,
		.drops = d->drops,
		.truncated = d->truncated,
		.data = {(const char *)d->data, d->captured},
	};
	row->present = (uint64_t)(d->time_ns != 0) << SKT_DATAGRAM_HAS_TIME |
		(uint64_t)d->drops_known << SKT_DATAGRAM_HAS_DROPS;
	if (d->ttl >= 0) {
		row->ttl = (uint8_t)d->ttl;
		row->present |= UINT64_C(1) << SKT_DATAGRAM_HAS_TTL;
	}
	if (d->tos >= 0) {
		row->dscp = (uint8_t)(d->tos >> 2);
		row->ecn = (uint8_t)(d->tos & 3);
		row->present |= UINT64_C(1) << SKT_DATAGRAM_HAS_TOS;
	}
	fill_source(d, row);
	fill_destination(rows, d, row);
}

/* Holds ROW until the name of its sender is known. KEPT: its texts stay where they are. */
static int hold(struct skt_datagram_rows *rows, const struct skt_datagram_row *row, bool kept)
{
	size_t size = sizeof(struct held_row) + (kept ? 0 : row->data.len);
	struct held_row *held = malloc(size);

	if (!held)
		return -ENOMEM;
	held->base = (struct skt_naming_row){.addr = row->source.addr, .size = size};
	held->row = *row;
	if (!kept) {
		if (row->data.len)
			memcpy(held->bytes, row->data.data, row->data.len);
		held->row.data.data = held->bytes;
	}
	return skt_naming_add(&rows->naming, &held->base);
}

int skt_datagram_rows_take(struct skt_datagram_rows *rows, const struct skt_datagram *d,
	const struct skt_datagram_answer *answer)
{
	const bool sorted = rows->o->sort.count > 0;
	struct skt_datagram_row row;
	char path[SKT_UDP_TEXT_MAX];

	fill(rows, d, &row);
	if (answer) {
		row.elsewhere = answer->elsewhere;
		row.rtt_us = answer->rtt_ns / SKT_NS_PER_US;
		row.present |= (uint64_t)(answer->rtt_ns > 0) << SKT_DATAGRAM_HAS_RTT;
	}
	if (rows->hex) {
		rows->scratch.len = 0;
		skt_datagram_add_hex(&rows->scratch, d->data, d->captured);
		if (rows->scratch.failed)
			return -ENOMEM;
		row.data = (struct skt_bytes){
			rows->scratch.data ? rows->scratch.data : "", rows->scratch.len};
	}
	if (!(row.present >> SKT_DATAGRAM_HAS_PORT & 1)) {
		(void)skt_udp_text(d->source, d->source_len, path);
		row.source_path = path[5] ? path + 5 : NULL; /* behind "unix:" */
	}
	if (sorted) {
		row.data.data = skt_arena_text(&rows->kept, row.data.data, row.data.len);
		if (row.source_path)
			row.source_path = skt_arena_text(
				&rows->kept, row.source_path, strlen(row.source_path));
		if (!row.data.data)
			return -ENOMEM;
	}
	if (rows->naming.names && row.source.addr.family != AF_UNSPEC)
		return hold(rows, &row, sorted);
	return skt_output_row(rows->output, &row);
}
