/*
 * What becomes of a TCP socket: what the programs of tcp_events.bpf.c write, in the byte order of
 * the machine. So this header is for both worlds.
 */
#ifndef SKT_PROC_TCP_EVENT_H
#define SKT_PROC_TCP_EVENT_H

#include <linux/types.h>

enum skt_tcp_event_kind {
	/* In the process that does it, which the event names. */
	SKT_TCP_CONNECTING, /* the SYN is about to go; there may be no local port yet */
	SKT_TCP_LISTENING,
	SKT_TCP_ACCEPTED, /* a process has it: seen as it reads first, or ends the connection */
	/* Whenever it happens: whose turn it is says nothing, and no process is named. */
	SKT_TCP_CONNECTED,   /* the handshake of one that was connecting is done */
	SKT_TCP_ARRIVED,     /* that of one which waits to be accepted now */
	SKT_TCP_UNCONNECTED, /* was connecting, and is no more: ERROR says why; 0: the kernel does
			      * not */
	SKT_TCP_BROKEN,      /* the connection has ended with ERROR; 0: this end has reset it */
	SKT_TCP_DESTROYED,   /* no process has it, and the connection is done with */
};

struct skt_tcp_event {
	__u64 time_ns; /* CLOCK_MONOTONIC */
	__u64 cookie;
	__u64 cgroup_id; /* of the socket; 0: not told */
	/* As in struct tcp_info (linux/tcp.h), of BROKEN and DESTROYED; a reset clears them. */
	__u64 bytes_acked, bytes_received;
	__u32 rtt_us, min_rtt_us; /* a minimum of ~0: none */
	__u32 total_retrans;
	__u32 netns;   /* inode */
	__u32 inode;   /* 0: no process holds it */
	__u32 uid;     /* as the initial user namespace numbers users */
	__u32 ifindex; /* that it is bound to; 0: none */
	__u32 pid;     /* in the pid namespace of whoever looks; 0: not seen from there, or none */
	__u32 error;   /* errno */
	__u16 local_port, remote_port;
	__u8 kind;   /* enum skt_tcp_event_kind */
	__u8 family; /* of the socket, and so of both addresses; those of IPv4 are four bytes */
	__u8 unused[2];
	__u8 local[16], remote[16];
	char comm[16]; /* of the process, whichever thread it is; NUL-terminated */
};

/* Bytes of the ring buffer: 58,000 events, which 8,000 connections within this host make. */
#define SKT_TCP_EVENTS_ROOM (8U << 20)

/* The one element of the map that steers the programs. */
struct skt_tcp_events_control {
	__u64 lost;  /* events that there was no room for */
	__u32 netns; /* inode of the namespace that is of interest; 0: any */
	__u32 pidns; /* inode of the pid namespace whose numbers are told */
};

#endif
