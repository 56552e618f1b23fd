/* What the kernel's reasons for dropping a packet, and its counters of what went wrong, mean. */
#ifndef SKT_CMD_SOCKETS_DROP_WORDS_H
#define SKT_CMD_SOCKETS_DROP_WORDS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * REASON: the kernel's name, without SKB_DROP_REASON_ (include/net/dropreason-core.h). NULL:
 * nothing is known of it here.
 */
const char *sockets_drop_words(const char *reason);

/*
 * The same of NO_SOCKET where one of TCP listens: what ends a handshake and finds the accept queue
 * full has no socket to go to (net/ipv4/tcp_minisocks.c).
 */
extern const char sockets_drop_listener_words[];

/* Counters that are worth a word when they move; see diag/net_counters.h. */
struct sockets_drop_counter {
	const char *name, *proto, *words;
	bool beside; /* packets that were dropped do not tell it */
};

extern const struct sockets_drop_counter sockets_drop_counters[];
enum { SOCKETS_DROP_COUNTERS = 43 };

#endif
