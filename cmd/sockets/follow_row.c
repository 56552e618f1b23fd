#include "cmd/sockets/follow_row.h"

#include "base/clock.h"

static const char *const event_names[] = {
	[FOLLOW_OPENED] = "opened",
	[FOLLOW_CLOSED] = "closed",
	[FOLLOW_CONNECTING] = "connecting",
	[FOLLOW_ESTABLISHED] = "established",
	[FOLLOW_ACCEPTED] = "accepted",
	[FOLLOW_FAILED] = "failed",
	[FOLLOW_LISTENING] = "listening",
};
static const uint8_t event_tones[] = {
	[FOLLOW_OPENED] = SKT_TONE_GOOD,
	[FOLLOW_CLOSED] = SKT_TONE_FAINT,
	[FOLLOW_CONNECTING] = SKT_TONE_PLAIN,
	[FOLLOW_ESTABLISHED] = SKT_TONE_GOOD,
	[FOLLOW_ACCEPTED] = SKT_TONE_GOOD,
	[FOLLOW_FAILED] = SKT_TONE_BAD,
	[FOLLOW_LISTENING] = SKT_TONE_NOTICE,
};

/* Bits of row.s.present behind those of struct skt_socket_row. */
enum { FOLLOW_RTT = SKT_ROW_FIELDS, FOLLOW_BYTES, FOLLOW_MIN_RTT, FOLLOW_DURATION, FOLLOW_FIELDS };

_Static_assert(FOLLOW_FIELDS <= 64, "row.s.present");

#define ROW(field, text, ...) SKT_COLUMN(struct follow_row, field, .help = (text), __VA_ARGS__)

const struct skt_column sockets_follow_columns[] = {
	SKT_COLUMN_NAME(struct follow_row, "event", event, event_names, .tones = event_tones,
		.help = "what happened", .flags = SKT_COLUMN_BOTH),
	ROW(time_ns, "when it was seen, since 1970", .flags = SKT_COLUMN_DATA),
	ROW(bytes_acked, "closed: bytes sent and acknowledged", .title = "SENT", .width = 5,
		.spare = 1, .flags = SKT_COLUMN_BOTH, .unit = SKT_UNIT_BYTES,
		.present = SKT_PRESENT(FOLLOW_BYTES)),
	ROW(bytes_received, "closed: bytes received", .title = "RECVD", .width = 5, .spare = 1,
		.flags = SKT_COLUMN_BOTH, .unit = SKT_UNIT_BYTES,
		.present = SKT_PRESENT(FOLLOW_BYTES)),
	ROW(rtt_us, "closed: smoothed round-trip time", .title = "RTT", .width = 6, .spare = 2,
		.flags = SKT_COLUMN_BOTH, .unit = SKT_UNIT_US, .present = SKT_PRESENT(FOLLOW_RTT)),
	ROW(min_rtt_us, "closed: least round-trip time of late", .flags = SKT_COLUMN_DATA,
		.unit = SKT_UNIT_US, .present = SKT_PRESENT(FOLLOW_MIN_RTT)),
	ROW(total_retrans, "closed: segments retransmitted", .title = "RETRANS", .spare = 4,
		.tone = SKT_TONE_NOTICE, .flags = SKT_COLUMN_BOTH,
		.present = SKT_PRESENT(FOLLOW_RTT)),
	ROW(duration_us, "how long the handshake, the attempt or the connection took",
		.title = "TOOK", .width = 6, .spare = 2, .flags = SKT_COLUMN_BOTH,
		.unit = SKT_UNIT_US, .present = SKT_PRESENT(FOLLOW_DURATION)),
	/* The last one: what is longer than that disturbs no other. */
	ROW(error, "why it failed, or was closed", .width = 5, .flags = SKT_COLUMN_BOTH),
	SKT_COLUMN_END,
};

struct follow_row follow_row_of(enum follow_event event, const struct skt_socket_row *known)
{
	return (struct follow_row){
		.row = *known, .event = (uint8_t)event, .time_ns = skt_clock_real_ns()};
}

void follow_row_took(struct follow_row *row, uint64_t since_ns, uint64_t until_ns)
{
	if (!since_ns || until_ns < since_ns)
		return;
	row->duration_us = (until_ns - since_ns) / SKT_NS_PER_US;
	row->row.s.present |= UINT64_C(1) << FOLLOW_DURATION;
}

static void take_figures(struct follow_row *row, const struct skt_figures *figures)
{
	row->row.s.present |= (uint64_t)figures->has_rtt << FOLLOW_RTT |
		(uint64_t)figures->has_bytes << FOLLOW_BYTES |
		(uint64_t)figures->has_min_rtt << FOLLOW_MIN_RTT;
	row->bytes_acked = figures->bytes_acked;
	row->bytes_received = figures->bytes_received;
	row->rtt_us = figures->rtt_us;
	row->min_rtt_us = figures->min_rtt_us;
	row->total_retrans = figures->total_retrans;
}

struct follow_row follow_row_closed(
	const struct skt_socket_row *known, const struct skt_ending *ending)
{
	const uint64_t passed = UINT64_C(1) << SKT_SOCKET_RECV_QUEUE |
		UINT64_C(1) << SKT_SOCKET_SEND_QUEUE | UINT64_C(1) << SKT_SOCKET_TIMER;
	struct follow_row row = {.event = FOLLOW_CLOSED, .time_ns = skt_clock_real_ns()};
	uint64_t *present = &row.row.s.present;

	if (known)
		row.row = *known;
	else if (ending)
		row.row.s = ending->socket;
	*present &= ~passed;
	if (row.row.s.proto == SKT_PROTO_TCP)
		row.row.s.state = SKT_STATE_CLOSED;
	if (ending)
		take_figures(&row, &ending->figures);
	return row;
}
