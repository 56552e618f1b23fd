/*
 * The one interface behind which stand the things that clients meet:
 *
 *	join.c       stdin and stdout, for one client
 *	room.c       --broadcast, and many clients joined to stdin and stdout: console.c; lines.c
 *	             puts names in front
 *	plain.c      --echo, --discard, --chargen
 *	exec.c       --exec and --sh; process.c starts the child
 *	forward.c    --forward; reach.c is the way to its other end
 *	proxy.c      --socks and --http-proxy; targets.c, proxy_users.c: where to, and for whom
 */
#ifndef SKT_CMD_LISTEN_SERVICE_H
#define SKT_CMD_LISTEN_SERVICE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct client;
struct listen_run;
struct listen_traffic;

/* What clients meet. A function that is NULL has nothing to do. */
struct listen_service {
	const char *name;   /* "echo" */
	size_t client_size; /* of the struct that begins with a struct client; comes zeroed */
	bool no_stream;     /* does not want client->stream opened */
	bool dials;         /* makes connections of its own, also to names */
	bool keeps_time;    /* looks after --idle-timeout itself */
	size_t needs;       /* descriptors that start() opens for a client */
	size_t max_clients; /* where the user says nothing; 0: no limit */

	/* Before the port is bound, with all rights: no thread is made here, it would keep them. */
	int (*open)(struct listen_run *run, struct skt_err *err);
	/* Once it is bound, with the rights that clients are served with. */
	void (*begin)(struct listen_run *run);
	/*
	 * Begins to serve; client_end() must not be called before it has returned. Errors: the
	 * client is reset then, and stop() is called.
	 */
	int (*start)(struct client *client, struct skt_err *err);
	/* Lets go of what was begun, at any time, also where start() failed halfway. */
	void (*stop)(struct client *client);
	void (*look)(const struct client *client, struct listen_traffic *ret);
	/*
	 * Breaks the client off for -errno R: client_end(), at once or when all is over that must
	 * be. NULL: at once.
	 */
	void (*cut)(struct client *client, int r);
	void (*close)(struct listen_run *run);
};

extern const struct listen_service listen_join, listen_share, listen_broadcast, listen_echo,
	listen_discard, listen_chargen, listen_exec, listen_forward, listen_proxy;

#endif
