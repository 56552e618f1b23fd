/*
 * Which of several servers gets the next connection, as `balance` of HAProxy has it, and which of
 * them are left out since they are down. Pure: who looks after a server says what became of it.
 *
 *	FIRST        the first that is up: the others stand by
 *	ROUND_ROBIN  one after the other
 *	LEASTCONN    the one with the fewest connections, in turn among equals
 */
#ifndef SKT_NET_BALANCE_H
#define SKT_NET_BALANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum skt_balance_policy { SKT_BALANCE_FIRST, SKT_BALANCE_ROUND_ROBIN, SKT_BALANCE_LEASTCONN };

enum { SKT_BALANCE_MAX = 64 }; /* servers */

struct skt_balance_server {
	uint64_t connections; /* there now, or on their way: counted by the user */
	uint64_t down_ns;     /* since when it is down; 0: it is up */
	uint64_t pause_ns;    /* until it was asked again, the last time */
};

/* The user sets policy and count, and zeroes the rest. */
struct skt_balance {
	enum skt_balance_policy policy;
	size_t count;
	struct skt_balance_server servers[SKT_BALANCE_MAX];

	/* the balance's own */
	size_t next; /* whose turn it is */
};

/*
 * The server to ask, of those that are not TRIED (a bit for each): one that is up; where there is
 * none, one that is down, since nobody knows better who else to ask. COUNT: all were tried.
 */
size_t skt_balance_choose(struct skt_balance *balance, uint64_t tried);

/* It did not answer at NOW_NS. Whether that is news. */
bool skt_balance_failed(struct skt_balance_server *server, uint64_t now_ns);

/* It has answered. For how long it was down (ns); 0: it was not. */
uint64_t skt_balance_answered(struct skt_balance_server *server, uint64_t now_ns);

/*
 * How long to wait before a server that is down is asked again: a second, then twice as long each
 * time, up to a minute, or MOST_NS (0: no such bound).
 */
uint64_t skt_balance_pause(struct skt_balance_server *server, uint64_t most_ns);

#endif
