#include "diag/verdict.h"

#include "base/macros.h"
#include "diag/socket_detail.h"

const char *const skt_verdict_names[SKT_VERDICT_COUNT] = {
	[SKT_VERDICT_ACCEPT_QUEUE_FULL] = "accept-queue-full",
	[SKT_VERDICT_ACCEPT_QUEUE_DROPPED] = "accept-queue-dropped",
	[SKT_VERDICT_NO_ANSWER] = "no-answer",
	[SKT_VERDICT_HANDSHAKE] = "handshake",
	[SKT_VERDICT_PEER_NOT_READING] = "peer-not-reading",
	[SKT_VERDICT_PROGRAM_NOT_READING] = "program-not-reading",
	[SKT_VERDICT_PROGRAM_NOT_CLOSING] = "program-not-closing",
	[SKT_VERDICT_PEER_NOT_CLOSING] = "peer-not-closing",
	[SKT_VERDICT_CLOSING] = "closing",
	[SKT_VERDICT_UNKNOWN] = "unknown",
	[SKT_VERDICT_IDLE] = "idle",
	[SKT_VERDICT_PEER_WINDOW] = "peer-window",
	[SKT_VERDICT_SEND_BUFFER] = "send-buffer",
	[SKT_VERDICT_PATH_LOSS] = "path-loss",
	[SKT_VERDICT_PATH_REORDERING] = "path-reordering",
	[SKT_VERDICT_PATH_LOSS_INBOUND] = "path-loss-inbound",
	[SKT_VERDICT_PACING] = "pacing",
	[SKT_VERDICT_PATH_QUEUE] = "path-queue",
	[SKT_VERDICT_PATH] = "path",
	[SKT_VERDICT_PROGRAM_WRITES_LITTLE] = "program-writes-little",
	[SKT_VERDICT_NOTHING] = "nothing-to-blame",
};

enum {
	STILL_MS = 1000, /* what has not moved for so long stands still */
	ASKED_AGAIN = 2, /* one retransmission or probe may be on its way yet */
	PART = 300,      /* in permille: what counts of the time */
	HALF = 500,      /* in permille */
	LOSS = 10,       /* in permille: what is felt; TCP takes a tenth of it without trouble */
	LOSS_LEAST = 3,  /* segments: fewer say nothing of a path */
	QUEUE_TIMES = 3, /* how much longer a round trip takes than it needs to */
	QUEUE_US = 20 * 1000,
	BUSY_LEAST_US = 10 * 1000, /* a share of less is chance */
};

/* The socket, and what is worth a name in it. */
struct facts {
	const struct skt_socket *s;
	const struct skt_socket_detail *detail; /* NULL: not told */
	const struct skt_tcp_info *tcp;         /* of a connection; NULL: not told */
	const struct skt_verdict_before *before;
	uint64_t unread;                 /* bytes; the end of the stream is none */
	bool waiting;                    /* there is something to send, or to be acknowledged */
	bool closing;                    /* this end has ended */
	struct skt_verdict_counts since; /* the look before, or the beginning */
	uint32_t permille;
	bool shared;
};

/* Whether the kernel tells as much of struct tcp_info. */
#define TOLD(f, field) ((f)->detail->tcp_length >= SKT_TCP_INFO_UP_TO(field))

static bool in_state(const struct facts *f, enum skt_state state)
{
	return f->s->state == state;
}

static bool has_timer(const struct facts *f, enum skt_socket_timer timer)
{
	return f->s->present >> SKT_SOCKET_TIMER & 1 && f->s->timer == timer;
}

/* PART of WHOLE is the verdict's share, if it is at least LEAST permille. */
static bool share(struct facts *f, uint64_t part, uint64_t whole, uint32_t least)
{
	if (!whole || part > whole || part * 1000 < whole * least)
		return false;
	f->permille = (uint32_t)(part * 1000 / whole);
	f->shared = true;
	return true;
}

static bool is_moving(const struct facts *f, uint32_t last_ms)
{
	return last_ms < STILL_MS || (f->before && last_ms < f->before->elapsed_us / 1000);
}

static bool is_sending(const struct facts *f)
{
	return f->waiting || (f->since.sent && is_moving(f, f->tcp->last_data_sent));
}

/* ---- the rules ---- */

static bool is_accept_queue_full(struct facts *f)
{
	return in_state(f, SKT_STATE_LISTEN) && f->s->present >> SKT_SOCKET_BACKLOG & 1 &&
		f->s->recv_queue > f->s->send_queue;
}

static bool has_accept_queue_dropped(struct facts *f)
{
	return in_state(f, SKT_STATE_LISTEN) && f->detail &&
		f->detail->memory_length >= SKT_MEMORY_UP_TO(drops) && f->detail->memory.drops;
}

static bool is_waiting_listener(struct facts *f)
{
	return in_state(f, SKT_STATE_LISTEN);
}

static bool has_no_answer(struct facts *f)
{
	unsigned int asked = 0;

	if (has_timer(f, SKT_TIMER_RETRANSMIT) || has_timer(f, SKT_TIMER_PERSIST) ||
		has_timer(f, SKT_TIMER_KEEPALIVE))
		asked = f->s->retransmits;
	if (f->tcp && f->tcp->unacked && f->tcp->retransmits > asked)
		asked = f->tcp->retransmits;
	return asked >= ASKED_AGAIN;
}

static bool is_handshake(struct facts *f)
{
	return in_state(f, SKT_STATE_SYN_SENT) || in_state(f, SKT_STATE_SYN_RECEIVED);
}

static bool is_over(struct facts *f)
{
	return in_state(f, SKT_STATE_TIME_WAIT);
}

/* The timer runs too where it is this host that cannot send (net/ipv4/tcp_output.c). */
static bool is_peer_not_reading(struct facts *f)
{
	const bool persists = has_timer(f, SKT_TIMER_PERSIST);

	if (!f->waiting)
		return false;
	if (!f->tcp || !TOLD(f, snd_wnd))
		return persists;
	return !f->tcp->snd_wnd || (persists && f->tcp->snd_wnd < f->tcp->snd_mss);
}

/* What is read as it comes is no fault, however much of it there is at the moment. */
static bool is_program_not_reading(struct facts *f)
{
	if (!f->unread || !f->tcp)
		return false;
	return f->tcp->last_data_recv >= STILL_MS ||
		(TOLD(f, rcv_wnd) && f->tcp->rcv_wnd < f->tcp->rcv_mss) ||
		(f->detail->memory_length >= SKT_MEMORY_UP_TO(rcvbuf) &&
			f->detail->memory.rmem_alloc > f->detail->memory.rcvbuf);
}

static bool is_program_not_closing(struct facts *f)
{
	return in_state(f, SKT_STATE_CLOSE_WAIT) && !f->waiting &&
		(!f->tcp || f->tcp->last_ack_recv >= STILL_MS);
}

static bool is_peer_not_closing(struct facts *f)
{
	return in_state(f, SKT_STATE_FIN_WAIT_2) && (!f->tcp || f->tcp->last_ack_recv >= STILL_MS);
}

static bool is_closing(struct facts *f)
{
	return f->closing;
}

static bool is_unknown(struct facts *f)
{
	return !f->tcp;
}

static bool is_idle(struct facts *f)
{
	return !f->waiting && !f->unread && !is_moving(f, f->tcp->last_data_sent) &&
		!is_moving(f, f->tcp->last_data_recv);
}

static bool is_peer_window(struct facts *f)
{
	return is_sending(f) && f->since.busy_us >= BUSY_LEAST_US &&
		share(f, f->since.rwnd_limited_us, f->since.busy_us, PART);
}

static bool is_send_buffer(struct facts *f)
{
	return is_sending(f) && f->since.busy_us >= BUSY_LEAST_US &&
		share(f, f->since.sndbuf_limited_us, f->since.busy_us, PART);
}

static bool is_path_loss(struct facts *f)
{
	return f->since.resent >= LOSS_LEAST &&
		f->since.needless < f->since.resent - f->since.resent / 2 &&
		share(f, f->since.resent, f->since.sent, LOSS);
}

static bool is_path_reordering(struct facts *f)
{
	return f->since.resent >= LOSS_LEAST &&
		f->since.needless >= f->since.resent - f->since.resent / 2 &&
		share(f, f->since.resent, f->since.sent, LOSS);
}

static bool is_path_loss_inbound(struct facts *f)
{
	return f->since.disordered >= LOSS_LEAST &&
		share(f, f->since.disordered, f->since.received, LOSS);
}

/* Both rates are told where they are finite. */
static bool is_pacing(struct facts *f)
{
	const uint64_t both =
		UINT64_C(1) << SKT_DETAIL_PACING | UINT64_C(1) << SKT_DETAIL_MAX_PACING;

	return f->waiting && (f->detail->present & both) == both && f->tcp->notsent_bytes &&
		f->tcp->pacing_rate >= f->tcp->max_pacing_rate;
}

static bool is_path_queue(struct facts *f)
{
	const uint64_t both = UINT64_C(1) << SKT_DETAIL_RTT | UINT64_C(1) << SKT_DETAIL_MIN_RTT;

	return is_sending(f) && (f->detail->present & both) == both &&
		f->tcp->rtt / QUEUE_TIMES >= f->tcp->min_rtt &&
		f->tcp->rtt - f->tcp->min_rtt >= QUEUE_US;
}

static bool is_path(struct facts *f)
{
	return f->tcp->notsent_bytes && f->tcp->unacked &&
		f->tcp->unacked >= f->tcp->snd_cwnd - f->tcp->snd_cwnd / 4;
}

/* Between two looks, the time says it; else the kernel's last sample of the rate. */
static bool writes_little(struct facts *f)
{
	if (!is_sending(f) || f->tcp->notsent_bytes || !TOLD(f, delivery_rate))
		return false;
	if (f->before && TOLD(f, busy_time))
		return f->since.busy_us * 1000 < f->before->elapsed_us * HALF &&
			share(f, f->since.busy_us, f->before->elapsed_us, 0);
	return f->detail->app_limited;
}

static bool always(struct facts *f)
{
	(void)f;
	return true;
}

static const struct {
	bool (*applies)(struct facts *f);
	enum skt_verdict verdict;
} rules[] = {
	{is_accept_queue_full, SKT_VERDICT_ACCEPT_QUEUE_FULL},
	{has_accept_queue_dropped, SKT_VERDICT_ACCEPT_QUEUE_DROPPED},
	{is_waiting_listener, SKT_VERDICT_NOTHING},
	{is_over, SKT_VERDICT_CLOSING},
	{has_no_answer, SKT_VERDICT_NO_ANSWER},
	{is_handshake, SKT_VERDICT_HANDSHAKE},
	{is_peer_not_reading, SKT_VERDICT_PEER_NOT_READING},
	{is_program_not_reading, SKT_VERDICT_PROGRAM_NOT_READING},
	{is_program_not_closing, SKT_VERDICT_PROGRAM_NOT_CLOSING},
	{is_peer_not_closing, SKT_VERDICT_PEER_NOT_CLOSING},
	{is_closing, SKT_VERDICT_CLOSING},
	{is_unknown, SKT_VERDICT_UNKNOWN},
	{is_idle, SKT_VERDICT_IDLE},
	{is_peer_window, SKT_VERDICT_PEER_WINDOW},
	{is_send_buffer, SKT_VERDICT_SEND_BUFFER},
	{is_path_loss, SKT_VERDICT_PATH_LOSS},
	{is_path_reordering, SKT_VERDICT_PATH_REORDERING},
	{is_path_loss_inbound, SKT_VERDICT_PATH_LOSS_INBOUND},
	{is_pacing, SKT_VERDICT_PACING},
	{is_path_queue, SKT_VERDICT_PATH_QUEUE},
	{is_path, SKT_VERDICT_PATH},
	{writes_little, SKT_VERDICT_PROGRAM_WRITES_LITTLE},
	{always, SKT_VERDICT_NOTHING},
};

/* ---- the facts ---- */

static bool is_closing_state(uint8_t state)
{
	const uint32_t closing = SKT_STATE_BIT(SKT_STATE_FIN_WAIT_1) |
		SKT_STATE_BIT(SKT_STATE_FIN_WAIT_2) | SKT_STATE_BIT(SKT_STATE_CLOSING) |
		SKT_STATE_BIT(SKT_STATE_LAST_ACK) | SKT_STATE_BIT(SKT_STATE_TIME_WAIT);

	return closing & SKT_STATE_BIT(state);
}

/* The peer's FIN is a byte in the sequence, and so in the queue (net/ipv4/tcp_diag.c). */
static bool has_peer_ended(uint8_t state)
{
	const uint32_t ended = SKT_STATE_BIT(SKT_STATE_CLOSE_WAIT) |
		SKT_STATE_BIT(SKT_STATE_CLOSING) | SKT_STATE_BIT(SKT_STATE_LAST_ACK) |
		SKT_STATE_BIT(SKT_STATE_TIME_WAIT);

	return ended & SKT_STATE_BIT(state);
}

#define UP_TO(len, field) ((len) >= SKT_TCP_INFO_UP_TO(field))

struct skt_verdict_counts skt_verdict_count(const struct skt_tcp_info *info, size_t len)
{
	struct skt_verdict_counts ret = {0};

	if (UP_TO(len, data_segs_out)) {
		ret.sent = info->data_segs_out;
		ret.resent = info->total_retrans;
		ret.received = info->data_segs_in;
	}
	if (UP_TO(len, sndbuf_limited)) {
		ret.busy_us = info->busy_time;
		ret.rwnd_limited_us = info->rwnd_limited;
		ret.sndbuf_limited_us = info->sndbuf_limited;
	}
	if (UP_TO(len, dsack_dups))
		ret.needless = info->dsack_dups;
	if (UP_TO(len, rcv_ooopack))
		ret.disordered = info->rcv_ooopack;
	return ret;
}

static struct skt_verdict_counts count_since(
	const struct skt_verdict_counts *now, const struct skt_verdict_counts *before)
{
	return (struct skt_verdict_counts){
		.busy_us = now->busy_us - before->busy_us,
		.rwnd_limited_us = now->rwnd_limited_us - before->rwnd_limited_us,
		.sndbuf_limited_us = now->sndbuf_limited_us - before->sndbuf_limited_us,
		.sent = now->sent - before->sent,
		.resent = now->resent - before->resent,
		.needless = now->needless - before->needless,
		.received = now->received - before->received,
		.disordered = now->disordered - before->disordered,
	};
}

static struct facts facts_of(const struct skt_socket *s, const struct skt_verdict_before *before)
{
	struct facts f = {.s = s, .detail = s->detail};

	if (before && before->elapsed_us)
		f.before = before;
	f.closing = is_closing_state(s->state);
	f.waiting = s->present >> SKT_SOCKET_SEND_QUEUE & 1 && s->send_queue &&
		s->state != SKT_STATE_TIME_WAIT;
	/* What nobody holds nobody will read. */
	if (s->present >> SKT_SOCKET_RECV_QUEUE & 1 && s->present >> SKT_SOCKET_INODE & 1 &&
		s->recv_queue > has_peer_ended(s->state))
		f.unread = s->recv_queue - has_peer_ended(s->state);
	if (f.detail && f.detail->present >> SKT_DETAIL_CONNECTION & 1) {
		f.tcp = &f.detail->tcp;
		f.since = skt_verdict_count(f.tcp, f.detail->tcp_length);
		if (f.before)
			f.since = count_since(&f.since, &f.before->counts);
	}
	return f;
}

/* What each kernel since Linux 5.4 tells is enough; the rest only makes certain. */
static bool is_blind(const struct facts *f, enum skt_verdict verdict)
{
	if (in_state(f, SKT_STATE_LISTEN))
		return verdict == SKT_VERDICT_NOTHING &&
			(!(f->s->present >> SKT_SOCKET_BACKLOG & 1) || !f->detail ||
				f->detail->memory_length < SKT_MEMORY_UP_TO(drops));
	return f->tcp && verdict > SKT_VERDICT_IDLE && !TOLD(f, snd_wnd);
}

struct skt_judgement skt_verdict_judge(
	const struct skt_socket *socket, const struct skt_verdict_before *before)
{
	const uint32_t none = SKT_STATE_BIT(SKT_STATE_UNKNOWN) | SKT_STATE_BIT(SKT_STATE_CLOSED) |
		SKT_STATE_BIT(SKT_STATE_BOUND) | SKT_STATE_BIT(SKT_STATE_UNBOUND);
	struct skt_judgement ret = {.verdict = SKT_VERDICT_NONE};
	struct facts facts;

	if (socket->proto != SKT_PROTO_TCP || none & SKT_STATE_BIT(socket->state))
		return ret;
	facts = facts_of(socket, before);
	for (size_t i = 0; i < SKT_COUNT(rules); i++) {
		if (!rules[i].applies(&facts))
			continue;
		ret.verdict = rules[i].verdict;
		ret.shared = facts.shared;
		ret.permille = facts.permille;
		break;
	}
	ret.blind = is_blind(&facts, ret.verdict);
	return ret;
}
