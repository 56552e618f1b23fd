/*
 * What ports are asked to find out what is behind them: one harmless question for each protocol,
 * written for this project from the documents named beside them. None of them logs in, writes, or
 * changes anything at the other side.
 */
#ifndef SKT_SERVICE_PROBE_H
#define SKT_SERVICE_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum skt_probe_id {
	SKT_PROBE_LISTEN, /* nothing is asked */
	SKT_PROBE_HTTP,
	SKT_PROBE_HTTP_VERSION,
	SKT_PROBE_HTTP_METRICS,
	SKT_PROBE_TLS,
	SKT_PROBE_REDIS,
	SKT_PROBE_MEMCACHED,
	SKT_PROBE_POSTGRESQL,
	SKT_PROBE_MONGODB,
	SKT_PROBE_AMQP,
	SKT_PROBE_MQTT,
	SKT_PROBE_LDAP,
	SKT_PROBE_SMB,
	SKT_PROBE_RDP,
	SKT_PROBE_DNS_TCP,
	SKT_PROBE_RTSP,
	SKT_PROBE_SIP,
	SKT_PROBE_ZOOKEEPER,
	SKT_PROBE_RPCBIND_TCP,
	SKT_PROBE_DNS, /* the first of UDP */
	SKT_PROBE_NTP,
	SKT_PROBE_NTP_VARIABLES,
	SKT_PROBE_SNMP,
	SKT_PROBE_SNMP_ENGINE,
	SKT_PROBE_PAYLOAD, /* what scans ask that port */
	SKT_PROBES,
};

enum { SKT_PROBE_PORTS_MAX = 24, SKT_PROBE_SIZE_MAX = 512 };

/* Who is asked it without the port being known for it. */
enum skt_probe_use {
	SKT_PROBE_HINTED,  /* nobody */
	SKT_PROBE_GENERIC, /* whoever has not been recognised */
	SKT_PROBE_FOLLOWS, /* nobody, but behind another probe */
};

struct skt_service_probe {
	const char *name;
	uint16_t ports[SKT_PROBE_PORTS_MAX]; /* that are asked it first; 0: no more */
	bool udp;
	uint8_t use;    /* enum skt_probe_use */
	uint16_t size;  /* 0: nothing is sent */
	uint32_t limit; /* of the answer, so many bytes are read */
	const char *bytes;
};

extern const struct skt_service_probe skt_service_probes[SKT_PROBES];

/* Whether PORT is known for the service that is asked so. */
bool skt_probe_knows(enum skt_probe_id id, uint16_t port);

/* Whether the usual service of PORT (TCP) speaks first, if late: who speaks before is sent away. */
bool skt_probe_speaks_first(uint16_t port);

/*
 * Whether PORT (TCP) must only be listened to: what is sent there is printed on paper, logged, kept
 * as measurements, or has been known to stop machines.
 */
bool skt_probe_is_delicate(uint16_t port);

#endif
