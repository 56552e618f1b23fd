/* `sockkit udpsend`: the values of its options. */
#ifndef SKT_CMD_UDPSEND_OPTIONS_H
#define SKT_CMD_UDPSEND_OPTIONS_H

#include "base/num.h"
#include "cmd/datagram/options.h"
#include "cmd/events.h"
#include "cmd/options.h"
#include "cmd/udpsend/wake.h"

/*
 * The longest line or chunk of input. No socket takes as much in one datagram, so that one which is
 * cut here is refused: a unix socket's limit is twice UDPSEND_BUFFER, less some bytes.
 */
enum { UDPSEND_RECORD_MAX = 8 << 20, UDPSEND_BUFFER = 4 << 20 };

enum udpsend_gso { GSO_AUTO, GSO_ON, GSO_OFF };

struct udpsend_options {
	struct skt_datagram_options at;
	struct skt_endpoint source;
	bool source_given, size_given;
	const char *data, *file;
	struct skt_rows_options rows;   /* of answers */
	uint8_t wake[UDPSEND_WAKE_MAX]; /* --wake: what is sent */
	size_t wake_len;                /* 0: not given */
	uint64_t replies;               /* answers that are enough; 0: not given */
	bool pulled, bidir, raw, hex, stamp, broadcast, no_fragment, reply;
	uint64_t chunk, size, count, duration_ns, burst, reply_ns; /* 0: not given */
	struct skt_rate rate;                                      /* per_second 0: none */
	int ttl, dscp, loop;                                       /* -1: not given */
	enum udpsend_gso gso;
	struct skt_events_options events;
};

#endif
