/*
 * Which processes hold a socket: inode -> (pid, descriptor), any number of holders for each.
 *
 * Work is done for what is wanted only: the caller names inodes, then scans once. Who does the
 * scanning is a backend: /proc/PID/fd (owner_proc.c), or a BPF iterator (owner_bpf.c) where that is
 * permitted and pays. Both find the same. Names are looked up for processes that hold something
 * wanted, and only then.
 */
#ifndef SKT_PROC_OWNER_H
#define SKT_PROC_OWNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "proc/owner_run.h"
#include "proc/past.h"
#include "proc/process.h"
#include "proc/threads.h"

struct skt_owners;

/* Which fields are known: bits of skt_holder.present. Others are always set. */
enum { SKT_HOLDER_FD };

/* One descriptor of one process. */
struct skt_holder {
	uint64_t present;
	uint32_t pid;
	uint32_t fd;
	const char *name; /* of the process */
	const char *comm; /* what it calls itself, or its name */
};

/* PROC_ROOT ("/proc") is borrowed for life. -ENOMEM. */
int skt_owners_new(const char *proc_root, struct skt_owners **ret);
void skt_owners_free(struct skt_owners *owners);

/* Asks for the holders of INODE. 0, and what is no inode of a socket (inode_table.h), is ignored.
 * -ENOMEM. */
int skt_owners_want(struct skt_owners *owners, uint64_t inode);

/* Who shall look, in later scans; AUTO at first. */
void skt_owners_use(struct skt_owners *owners, enum skt_owners_source source);

/* Says what was found, in later scans, in the place of what there is. PAST is borrowed. */
void skt_owners_recall(struct skt_owners *owners, const struct skt_past *past);

/* Asks for every socket that any process holds: for streams too long to keep. */
void skt_owners_want_all(struct skt_owners *owners);

/* Asks, in later scans, for what is registered with rings too: skt_owners_ring(). */
void skt_owners_want_rings(struct skt_owners *owners);

/* Forgets what was wanted and found, but not who shall look, nor whether at rings. */
void skt_owners_renew(struct skt_owners *owners);

/*
 * Finds the holders of everything wanted; reads nothing where nothing is. Processes that vanish or
 * may not be read are passed over, the latter counted. What an earlier scan told, texts included,
 * is forgotten. Blocking; may use threads of its own until it returns. Errors: -ENOMEM, -EMFILE,
 * -EOPNOTSUPP where BPF was asked for and cannot be had, or PROC_ROOT cannot be read or holds no
 * processes.
 */
int skt_owners_scan(struct skt_owners *owners, struct skt_err *err);

/*
 * The holders of INODE by ascending pid and descriptor: *ret points to COUNT of them, owned by
 * OWNERS, until the next call. 0 where none is known.
 */
size_t skt_owners_of(struct skt_owners *owners, uint64_t inode, const struct skt_holder **ret);

/* Whether memory has ever lacked for all holders of a socket: some answers have fewer. */
bool skt_owners_starved(const struct skt_owners *owners);

/*
 * Calls FN for each socket that skt_owners_of() knows holders of, in no order, until it returns
 * other than 0, which is then returned.
 */
int skt_owners_each(
	const struct skt_owners *owners, int (*fn)(void *ctx, uint64_t inode), void *ctx);

/*
 * The first process, by pid, that has an io_uring with which INODE is registered
 * (io_uring_register(2)): so it holds the socket, though no descriptor of it need be left. `fd` is
 * the ring's. False: none is known.
 */
bool skt_owners_ring(struct skt_owners *owners, uint64_t inode, struct skt_holder *ret);

/*
 * Whether INODE, which was wanted, lies in a message that waits in a unix socket (SCM_RIGHTS,
 * unix(7)): 1, and RET is a descriptor of that; 0: in none. -EOPNOTSUPP: that takes BPF, which
 * cannot be had; -EOVERFLOW: in none that was looked at, but there are too many; -ENOMEM. They are
 * all looked through at the first question.
 */
int skt_owners_in_flight(struct skt_owners *owners, uint64_t inode, struct skt_holder *ret);

/* A process that skt_owners_of() or skt_owners_ring() named. Owned by OWNERS. NULL for a pid that
 * holds nothing wanted.
 */
const struct skt_process *skt_owners_process(struct skt_owners *owners, uint32_t pid);

/* The command line of a process, read on first use; NULL where it cannot be had. Owned by OWNERS.
 */
const char *skt_owners_command(struct skt_owners *owners, uint32_t pid);

/*
 * The threads of a process, as skt_threads_read() has them, read on first use. *ret is owned by
 * OWNERS, until the next scan.
 */
size_t skt_owners_threads(struct skt_owners *owners, uint32_t pid, const struct skt_thread **ret);

/*
 * The security context (SELinux, AppArmor, Smack) of a process, read on first use, and that of the
 * socket which it has as FD, read on each; owned by OWNERS, until the next scan. NULL: there is
 * none, or nobody may know.
 */
const char *skt_owners_context(struct skt_owners *owners, uint32_t pid);
const char *skt_owners_socket_context(struct skt_owners *owners, uint32_t pid, uint32_t fd);

/*
 * Processes whose descriptors could not be read for want of permission in the last scan. Those that
 * /proc does not even list (mounted with hidepid=invisible, another pid namespace) cannot be known.
 */
size_t skt_owners_hidden(const struct skt_owners *owners);

#endif
