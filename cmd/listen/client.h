/* Clients come and go. */
#ifndef SKT_CMD_LISTEN_CLIENT_H
#define SKT_CMD_LISTEN_CLIENT_H

#include "cmd/listen/arrival.h"
#include "cmd/listen/run.h"
#include "cmd/stream/record.h"
#include "net/connection.h"
#include "net/keepalive.h"

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
	struct skt_guest guest; /* as the server counts it */
	/* Not open where the descriptor is used otherwise; -1: handed over. */
	struct skt_connection connection;
	struct skt_proxy_header *told; /* more than addresses, by a proxy; NULL: nothing */
	struct arrival *arrival;       /* while it is not served yet; NULL: it had nothing to say */
	struct skt_timer idle;
	struct skt_keepalive keepalive;
	struct skt_stream_user guard;    /* hears of a break while nothing is read or written */
	struct skt_stream_user farewell; /* see client_farewell() */
	size_t farewell_unsent;          /* bytes without an acknowledgement when it last moved */
	uint64_t farewell_ns;            /* and when that was */
	struct skt_record *record;       /* of --record or --dump; NULL: none */
	uint64_t number;                 /* 1, 2, ... in a run */
	uint64_t start_ns;
	size_t greeted; /* bytes of --greet */
	bool explained; /* why it ends badly has been said */
	bool served;    /* the service has begun, or tried to */
};

enum { CLIENT_NAME_MAX = SKT_ADDR_TEXT_MAX + 16 };

/* In TEXT, which is returned: "127.0.0.1:4242", "[::1]:4242", or "client 3" without an address. */
const char *client_name(const struct client *client, char text[CLIENT_NAME_MAX]);

/* Of one end: as above, or "a local client". */
const char *client_place_name(const struct skt_place *place, char text[CLIENT_NAME_MAX]);

/* Begins an event with the number and the address of CLIENT. */
void client_begin_event(struct skt_event *event, const struct client *client,
	enum skt_event_level level, const char *name);

/* Moves CLIENT to LIST, one of the run's. */
void client_link(struct client *client, struct client **list);

/* Opens what --record and --dump write to. */
int client_open_record(struct client *client, struct skt_err *err);

/* Begins to count the time of --idle-timeout. */
void client_watch_idle(struct client *client);

/* Leaves without a word, and is freed. R: as of client_end(). */
void client_drop(struct client *client, int r);

/* The same for one that has said nothing of use: it is not the one client of a server for one. */
void client_forgo(struct client *client, int r);

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
 * was ended. A client that is not served is dropped then.
 */
void client_farewell(struct client *client);

/* The peer sees a reset, and the descriptor is gone; the client stays. */
void client_reset(struct client *client);

/* Those who are not served yet are cut off. */
void client_end_arriving(struct listen_run *run);

/* All that are left are cut off, but for those who only have a last word to hear. */
void client_end_all(struct listen_run *run);

#endif
