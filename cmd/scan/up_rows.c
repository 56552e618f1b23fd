#include "cmd/scan/up_rows.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/plural.h"
#include "base/zone.h"

static const uint8_t state_tones[] = {
	[SCAN_UP] = SKT_TONE_GOOD, [SCAN_DOWN] = SKT_TONE_FAINT, [SCAN_UNKNOWN] = SKT_TONE_NOTICE};

enum { HAS_FROM, HAS_RTT, HAS_WAS };

static void address_text(struct skt_str *out, const void *item)
{
	const struct scan_up_row *row = item;
	char text[SKT_ADDR_TEXT_MAX];

	if (row->addresses)
		skt_str_add_format(out, "%s, %" PRIu64 " host%s", row->addresses, row->hosts,
			skt_plural(row->hosts, "", "s"));
	else
		skt_str_add_text(out, skt_zone_text(&row->address, text));
}

#define ROW(field, text, ...) SKT_COLUMN(struct scan_up_row, field, .help = (text), __VA_ARGS__)

const struct skt_column scan_up_columns[] = {
	ROW(host, "name that was given for the address, or that it has (--resolve)",
		.flags = SKT_COLUMN_DATA),
	ROW(address, "address that was asked", .flags = SKT_COLUMN_BOTH | SKT_COLUMN_ZONED,
		.row_text = address_text),
	SKT_COLUMN_NAME(struct scan_up_row, "state", state, scan_up_state_names,
		.help = "up, down or unknown", .flags = SKT_COLUMN_BOTH, .tones = state_tones),
	SKT_COLUMN_NAME(struct scan_up_row, "was", was, scan_up_state_names,
		.help = "state that it had in the scan of --diff", .tones = state_tones,
		.present = SKT_PRESENT(HAS_WAS)),
	SKT_COLUMN_NAME(struct scan_up_row, "reason", reason, skt_scan_reason_names,
		.help = "what says so", .flags = SKT_COLUMN_BOTH),
	ROW(mac, "link-layer address, of hosts on networks of this host", .flags = SKT_COLUMN_BOTH),
	ROW(from, "who said so", .flags = SKT_COLUMN_DATA | SKT_COLUMN_ZONED,
		.present = SKT_PRESENT(HAS_FROM)),
	ROW(rtt_us, "time until the answer, in microseconds", .flags = SKT_COLUMN_BOTH,
		.unit = SKT_UNIT_US, .title = "RTT", .present = SKT_PRESENT(HAS_RTT)),
	SKT_COLUMN_END,
};

static void put_mac(const struct skt_scan_result *result, char *text)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < result->lladdr_len; i++) {
		*text++ = digits[result->lladdr[i] >> 4];
		*text++ = digits[result->lladdr[i] & 15];
		*text++ = i + 1 < result->lladdr_len ? ':' : '\0';
	}
}

struct scan_up_row scan_up_row_of(
	const struct skt_scan_result *result, const char *name, const struct scan_diff *diff)
{
	struct scan_up_row row = {
		.host = result->label ? result->label : name,
		.address = result->addr,
		.from = result->from,
		.rtt_us = result->rtt_ns / SKT_NS_PER_US,
		.state = (uint8_t)scan_up_state_of(result),
		.reason = result->reason,
	};

	row.present = (uint64_t)(result->from.family != AF_UNSPEC) << HAS_FROM |
		(uint64_t)(result->rtt_ns != 0) << HAS_RTT;
	if (diff && scan_diff_was(diff, result->index, &row.was))
		row.present |= UINT64_C(1) << HAS_WAS;
	put_mac(result, row.mac);
	return row;
}

struct scan_up_row scan_up_row_of_line(const struct scan_line *line, const char *name)
{
	struct scan_up_row row = scan_up_row_of(line->result, name, NULL);

	row.hosts = line->hosts;
	row.addresses = line->addresses;
	if (line->hosts)
		row.present = 0;
	return row;
}
