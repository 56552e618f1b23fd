/*
 * What holds a socket that no process is seen to hold: `held_by`, in words. Nothing here is read
 * unless that is asked for.
 *
 *   time-wait, orphaned        the kernel, until it is sure that nothing more comes, or all is sent
 *   not accepted (LISTENER)    the queue of a listener; after SYN the request that waits there
 *   io_uring (HOLDER)          it is registered with a ring
 *   kernel (DEVICE)            the kernel itself, for a tunnel; or one end of netlink
 *   kernel? (DEVICE)           maybe that: there is a tunnel that does not tell its port
 *   in flight (HOLDER)         a message in a unix socket
 *   in flight? (HOLDER)        maybe that: somewhere there is such a one, and BPF is not to be had
 *   hidden (WHY)               a process that may not be looked at
 *   unseen                     nobody was found, and nothing hides: it was closed meanwhile, or the
 *                              kernel has it for a service that does not say so
 */
#ifndef SKT_CMD_LISTING_HELD_BY_H
#define SKT_CMD_LISTING_HELD_BY_H

#include "base/str.h"
#include "cmd/listing/directory.h"
#include "cmd/listing/keeper.h"
#include "diag/carriers.h"
#include "diag/listeners.h"
#include "diag/tunnels.h"

/* Of one look. Zero-initialised. */
struct skt_held_by {
	struct skt_inode_vec waiting; /* unix sockets with something unread, of all namespaces */
	struct skt_tunnel_vec tunnels;
	/* Private: found once, when the first socket that nobody holds is met. */
	bool settled;
	size_t carriers;           /* unix sockets with files in flight */
	struct skt_holder carrier; /* who holds the first of them */
	bool unlisted;             /* hidepid */
	const char *hiding;        /* why processes may be hidden; NULL: none is */
};

/*
 * Reads what holds sockets in the namespace that SYSTEM reads, before the dump that QUERY asks for,
 * and asks OWNERS for who holds that. Errors: as skt_tunnels_read(), -ENOMEM.
 */
int skt_held_by_prepare(struct skt_held_by *held_by, const struct skt_dump_system *system,
	const struct skt_dump_query *query, struct skt_owners *owners, struct skt_err *err);

/* The inode of that of LISTENERS which SOCKET waits at; 0: none. */
uint64_t skt_held_by_listener(
	const struct skt_listeners *listeners, const struct skt_socket *socket);

/*
 * What holds SOCKET of NETNS, which no process does, after the owners were looked for. LISTENER is
 * what skt_held_by_listener() said. Texts are good as long as HELD_BY and DIRECTORY.
 */
struct skt_keeper skt_held_by_find(struct skt_held_by *held_by, struct skt_directory *directory,
	const struct skt_netns *netns, const struct skt_socket *socket, uint64_t listener);

/* The same in words. */
void skt_keeper_text(struct skt_str *out, const struct skt_keeper *keeper);

void skt_held_by_fini(struct skt_held_by *held_by);

#endif
