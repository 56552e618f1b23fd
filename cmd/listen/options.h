/* The values of the options of `sockkit listen`. */
#ifndef SKT_CMD_LISTEN_OPTIONS_H
#define SKT_CMD_LISTEN_OPTIONS_H

#include "base/endpoint.h"
#include "base/vec.h"
#include "cmd/access.h"
#include "cmd/events.h"
#include "cmd/listen/far_options.h"
#include "cmd/listen/targets.h"
#include "cmd/listen/tls_options.h"
#include "cmd/stream/chain.h"
#include "cmd/stream/options.h"
#include "net/balance.h"

struct listen_service;

/* When the program of a client hears SIGHUP. */
enum listen_hangup {
	LISTEN_HANGUP_NEVER,
	LISTEN_HANGUP_GONE, /* the connection is broken, or closed by both */
	LISTEN_HANGUP_END,  /* or the client has ended its side */
};

struct listen_options {
	struct skt_events_options events;
	struct skt_socket_options socket;
	struct skt_pipe_options pipe;
	struct skt_limit_options limits;
	struct skt_endpoint endpoint; /* kind INET and all else zero: a free port */
	const char *argument, *argument_port;
	const char *fdname;    /* of sockets that are passed on, or NULL */
	uint64_t exit_idle_ns; /* 0: nobody is waited for however long */
	bool keep, print_port, reuse_port, seqpacket;
	bool join, label, end_with_stdin;
	const struct listen_service *service; /* NULL: stdin and stdout */
	const char *service_option;           /* how it was chosen, for messages */
	const char *command;                  /* of --exec, or --sh */
	bool shell;
	enum listen_hangup hangup;
	bool leave_running; /* programs hear nothing of the server's end */
	SKT_VEC(struct skt_endpoint) forwards;
	enum skt_balance_policy balance;
	uint64_t check_ns;       /* between two questions whether an endpoint answers; 0: none */
	bool socks, http_proxy;  /* what the clients of a proxy may speak */
	const char *proxy_users; /* the file of who they are, or NULL: anybody */
	struct targets targets;
	const char *record, *user, *chroot; /* or NULL */
	char *greeting;                     /* what each client is told first, or NULL; owned */
	size_t greeting_len;
	unsigned int mode; /* 0: what the umask leaves */
	uint64_t max_clients, max_per_host, backlog;
	bool refuse_full; /* who is too many is reset, and does not wait */
	struct skt_access allow, deny;
	bool proxy_protocol;
	struct skt_access proxy_from; /* who may send it; none: this host */
	struct skt_chain_options chain;
	struct listen_tls_options tls;
	struct listen_far_options far;
};

#endif
