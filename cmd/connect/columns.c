#include "cmd/connect/columns.h"

#include <string.h>

#include "base/clock.h"
#include "base/macros.h"
#include "cmd/connect/row.h"
#include "cmd/report.h"
#include "out/format.h"

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
		ROW(tcp_us, "Time that the handshake took", BOTH, US, HAS(TCP), .title = "TCP"), \
		ROW(proxy_us, "Time that the proxies took to connect", DATA, US, HAS(PROXY))

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
		ROW(total_retrans, "Segments sent again", BOTH, HAS(INFO), .title = "RETRANS", \
			.tone = SKT_TONE_NOTICE), \
		ROW(bytes_acked, "Bytes that the other side has acknowledged", DATA, HAS(INFO)), \
		ROW(bytes_received, "Bytes that the kernel has received", DATA, HAS(INFO)), \
		ROW(delivery_rate, "Latest rate of delivery, bytes a second", DATA, HAS(INFO)), \
		ROW(pacing_rate, "Rate of pacing, bytes a second", DATA, HAS(INFO)), \
		ROW(busy_us, "Time with data to send", DATA, US, HAS(INFO)), \
		ROW(rwnd_limited_us, "Time held back by the receiver's window", DATA, US, \
			HAS(INFO)), \
		ROW(sndbuf_limited_us, "Time held back by the send buffer", DATA, US, HAS(INFO))

static const struct skt_column name_columns[] = {
	SKT_COLUMN(
		struct connect_row_name, name, .help = "Name or address", .flags = SKT_COLUMN_BOTH),
	SKT_COLUMN_END,
};

static void name_text(struct skt_str *out, const void *item)
{
	skt_str_add_text(out, ((const struct connect_row_name *)item)->name);
}

/* Time to renew it, or too late. */
static enum skt_tone days_tone(const void *row)
{
	int64_t days = ((const struct connect_row *)row)->tls.days_left;

	return days < 0 ? SKT_TONE_BAD : days < 14 ? SKT_TONE_NOTICE : SKT_TONE_GOOD;
}

#define TLS(field, text, ...) \
	SKT_COLUMN_AS(struct connect_row, #field, tls.field, .help = (text), __VA_ARGS__)

#define TLS_TIME \
	ROW(tls_us, "Time that the handshake of TLS took", BOTH, US, HAS(TLS), .title = "TLS")

#define TLS_COLUMNS \
	SKT_COLUMN_AS(struct connect_row, "tls_version", tls.version, .help = "Version of TLS", \
		BOTH, .title = "VERSION", .width = 7), \
		TLS(cipher, "Cipher suite, by IANA's name", DATA), \
		TLS(group, "Group of the key exchange", DATA), \
		TLS(alpn, "Protocol that was agreed upon (ALPN)", DATA), \
		TLS(subject, "Whose certificate it is", DATA), \
		TLS(names, "Names and addresses that it is for", BOTH, \
			.item_size = sizeof(struct connect_row_name), .items = name_columns, \
			.item_text = name_text, .spare = 4), \
		TLS(issuer, "Who has signed it", BOTH, .spare = 5), \
		TLS(not_before, "From when on it is valid", DATA), \
		TLS(not_after, "Until when it is valid", BOTH, .spare = 6), \
		TLS(days_left, "Days until then, negative for those since then", BOTH, HAS(DATES), \
			.tone_of = days_tone), \
		TLS(chain, "Certificates that were sent", DATA, HAS(CERTIFICATE)), \
		TLS(key_type, "Type of the key", DATA), \
		TLS(key_bits, "Length of the key", DATA, HAS(CERTIFICATE)), \
		TLS(signature, "Algorithm of the signature", DATA), \
		TLS(serial, "Serial number, in hexadecimal", DATA), \
		TLS(fingerprint, "SHA-256 of the certificate, in hexadecimal", DATA), \
		TLS(pin, "What --pin takes to expect this key", DATA), \
		TLS(verified, "Whether it is what was expected", DATA, HAS(CERTIFICATE)), \
		TLS(why, "Why it is not, or why there is no TLS", \
			.flags = SKT_COLUMN_BOTH | SKT_COLUMN_PROSE, .spare = 1)

#define PROBE_COLUMNS \
	ROW(banner, "First line of what the other side said (with --expect)"), \
		ROW(total_us, "Time from the beginning to the answer", BOTH, US, .title = "TOTAL", \
			.spare = 2)

#define TIMED_COLUMNS \
	ROW(banner, "First line of what the other side said (with --expect)"), \
		ROW(first_byte_us, "Time from the beginning to the first byte received", BOTH, US, \
			HAS(FIRST_BYTE), .title = "FIRST-BYTE"), \
		ROW(total_us, "Time from the beginning to the end", BOTH, US, .title = "TOTAL"), \
		ROW(sent, "Bytes sent", BOTH, .unit = SKT_UNIT_BYTES, HAS(BYTES)), \
		ROW(received, "Bytes received", BOTH, .unit = SKT_UNIT_BYTES, HAS(BYTES)), \
		TIMING_COLUMNS, \
		ROW(attempts, "Every address that was tried, in that order", BOTH, \
			.item_size = sizeof(struct connect_attempt), .items = attempt_columns, \
			.item_text = attempt_text)

const struct skt_column connect_probe_columns[] = {
	COMMON_COLUMNS,
	PROBE_COLUMNS,
	SKT_COLUMN_END,
};

const struct skt_column connect_tls_columns[] = {
	COMMON_COLUMNS,
	TLS_TIME,
	PROBE_COLUMNS,
	TLS_COLUMNS,
	SKT_COLUMN_END,
};

const struct skt_column connect_timing_columns[] = {
	COMMON_COLUMNS,
	TIMED_COLUMNS,
	SKT_COLUMN_END,
};

const struct skt_column connect_tls_timing_columns[] = {
	COMMON_COLUMNS,
	TLS_TIME,
	TIMED_COLUMNS,
	TLS_COLUMNS,
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
		{"reason",
			strlen(widths->udp            ? "port-unreachable"
					: widths->tls ? "unknown-issuer"
						      : "no-response")},
		{"dns_us", widths->named ? strlen("1.23ms") : SKT_WIDTH_TOLD},
		{"seq", 4},
	};

	for (size_t i = 0; i < SKT_COUNT(known); i++)
		if (strcmp(column->name, known[i].column) == 0)
			return known[i].width;
	return column->unit == SKT_UNIT_US ? strlen("1.23ms") : 0;
}
