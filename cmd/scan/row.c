#include "cmd/scan/row.h"

#include <inttypes.h>
#include <string.h>

#include "base/macros.h"
#include "base/plural.h"
#include "base/zone.h"
#include "out/format.h"
#include "scan/greeting.h"
#include "scan/verdict.h"
#include "service/identity.h"

enum { BANNER_SHOWN_MAX = 72 };

static const char *const proto_names[] = {"tcp", "udp"};
static const uint8_t state_tones[SKT_SCAN_STATES] = {
	[SKT_SCAN_OPEN] = SKT_TONE_GOOD,
	[SKT_SCAN_CLOSED] = SKT_TONE_FAINT,
	[SKT_SCAN_FILTERED] = SKT_TONE_NOTICE,
	[SKT_SCAN_UNREACHABLE] = SKT_TONE_BAD,
	[SKT_SCAN_OPEN_FILTERED] = SKT_TONE_NOTICE,
	[SKT_SCAN_ERROR] = SKT_TONE_BAD,
	[SKT_SCAN_SKIPPED] = SKT_TONE_FAINT,
};

static const uint8_t confidence_tones[SKT_CONFIDENCES] = {
	[SKT_CONFIDENCE_UNKNOWN] = SKT_TONE_NOTICE,
	[SKT_CONFIDENCE_PORT] = SKT_TONE_FAINT,
	[SKT_CONFIDENCE_GREETING] = SKT_TONE_PLAIN,
	[SKT_CONFIDENCE_MATCHED] = SKT_TONE_GOOD,
};

static void port_text(struct skt_str *out, const void *item)
{
	const struct scan_row *row = item;

	if (row->ports)
		skt_str_add_format(
			out, "%" PRIu64 " port%s", row->ports, skt_plural(row->ports, "", "s"));
	else
		skt_str_add_format(out, "%u", row->port);
	if (row->hosts)
		skt_str_add_format(
			out, ", %" PRIu64 " host%s", row->hosts, skt_plural(row->hosts, "", "s"));
}

static void address_text(struct skt_str *out, const void *item)
{
	const struct scan_row *row = item;
	char text[SKT_ADDR_TEXT_MAX];

	if (row->other_hosts)
		skt_str_add_text(out, "other hosts");
	else if (row->addresses)
		skt_str_add_text(out, row->addresses);
	else
		skt_str_add_text(out, skt_zone_text(&row->address, text));
}

/* What never ends must not fill the screen. */
static void add_brief(struct skt_str *out, const struct skt_bytes *text)
{
	size_t len = SKT_MIN(text->len, (size_t)BANNER_SHOWN_MAX);

	/* Not in the middle of a character of UTF-8. */
	while (len < text->len && len && (text->data[len] & 0xc0) == 0x80)
		len--;
	skt_str_add(out, text->data, len);
	if (len < text->len)
		skt_str_add_text(out, "...");
}

static void banner_text(struct skt_str *out, const void *item)
{
	const struct scan_row *row = item;

	add_brief(out, &row->banner);
}

static void extra_text(struct skt_str *out, const void *item)
{
	const struct scan_row *row = item;

	add_brief(out, &row->extra);
}

static void name_text(struct skt_str *out, const void *item)
{
	const struct scan_row_name *name = item;

	skt_str_add(out, name->name.data, name->name.len);
}

static const struct skt_column name_columns[] = {
	SKT_COLUMN(struct scan_row_name, name, .help = "Name or address"),
	SKT_COLUMN_END,
};

#define ROW(field, text, ...) SKT_COLUMN(struct scan_row, field, .help = (text), __VA_ARGS__)

const struct skt_column scan_columns[] = {
	ROW(host, "name that was given for the address", .flags = SKT_COLUMN_DATA),
	ROW(address, "address that was probed", .flags = SKT_COLUMN_BOTH | SKT_COLUMN_ZONED,
		.row_text = address_text),
	ROW(port, "port number; the table counts ports that are alike", .flags = SKT_COLUMN_BOTH,
		.row_text = port_text),
	SKT_COLUMN_NAME(struct scan_row, "proto", proto, proto_names, .help = "protocol",
		.flags = SKT_COLUMN_BOTH),
	SKT_COLUMN_NAME(struct scan_row, "state", state, skt_scan_state_names,
		.help = "open, closed, filtered, unreachable, open|filtered, error or skipped",
		.flags = SKT_COLUMN_BOTH, .tones = state_tones),
	SKT_COLUMN_NAME(struct scan_row, "was", was, skt_scan_state_names,
		.help = "state that it had in the scan of --diff", .tones = state_tones,
		.present = SKT_PRESENT(SCAN_HAS_WAS)),
	SKT_COLUMN_NAME(struct scan_row, "reason", reason, skt_scan_reason_names,
		.help = "what says so", .flags = SKT_COLUMN_BOTH),
	ROW(from, "who answered: the target, or the sender of an ICMP error",
		.flags = SKT_COLUMN_BOTH | SKT_COLUMN_ZONED, .present = SKT_PRESENT(SCAN_HAS_FROM)),
	ROW(from_port, "port that answered, where another was asked", .flags = SKT_COLUMN_DATA,
		.present = SKT_PRESENT(SCAN_HAS_FROM_PORT)),
	ROW(ttl, "time to live, or hop limit, of the answer", .flags = SKT_COLUMN_DATA,
		.present = SKT_PRESENT(SCAN_HAS_TTL)),
	ROW(rtt_us, "time until the answer, in microseconds", .flags = SKT_COLUMN_BOTH,
		.unit = SKT_UNIT_US, .title = "RTT", .present = SKT_PRESENT(SCAN_HAS_RTT)),
	ROW(tries, "how many probes were sent", .flags = SKT_COLUMN_DATA,
		.present = SKT_PRESENT(SCAN_HAS_TRIES)),
	ROW(service, "name that the port is registered for, or that its greeting gives away",
		.flags = SKT_COLUMN_BOTH),
	SKT_COLUMN_NAME(struct scan_row, "confidence", confidence, skt_confidence_names,
		.help = "what the name of the service rests on: matched, greeting, port or unknown (--service)",
		.flags = SKT_COLUMN_DATA, .tones = confidence_tones,
		.present = SKT_PRESENT(SCAN_HAS_CONFIDENCE)),
	ROW(product, "program that the service is (--service)", .flags = SKT_COLUMN_DATA),
	ROW(version, "version of the product (--service)", .flags = SKT_COLUMN_DATA),
	ROW(extra, "what else the port gives away: packaging, protocol, system (--service)",
		.flags = SKT_COLUMN_DATA, .row_text = extra_text),
	ROW(tunnel, "tls, where the service is inside of it (--service)", .flags = SKT_COLUMN_DATA),
	ROW(tls_version, "version of TLS that was agreed upon (--service)",
		.flags = SKT_COLUMN_DATA),
	ROW(names, "names and addresses that the certificate is for (--service)",
		.flags = SKT_COLUMN_DATA, .item_size = sizeof(struct scan_row_name),
		.items = name_columns, .item_text = name_text),
	ROW(issuer, "who has signed the certificate (--service)", .flags = SKT_COLUMN_DATA),
	ROW(not_after, "until when the certificate is valid (--service)", .flags = SKT_COLUMN_DATA),
	ROW(verified, "whether the certificate is to be believed (--service)",
		.flags = SKT_COLUMN_DATA, .present = SKT_PRESENT(SCAN_HAS_CERTIFICATE)),
	ROW(why, "why it is not (--service)", .flags = SKT_COLUMN_DATA),
	SKT_COLUMN_NAME(struct scan_row, "greeting", greeting, skt_greeting_end_names,
		.help = "what came of asking for one: words, echo, silent, unasked, closed, reset, failed or cut",
		.flags = SKT_COLUMN_DATA, .present = SKT_PRESENT(SCAN_HAS_GREETING)),
	ROW(banner, "what the port says of itself (--banner, --service)", .flags = SKT_COLUMN_DATA,
		.row_text = banner_text),
	SKT_COLUMN_END,
};

size_t scan_service_width(const struct skt_column *column, const void *arg)
{
	static const char *const told[] = {
		"proto", "reason", "from", "rtt_us", "greeting", "banner"};

	(void)arg;
	for (size_t i = 0; i < SKT_COUNT(told); i++)
		if (strcmp(column->name, told[i]) == 0)
			return SKT_WIDTH_TOLD;
	return 0;
}
