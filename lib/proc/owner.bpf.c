/*
 * Walks the descriptors of all processes inside the kernel (bpf_iter of task_file, Linux 5.8;
 * Documentation/bpf/bpf_iterators.rst) and writes a struct skt_owner_hit for each that is a socket,
 * an io_uring or a namespace, and one more for each that is of another network namespace than its
 * holder. Compiled with MESSAGES it is another program, which writes one for each socket that lies
 * in a message which waits in a unix socket, and says where that is: its PID and FD; and one
 * without an inode where there are more. (Not all kernels take a loop, and that one is wanted
 * seldom.)
 * Threads that share the descriptors of their process are left out by the kernel itself
 * (task_seq_get_next() in kernel/bpf/task_iter.c).
 *
 * SPDX-License-Identifier: MIT OR GPL-2.0-only
 * The kernel lends bpf_probe_read_kernel() to such programs only.
 */
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "proc/owner_hit.h"

/*
 * No more of the kernel's types than is read here: the loader finds where these members are in the
 * kernel that runs (CO-RE).
 */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct pid_namespace;
struct seq_file;

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	unsigned int level;
	struct upid numbers[1]; /* level + 1 of them, the outermost namespace first */
};

struct ns_common {
	unsigned int inum;
};

struct net {
	struct ns_common ns;
};

struct nsproxy {
	struct net *net_ns;
};

struct task_struct {
	int tgid;
	struct nsproxy *nsproxy;
	struct task_struct *group_leader;
	struct pid *thread_pid;
};

struct super_block {
	unsigned long s_magic;
};

struct inode {
	unsigned long i_ino;
	struct super_block *i_sb;
};

struct qstr {
	const unsigned char *name;
};

struct dentry {
	struct qstr d_name;
};

struct path {
	struct dentry *dentry;
};

struct file_operations;

struct file {
	struct inode *f_inode;
	const struct file_operations *f_op;
	struct path f_path;
};

struct sk_buff {
	struct sk_buff *next;
	char cb[48];
};

struct sk_buff_head {
	struct sk_buff *next;
	__u32 qlen;
};

struct sock_common {
	unsigned short skc_family;
	struct {
		struct net *net;
	} skc_net;
};

struct sock {
	struct sock_common __sk_common;
	struct sk_buff_head sk_receive_queue;
};

struct socket {
	struct sock *sk;
};

/* What a message carries (include/net/scm.h), and where that hangs (include/net/af_unix.h). */
struct scm_fp_list {
	short count;
	struct file *fp[1];
};

struct unix_skb_parms {
	struct scm_fp_list *fp;
};

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	__u32 fd;
	struct file *file;
};

#pragma clang attribute pop

/*
 * The number of the process of TASK as the reader of this iterator knows it; 0: it does not. Where
 * its struct pid is gets read as a number: Linux 6.1 lets nothing that varies be added to a pointer
 * to one of its own types.
 */
static __u32 pid_of(struct task_struct *task)
{
	const struct task_struct *reader = bpf_get_current_task_btf();
	__u64 level = reader->thread_pid->level, number = 0;
	__u32 pid = (__u32)task->tgid;

	if (level == 0)
		return pid;
	if (bpf_probe_read_kernel(&number, sizeof(number), &task->group_leader->thread_pid) < 0)
		return 0;
	number += bpf_core_field_offset(struct pid, numbers) +
		level * bpf_core_type_size(struct upid) + bpf_core_field_offset(struct upid, nr);
	if (bpf_probe_read_kernel(&pid, sizeof(pid), (const void *)number) < 0)
		return 0;
	return pid;
}

#ifdef MESSAGES

/*
 * How many messages and files of one unix socket are looked at. More of them would not fit into the
 * kernel's buffer (eight pages, all for one descriptor), and the whole walk would end.
 */
enum { UNIX = 1, STEPS = 1024 };

/* Where a walk through the messages of a unix socket is. */
struct walk {
	struct seq_file *seq;
	const void *f_op;              /* of every socket */
	const void *head, *skb;        /* the queue, and the message at hand */
	const char *files, *files_end; /* of the next file that it carries, and behind the last */
	struct skt_owner_hit hit;
};

/* Tells of FILE, if it is a socket, which its operations say. */
static void tell_file(struct walk *walk, const char *file)
{
	const void *operations = 0, *inode = 0;
	unsigned long number = 0;

	bpf_probe_read_kernel(
		&operations, sizeof(operations), file + bpf_core_field_offset(struct file, f_op));
	if (!operations || operations != walk->f_op)
		return;
	bpf_probe_read_kernel(
		&inode, sizeof(inode), file + bpf_core_field_offset(struct file, f_inode));
	bpf_probe_read_kernel(&number, sizeof(number),
		(const char *)inode + bpf_core_field_offset(struct inode, i_ino));
	walk->hit.inode = (__u32)number;
	if (walk->hit.inode)
		(void)bpf_seq_write(walk->seq, &walk->hit, sizeof(walk->hit));
}

/*
 * One file of a message, or one message further; 1 ends the walk. The queue is not locked: whatever
 * is read may have gone meanwhile, and is read so that this does no harm.
 */
static long each_message(__u32 index, struct walk *walk)
{
	const char *file = 0, *list = 0;
	short count = 0;

	(void)index;
	if (walk->files != walk->files_end) {
		bpf_probe_read_kernel(&file, sizeof(file), walk->files);
		walk->files += sizeof(file);
		tell_file(walk, file);
		return 0;
	}
	if (bpf_probe_read_kernel(&walk->skb, sizeof(walk->skb), walk->skb) < 0 || !walk->skb ||
		walk->skb == walk->head)
		return 1;
	bpf_probe_read_kernel(&list, sizeof(list),
		(const char *)walk->skb + bpf_core_field_offset(struct sk_buff, cb) +
			bpf_core_field_offset(struct unix_skb_parms, fp));
	if (!list)
		return 0;
	bpf_probe_read_kernel(
		&count, sizeof(count), list + bpf_core_field_offset(struct scm_fp_list, count));
	walk->files = list + bpf_core_field_offset(struct scm_fp_list, fp);
	walk->files_end = walk->files + (count > 0 ? count : 0) * sizeof(file);
	return 0;
}

SEC("iter/task_file")
int each_file(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct walk walk = {.seq = ctx->meta->seq};
	struct socket *socket;
	struct sock *sk;

	if (!task || !file)
		return 0;
	socket = bpf_sock_from_file(file);
	sk = socket ? socket->sk : 0;
	if (!sk || sk->__sk_common.skc_family != UNIX || !sk->sk_receive_queue.qlen)
		return 0;
	walk.hit.pid = pid_of(task);
	walk.hit.fd = ctx->fd;
	walk.f_op = file->f_op;
	walk.head = (const char *)sk + bpf_core_field_offset(struct sock, sk_receive_queue);
	walk.skb = walk.head;
	if (bpf_loop(STEPS, each_message, &walk, 0) == STEPS) {
		walk.hit.inode = 0;
		(void)bpf_seq_write(walk.seq, &walk.hit, sizeof(walk.hit));
	}
	return 0;
}

#else

/*
 * By its name, that of its anonymous inode (io_uring/io_uring.c), in two words. A file of some disk
 * may be called so too: the reader looks into what it takes for a ring.
 */
static int is_ring(struct file *file)
{
	__u64 name[2] = {0};

	if (bpf_probe_read_kernel(name, sizeof("[io_uring]"), file->f_path.dentry->d_name.name) < 0)
		return 0;
	return name[0] == 0x6e6972755f6f695b && name[1] == 0x5d67;
}

/* The network namespace of SOCKET where that is not TASK's, which it keeps alive then; 0: it is. */
static __u32 foreign_netns(struct task_struct *task, struct socket *socket)
{
	struct nsproxy *own = task->nsproxy;
	struct sock *sk = socket->sk;

	if (!own || !sk || sk->__sk_common.skc_net.net == own->net_ns)
		return 0;
	return sk->__sk_common.skc_net.net->ns.inum;
}

/* NSFS_MAGIC (linux/magic.h): which kind of namespace it is, the reader asks. */
enum { NSFS = 0x6e736673 };

SEC("iter/task_file")
int each_file(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct skt_owner_hit hit = {0};
	struct socket *socket;

	/* The last call, without a file, says that the walk is over. */
	if (!task || !file)
		return 0;
	hit.fd = ctx->fd;
	socket = bpf_sock_from_file(file);
	if (socket)
		hit.inode = (__u32)file->f_inode->i_ino;
	else if (file->f_inode->i_sb->s_magic == NSFS)
		hit.fd |= SKT_OWNER_NAMESPACE;
	else if (!is_ring(file))
		return 0;
	hit.pid = pid_of(task);
	(void)bpf_seq_write(ctx->meta->seq, &hit, sizeof(hit));
	hit.inode = socket ? foreign_netns(task, socket) : 0;
	if (!hit.inode)
		return 0;
	hit.fd |= SKT_OWNER_NAMESPACE;
	(void)bpf_seq_write(ctx->meta->seq, &hit, sizeof(hit));
	return 0;
}

#endif

const char LICENSE[] SEC("license") = "Dual MIT/GPL";
