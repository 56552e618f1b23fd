/*
 * One socket as the kernel describes it, whichever way it was read. Host order, units in the names.
 */
#ifndef SKT_DIAG_SOCKET_H
#define SKT_DIAG_SOCKET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

/* In the order of listings: what speaks IP first. */
enum skt_proto {
	SKT_PROTO_TCP,
	SKT_PROTO_UDP,
	SKT_PROTO_UDPLITE,
	SKT_PROTO_RAW,
	SKT_PROTO_PING,
	SKT_PROTO_MPTCP,
	SKT_PROTO_SCTP,
	SKT_PROTO_SMC,
	SKT_PROTO_UNIX,
	SKT_PROTO_PACKET,
	SKT_PROTO_NETLINK,
	SKT_PROTO_VSOCK,
	SKT_PROTO_XDP,
	SKT_PROTO_TIPC,
	SKT_PROTO_OTHER, /* of a family that the kernel lists nowhere */
	SKT_PROTO_COUNT
};

/* "tcp", "udp", ...: by enum skt_proto. */
extern const char *const skt_proto_names[SKT_PROTO_COUNT];

struct skt_socket_detail;

/* SOCK_*, where a protocol has sockets of one type only, else 0. */
extern const uint8_t skt_proto_types[SKT_PROTO_COUNT];

/* By value of AF_*; NULL for those of which no socket is ever listed. */
enum { SKT_FAMILY_NAMES = AF_XDP + 1 };
extern const char *const skt_family_names[SKT_FAMILY_NAMES];

/* "stream", "dgram", ...: by value of SOCK_*. */
enum { SKT_TYPE_NAMES = SOCK_PACKET + 1 };
extern const char *const skt_type_names[SKT_TYPE_NAMES];

/*
 * States. 1..13 are the kernel's own numbers (include/net/tcp_states.h) under RFC 9293's names, so
 * that a set of states is the kernel's mask; 12 (a request in the SYN cookie path) is reported as
 * SYN-RECEIVED. Datagram sockets have two states of their own above, and one is of those that no
 * dump lists.
 */
enum skt_state {
	SKT_STATE_UNKNOWN,
	SKT_STATE_ESTABLISHED,
	SKT_STATE_SYN_SENT,
	SKT_STATE_SYN_RECEIVED,
	SKT_STATE_FIN_WAIT_1,
	SKT_STATE_FIN_WAIT_2,
	SKT_STATE_TIME_WAIT,
	SKT_STATE_CLOSED,
	SKT_STATE_CLOSE_WAIT,
	SKT_STATE_LAST_ACK,
	SKT_STATE_LISTEN,
	SKT_STATE_CLOSING,
	SKT_STATE_NEW_SYN_RECEIVED,
	SKT_STATE_BOUND, /* bound, neither listening nor connected; Linux 6.8 and newer tell */
	SKT_STATE_CONNECTED,
	SKT_STATE_UNCONNECTED,
	SKT_STATE_UNBOUND, /* in no table: it was made, or its connection is over, no more */
	SKT_STATE_COUNT
};

/* "ESTABLISHED", "SYN-SENT", ... */
extern const char *const skt_state_names[SKT_STATE_COUNT];

#define SKT_STATE_BIT(state) (UINT32_C(1) << (state))
#define SKT_STATES_ALL ((UINT32_C(1) << SKT_STATE_COUNT) - 2)
#define SKT_STATES_TCP \
	(SKT_STATES_ALL & ~SKT_STATE_BIT(SKT_STATE_CONNECTED) & \
		~SKT_STATE_BIT(SKT_STATE_UNCONNECTED) & ~SKT_STATE_BIT(SKT_STATE_UNBOUND))

/*
 * The state that NUMBER (idiag_state, or `st` of /proc/net) means for a socket of PROTO. UDP and
 * raw sockets borrow two of TCP's numbers: 1 is CONNECTED, 7 UNCONNECTED.
 */
enum skt_state skt_state_of_kernel(enum skt_proto proto, unsigned int number);

/* The same for families that have sockets of several TYPEs (SOCK_*) and borrow TCP's numbers. */
enum skt_state skt_state_of_type(int type, unsigned int number);

/*
 * A state or a group of states by a name of RFC 9293, ss(8) or netstat(8), in any case, `-` and `_`
 * alike. Returns the set, 0 where no such name exists.
 *
 * Every name means what it means to ss, for TCP and UDP together, so that `ss -tua state NAME` and
 * the set give the same rows. ss sees a connected UDP socket as `established` and any other as
 * `closed`, hence those sets hold CONNECTED and UNCONNECTED too. The groups:
 *
 *   all           every state
 *   connected     all but LISTEN, CLOSED, BOUND, UNBOUND, UNCONNECTED (as a UDP state: CONNECTED)
 *   synchronized  connected but SYN-SENT
 *   bucket        SYN-RECEIVED and TIME-WAIT, which the kernel keeps as minisockets
 *   big           all but bucket
 *
 * `bound` (`bound-inactive`) and `unbound` (`new`) are in `all` and `big` only; `unbound` has also
 * UNKNOWN, which is what may be. ss, since it knows that state (6.8), has `bound` in `connected` as
 * well, against its own man page; that is not followed.
 */
uint32_t skt_states_named(const char *name, size_t len);

/* Calls OFFER for every name that skt_states_named() takes, for suggestions and completion. */
void skt_states_each_name(void (*offer)(const char *name, void *ctx), void *ctx);

/* What idiag_timer says (include/uapi/linux/inet_diag.h). */
enum skt_socket_timer {
	SKT_TIMER_NONE,
	SKT_TIMER_RETRANSMIT,
	SKT_TIMER_KEEPALIVE,
	SKT_TIMER_TIME_WAIT,
	SKT_TIMER_PERSIST,
	SKT_TIMER_DELACK, /* Linux 7.1 */
	SKT_TIMER_COUNT
};

/* NULL for NONE. Newer kernels may have numbers above: a timer runs, whatever it is for. */
extern const char *const skt_timer_names[SKT_TIMER_COUNT];

/* Which fields are known: bits of skt_socket.present. Others are always set. */
enum {
	SKT_SOCKET_TIMER, /* timer, timer_ms, retransmits: a timer runs */
	SKT_SOCKET_UID, /* absent for TIME-WAIT and SYN-RECEIVED, which have no owner; see below */
	SKT_SOCKET_INODE, /* likewise, and where no process holds the socket any more */
	SKT_SOCKET_COOKIE,
	SKT_SOCKET_INTERFACE, /* bound to one */
	SKT_SOCKET_BACKLOG,   /* LISTEN: send_queue is the limit of the accept queue */
	SKT_SOCKET_MARK,      /* told to CAP_NET_ADMIN only */
	SKT_SOCKET_CGROUP,
	SKT_SOCKET_SHUTDOWN,
	SKT_SOCKET_V6ONLY,      /* told for listeners and unconnected sockets only */
	SKT_SOCKET_REMOTE_PORT, /* the remote end has a port: remote.port is not 0 */
	SKT_SOCKET_LOCAL_PORT,
	SKT_SOCKET_RECV_QUEUE,
	SKT_SOCKET_SEND_QUEUE, /* absent in LISTEN where the source knows no backlog */
	SKT_SOCKET_PEER_INODE, /* unix: connected, and the other end is known */
	SKT_SOCKET_GROUPS,     /* netlink: member of multicast groups, maybe of none */
	SKT_SOCKET_ULP,        /* TCP: something is on top of it (INET_DIAG_ULP_INFO) */
	SKT_SOCKET_FIELDS      /* the first bit that a row around this struct may use */
};

/*
 * Of a socket that no process holds (inode 0), older kernels say uid 0 whoever made it: that is no
 * answer, so the uid is absent then.
 *
 * The texts of the two ends (struct skt_end: host, service) are borrowed: whoever keeps a socket
 * beyond the call that it came in copies them. Those of internet sockets have none. Others:
 *
 *   unix     host: the path, or `@` and the abstract name, of host_len bytes; for an end without a
 *            name `socket:[INODE]`, as in /proc/PID/fd. A relative path that begins with `@` has
 *            `./` in front.
 *   packet   host: the protocol (`ip`, `0x88cc`, `*`); service: left to who knows names of
 *            interfaces
 *   netlink  host: the protocol (`rtnetlink`); service: the port id, or `kernel`. Remote, where
 *            there is one: the group and the port id that it sends to.
 *   vsock    host: the CID, or `*`; port, or service where the number is above 65535
 *   xdp      host: left to who knows names of interfaces; service: the queue, as in `q0`
 *   tipc     host: the address; service: the port reference
 *   other    host: what the kernel calls its protocol
 */
struct skt_socket {
	uint64_t present;
	uint8_t proto;       /* enum skt_proto */
	uint8_t family;      /* AF_INET, AF_INET6, AF_UNIX, ... */
	uint8_t type;        /* SOCK_*; 0: not told */
	uint8_t state;       /* enum skt_state */
	uint8_t timer;       /* enum skt_socket_timer, or a number above */
	uint8_t retransmits; /* of the running timer: retransmissions or keepalive probes unanswered
			      */
	uint8_t shutdown;    /* RCV_SHUTDOWN 1, SEND_SHUTDOWN 2 */
	bool v6only;
	struct skt_end local;
	struct skt_end remote; /* addr.family AF_UNSPEC: none (listeners, unconnected) */
	uint32_t timer_ms;     /* until the timer fires */
	uint32_t ifindex;
	uint32_t uid;
	uint32_t mark;
	uint64_t recv_queue; /* bytes unread; LISTEN: connections waiting for accept() */
	uint64_t send_queue; /* bytes unacknowledged or unsent; LISTEN: the most that may wait */
	uint64_t inode;
	uint64_t cookie; /* never reused in a boot, but see diag/socket_id.h */
	uint64_t cgroup_id;
	uint64_t peer_inode; /* unix: of the socket at the other end */
	uint64_t groups; /* netlink: bit N is multicast group N + 1; more than 64 are not told */
	/*
	 * What comes as a list of LIST_LEN bytes where it was asked for; may be unaligned:
	 * SKT_DETAIL_WAITING, of a unix listener: the inode (uint32_t) of each socket whose
	 * connection waits to be accepted; SKT_DETAIL_BPF, of a packet socket, and
	 * SKT_DETAIL_MD5, of TCP: see socket_list.h. Borrowed for the call.
	 */
	const void *list;
	uint32_t list_len;
	/* What was asked for beyond all this; NULL: nothing, or not told. Borrowed for the call. */
	const struct skt_socket_detail *detail;
};

/* Takes one socket. Negative: stop, and hand this back to the caller. SOCKET is borrowed. */
typedef int skt_socket_fn(const struct skt_socket *socket, void *ctx);

#endif
