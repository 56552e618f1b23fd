/* Clients come and go. */
#ifndef SKT_CMD_LISTEN_CLIENT_H
#define SKT_CMD_LISTEN_CLIENT_H

#include "cmd/listen/run.h"
#include "cmd/stream/record.h"
#include "net/keepalive.h"
#include "net/stream.h"

/* What went over a connection so far. */
struct listen_traffic {
	uint64_t received, sent; /* bytes */
	uint64_t last_ns;        /* when anything moved; 0: never */
	bool unknown;            /* the socket was handed over */
};

/* One client; the services put it first into a struct of their own. */
struct client {
	struct listen_run *run;
	struct client *next, **link;
	struct skt_guest guest;
	struct skt_stream stream; /* ops NULL: not opened, the descriptor is used otherwise */
	struct skt_timer idle;
	struct skt_keepalive keepalive;
	struct skt_stream_user guard;    /* hears of a break while nothing is read or written */
	struct skt_stream_user farewell; /* see client_farewell() */
	size_t farewell_unsent;          /* bytes without an acknowledgement when it last moved */
	uint64_t farewell_ns;            /* and when that was */
	struct skt_record *record;       /* of --record or --dump; NULL: none */
	uint16_t local_port;             /* where it came; 0 where there are no ports */
	uint64_t number;                 /* 1, 2, ... in a run */
	uint64_t start_ns;
	size_t greeted; /* bytes of --greet */
	int fd;         /* -1: handed over */
};

enum { CLIENT_NAME_MAX = SKT_ADDR_TEXT_MAX + 16 };

/* In TEXT, which is returned: "127.0.0.1:4242", "[::1]:4242", or "client 3" without an address. */
const char *client_name(const struct client *client, char text[CLIENT_NAME_MAX]);

/* The callbacks of the server. */
void client_accepted(struct skt_server *server, int fd, const struct skt_guest *guest);
void client_refused(struct skt_server *server, const struct skt_guest *guest, enum skt_refusal why);
void client_stalled(struct skt_server *server, int r);

/*
 * The client leaves, and is freed. R: 0, all went well; else the -errno that broke it off, and the
 * peer sees a reset.
 */
void client_end(struct client *client, int r);

/*
 * The same once the client has heard everything, where it may still speak and nobody listens: what
 * comes is dropped until its end, or for a second after it has acknowledged everything, or taken
 * nothing for ten. To close at once would answer it with a reset, and that destroys what the client
 * has not read yet (RFC 1122 4.2.2.13). The stream is open and has no other user, and its way out
 * was ended.
 */
void client_farewell(struct client *client);

/* The peer sees a reset, and the descriptor is gone; the client stays. */
void client_reset(struct client *client);

/* All that are left are cut off, but for those who only have a last word to hear. */
void client_end_all(struct listen_run *run);

#endif
