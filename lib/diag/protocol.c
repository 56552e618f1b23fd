#include "diag/protocol.h"

#include <string.h>

#include "base/macros.h"

static const struct {
	const char *name;
	uint8_t proto, family;
} protocols[] = {
	{"TCP", SKT_PROTO_TCP, AF_INET},
	{"TCPv6", SKT_PROTO_TCP, AF_INET6},
	{"UDP", SKT_PROTO_UDP, AF_INET},
	{"UDPv6", SKT_PROTO_UDP, AF_INET6},
	{"UDP-Lite", SKT_PROTO_UDPLITE, AF_INET},
	{"UDPLITEv6", SKT_PROTO_UDPLITE, AF_INET6},
	{"RAW", SKT_PROTO_RAW, AF_INET},
	{"RAWv6", SKT_PROTO_RAW, AF_INET6},
	{"PING", SKT_PROTO_PING, AF_INET},
	{"PINGv6", SKT_PROTO_PING, AF_INET6},
	{"MPTCP", SKT_PROTO_MPTCP, AF_INET},
	{"MPTCPv6", SKT_PROTO_MPTCP, AF_INET6},
	{"SCTP", SKT_PROTO_SCTP, AF_INET},
	{"SCTPv6", SKT_PROTO_SCTP, AF_INET6},
	{"SMC", SKT_PROTO_SMC, AF_SMC},
	{"SMC6", SKT_PROTO_SMC, AF_SMC},
	{"UNIX", SKT_PROTO_UNIX, AF_UNIX},
	{"UNIX-STREAM", SKT_PROTO_UNIX, AF_UNIX},
	{"PACKET", SKT_PROTO_PACKET, AF_PACKET},
	{"NETLINK", SKT_PROTO_NETLINK, AF_NETLINK},
	{"AF_VSOCK", SKT_PROTO_VSOCK, AF_VSOCK},
	{"XDP", SKT_PROTO_XDP, AF_XDP},
	{"TIPC", SKT_PROTO_TIPC, AF_TIPC},
	{"ALG", SKT_PROTO_OTHER, AF_ALG},
	{"KCM", SKT_PROTO_OTHER, AF_KCM},
	{"RXRPC", SKT_PROTO_OTHER, AF_RXRPC},
	{"PPPOE", SKT_PROTO_OTHER, AF_PPPOX},
	{"CAN_RAW", SKT_PROTO_OTHER, AF_CAN},
	{"CAN_BCM", SKT_PROTO_OTHER, AF_CAN},
	{"CAN_ISOTP", SKT_PROTO_OTHER, AF_CAN},
	{"CAN_J1939", SKT_PROTO_OTHER, AF_CAN},
	{"L2CAP", SKT_PROTO_OTHER, AF_BLUETOOTH},
	{"RFCOMM", SKT_PROTO_OTHER, AF_BLUETOOTH},
	{"SCO", SKT_PROTO_OTHER, AF_BLUETOOTH},
	{"HCI", SKT_PROTO_OTHER, AF_BLUETOOTH},
};

void skt_protocol_fill(struct skt_socket *socket, const char *name)
{
	socket->proto = SKT_PROTO_OTHER;
	for (size_t i = 0; i < SKT_COUNT(protocols); i++) {
		if (strcmp(protocols[i].name, name) != 0)
			continue;
		socket->proto = protocols[i].proto;
		socket->family = protocols[i].family;
	}
	socket->type = skt_proto_types[socket->proto];
	if (socket->family == AF_INET || socket->family == AF_INET6)
		socket->local.addr.family = socket->family;
	else if (socket->proto == SKT_PROTO_UNIX && strcmp(name, "UNIX-STREAM") == 0)
		socket->type = SOCK_STREAM;
	if (socket->proto == SKT_PROTO_OTHER && *name)
		socket->local.host = name;
}
