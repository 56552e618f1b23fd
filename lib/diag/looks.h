/*
 * Looks at one table of sockets, until it is unlikely that one was missed.
 *
 * The kernel sends a table in pieces and comes back to it by position: a bucket of its hash, and
 * how many sockets of that bucket it has passed (net/ipv4/tcp_diag.c, net/ipv4/udp_diag.c,
 * net/unix/diag.c). While a piece is read sockets come and go. One that came in front of the
 * position makes the kernel send the one before it again; one that went from there makes it pass
 * over the next. What was sent twice is known by its identity. What was passed over is found by
 * looking again: it is missed each time by its own accident, and whoever is seen, then not, then
 * seen again, tells how frequent these are.
 */
#ifndef SKT_DIAG_LOOKS_H
#define SKT_DIAG_LOOKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "diag/socket.h"

enum { SKT_LOOKS_MAX = 8 };

/* What is expected to be missed in one look, where nothing tells. */
#define SKT_LOOKS_UNKNOWN (-1.0)

struct skt_looks {
	uint64_t key[2]; /* of the hashes; set by the caller, not to be foreseen by peers */
	/* Private. */
	uint64_t *slots;     /* identities; below SKT_LOOKS_MAX bits: in which looks; 0: free */
	size_t size, count;  /* of slots; of these, taken */
	unsigned int look;   /* from 1 */
	size_t fresh;        /* not seen before this look */
	size_t here, before; /* seen in this look; in the one before */
	size_t stayed;       /* in both */
	size_t missed;       /* not in the one before, though in the one before that */
};

enum skt_sight {
	SKT_SIGHT_NEW,    /* for the first time */
	SKT_SIGHT_KNOWN,  /* in an earlier look, for the first time in this one */
	SKT_SIGHT_REPEAT, /* earlier in this one */
};

/* Forgets all; the next look is the first. Keeps the key and the memory. */
void skt_looks_reset(struct skt_looks *looks);

/* Makes room, before the first look, for as many as there seem to be. */
void skt_looks_expect(struct skt_looks *looks, uint64_t count);

void skt_looks_begin(struct skt_looks *looks);

/* Notes SOCKET: an enum skt_sight, or -ENOMEM. What has no identity is always new. */
int skt_looks_see(struct skt_looks *looks, const struct skt_socket *socket);

/*
 * Whether the chance that a socket which was there all the time is in no look is negligible.
 * EXPECTED: how many one look misses, as far as the number of sockets that left the table tells;
 * or SKT_LOOKS_UNKNOWN, and then a second look that finds what the first one found proves that
 * none left, and a third one counts what the second missed.
 */
bool skt_looks_suffice(const struct skt_looks *looks, double expected);

void skt_looks_fini(struct skt_looks *looks);

#endif
