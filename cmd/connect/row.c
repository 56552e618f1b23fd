/* Rows of connect: what became of a dial, and what the kernel knows of a connection. */
#include "cmd/connect/row.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/macros.h"
#include "cmd/report.h"
#include "out/format.h"

/* ---- columns ---- */

static const char *const state_names[] = {
	[CONNECT_OPEN] = "open",
	[CONNECT_CLOSED] = "closed",
	[CONNECT_FILTERED] = "filtered",
	[CONNECT_UNREACHABLE] = "unreachable",
	[CONNECT_OPEN_FILTERED] = "open|filtered",
	[CONNECT_ERROR] = "error",
};

static const uint8_t state_tones[] = {
	[CONNECT_OPEN] = SKT_TONE_GOOD,
	[CONNECT_CLOSED] = SKT_TONE_BAD,
	[CONNECT_FILTERED] = SKT_TONE_NOTICE,
	[CONNECT_UNREACHABLE] = SKT_TONE_BAD,
	[CONNECT_OPEN_FILTERED] = SKT_TONE_NOTICE,
	[CONNECT_ERROR] = SKT_TONE_BAD,
};

static const char *const attempt_names[] = {
	[SKT_ATTEMPT_RUNNING] = "running",
	[SKT_ATTEMPT_WON] = "won",
	[SKT_ATTEMPT_FAILED] = "failed",
	[SKT_ATTEMPT_CANCELLED] = "cancelled",
	[SKT_ATTEMPT_TIMED_OUT] = "timed-out",
};

#define ITEM(field, text, ...) \
	SKT_COLUMN(struct connect_attempt, field, .help = (text), __VA_ARGS__)

static const struct skt_column attempt_columns[] = {
	ITEM(address, "Address that was tried", .flags = SKT_COLUMN_BOTH),
	ITEM(port, "Port", .flags = SKT_COLUMN_BOTH, .present = SKT_PRESENT(CONNECT_HAS_PORT)),
	SKT_COLUMN_NAME(struct connect_attempt, "state", state, attempt_names,
		.help = "What became of it", .flags = SKT_COLUMN_BOTH),
	ITEM(error, "Why it failed", .flags = SKT_COLUMN_BOTH),
	ITEM(start_us, "When it began", .flags = SKT_COLUMN_BOTH, .unit = SKT_UNIT_US),
	ITEM(duration_us, "How long it took", .flags = SKT_COLUMN_BOTH, .unit = SKT_UNIT_US),
	SKT_COLUMN_END,
};

/* `won 127.0.0.1:80 1.2ms`, `failed [::1]:80 Connection refused` */
static void attempt_text(struct skt_str *out, const void *item)
{
	const struct connect_attempt *attempt = item;
	bool v6 = attempt->address.family == AF_INET6;
	char addr[SKT_ADDR_TEXT_MAX], time[SKT_SHORT_MAX];

	skt_str_add_text(out, attempt_names[attempt->state]);
	if (attempt->address.family != AF_UNSPEC)
		skt_str_add_format(out, " %s%s%s:%u", v6 ? "[" : "",
			skt_addr_text(&attempt->address, addr), v6 ? "]" : "", attempt->port);
	skt_str_add_format(out, " %s",
		attempt->error ? attempt->error
			       : skt_short_time(attempt->duration_us * SKT_NS_PER_US, time));
}

#define ROW(field, text, ...) SKT_COLUMN(struct connect_row, field, .help = (text), __VA_ARGS__)
#define BOTH .flags = SKT_COLUMN_BOTH
#define DATA .flags = SKT_COLUMN_DATA
#define US .unit = SKT_UNIT_US
#define HAS(bit) .present = SKT_PRESENT(CONNECT_HAS_##bit)

/* What --probe and --timing have in common; TCP and TOTAL mean the same in both. */
#define COMMON_COLUMNS \
	ROW(time_ns, "When it began, in nanoseconds since the epoch"), \
		ROW(seq, "Number of the probe of this endpoint", .spare = 1), \
		ROW(endpoint, "What was asked for", BOTH), \
		ROW(address, "Address that answered, or the one to speak for all that failed", \
			BOTH), \
		ROW(host, "Name of the address (with --resolve)"), \
		ROW(port, "Port", BOTH, HAS(PORT)), \
		ROW(service, "Name of the port in /etc/services or the IANA registry"), \
		ROW(proto, "tcp, udp, unix or vsock", BOTH, .spare = 3), \
		SKT_COLUMN_NAME(struct connect_row, "state", state, state_names, \
			.help = "open, closed, filtered, unreachable, open|filtered or error", \
			BOTH, .tones = state_tones), \
		ROW(reason, "How that is known", BOTH), \
		ROW(dns_us, "Time that the lookup of the name took", BOTH, US, HAS(DNS), \
			.title = "DNS"), \
		ROW(tcp_us, "Time that the handshake took", BOTH, US, HAS(TCP), .title = "TCP")

#define TIMING_COLUMNS \
	ROW(local_address, "Own address of the connection", DATA, HAS(LOCAL)), \
		ROW(local_port, "Own port of the connection", DATA, HAS(LOCAL)), \
		ROW(rtt_us, "Round-trip time as the kernel has smoothed it", BOTH, US, HAS(INFO), \
			.title = "RTT"), \
		ROW(rttvar_us, "Its variation", DATA, US, HAS(INFO)), \
		ROW(min_rtt_us, "The shortest round-trip time", DATA, US, HAS(INFO)), \
		ROW(rto_us, "Time until an unanswered segment is sent again", DATA, US, \
			HAS(INFO)), \
		ROW(cwnd, "Congestion window, in segments", DATA, HAS(INFO)), \
		ROW(ssthresh, "Slow start threshold, in segments", DATA, HAS(INFO)), \
		ROW(mss, "Largest segment sent", DATA, HAS(INFO)), \
		ROW(pmtu, "Largest packet that the path takes", DATA, HAS(INFO)), \
		ROW(total_retrans, "Segments sent again", BOTH, HAS(INFO), .title = "RETRANS"), \
		ROW(bytes_acked, "Bytes that the other side has acknowledged", DATA, HAS(INFO)), \
		ROW(bytes_received, "Bytes that the kernel has received", DATA, HAS(INFO)), \
		ROW(delivery_rate, "Latest rate of delivery, bytes a second", DATA, HAS(INFO)), \
		ROW(pacing_rate, "Rate of pacing, bytes a second", DATA, HAS(INFO)), \
		ROW(busy_us, "Time with data to send", DATA, US, HAS(INFO)), \
		ROW(rwnd_limited_us, "Time held back by the receiver's window", DATA, US, \
			HAS(INFO)), \
		ROW(sndbuf_limited_us, "Time held back by the send buffer", DATA, US, HAS(INFO))

const struct skt_column connect_probe_columns[] = {
	COMMON_COLUMNS,
	ROW(banner, "First line of what the other side said (with --expect)"),
	ROW(total_us, "Time from the beginning to the answer", BOTH, US, .title = "TOTAL",
		.spare = 2),
	SKT_COLUMN_END,
};

const struct skt_column connect_timing_columns[] = {
	COMMON_COLUMNS,
	ROW(banner, "First line of what the other side said (with --expect)"),
	ROW(first_byte_us, "Time from the beginning to the first byte received", BOTH, US,
		HAS(FIRST_BYTE), .title = "FIRST-BYTE"),
	ROW(total_us, "Time from the beginning to the end", BOTH, US, .title = "TOTAL"),
	ROW(sent, "Bytes sent", BOTH, .unit = SKT_UNIT_BYTES, HAS(BYTES)),
	ROW(received, "Bytes received", BOTH, .unit = SKT_UNIT_BYTES, HAS(BYTES)),
	TIMING_COLUMNS,
	ROW(attempts, "Every address that was tried, in that order", BOTH,
		.item_size = sizeof(struct connect_attempt), .items = attempt_columns,
		.item_text = attempt_text),
	SKT_COLUMN_END,
};

/* ---- widths ---- */

void connect_widths_take(
	struct connect_widths *widths, const struct skt_endpoint *endpoint, const char *text)
{
	char addr[SKT_ADDR_TEXT_MAX] = "-";

	if (endpoint->addr.family != AF_UNSPEC)
		(void)skt_addr_text(&endpoint->addr, addr);
	widths->named |= endpoint->host[0] != '\0';
	widths->inet |= endpoint->kind == SKT_ENDPOINT_INET;
	widths->other |= endpoint->kind != SKT_ENDPOINT_INET;
	widths->endpoint = SKT_MAX(widths->endpoint, strlen(text));
	widths->address = SKT_MAX(widths->address, strlen(addr));
}

size_t connect_row_width(const struct skt_column *column, const void *arg)
{
	const struct connect_widths *widths = arg;
	const struct {
		const char *column;
		size_t width;
	} known[] = {
		{"endpoint", widths->endpoint},
		/* An endpoint tells its port, and its address unless that is a name. */
		{"address",
			widths->named ? SKT_MAX(widths->address, strlen("255.255.255.255"))
				      : SKT_WIDTH_TOLD},
		{"port", SKT_WIDTH_TOLD},
		{"proto", widths->inet && widths->other ? strlen("unix") : SKT_WIDTH_TOLD},
		{"state", strlen(widths->udp ? "open|filtered" : "filtered")},
		{"reason", strlen(widths->udp ? "port-unreachable" : "no-response")},
		{"dns_us", widths->named ? strlen("1.23ms") : SKT_WIDTH_TOLD},
		{"seq", 4},
	};

	for (size_t i = 0; i < SKT_COUNT(known); i++)
		if (strcmp(column->name, known[i].column) == 0)
			return known[i].width;
	return column->unit == SKT_UNIT_US ? strlen("1.23ms") : 0;
}

/* ---- what became of a dial ---- */

const char *connect_proto(const struct skt_endpoint *endpoint, bool udp)
{
	switch (endpoint->kind) {
	case SKT_ENDPOINT_INET:
		return udp ? "udp" : "tcp";
	case SKT_ENDPOINT_UNIX:
		return "unix";
	case SKT_ENDPOINT_VSOCK:
		return "vsock";
	}
	return NULL;
}

static void set(struct connect_row *row, enum connect_state state, const char *reason)
{
	row->state = (uint8_t)state;
	row->reason = reason;
}

void connect_row_fail(struct connect_row *row, int r, bool no_name, struct skt_arena *arena)
{
	const char *words = strerror(-r);

	if (no_name) {
		set(row, CONNECT_UNREACHABLE,
			r == -ENOENT              ? "name-unknown"
				: r == -ETIMEDOUT ? "lookup-timeout"
						  : "lookup-failed");
		return;
	}
	switch (-r) {
	case ECONNREFUSED:
		set(row, CONNECT_CLOSED, "refused");
		return;
	case ECONNRESET:
		set(row, CONNECT_CLOSED, "reset");
		return;
	case ENOENT:
		set(row, CONNECT_CLOSED, "no-such-file");
		return;
	case ETIMEDOUT:
		set(row, CONNECT_FILTERED, "no-response");
		return;
	case EHOSTUNREACH:
		set(row, CONNECT_UNREACHABLE, "host-unreachable");
		return;
	case ENETUNREACH:
		set(row, CONNECT_UNREACHABLE, "net-unreachable");
		return;
	}
	set(row, skt_dial_is_local(r) ? CONNECT_ERROR : CONNECT_UNREACHABLE,
		skt_arena_text(arena, words, strlen(words)));
}

static uint64_t us_between(uint64_t from_ns, uint64_t to_ns)
{
	return to_ns > from_ns ? (to_ns - from_ns) / SKT_NS_PER_US : 0;
}

static void add_attempts(
	struct connect_row *row, const struct skt_dial *dial, struct skt_arena *arena)
{
	struct connect_attempt *items;
	size_t count = 0;

	for (const struct skt_attempt *a = dial->attempts; a; a = a->next)
		count++;
	items = count ? skt_arena_alloc(arena, count * sizeof(*items)) : NULL;
	if (!items)
		return;
	row->attempts = (struct skt_list){.items = items, .count = count};
	for (const struct skt_attempt *a = dial->attempts; a; a = a->next) {
		const char *words = a->error ? strerror(a->error) : NULL;

		*items++ = (struct connect_attempt){
			.present =
				a->addr.family == AF_UNSPEC ? 0 : UINT64_C(1) << CONNECT_HAS_PORT,
			.address = a->addr,
			.port = a->port,
			.state = (uint8_t)a->state,
			.error = words ? skt_arena_text(arena, words, strlen(words)) : NULL,
			.start_us = us_between(dial->start_ns, a->start_ns),
			.duration_us = us_between(a->start_ns, a->end_ns),
		};
	}
}

/*
 * From the question to the last answer that was made use of; nothing where all of that was before
 * the dial, whose lookup others had shared.
 */
static void add_lookup(struct connect_row *row, const struct skt_dial *dial)
{
	const struct skt_answer *answers[] = {&dial->resolve.v6, &dial->resolve.v4};
	uint64_t used_ns = dial->winner ? dial->winner->start_ns : dial->end_ns;
	uint64_t start = SKT_NEVER, end = 0;
	bool missing = false;

	for (size_t i = 0; i < SKT_COUNT(answers); i++) {
		if (!answers[i]->asked)
			continue;
		start = SKT_MIN(start, answers[i]->start_ns);
		if (answers[i]->arrived)
			end = SKT_MAX(end, answers[i]->end_ns);
		else
			missing = true;
	}
	/* IPv6 that did not come was waited for as long as RFC 8305 has it; IPv4, all the time. */
	if (missing && dial->winner && dial->resolve.v4.arrived)
		end = skt_clock_add(end, dial->options.resolution_delay_ns);
	else if (missing)
		end = used_ns;
	end = SKT_MIN(end, used_ns);
	if (start == SKT_NEVER || end <= dial->start_ns)
		return;
	row->dns_us = us_between(SKT_MAX(start, dial->start_ns), end);
	row->present |= UINT64_C(1) << CONNECT_HAS_DNS;
}

void connect_row_of_dial(struct connect_row *row, const struct skt_dial *dial, int result,
	bool attempts, struct skt_arena *arena)
{
	const struct skt_attempt *told = dial->winner;

	/* Of those that failed, the one whose failure was told. */
	for (const struct skt_attempt *a = dial->attempts; a && !dial->winner; a = a->next)
		if (!told || (a->error == -result && told->error != -result))
			told = a;
	if (result >= 0)
		set(row, CONNECT_OPEN, "connected");
	else
		connect_row_fail(row, result, !dial->attempts && dial->endpoint.host[0], arena);
	if (told) {
		row->address = told->addr;
		if (told->addr.family != AF_UNSPEC &&
			(result >= 0 || result == -ECONNREFUSED || result == -ECONNRESET)) {
			row->tcp_us = us_between(told->start_ns, told->end_ns);
			row->present |= UINT64_C(1) << CONNECT_HAS_TCP;
		}
	}
	add_lookup(row, dial);
	row->total_us = us_between(dial->start_ns, dial->end_ns);
	if (attempts)
		add_attempts(row, dial, arena);
}

/* ---- the connection ---- */

void connect_row_of_socket(struct connect_row *row, int fd)
{
	struct sockaddr_storage sa = {0};
	socklen_t len = sizeof(sa);
	struct tcp_info info = {0};

	if (getsockname(fd, (struct sockaddr *)&sa, &len) == 0 &&
		skt_addr_from_sockaddr(
			(struct sockaddr *)&sa, &row->local_address, &row->local_port) == 0)
		row->present |= UINT64_C(1) << CONNECT_HAS_LOCAL;
	len = sizeof(info);
	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len))
		return;
	row->rtt_us = info.tcpi_rtt;
	row->rttvar_us = info.tcpi_rttvar;
	/* The kernel's word for none yet. */
	row->min_rtt_us = info.tcpi_min_rtt == UINT32_MAX ? 0 : info.tcpi_min_rtt;
	row->rto_us = info.tcpi_rto;
	row->cwnd = info.tcpi_snd_cwnd;
	row->ssthresh = info.tcpi_snd_ssthresh;
	row->mss = info.tcpi_snd_mss;
	row->pmtu = info.tcpi_pmtu;
	row->total_retrans = info.tcpi_total_retrans;
	row->bytes_acked = info.tcpi_bytes_acked;
	row->bytes_received = info.tcpi_bytes_received;
	row->delivery_rate = info.tcpi_delivery_rate;
	row->pacing_rate = info.tcpi_pacing_rate;
	row->busy_us = info.tcpi_busy_time;
	row->rwnd_limited_us = info.tcpi_rwnd_limited;
	row->sndbuf_limited_us = info.tcpi_sndbuf_limited;
	row->present |= UINT64_C(1) << CONNECT_HAS_INFO;
}
