/*
 * The sockets that are open, as far as is known: what is followed, each by its identity, with the
 * row that was last seen of it.
 */
#ifndef SKT_CMD_SOCKETS_KNOWN_H
#define SKT_CMD_SOCKETS_KNOWN_H

#include "base/arena.h"
#include "cmd/listing/columns.h"
#include "diag/ending.h"
#include "diag/socket_id.h"

/* How far a connection has come, as far as events tell. */
enum known_phase {
	KNOWN_FOUND, /* seen open, and nothing was told of it before */
	KNOWN_CONNECTING,
	KNOWN_ARRIVED, /* nobody is known to have accepted it */
	KNOWN_OPEN,
	KNOWN_LISTENING,
	KNOWN_FAILED, /* it was none, or not for long, and this was told */
};

struct known {
	struct known *next; /* in its bucket */
	struct skt_socket_id id;
	struct skt_socket_row row;
	uint64_t seen;              /* the last look in which it was */
	uint8_t looks_left;         /* in which somebody may turn out to hold it */
	uint8_t phase;              /* enum known_phase */
	bool told;                  /* it is followed; else only kept for what it may become */
	uint32_t error;             /* errno that the connection has ended with; 0: none is known */
	uint64_t since_ns;          /* when what it is in began, CLOCK_MONOTONIC; 0: not known */
	uint64_t ask_ns;            /* ARRIVED: when to look who has it */
	struct skt_figures figures; /* at the end of the connection, where the socket outlives it */
};

/* Zero-initialised but for the key. */
struct known_set {
	uint64_t key[2]; /* of the hashes, not to be foreseen by peers */
	struct known **buckets;
	size_t buckets_count, count; /* a power of two; sockets in them */
	/* Of the rows' columns KEPT, as long as something is known that has them. */
	struct skt_selection kept;
	struct skt_arena texts;
	size_t texts_live; /* bytes of them after the last sweep of garbage */
};

/* The link to that SOCKET, of this namespace, or to where it would be; good until one is added. */
struct known **known_find(const struct known_set *set, const struct skt_socket *socket);

/* Makes room for one more. Links that were found are good no more. -ENOMEM. */
int known_make_room(struct known_set *set);

/*
 * Notes ROW at LINK, in place of what is there, or as a new one: with copies of its texts. -ENOMEM.
 */
int known_put(struct known_set *set, struct known **link, const struct skt_socket_row *row);

void known_forget(struct known_set *set, struct known **link);

/* Gives back the texts that nothing has any more, once they are many. -ENOMEM: rows are lost then.
 */
int known_sweep(struct known_set *set);

void known_fini(struct known_set *set);

#endif
