/*
 * Tells of every TCP socket what becomes of it, as a struct skt_tcp_event in a ring buffer (Linux
 * 5.8; Documentation/bpf/ringbuf.rst).
 *
 * All by tracepoints (include/trace/events/{sock,tcp}.h): what needs a trampoline (fentry, fexit)
 * is not to be had on every machine and kernel. Who does it is known where only a system call can
 * be what does it: connect(2) and listen(2) begin, a process reads, or closes. There is no
 * tracepoint in accept(2), so a connection is found to be accepted by the next of these; until then
 * a mark is on the socket (BPF_MAP_TYPE_SK_STORAGE), whose absence costs a read nothing.
 *
 * SPDX-License-Identifier: MIT OR GPL-2.0-only
 * The kernel lends bpf_probe_read_kernel() to such programs only.
 */
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "proc/tcp_event.h"

/*
 * No more of the kernel's types than is read here: the loader finds where these members are in the
 * kernel that runs (CO-RE).
 */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ns_common {
	unsigned int inum;
};

struct pid_namespace {
	struct ns_common ns;
};

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	unsigned int level;
	struct upid numbers[1]; /* level + 1 of them, the outermost namespace first */
};

struct task_struct {
	struct task_struct *group_leader;
	struct pid *thread_pid;
	char comm[16];
};

struct net {
	struct ns_common ns;
};

struct in6_addr {
	__u8 bytes[16];
};

struct sock_common {
	__be32 skc_daddr, skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	int skc_bound_dev_if;
	struct {
		struct net *net;
	} skc_net;
	struct in6_addr skc_v6_daddr, skc_v6_rcv_saddr;
};

typedef struct {
	__u32 val;
} kuid_t;

struct kernfs_node {
	__u64 id;
};

struct cgroup {
	struct kernfs_node *kn;
};

struct sock_cgroup_data {
	struct cgroup *cgroup;
};

struct socket;

struct sock {
	struct sock_common __sk_common;
	int sk_err;
	__u16 sk_protocol;
	struct socket *sk_socket;
	__u8 sk_shutdown;
	kuid_t sk_uid;
	struct sock_cgroup_data sk_cgrp_data;
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

struct inet_sock {
	__be16 inet_sport;
};

struct minmax_sample {
	__u32 t, v;
};

struct minmax {
	struct minmax_sample s[3];
};

struct tcp_sock {
	__u64 bytes_received, bytes_acked;
	__u32 srtt_us, total_retrans;
	struct minmax rtt_min;
};

#pragma clang attribute pop

#define INLINE static __attribute__((always_inline)) inline

enum { INET = 2, INET6 = 10, TCP = 6, SEND_SHUTDOWN = 2 };

/* The states of which something is told (include/net/tcp_states.h). */
enum {
	ESTABLISHED = 1,
	SYN_SENT = 2,
	SYN_RECV = 3,
	FIN_WAIT1 = 4,
	CLOSE = 7,
	CLOSE_WAIT = 8,
	LAST_ACK = 9,
	LISTEN = 10,
};

/* Pid namespaces that a process is in, at most: MAX_PID_NS_LEVEL and the first. */
enum { LEVELS = 33 };

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, SKT_TCP_EVENTS_ROOM);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct skt_tcp_events_control);
} control SEC(".maps");

/* On what nobody is known to have accepted yet. */
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u32);
} waiting SEC(".maps");

/* The number of this process in the pid namespace INUM; 0: it has none there. */
INLINE __u32 pid_in(__u32 inum)
{
	struct task_struct *task = bpf_get_current_task_btf();
	const char *pid = (const char *)task->group_leader->thread_pid;
	const char *numbers = pid + bpf_core_field_offset(struct pid, numbers);
	struct pid_namespace *ns;
	unsigned int level = 0, found;
	__u32 number = 0;

	bpf_core_read(&level, sizeof(level), &((struct pid *)pid)->level);
#pragma clang loop unroll(disable)
	for (unsigned int i = 0; i < LEVELS && i <= level; i++) {
		bpf_probe_read_kernel(
			&ns, sizeof(ns), numbers + bpf_core_field_offset(struct upid, ns));
		found = 0;
		bpf_core_read(&found, sizeof(found), &ns->ns.inum);
		if (found == inum) {
			bpf_probe_read_kernel(&number, sizeof(number),
				numbers + bpf_core_field_offset(struct upid, nr));
			return number;
		}
		numbers += bpf_core_type_size(struct upid);
	}
	return 0;
}

INLINE __u32 inode_of(const struct socket *socket)
{
	const char *inode = (const char *)socket -
		bpf_core_field_offset(struct socket_alloc, socket) +
		bpf_core_field_offset(struct socket_alloc, vfs_inode);
	unsigned long number = 0;

	if (!socket)
		return 0;
	bpf_core_read(&number, sizeof(number), &((struct inode *)inode)->i_ino);
	return (__u32)number;
}

INLINE void take_ends(struct skt_tcp_event *event, struct sock *sk)
{
	__be16 port = 0;

	__builtin_memset(event->local, 0, sizeof(event->local) + sizeof(event->remote));
	if (sk->__sk_common.skc_family == INET) {
		*(__be32 *)event->local = sk->__sk_common.skc_rcv_saddr;
		*(__be32 *)event->remote = sk->__sk_common.skc_daddr;
	} else {
		bpf_core_read(event->local, 16, &sk->__sk_common.skc_v6_rcv_saddr);
		bpf_core_read(event->remote, 16, &sk->__sk_common.skc_v6_daddr);
	}
	/* What is closed has its number no more, but still this; and it still has it when it
	 * connects anew. */
	bpf_core_read(&port, sizeof(port), &((struct inet_sock *)sk)->inet_sport);
	event->local_port =
		event->kind == SKT_TCP_CONNECTING ? sk->__sk_common.skc_num : bpf_ntohs(port);
	event->remote_port = bpf_ntohs(sk->__sk_common.skc_dport);
}

INLINE void take_figures(struct skt_tcp_event *event, struct sock *sk)
{
	const struct tcp_sock *tcp = (const struct tcp_sock *)sk;

	bpf_core_read(&event->bytes_acked, sizeof(event->bytes_acked), &tcp->bytes_acked);
	bpf_core_read(&event->bytes_received, sizeof(event->bytes_received), &tcp->bytes_received);
	bpf_core_read(&event->total_retrans, sizeof(event->total_retrans), &tcp->total_retrans);
	bpf_core_read(&event->rtt_us, sizeof(event->rtt_us), &tcp->srtt_us);
	event->rtt_us >>= 3;
	bpf_core_read(&event->min_rtt_us, sizeof(event->min_rtt_us), &tcp->rtt_min.s[0].v);
}

/* Tells of SK, if there is room. Whether it is of interest. */
static __attribute__((noinline)) int tell(struct sock *sk, __u8 kind, __u32 error)
{
	const __u32 key = 0;
	struct skt_tcp_events_control *steer = bpf_map_lookup_elem(&control, &key);
	struct skt_tcp_event *event;
	__u32 netns;

	if (!steer || sk->sk_protocol != TCP ||
		(sk->__sk_common.skc_family != INET && sk->__sk_common.skc_family != INET6))
		return 0;
	netns = sk->__sk_common.skc_net.net->ns.inum;
	if (steer->netns && steer->netns != netns)
		return 0;
	event = bpf_ringbuf_reserve(&ring, sizeof(*event), 0);
	if (!event) {
		__sync_fetch_and_add(&steer->lost, 1);
		return 1;
	}
	event->time_ns = bpf_ktime_get_ns();
	event->cookie = bpf_get_socket_cookie(sk);
	event->cgroup_id = 0;
	if (bpf_core_field_exists(sk->sk_cgrp_data))
		event->cgroup_id = BPF_CORE_READ(sk, sk_cgrp_data.cgroup, kn, id);
	event->netns = netns;
	event->inode = inode_of(sk->sk_socket);
	event->uid = sk->sk_uid.val;
	event->ifindex = (__u32)sk->__sk_common.skc_bound_dev_if;
	event->error = error;
	event->kind = kind;
	event->family = (__u8)sk->__sk_common.skc_family;
	*(__u16 *)event->unused = 0;
	take_ends(event, sk);
	event->pid = 0;
	*(__u64 *)event->comm = *(__u64 *)(event->comm + 8) = 0;
	if (kind <= SKT_TCP_ACCEPTED) {
		event->pid = pid_in(steer->pidns);
		bpf_core_read(event->comm, sizeof(event->comm),
			&bpf_get_current_task_btf()->group_leader->comm);
	}
	event->bytes_acked = event->bytes_received = 0;
	event->rtt_us = event->min_rtt_us = event->total_retrans = 0;
	if (kind >= SKT_TCP_BROKEN)
		take_figures(event, sk);
	bpf_ringbuf_submit(event, 0);
	return 1;
}

/* Tells that somebody has accepted SK, if that is news. */
INLINE int tell_accepted(struct sock *sk)
{
	if (!sk->sk_socket || !bpf_sk_storage_get(&waiting, sk, 0, 0))
		return 0;
	bpf_sk_storage_delete(&waiting, sk);
	return tell(sk, SKT_TCP_ACCEPTED, 0);
}

SEC("tp_btf/inet_sock_set_state")
int tcp_state_set(__u64 *ctx)
{
	struct sock *sk = (struct sock *)ctx[0];
	const int before = (int)ctx[1], now = (int)ctx[2];
	__u32 error;

	if (sk->sk_protocol != TCP)
		return 0;
	if (now == SYN_SENT)
		return tell(sk, SKT_TCP_CONNECTING, 0);
	if (now == LISTEN)
		return tell(sk, SKT_TCP_LISTENING, 0);
	if (now == ESTABLISHED && before == SYN_SENT)
		return tell(sk, SKT_TCP_CONNECTED, 0);
	if (now == ESTABLISHED) {
		if (tell(sk, SKT_TCP_ARRIVED, 0))
			bpf_sk_storage_get(&waiting, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
		return 0;
	}
	/* Only close(2) and shutdown(2) lead there, or shut down the sending end first. */
	if (now == FIN_WAIT1 || now == LAST_ACK || sk->sk_shutdown & SEND_SHUTDOWN)
		tell_accepted(sk);
	if (now != CLOSE)
		return 0;
	error = (__u32)sk->sk_err;
	if (before == SYN_SENT)
		return tell(sk, SKT_TCP_UNCONNECTED, error);
	/* From there it goes to CLOSE where it is reset, by which the figures are lost. */
	if ((error && before != LISTEN) || before == ESTABLISHED || before == CLOSE_WAIT)
		tell(sk, SKT_TCP_BROKEN, error);
	return 0;
}

SEC("tp_btf/tcp_rcv_space_adjust")
int tcp_read(__u64 *ctx)
{
	return tell_accepted((struct sock *)ctx[0]);
}

SEC("tp_btf/tcp_destroy_sock")
int tcp_destroyed(__u64 *ctx)
{
	return tell((struct sock *)ctx[0], SKT_TCP_DESTROYED, 0);
}

const char LICENSE[] SEC("license") = "Dual MIT/GPL";
