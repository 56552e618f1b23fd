#include "cmd/listing/verdict.h"

#include <string.h>

#include "diag/socket_detail.h"
#include "out/cell.h"

enum { FIGURES_MAX = 6 };

static const struct {
	const char *text;
	const char *share;                /* what the share is of, behind its number */
	const char *figures[FIGURES_MAX]; /* columns */
} words[SKT_VERDICT_COUNT] = {
	[SKT_VERDICT_ACCEPT_QUEUE_FULL] = {"the accept queue is full: this program does not "
					   "accept() as fast as connections come",
		NULL, {"recv_queue", "send_queue", "drops"}},
	[SKT_VERDICT_ACCEPT_QUEUE_DROPPED] = {"connections were turned away since it began to "
					      "listen, mostly for a full accept queue",
		NULL, {"drops", "recv_queue", "send_queue"}},
	[SKT_VERDICT_NO_ANSWER] = {"no answer: the peer or the path is silent", NULL,
		{"retransmits", "probes", "unacked", "rto_us", "timer_ms", "last_ack_recv_ms"}},
	[SKT_VERDICT_HANDSHAKE] = {"the connection is being made", NULL,
		{"retransmits", "timer_ms"}},
	[SKT_VERDICT_PEER_NOT_READING] = {"the peer does not read", NULL,
		{"snd_wnd", "notsent_bytes", "send_queue", "rwnd_limited_us", "busy_time_us"}},
	[SKT_VERDICT_PROGRAM_NOT_READING] = {"this program does not read", NULL,
		{"recv_queue", "last_data_recv_ms", "rcv_wnd", "rmem_alloc", "rcvbuf"}},
	[SKT_VERDICT_PROGRAM_NOT_CLOSING] = {"this program does not close, and the peer has", NULL,
		{"last_ack_recv_ms", "recv_queue", "last_data_sent_ms"}},
	[SKT_VERDICT_PEER_NOT_CLOSING] = {"the peer does not close, and this end has", NULL,
		{"last_ack_recv_ms", "timer_ms"}},
	[SKT_VERDICT_CLOSING] = {"it ends", NULL, {"send_queue", "timer_ms"}},
	[SKT_VERDICT_UNKNOWN] = {"cannot tell: the inside of TCP is not to be seen here", NULL,
		{"recv_queue", "send_queue"}},
	[SKT_VERDICT_IDLE] = {"idle", NULL, {"last_data_sent_ms", "last_data_recv_ms"}},
	[SKT_VERDICT_PEER_WINDOW] = {"the peer's window is the limit: it reads slowly, or its "
				     "buffer is small for this path",
		"of the time",
		{"rwnd_limited_us", "busy_time_us", "snd_wnd", "rtt_us", "notsent_bytes"}},
	[SKT_VERDICT_SEND_BUFFER] = {"the send buffer is too small for this path", "of the time",
		{"sndbuf_limited_us", "busy_time_us", "sndbuf", "wmem_queued", "rtt_us", "cwnd"}},
	[SKT_VERDICT_PATH_LOSS] = {"loss on the path", "retransmitted",
		{"total_retrans", "data_segs_out", "lost", "cwnd", "rtt_us", "total_rto"}},
	[SKT_VERDICT_PATH_REORDERING] = {"the path delivers late or out of order, not at all lost",
		"retransmitted",
		{"dsack_dups", "total_retrans", "data_segs_out", "reord_seen", "reordering",
			"rttvar_us"}},
	[SKT_VERDICT_PATH_LOSS_INBOUND] = {"loss or disorder on the path to here",
		"received out of order", {"rcv_ooopack", "data_segs_in", "rcv_rtt_us"}},
	[SKT_VERDICT_PACING] = {"the rate that was set is the limit (SO_MAX_PACING_RATE)", NULL,
		{"max_pacing_rate", "pacing_rate", "notsent_bytes"}},
	[SKT_VERDICT_PATH_QUEUE] = {"packets wait in a queue on the path", NULL,
		{"rtt_us", "min_rtt_us", "cwnd", "unacked", "delivery_rate"}},
	[SKT_VERDICT_PATH] = {"the path is the limit: as much is under way as it is trusted with",
		NULL,
		{"cwnd", "unacked", "notsent_bytes", "rtt_us", "delivery_rate", "total_retrans"}},
	[SKT_VERDICT_PROGRAM_WRITES_LITTLE] = {"this program writes little", "of the time busy",
		{"delivery_rate_app_limited", "delivery_rate", "notsent_bytes", "busy_time_us",
			"last_data_sent_ms"}},
	[SKT_VERDICT_NOTHING] = {"nothing to blame", NULL,
		{"recv_queue", "send_queue", "delivery_rate", "rtt_us", "last_data_sent_ms",
			"last_data_recv_ms"}},
};

/* Who has spoken last is asked next of what stands still. */
static const char *silence(const struct skt_socket_row *row)
{
	const struct skt_tcp_info *tcp = &row->s.detail->tcp;

	if (tcp->last_data_sent < tcp->last_data_recv)
		return ": this end has spoken last, and the peer has it all";
	return tcp->last_data_recv < tcp->last_data_sent
		? ": the peer has spoken last, and this program has read it all"
		: "";
}

static void add_figures(
	struct skt_str *out, const char *const *names, const struct skt_socket_row *row)
{
	const char *before = " (";
	size_t i;

	for (i = 0; i < FIGURES_MAX && names[i]; i++) {
		const struct skt_column *column =
			skt_column_find(skt_socket_columns, names[i], strlen(names[i]));
		const void *value = column ? skt_column_value(column, row) : NULL;
		char text[SKT_CELL_PUT_MAX], *end;

		end = value ? skt_cell_put(text, column, value, true) : NULL;
		if (!end)
			continue;
		skt_str_add_text(out, before);
		skt_str_add_text(out, names[i]);
		skt_str_add_char(out, ' ');
		skt_str_add(out, text, (size_t)(end - text));
		before = ", ";
	}
	if (before[0] == ',')
		skt_str_add_char(out, ')');
}

void skt_verdict_explain(struct skt_str *out, const struct skt_judgement *judgement,
	const struct skt_socket_row *row)
{
	const enum skt_verdict verdict = judgement->verdict;

	if (verdict == SKT_VERDICT_NONE)
		return;
	skt_str_add_text(out, words[verdict].text);
	if (verdict == SKT_VERDICT_IDLE)
		skt_str_add_text(out, silence(row));
	if (judgement->shared && words[verdict].share)
		skt_str_add_format(out, ", %u.%u %% %s", judgement->permille / 10,
			judgement->permille % 10, words[verdict].share);
	add_figures(out, words[verdict].figures, row);
	if (judgement->blind)
		skt_str_add_text(out, "; this kernel does not tell all that there is to ask");
}
