/* `sockkit udprecv`: the values of its options. */
#ifndef SKT_CMD_UDPRECV_OPTIONS_H
#define SKT_CMD_UDPRECV_OPTIONS_H

#include <net/if.h>

#include "base/vec.h"
#include "cmd/access.h"
#include "cmd/datagram/options.h"
#include "cmd/datagram/stats.h"
#include "cmd/events.h"
#include "cmd/options.h"
#include "net/udp.h"

enum udprecv_output { OUTPUT_RAW, OUTPUT_LINES, OUTPUT_HEX, OUTPUT_ROWS, OUTPUT_NONE };
enum udprecv_talks { TALK_NONE, TALK_LAST, TALK_ALL };

/* What --join asks for. */
struct udprecv_join {
	struct skt_udp_group group;
	char interface[IF_NAMESIZE]; /* name or number; "": -I, or that of the route */
	bool everywhere;             /* on all interfaces */
};

struct udprecv_options {
	struct skt_rows_options rows;
	struct skt_datagram_options at;
	SKT_VEC(struct udprecv_join) joins;
	bool raw, lines, hex, discard;
	enum udprecv_output output; /* what comes of the four, and of the rows */
	bool echo, gro, reuse_port, stats;
	struct skt_datagram_stats_options counting; /* with --stats */
	uint64_t count;                             /* 0: no end */
	uint64_t timeout_ns, idle_ns, exit_idle_ns; /* 0: none */
	const char *fdname;                         /* of the socket that is passed on, or NULL */
	uint64_t buffer;
	const char *command; /* --exec, --sh; NULL: none */
	bool shell;
	struct skt_endpoint pull; /* --pull: who is asked */
	bool pulls;
	enum udprecv_talks talk;
	uint64_t answer_rate; /* a second, to each sender */
	struct skt_access allow, deny;
	struct skt_events_options events;
};

#endif
