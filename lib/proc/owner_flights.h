/*
 * Sockets in flight: in messages that wait in unix sockets (SCM_RIGHTS, unix(7)), and where. They
 * are looked for at the first question, which takes a BPF program of its own.
 */
#ifndef SKT_PROC_OWNER_FLIGHTS_H
#define SKT_PROC_OWNER_FLIGHTS_H

#include "base/vec.h"
#include "proc/owner_run.h"

/* Zero-initialised: not looked for yet. */
struct skt_owner_flights {
	SKT_VEC(struct skt_owner_hit) list; /* the socket, and the descriptor where it waits */
	bool read, cut;                     /* these are known; but not all of them */
	int status;                         /* or why they are not */
};

/*
 * Where INODE waits: 1, and *ret is one such place, until FLIGHTS are forgotten; 0: nowhere.
 * WANTED: the inodes that will ever be asked for; NULL: any. -EOPNOTSUPP: BPF cannot be had, or
 * SOURCE forbids it; -EOVERFLOW: nowhere that was looked at, but there is too much; -ENOMEM.
 */
int skt_owner_flights_find(struct skt_owner_flights *flights, const char *proc_root,
	enum skt_owners_source source, const struct skt_inode_table *wanted, uint64_t inode,
	const struct skt_owner_hit **ret);

/* Frees everything; what comes then is looked for anew. */
void skt_owner_flights_forget(struct skt_owner_flights *flights);

#endif
