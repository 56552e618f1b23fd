/*
 * Counts the packets that the kernel drops, by its reason (Linux 5.17) and by socket, in a hash
 * map: a flood of them costs little more than one, and no memory.
 *
 * The tracepoint is skb:kfree_skb (include/trace/events/skb.h, net/core/skbuff.c). It says whose
 * the packet was since Linux 6.11; before, only for whom a socket had been found early.
 *
 * SPDX-License-Identifier: MIT OR GPL-2.0-only
 * The kernel lends bpf_probe_read_kernel() to such programs only.
 */
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "proc/drop.h"

/* No more of the kernel's types than is read here (CO-RE). */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ns_common {
	unsigned int inum;
};

struct net {
	struct ns_common ns;
};

typedef struct {
	struct net *net;
} possible_net_t;

struct net_device {
	int ifindex;
	possible_net_t nd_net;
};

struct sock_common {
	unsigned short skc_family;
	volatile unsigned char skc_state;
	__u16 skc_num;
	possible_net_t skc_net;
};

struct socket;

struct sock {
	struct sock_common __sk_common;
	struct socket *sk_socket;
};

struct socket {
	struct sock *sk;
};

struct inode {
	unsigned long i_ino;
};

struct socket_alloc {
	struct socket socket;
	struct inode vfs_inode;
};

struct sk_buff {
	struct net_device *dev;
	struct sock *sk;
	unsigned int len;
	int skb_iif;
	__be16 protocol;
	__u16 network_header;
	unsigned char *head;
};

#pragma clang attribute pop

/* One that came with the socket in the tracepoint, in the same release. */
enum skb_drop_reason { SKB_DROP_REASON_PACKET_SOCK_ERROR };

#define INLINE static __attribute__((always_inline)) inline

enum { INET = 2, INET6 = 10, IPV4 = 0x0800, IPV6 = 0x86dd, TCP = 6, UDP = 17 };
enum { TIME_WAIT = 6, NEW_SYN_RECV = 12 }; /* minisockets (include/net/tcp_states.h) */

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SKT_DROPS_KINDS);
	__type(key, struct skt_drop_key);
	__type(value, struct skt_drop);
} drops SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct skt_drops_control);
} control SEC(".maps");

INLINE __u32 inode_of(struct sock *sk)
{
	struct socket *socket = NULL;
	unsigned long number = 0;
	unsigned char state = 0;
	const char *inode;

	bpf_core_read(&state, sizeof(state), &sk->__sk_common.skc_state);
	if (state == TIME_WAIT || state == NEW_SYN_RECV)
		return 0;
	bpf_core_read(&socket, sizeof(socket), &sk->sk_socket);
	if (!socket)
		return 0;
	inode = (const char *)socket - bpf_core_field_offset(struct socket_alloc, socket) +
		bpf_core_field_offset(struct socket_alloc, vfs_inode);
	bpf_core_read(&number, sizeof(number), &((struct inode *)inode)->i_ino);
	return (__u32)number;
}

INLINE __u32 netns_of(struct sock *sk, struct net_device *dev)
{
	struct net *net = NULL;
	__u32 number = 0;

	if (sk)
		bpf_core_read(&net, sizeof(net), &sk->__sk_common.skc_net.net);
	else if (dev)
		bpf_core_read(&net, sizeof(net), &dev->nd_net.net);
	if (net)
		bpf_core_read(&number, sizeof(number), &net->ns.inum);
	return number;
}

/* What the packet says of itself. */
INLINE void take_packet(struct skt_drop_key *key, struct skt_drop *drop, const unsigned char *at)
{
	__u8 first = 0, addresses[32] = {0}, fragment[2] = {0};
	__be16 ports[2] = {0};
	const unsigned char *transport;

	bpf_probe_read_kernel(&first, 1, at);
	if (key->ethertype == IPV4 && first >> 4 == 4) {
		key->family = INET;
		transport = at + (first & 15) * 4;
		bpf_probe_read_kernel(&key->protocol, 1, at + 9);
		bpf_probe_read_kernel(fragment, 2, at + 6);
		bpf_probe_read_kernel(addresses, 4, at + 12);
		bpf_probe_read_kernel(addresses + 16, 4, at + 16);
	} else if (key->ethertype == IPV6 && first >> 4 == 6) {
		key->family = INET6;
		transport = at + 40;
		bpf_probe_read_kernel(&key->protocol, 1, at + 6);
		bpf_probe_read_kernel(addresses, 32, at + 8);
	} else {
		return;
	}
	/* Ports are in the first fragment only. */
	if ((key->protocol == TCP || key->protocol == UDP) && !(fragment[0] & 0x1f) && !fragment[1])
		bpf_probe_read_kernel(ports, sizeof(ports), transport);
	if (key->out) {
		__builtin_memcpy(drop->local, addresses, 16);
		__builtin_memcpy(drop->remote, addresses + 16, 16);
		key->port = bpf_ntohs(ports[0]);
		drop->remote_port = bpf_ntohs(ports[1]);
	} else {
		__builtin_memcpy(drop->remote, addresses, 16);
		__builtin_memcpy(drop->local, addresses + 16, 16);
		key->port = bpf_ntohs(ports[1]);
		drop->remote_port = bpf_ntohs(ports[0]);
	}
}

/*
 * Whether SK is that of a packet which came: until IP has it, a packet from a socket of this host
 * still belongs to its sender, in whatever namespace that is (skb_scrub_packet(), skb_orphan()).
 */
INLINE int is_receiver(struct sock *sk, const struct skt_drop_key *key)
{
	__u16 port = 0;

	bpf_core_read(&port, sizeof(port), &sk->__sk_common.skc_num);
	return key->port && port == key->port && netns_of(sk, NULL) == key->netns;
}

/* Whether there was room for it. */
INLINE int count(const struct skt_drop_key *key, const struct skt_drop *drop)
{
	struct skt_drop *known = bpf_map_lookup_elem(&drops, key);

	/* Another processor may have been faster. */
	if (!known && !bpf_map_update_elem(&drops, key, drop, BPF_NOEXIST))
		return 1;
	if (!known)
		known = bpf_map_lookup_elem(&drops, key);
	if (!known)
		return 0;
	__sync_fetch_and_add(&known->count, 1);
	__sync_fetch_and_add(&known->bytes, drop->bytes);
	return 1;
}

SEC("tp_btf/kfree_skb")
int skb_dropped(__u64 *ctx)
{
	const __u32 zero = 0;
	struct skt_drops_control *steer = bpf_map_lookup_elem(&control, &zero);
	struct sk_buff *skb = (struct sk_buff *)ctx[0];
	struct skt_drop_key key = {.reason = (__u32)ctx[2]};
	struct skt_drop drop = {.count = 1, .bytes = skb->len};
	struct net_device *dev = skb->dev;
	struct sock *sk = NULL, *owner;

	key.ethertype = bpf_ntohs(skb->protocol);
	/* Messages of unix sockets and netlink are no packets. */
	if (!steer || !key.ethertype)
		return 0;
	if (bpf_core_enum_value_exists(enum skb_drop_reason, SKB_DROP_REASON_PACKET_SOCK_ERROR))
		sk = (struct sock *)ctx[3];
	owner = sk ? sk : skb->sk;
	key.out = !skb->skb_iif;
	key.netns = netns_of(key.out ? owner : sk, dev);
	if (steer->netns && steer->netns != key.netns)
		return 0;
	take_packet(&key, &drop, skb->head + skb->network_header);
	if (!sk && owner && (key.out || is_receiver(owner, &key)))
		sk = owner;
	if (sk)
		key.inode = inode_of(sk);
	if (dev)
		bpf_core_read(&drop.ifindex, sizeof(drop.ifindex), &dev->ifindex);
	if (count(&key, &drop))
		return 0;
	key.inode = 0;
	key.port = 0;
	if (!count(&key, &drop))
		__sync_fetch_and_add(&steer->lost, 1);
	return 0;
}

const char LICENSE[] SEC("license") = "Dual MIT/GPL";
