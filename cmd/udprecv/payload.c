/* What udprecv writes on stdout: payload as it is, in lines, in hexadecimal, or a row for each. */
#include "cmd/udprecv/payload.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/macros.h"

enum { HAS_TIME, HAS_PORT, HAS_DESTINATION_PORT, HAS_TTL, HAS_TOS, HAS_DROPS };

struct datagram_row {
	uint64_t present;
	uint64_t time_ns;
	struct skt_end source, destination;
	const char *source_path; /* of a unix socket */
	const char *interface;
	uint8_t ttl, dscp, ecn;
	uint32_t length, drops;
	bool truncated;
	struct skt_bytes data;
};

/* A row that waits for the name of its sender; its bytes and path stand behind it. */
struct held_row {
	struct skt_naming_row base;
	struct datagram_row row;
	char bytes[];
};

/* ---- columns ---- */

/* People want the time of day. */
static void time_text(struct skt_str *out, const void *item)
{
	const struct datagram_row *row = item;
	const time_t seconds = (time_t)(row->time_ns / SKT_NS_PER_SEC);
	struct tm tm;

	if (localtime_r(&seconds, &tm))
		skt_str_add_format(out, "%02d:%02d:%02d.%06u", tm.tm_hour, tm.tm_min, tm.tm_sec,
			(unsigned int)(row->time_ns % SKT_NS_PER_SEC / SKT_NS_PER_US));
}

#define ROW(title_text, field, text, ...) \
	SKT_COLUMN_AS(struct datagram_row, title_text, field, .help = (text), __VA_ARGS__)

const struct skt_column udprecv_columns[] = {
	ROW("time_ns", time_ns, "arrival by the kernel's clock, ns since 1970",
		.flags = SKT_COLUMN_BOTH | SKT_COLUMN_LEFT, .present = SKT_PRESENT(HAS_TIME),
		.title = "TIME", .row_text = time_text, .width = 15),
	ROW("source_address", source, "address of the sender",
		.flags = SKT_COLUMN_BOTH | SKT_COLUMN_BARE, .title = "SOURCE"),
	ROW("source_port", source.port, "port of the sender", .flags = SKT_COLUMN_BOTH,
		.present = SKT_PRESENT(HAS_PORT), .title = "PORT"),
	ROW("source_path", source_path, "path or @name of a sender on a unix socket"),
	ROW("destination_address", destination, "address it was sent to",
		.flags = SKT_COLUMN_BOTH | SKT_COLUMN_BARE, .title = "DESTINATION"),
	ROW("destination_port", destination.port, "port it was sent to", .flags = SKT_COLUMN_DATA,
		.present = SKT_PRESENT(HAS_DESTINATION_PORT)),
	ROW("interface", interface, "interface it came in by", .flags = SKT_COLUMN_BOTH),
	ROW("ttl", ttl, "time to live, or hop limit, that is left", .flags = SKT_COLUMN_BOTH,
		.present = SKT_PRESENT(HAS_TTL)),
	ROW("dscp", dscp, "differentiated services code point", .flags = SKT_COLUMN_DATA,
		.present = SKT_PRESENT(HAS_TOS)),
	ROW("ecn", ecn, "explicit congestion notification", .flags = SKT_COLUMN_DATA,
		.present = SKT_PRESENT(HAS_TOS)),
	ROW("length", length, "bytes of payload that were sent", .flags = SKT_COLUMN_BOTH),
	ROW("truncated", truncated, "not all of them are here", .flags = SKT_COLUMN_DATA),
	ROW("drops", drops, "datagrams that this socket's buffer has dropped so far",
		.present = SKT_PRESENT(HAS_DROPS)),
	ROW("data", data, "payload: text, or hexadecimal with --hex", .flags = SKT_COLUMN_BOTH),
	SKT_COLUMN_END,
};

/* ---- beginning and end ---- */

static int write_named(void *arg, const struct skt_naming_row *base, const char *host)
{
	struct udprecv_payload *payload = arg;
	struct datagram_row row = SKT_CONTAINER(base, const struct held_row, base)->row;

	row.source.host = host;
	return skt_output_row(payload->rows, &row);
}

static int open_naming(struct udprecv_payload *payload)
{
	int r;

	payload->naming.write = write_named;
	payload->naming.arg = payload;
	r = skt_naming_open(&payload->naming, NULL);
	if (r)
		skt_warn(payload->ctx, "--resolve: %s", strerror(-r));
	return r;
}

int udprecv_payload_begin(struct udprecv_payload *payload, const struct udprecv_options *o,
	struct skt_context *ctx, const struct udprecv_socket *sock)
{
	*payload = (struct udprecv_payload){.o = o, .ctx = ctx, .local = sock->local};
	if (o->output == OUTPUT_ROWS && o->rows.resolve && open_naming(payload))
		return -1;
	if (o->output == OUTPUT_ROWS)
		return skt_rows_begin(
			&o->rows, ctx, sizeof(struct datagram_row), &payload->sink, &payload->rows);
	skt_sink_init(&payload->sink, ctx->out);
	return 0;
}

int udprecv_payload_nothing(const struct udprecv_options *o, struct skt_context *ctx, int status)
{
	struct skt_output *rows = NULL;
	struct skt_sink sink;

	/* People have been told in words. */
	if (o->output != OUTPUT_ROWS || o->rows.format == SKT_FORMAT_TABLE ||
		skt_rows_begin(&o->rows, ctx, sizeof(struct datagram_row), &sink, &rows))
		return status;
	return skt_rows_end(ctx, &sink, rows, status);
}

int udprecv_payload_settle(struct udprecv_payload *payload)
{
	int rc = 0;

	if (payload->o->output == OUTPUT_NONE)
		return 0;
	if (payload->naming.names)
		rc = skt_naming_step(&payload->naming, 0);
	if (!rc)
		rc = skt_sink_flush(&payload->sink);
	return rc ? rc : skt_naming_holds(&payload->naming);
}

int udprecv_payload_end(struct udprecv_payload *payload, int status)
{
	int rc;

	if (payload->naming.names && !payload->sink.failed)
		(void)skt_naming_finish(&payload->naming, payload->ctx->interrupted);
	if (payload->rows) {
		status = skt_rows_end(payload->ctx, &payload->sink, payload->rows, status);
	} else {
		rc = skt_sink_flush(&payload->sink);
		skt_sink_fini(&payload->sink);
		if (rc) {
			skt_warn(
				payload->ctx, "cannot write to standard output: %s", strerror(-rc));
			status = SKT_EXIT_TROUBLE;
		}
	}
	skt_naming_close(&payload->naming);
	skt_names_fini(&payload->names);
	skt_arena_fini(&payload->kept);
	skt_str_fini(&payload->scratch);
	return status;
}

/* ---- one datagram ---- */

static void add_hex(struct skt_str *out, const uint8_t *bytes, size_t len)
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

static void fill_source(const struct skt_datagram *d, struct datagram_row *row)
{
	uint64_t port = 0;

	if (skt_udp_inet(d->source, d->source_len, &row->source.addr, &row->source.port))
		port = 1;
	row->present |= port << HAS_PORT;
}

static void fill_destination(
	struct udprecv_payload *payload, const struct skt_datagram *d, struct datagram_row *row)
{
	struct skt_addr local;

	if (d->destination.family == AF_UNSPEC)
		return;
	row->destination.addr = d->destination;
	if (skt_udp_inet(&payload->local.sa, payload->local.len, &local, &row->destination.port))
		row->present |= UINT64_C(1) << HAS_DESTINATION_PORT;
	if (d->ifindex)
		row->interface = skt_names_interface(&payload->names, NULL, d->ifindex);
}

static void fill(
	struct udprecv_payload *payload, const struct skt_datagram *d, struct datagram_row *row)
{
	*row = (struct datagram_row){
		.time_ns = d->time_ns,
		.length = (uint32_t)d->length,
		.drops = d->drops,
		.truncated = d->truncated,
		.data = {(const char *)d->data, d->captured},
	};
	row->present =
		(uint64_t)(d->time_ns != 0) << HAS_TIME | (uint64_t)d->drops_known << HAS_DROPS;
	if (d->ttl >= 0) {
		row->ttl = (uint8_t)d->ttl;
		row->present |= UINT64_C(1) << HAS_TTL;
	}
	if (d->tos >= 0) {
		row->dscp = (uint8_t)(d->tos >> 2);
		row->ecn = (uint8_t)(d->tos & 3);
		row->present |= UINT64_C(1) << HAS_TOS;
	}
	fill_source(d, row);
	fill_destination(payload, d, row);
}

/* Holds ROW until the name of its sender is known. KEPT: its texts stay where they are. */
static int hold(struct udprecv_payload *payload, const struct datagram_row *row, bool kept)
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
	return skt_naming_add(&payload->naming, &held->base);
}

static int take_row(struct udprecv_payload *payload, const struct skt_datagram *d)
{
	const bool sorted = payload->o->rows.sort.count > 0;
	struct datagram_row row;
	char path[SKT_UDP_TEXT_MAX];

	fill(payload, d, &row);
	if (payload->o->hex) {
		payload->scratch.len = 0;
		add_hex(&payload->scratch, d->data, d->captured);
		if (payload->scratch.failed)
			return -ENOMEM;
		row.data = (struct skt_bytes){
			payload->scratch.data ? payload->scratch.data : "", payload->scratch.len};
	}
	if (!(row.present >> HAS_PORT & 1)) {
		(void)skt_udp_text(d->source, d->source_len, path);
		row.source_path = path[5] ? path + 5 : NULL; /* behind "unix:" */
	}
	if (sorted) {
		row.data.data = skt_arena_text(&payload->kept, row.data.data, row.data.len);
		if (row.source_path)
			row.source_path = skt_arena_text(
				&payload->kept, row.source_path, strlen(row.source_path));
		if (!row.data.data)
			return -ENOMEM;
	}
	if (payload->naming.names && row.source.addr.family != AF_UNSPEC)
		return hold(payload, &row, sorted);
	return skt_output_row(payload->rows, &row);
}

int udprecv_payload_take(struct udprecv_payload *payload, const struct skt_datagram *d)
{
	struct skt_str *out = &payload->sink.pending;

	switch (payload->o->output) {
	case OUTPUT_RAW:
		skt_str_add(out, (const char *)d->data, d->captured);
		break;
	case OUTPUT_LINES:
		skt_str_add(out, (const char *)d->data, d->captured);
		skt_str_add_char(out, '\n');
		break;
	case OUTPUT_HEX:
		add_hex(out, d->data, d->captured);
		skt_str_add_char(out, '\n');
		break;
	case OUTPUT_ROWS:
		return take_row(payload, d);
	case OUTPUT_NONE:
		return 0;
	}
	skt_sink_settle(&payload->sink);
	return payload->sink.failed;
}
