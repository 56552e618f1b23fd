/*
 * `sockkit listen`: the values of its options, what a run consists of, and the one interface behind
 * which stand the things that clients meet.
 *
 *	listen.c     options
 *	run.c        a run from the first socket to the last: limits, signals, its end
 *	bind.c       listening sockets: opened, told, and who holds a port that is used
 *	access.c     --allow and --deny
 *	user.c       --user
 *	client.c     clients come and go
 *	join.c       the one client that is joined to stdin and stdout
 *	room.c       --broadcast, and many clients joined to stdin and stdout
 *	outlet.c     what is owed to those who are slower than the rest of a room
 *	plain.c      --echo, --discard, --chargen
 *	exec.c       --exec and --sh; process.c starts the child
 *	forward.c    --forward
 *	bridge.c     two streams joined both ways, for the latter two
 */
#ifndef SKT_CMD_LISTEN_LISTEN_H
#define SKT_CMD_LISTEN_LISTEN_H

#include <sys/resource.h>

#include "base/endpoint.h"
#include "base/vec.h"
#include "cmd/command.h"
#include "cmd/events.h"
#include "cmd/stream/options.h"
#include "cmd/stream/record.h"
#include "net/pump.h"
#include "net/serve.h"

struct listen_service;

/* A list of --allow or --deny: prefixes, and files of them that are not yet read. */
struct listen_access {
	SKT_VEC(struct skt_cidr) prefixes;
	SKT_VEC(const char *) files; /* borrowed from argv */
};

struct listen_options {
	struct skt_events_options events;
	struct skt_socket_options socket;
	struct skt_pipe_options pipe;
	struct skt_limit_options limits;
	struct skt_endpoint endpoint; /* kind INET and all else zero: a free port */
	const char *argument, *argument_port;
	bool keep, print_port, reuse_port, seqpacket;
	const struct listen_service *service; /* NULL: stdin and stdout */
	const char *service_option;           /* how it was chosen, for messages */
	const char *command;                  /* of --exec, or --sh */
	bool shell;
	struct skt_endpoint forward;
	const char *record, *user; /* or NULL */
	unsigned int mode;         /* 0: what the umask leaves */
	uint64_t max_clients, max_per_host, backlog;
	struct listen_access allow, deny;
};

struct listen_run {
	const struct listen_options *options;
	const struct skt_context *ctx;
	const struct listen_service *service;
	void *state; /* the service's own */
	struct skt_event_log log;
	struct skt_loop loop;
	struct skt_server server;
	struct skt_pump_pool pool;
	struct skt_signals signals;
	struct skt_timer deadline;
	struct listen_access allow, deny; /* with what the files hold */
	struct rlimit nofile;             /* as it was found */
	void (*sigpipe)(int);             /* as it was found */
	struct client *clients;
	uint64_t client_count; /* how many there ever were */
	uint64_t starved_ns;   /* when it was last told that descriptors ran out */
	bool stopping;
	int signo;     /* that ended the run, or 0 */
	bool out_gone; /* nobody reads stdout any more */
	enum skt_exit status;
};

/* Ends the run with STATUS as soon as the handler that runs now is left. */
void listen_stop(struct listen_run *run, enum skt_exit status);

/* ---- clients ---- */

/* What went over a connection so far. */
struct listen_traffic {
	uint64_t received, sent; /* bytes */
	uint64_t last_ns;        /* when anything moved; 0: never */
};

/* One client; the services put it first into a struct of their own. */
struct client {
	struct listen_run *run;
	struct client *next, **link;
	struct skt_guest guest;
	struct skt_stream stream; /* ops NULL: not opened, the descriptor is used otherwise */
	struct skt_timer idle;
	struct skt_stream_user farewell; /* see client_farewell() */
	struct skt_record *record;       /* NULL: none */
	uint64_t number;                 /* 1, 2, ... in a run */
	uint64_t start_ns;
	int fd; /* -1: handed over */
};

/* What clients meet. A function that is NULL has nothing to do. */
struct listen_service {
	const char *name;   /* "echo" */
	size_t client_size; /* of the struct that begins with a struct client; comes zeroed */
	bool no_stream;     /* does not want client->stream opened */
	bool keeps_time;    /* looks after --idle-timeout itself */
	size_t max_clients; /* where the user says nothing; 0: no limit */

	/* Before anyone comes, with the rights that clients are served with. */
	int (*open)(struct listen_run *run, struct skt_err *err);
	/*
	 * Begins to serve; client_end() must not be called before it has returned. Errors: the
	 * client is reset then, and stop() is called.
	 */
	int (*start)(struct client *client, struct skt_err *err);
	/* Lets go of what was begun, at any time, also where start() failed halfway. */
	void (*stop)(struct client *client);
	void (*look)(const struct client *client, struct listen_traffic *ret);
	void (*close)(struct listen_run *run);
};

extern const struct listen_service listen_join, listen_share, listen_broadcast, listen_echo,
	listen_discard, listen_chargen, listen_exec, listen_forward;

/* The callbacks of the server. */
void client_accepted(struct skt_server *server, int fd, const struct skt_guest *guest);
void client_refused(struct skt_server *server, const struct skt_guest *guest, enum skt_refusal why);

/*
 * The client leaves, and is freed. R: 0, all went well; else the -errno that broke it off, and the
 * peer sees a reset.
 */
void client_end(struct client *client, int r);

/*
 * The same once the client has heard everything, where it may still speak and nobody listens: what
 * comes is dropped until its end, for a second at most. To close at once would answer it with a
 * reset, and that destroys what the client has not read yet (RFC 1122 4.2.2.13). The stream is open
 * and has no other user, and its way out was ended.
 */
void client_farewell(struct client *client);

/* All that are left. */
void client_end_all(struct listen_run *run);

/* ---- parts ---- */

/* Opens what the options ask for. SKT_EXIT_YES, or why not, which is told. */
enum skt_exit listen_bind(struct listen_run *run);

/* Says where it listens, and prints the port. The same. */
enum skt_exit listen_announce(struct listen_run *run);

/* Reads one word of --allow or --deny. Errors: -EINVAL, -ENOMEM. */
int listen_access_add(struct listen_access *access, const char *text);

/* FROM with the prefixes of its files. Errors in ERR name file and line. */
int listen_access_load(
	struct listen_access *access, const struct listen_access *from, struct skt_err *err);
void listen_access_free(struct listen_access *access);

/* Becomes USER (a name or a number) with its groups, for good. */
int listen_become(const char *user, struct skt_err *err);

/* The whole run. */
enum skt_exit listen_serve(const struct listen_options *options, struct skt_context *ctx);

#endif
