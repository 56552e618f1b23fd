/*
 * What the kernel tells at once of TCP sockets (proc/tcp_events.h), told on: who asks for a
 * connection, whether it comes about, who accepts it, and how it ends. What is known of a socket
 * is kept from one event to the next, since most of them name no process.
 */
#ifndef SKT_CMD_SOCKETS_FOLLOW_TCP_H
#define SKT_CMD_SOCKETS_FOLLOW_TCP_H

#include "cmd/listing/listing.h"
#include "cmd/sockets/event_rows.h"
#include "cmd/sockets/follow_row.h"
#include "cmd/sockets/known.h"

struct follow_tcp {
	const struct skt_listing *listing;
	struct known_set *known;
	const uint64_t *look; /* number of the last one: what an event tells of is there by then */
	bool lossy;           /* events were lost: there may be sockets that nothing is known of */
	size_t arrived;       /* that nobody is known to have accepted */
	uint64_t ask_ns;      /* not before this one of them is to be looked for */
	struct event_rows rows;
	int (*write)(void *ctx, const struct follow_row *row); /* 0 or -errno */
	void *ctx;
};

/* Takes EVENT. -ENOMEM, or what `write` returned. */
int follow_tcp_take(struct follow_tcp *tcp, const struct skt_tcp_event *event);

/* A look has shown who has KNOWN, which had arrived. As above. */
int follow_tcp_accept(struct follow_tcp *tcp, struct known *known);

/*
 * When to look who has accepted what has arrived: NOW, or later; SKT_NEVER: nothing is to be asked.
 * It is asked seldom of what has waited for long.
 */
uint64_t follow_tcp_ask(struct follow_tcp *tcp, uint64_t now);

/* A look was taken: of what is waiting still it is to be asked later. */
void follow_tcp_asked(struct follow_tcp *tcp);

#endif
