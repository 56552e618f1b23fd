/* A row of scan and its columns, with what the table shows in place of the values. */
#ifndef SKT_CMD_SCAN_ROW_H
#define SKT_CMD_SCAN_ROW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "out/column.h"

enum {
	SCAN_HAS_RTT,
	SCAN_HAS_TTL,
	SCAN_HAS_TRIES,
	SCAN_HAS_FROM,
	SCAN_HAS_WAS,
	SCAN_HAS_GREETING,
	SCAN_HAS_FROM_PORT,
	SCAN_HAS_CONFIDENCE,
	SCAN_HAS_CERTIFICATE,
};

/* A name that a certificate is for. */
struct scan_row_name {
	uint64_t present;
	struct skt_bytes name;
};

/* A row, as the columns know it. */
struct scan_row {
	uint64_t present;
	const char *host;
	struct skt_addr address, from;
	uint64_t ports; /* table: so many alike; 0: the one port */
	uint64_t hosts; /* table: of so many, which are these addresses; 0: of the one */
	const char *addresses;
	uint64_t rtt_us;
	const char *service;
	struct skt_bytes banner, product, version, extra;
	const char *tunnel;
	struct skt_bytes tls_version, issuer, not_after, why;
	struct skt_list names; /* struct scan_row_name */
	bool verified;
	uint16_t port, from_port;
	uint8_t proto, state, reason, was;
	uint8_t ttl, tries, greeting, confidence;
	bool other_hosts; /* table: of all hosts that are not shown one by one */
};

extern const struct skt_column scan_columns[];

/* Of --service, for people: how a port was found to be open is told by what it is. (width_of) */
size_t scan_service_width(const struct skt_column *column, const void *arg);

#endif
