/* What keeps a socket that no process is seen to hold, as held_by.h finds it. */
#ifndef SKT_CMD_LISTING_KEEPER_H
#define SKT_CMD_LISTING_KEEPER_H

#include <stdbool.h>
#include <stdint.h>

#include "proc/owner.h"

enum skt_keeper_kind {
	SKT_KEEPER_NONE, /* a process is seen to hold it, or nobody has asked */
	SKT_KEEPER_TIME_WAIT,
	SKT_KEEPER_ORPHANED,     /* the kernel, until all is sent or it gives up */
	SKT_KEEPER_NOT_ACCEPTED, /* the queue of a listener */
	SKT_KEEPER_IO_URING,     /* registered with a ring */
	SKT_KEEPER_KERNEL,
	SKT_KEEPER_MAYBE_KERNEL,
	SKT_KEEPER_IN_FLIGHT, /* a message in a unix socket */
	SKT_KEEPER_MAYBE_IN_FLIGHT,
	SKT_KEEPER_HIDDEN, /* a process that may not be looked at */
	SKT_KEEPER_UNSEEN, /* nobody was found, and nothing hides */
};

struct skt_keeper {
	uint8_t kind; /* enum skt_keeper_kind */
	bool is_user; /* HIDDEN: `name` is the user who made the socket */
	bool has_holder;
	struct skt_holder holder; /* of the listener, the ring or the unix socket */
	/* The kernel's device, the user, or why processes may be hidden; NULL: not known. */
	const char *name;
};

#endif
