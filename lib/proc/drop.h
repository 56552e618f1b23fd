/*
 * Packets that the kernel has dropped, counted by why and whose they were: the map that
 * drops.bpf.c fills, in the byte order of the machine. So this header is for both worlds.
 */
#ifndef SKT_PROC_DROP_H
#define SKT_PROC_DROP_H

#include <linux/types.h>

/* What is counted apart. No field of it is a peer's to choose but the port. */
struct skt_drop_key {
	__u32 reason; /* enum skb_drop_reason of the kernel that runs */
	__u32 netns;  /* inode; 0: not known */
	__u32 inode;  /* of the socket; 0: none, or no process has it */
	__u16 port;   /* of this host, in the packet; 0: it has none, or many */
	__u16 ethertype;
	__u8 protocol; /* of IP; 0: not known */
	__u8 family;   /* of the addresses; 0: not IP */
	__u8 out;      /* it was to be sent; else it came */
	__u8 unused;
};

struct skt_drop {
	__u64 count, bytes;
	/* Of the first one: IPv4 has four bytes. */
	__u8 local[16], remote[16];
	__u16 remote_port;
	__u16 unused;
	__u32 ifindex; /* of the device that it was on; 0: none */
};

/* More kinds than that are counted together, and beyond this they are lost. */
enum { SKT_DROPS_KINDS = 8192 };

/* The one element of the map that steers the program. */
struct skt_drops_control {
	__u64 lost;  /* packets that were counted nowhere */
	__u32 netns; /* inode of the namespace that is of interest; 0: any */
	__u32 unused;
};

#endif
