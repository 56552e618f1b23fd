/* What udprecv writes on stdout: payload as it is, in lines, in hexadecimal, or a row for each. */
#include "cmd/udprecv/payload.h"

/* ---- columns ---- */

#define ROW(title_text, field, text, ...) \
	SKT_COLUMN_AS(struct skt_datagram_row, title_text, field, .help = (text), __VA_ARGS__)

const struct skt_column udprecv_columns[] = {
	ROW("time_ns", time_ns, "arrival by the kernel's clock, ns since 1970",
		.flags = SKT_COLUMN_BOTH | SKT_COLUMN_LEFT,
		.present = SKT_PRESENT(SKT_DATAGRAM_HAS_TIME), .title = "TIME",
		.row_text = skt_datagram_time_text, .width = 15),
	ROW("source_address", source, "address of the sender",
		.flags = SKT_COLUMN_BOTH | SKT_COLUMN_BARE | SKT_COLUMN_ZONED, .title = "SOURCE"),
	ROW("source_port", source.port, "port of the sender", .flags = SKT_COLUMN_BOTH,
		.present = SKT_PRESENT(SKT_DATAGRAM_HAS_PORT), .title = "PORT"),
	ROW("source_path", source_path, "path or @name of a sender on a unix socket"),
	ROW("destination_address", destination, "address it was sent to",
		.flags = SKT_COLUMN_BOTH | SKT_COLUMN_BARE | SKT_COLUMN_ZONED,
		.title = "DESTINATION", .spare = 1),
	ROW("destination_port", destination.port, "port it was sent to", .flags = SKT_COLUMN_DATA,
		.present = SKT_PRESENT(SKT_DATAGRAM_HAS_DESTINATION_PORT)),
	ROW("interface", interface, "interface it came in by", .flags = SKT_COLUMN_BOTH, .width = 9,
		.spare = 3),
	ROW("ttl", ttl, "time to live, or hop limit, that is left", .flags = SKT_COLUMN_BOTH,
		.spare = 2, .present = SKT_PRESENT(SKT_DATAGRAM_HAS_TTL)),
	ROW("dscp", dscp, "differentiated services code point", .flags = SKT_COLUMN_DATA,
		.present = SKT_PRESENT(SKT_DATAGRAM_HAS_TOS)),
	ROW("ecn", ecn, "explicit congestion notification", .flags = SKT_COLUMN_DATA,
		.present = SKT_PRESENT(SKT_DATAGRAM_HAS_TOS)),
	ROW("length", length, "bytes of payload that were sent", .flags = SKT_COLUMN_BOTH,
		.width = 6),
	ROW("truncated", truncated, "not all of them are here", .flags = SKT_COLUMN_DATA),
	ROW("drops", drops, "datagrams that this socket's buffer has dropped so far",
		.tone = SKT_TONE_BAD, .present = SKT_PRESENT(SKT_DATAGRAM_HAS_DROPS)),
	ROW("data", data, "payload: text, or hexadecimal with --hex", .flags = SKT_COLUMN_BOTH),
	SKT_COLUMN_END,
};

/* ---- beginning and end ---- */

int udprecv_payload_begin(struct udprecv_payload *payload, const struct udprecv_options *o,
	struct skt_context *ctx, const struct udprecv_socket *sock)
{
	*payload = (struct udprecv_payload){.o = o, .ctx = ctx};
	if (o->output == OUTPUT_ROWS)
		return skt_datagram_rows_begin(
			&payload->rows, &o->rows, o->hex, ctx, &sock->local, &payload->sink);
	skt_sink_init(&payload->sink, ctx->out);
	return 0;
}

int udprecv_payload_nothing(const struct udprecv_options *o, struct skt_context *ctx, int status)
{
	/* People have been told in words. */
	if (o->output != OUTPUT_ROWS || o->rows.format == SKT_FORMAT_TABLE)
		return status;
	return skt_datagram_rows_nothing(&o->rows, ctx, status);
}

int udprecv_payload_settle(struct udprecv_payload *payload)
{
	switch (payload->o->output) {
	case OUTPUT_NONE:
		return 0;
	case OUTPUT_ROWS:
		return skt_datagram_rows_settle(&payload->rows);
	case OUTPUT_RAW:
	case OUTPUT_LINES:
	case OUTPUT_HEX:
		break;
	}
	return skt_sink_flush(&payload->sink);
}

int udprecv_payload_end(struct udprecv_payload *payload, int status)
{
	if (payload->o->output == OUTPUT_ROWS)
		return skt_datagram_rows_end(&payload->rows, status);
	return skt_bytes_end(payload->ctx, &payload->sink, status);
}

/* ---- one datagram ---- */

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
		skt_datagram_add_hex(out, d->data, d->captured);
		skt_str_add_char(out, '\n');
		break;
	case OUTPUT_ROWS:
		return skt_datagram_rows_take(&payload->rows, d, NULL);
	case OUTPUT_NONE:
		return 0;
	}
	skt_sink_settle(&payload->sink);
	return payload->sink.failed;
}
