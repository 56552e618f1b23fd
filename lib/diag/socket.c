#include "diag/socket.h"

#include <stddef.h>
#include <string.h>

#include "base/macros.h"

/* Columns find `present` first, sets of states are words of 32 bits, those of fields of 64. */
_Static_assert(offsetof(struct skt_socket, present) == 0, "a row begins with it");
_Static_assert(SKT_STATE_COUNT <= 32, "SKT_STATE_BIT()");
_Static_assert(SKT_SOCKET_FIELDS < 64, "skt_socket.present");
_Static_assert(SKT_STATE_ESTABLISHED == 1 && SKT_STATE_CLOSED == 7 && SKT_STATE_LISTEN == 10 &&
		SKT_STATE_BOUND == 13,
	"include/net/tcp_states.h");

const char *const skt_proto_names[SKT_PROTO_COUNT] = {
	[SKT_PROTO_TCP] = "tcp",
	[SKT_PROTO_UDP] = "udp",
	[SKT_PROTO_UDPLITE] = "udplite",
	[SKT_PROTO_RAW] = "raw",
	[SKT_PROTO_PING] = "ping",
	[SKT_PROTO_MPTCP] = "mptcp",
	[SKT_PROTO_SCTP] = "sctp",
	[SKT_PROTO_SMC] = "smc",
	[SKT_PROTO_UNIX] = "unix",
	[SKT_PROTO_PACKET] = "packet",
	[SKT_PROTO_NETLINK] = "netlink",
	[SKT_PROTO_VSOCK] = "vsock",
	[SKT_PROTO_XDP] = "xdp",
	[SKT_PROTO_TIPC] = "tipc",
	[SKT_PROTO_OTHER] = "other",
};

const uint8_t skt_proto_types[SKT_PROTO_COUNT] = {
	[SKT_PROTO_TCP] = SOCK_STREAM,
	[SKT_PROTO_UDP] = SOCK_DGRAM,
	[SKT_PROTO_UDPLITE] = SOCK_DGRAM,
	[SKT_PROTO_RAW] = SOCK_RAW,
	[SKT_PROTO_PING] = SOCK_DGRAM,
	[SKT_PROTO_MPTCP] = SOCK_STREAM,
	[SKT_PROTO_SMC] = SOCK_STREAM,
	[SKT_PROTO_XDP] = SOCK_RAW,
};

const char *const skt_family_names[SKT_FAMILY_NAMES] = {
	[AF_UNIX] = "unix",
	[AF_INET] = "inet",
	[AF_INET6] = "inet6",
	[AF_NETLINK] = "netlink",
	[AF_PACKET] = "packet",
	[AF_PPPOX] = "pppox",
	[AF_CAN] = "can",
	[AF_TIPC] = "tipc",
	[AF_BLUETOOTH] = "bluetooth",
	[AF_RXRPC] = "rxrpc",
	[AF_ALG] = "alg",
	[AF_KCM] = "kcm",
	[AF_VSOCK] = "vsock",
	[AF_SMC] = "smc",
	[AF_XDP] = "xdp",
};

const char *const skt_type_names[SKT_TYPE_NAMES] = {
	[SOCK_STREAM] = "stream",
	[SOCK_DGRAM] = "dgram",
	[SOCK_RAW] = "raw",
	[SOCK_RDM] = "rdm",
	[SOCK_SEQPACKET] = "seqpacket",
	[SOCK_PACKET] = "packet",
};

const char *const skt_state_names[SKT_STATE_COUNT] = {
	[SKT_STATE_UNKNOWN] = "UNKNOWN",
	[SKT_STATE_ESTABLISHED] = "ESTABLISHED",
	[SKT_STATE_SYN_SENT] = "SYN-SENT",
	[SKT_STATE_SYN_RECEIVED] = "SYN-RECEIVED",
	[SKT_STATE_FIN_WAIT_1] = "FIN-WAIT-1",
	[SKT_STATE_FIN_WAIT_2] = "FIN-WAIT-2",
	[SKT_STATE_TIME_WAIT] = "TIME-WAIT",
	[SKT_STATE_CLOSED] = "CLOSED",
	[SKT_STATE_CLOSE_WAIT] = "CLOSE-WAIT",
	[SKT_STATE_LAST_ACK] = "LAST-ACK",
	[SKT_STATE_LISTEN] = "LISTEN",
	[SKT_STATE_CLOSING] = "CLOSING",
	[SKT_STATE_NEW_SYN_RECEIVED] = "SYN-RECEIVED",
	[SKT_STATE_BOUND] = "BOUND",
	[SKT_STATE_CONNECTED] = "CONNECTED",
	[SKT_STATE_UNCONNECTED] = "UNCONNECTED",
	[SKT_STATE_UNBOUND] = "UNBOUND",
};

const char *const skt_timer_names[SKT_TIMER_COUNT] = {
	[SKT_TIMER_RETRANSMIT] = "retransmit",
	[SKT_TIMER_KEEPALIVE] = "keepalive",
	[SKT_TIMER_TIME_WAIT] = "time-wait",
	[SKT_TIMER_PERSIST] = "persist",
	[SKT_TIMER_DELACK] = "delack",
};

static enum skt_state state_of(bool connections, unsigned int number)
{
	switch (number) {
	case SKT_STATE_ESTABLISHED:
		return connections ? SKT_STATE_ESTABLISHED : SKT_STATE_CONNECTED;
	case SKT_STATE_CLOSED:
		return connections ? SKT_STATE_CLOSED : SKT_STATE_UNCONNECTED;
	case SKT_STATE_NEW_SYN_RECEIVED:
		number = SKT_STATE_SYN_RECEIVED;
	}
	if (!connections || number > SKT_STATE_BOUND)
		return SKT_STATE_UNKNOWN;
	return (enum skt_state)number;
}

enum skt_state skt_state_of_kernel(enum skt_proto proto, unsigned int number)
{
	return state_of(proto > SKT_PROTO_PING || proto == SKT_PROTO_TCP, number);
}

enum skt_state skt_state_of_type(int type, unsigned int number)
{
	return state_of(type == SOCK_STREAM || type == SOCK_SEQPACKET, number);
}

#define BIT SKT_STATE_BIT
#define ESTABLISHED (BIT(SKT_STATE_ESTABLISHED) | BIT(SKT_STATE_CONNECTED))
#define SYN_RECEIVED (BIT(SKT_STATE_SYN_RECEIVED) | BIT(SKT_STATE_NEW_SYN_RECEIVED))
#define CLOSED (BIT(SKT_STATE_CLOSED) | BIT(SKT_STATE_UNCONNECTED))
#define BUCKET (SYN_RECEIVED | BIT(SKT_STATE_TIME_WAIT))
#define UNUSED (BIT(SKT_STATE_BOUND) | BIT(SKT_STATE_UNBOUND))
#define CONNECTED (SKT_STATES_ALL & ~(BIT(SKT_STATE_LISTEN) | CLOSED | UNUSED))

/* The name that is shown comes first, then ss(8)'s, then what ss and netstat print. */
static const struct {
	const char *name;
	uint32_t states;
} names[] = {
	{"established", ESTABLISHED},
	{"estab", ESTABLISHED},
	{"syn-sent", BIT(SKT_STATE_SYN_SENT)},
	{"syn-received", SYN_RECEIVED},
	{"syn-recv", SYN_RECEIVED},
	{"syn-rcv", SYN_RECEIVED},
	{"fin-wait-1", BIT(SKT_STATE_FIN_WAIT_1)},
	{"fin-wait1", BIT(SKT_STATE_FIN_WAIT_1)},
	{"fin-wait-2", BIT(SKT_STATE_FIN_WAIT_2)},
	{"fin-wait2", BIT(SKT_STATE_FIN_WAIT_2)},
	{"time-wait", BIT(SKT_STATE_TIME_WAIT)},
	{"closed", CLOSED},
	{"close", CLOSED},
	{"unconnected", CLOSED},
	{"unconn", CLOSED},
	{"close-wait", BIT(SKT_STATE_CLOSE_WAIT)},
	{"last-ack", BIT(SKT_STATE_LAST_ACK)},
	{"listen", BIT(SKT_STATE_LISTEN)},
	{"listening", BIT(SKT_STATE_LISTEN)},
	{"closing", BIT(SKT_STATE_CLOSING)},
	{"bound", BIT(SKT_STATE_BOUND)},
	{"bound-inactive", BIT(SKT_STATE_BOUND)},
	{"unbound", BIT(SKT_STATE_UNBOUND) | BIT(SKT_STATE_UNKNOWN)},
	{"new", BIT(SKT_STATE_UNBOUND) | BIT(SKT_STATE_UNKNOWN)},
	{"all", SKT_STATES_ALL},
	{"connected", CONNECTED},
	{"synchronized", CONNECTED & ~BIT(SKT_STATE_SYN_SENT)},
	{"bucket", BUCKET},
	{"big", SKT_STATES_ALL & ~BUCKET},
};

static char folded(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c - 'A' + 'a');
	return c == '_' ? '-' : c;
}

uint32_t skt_states_named(const char *name, size_t len)
{
	for (size_t i = 0; i < SKT_COUNT(names); i++) {
		size_t at = 0;

		if (strlen(names[i].name) != len)
			continue;
		while (at < len && folded(name[at]) == names[i].name[at])
			at++;
		if (at == len)
			return names[i].states;
	}
	return 0;
}

void skt_states_each_name(void (*offer)(const char *name, void *ctx), void *ctx)
{
	for (size_t i = 0; i < SKT_COUNT(names); i++)
		offer(names[i].name, ctx);
}
