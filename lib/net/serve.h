/*
 * Listening and accepting: one dual-stack socket where that is possible, limits and lists, and an
 * accept loop that stays fair, survives what accept(2) may say, and neither spins nor falls silent
 * when descriptors run out.
 *
 * Nobody is accepted who cannot be served: the descriptors that a client needs beside its own are
 * held for it, and let go of when it comes. Where there are none, and where accept(2) brings
 * nothing but errors, nobody is accepted for a tenth of a second, or until a client leaves; who
 * comes waits in the queue of the kernel meanwhile.
 */
#ifndef SKT_NET_SERVE_H
#define SKT_NET_SERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/addr.h"
#include "base/endpoint.h"
#include "base/err.h"
#include "net/lists.h"
#include "net/loop.h"

enum skt_refusal {
	SKT_ADMITTED,
	SKT_REFUSED_DENIED,   /* by the lists */
	SKT_REFUSED_PER_HOST, /* this host has its share */
	SKT_REFUSED_FULL,     /* as many as there may be are there */
	SKT_REFUSED_MEMORY,
};

/* Who came. */
struct skt_guest {
	struct skt_addr
		addr; /* IPv4 is IPv4, also on a dual-stack socket; AF_UNSPEC: unix, vsock */
	uint16_t port;
	/* Where; borrowed, gone once the server stops listening. NULL: nowhere, see
	 * skt_server_take(). */
	struct skt_listener *listener;
	bool counted; /* among those of its host */
};

enum { SKT_SERVER_NEEDS = 8 };

struct skt_server_options {
	int family;        /* of a listener at every address: AF_UNSPEC both, on one socket */
	int type;          /* 0: SOCK_STREAM; SOCK_SEQPACKET for unix */
	int backlog;       /* 0: the system's maximum (net.core.somaxconn) */
	int fastopen;      /* length of the queue of TCP Fast Open; 0: off */
	unsigned int mode; /* permissions of a unix socket's file; 0: what the umask leaves */
	bool reuse_port;
	bool mptcp;            /* where the kernel has it */
	const char *interface; /* or NULL. Borrowed. */
	size_t max_clients;    /* 0: no limit. Whoever is too many waits in the queue. */
	bool refuse_full;      /* or is reset */
	/* 0: no limit. Whoever is too many is reset. A /64 of IPv6 is one host. */
	size_t max_per_host;
	/* What a client needs at once beside its own descriptor: SKT_SERVER_NEEDS at the most. */
	size_t needs;
	struct skt_lists lists;
	/*
	 * A client tells later who it is (the PROXY protocol): `lists` and `max_per_host` are for
	 * skt_server_admit() then, and who connects is held against `senders`.
	 */
	bool deferred;
	struct skt_lists senders; /* of those who have addresses */
};

/* A listening socket, in the server's list in the order of skt_server_listen(). */
struct skt_listener {
	struct skt_listener *next;
	struct skt_endpoint endpoint; /* what it is bound to: the port is known, no name is left */
	bool dual;                    /* [::] that takes IPv4 too */
	bool mptcp;

	/* the server's own */
	struct skt_server *server;
	bool stalled;
	struct skt_watch watch;
	bool has_file; /* a unix socket's, ours to remove while it is the one we made */
	dev_t dev;
	ino_t ino;
};

/* The user sets the callbacks and zeroes the rest. */
struct skt_server {
	/* FD, non-blocking and close-on-exec, is the user's. May stop, or fini, the server. */
	void (*accepted)(struct skt_server *server, int fd, const struct skt_guest *guest);
	/* Somebody was reset. NULL: not told. */
	void (*refused)(
		struct skt_server *server, const struct skt_guest *guest, enum skt_refusal why);
	/*
	 * Nobody can be accepted for -errno R (descriptors, memory, a rule of the system), and it
	 * is tried again from time to time; R 0: that is over. NULL: not told.
	 */
	void (*stalled)(struct skt_server *server, int r);
	/* A listener has failed for good with -errno R, and is closed. NULL: not told. */
	void (*broken)(struct skt_server *server, const struct skt_endpoint *endpoint, int r);

	struct skt_listener *listeners;
	size_t clients;          /* accepted and not yet left */
	uint64_t accepted_total; /* counters over all listeners */
	uint64_t refused_total, stalled_total;

	/* the server's own */
	struct skt_loop *loop;
	struct skt_server_options options;
	struct skt_timer pause;
	struct skt_host **hosts; /* hash of those who are counted */
	uint32_t seed;
	unsigned int paused;
	size_t stalled_listeners;
	int held[SKT_SERVER_NEEDS];
	size_t held_count;
};

/* Prepares the server; OPTIONS are copied. */
void skt_server_init(
	struct skt_server *server, struct skt_loop *loop, const struct skt_server_options *options);

/* For whoever comes from now on. */
void skt_server_set_lists(struct skt_server *server, const struct skt_lists *lists);

/*
 * Adds a listening socket and begins to accept there. INET: at ADDR (skt_resolve_numeric, or an
 * answer of net/resolve) and PORT, 0 being one that is free; ADDR NULL is every address, IPv6 and
 * IPv4 on one socket, IPv4 alone where IPv6 is off. UNIX and VSOCK: at ENDPOINT; a unix socket's
 * file that is left over from a server that is gone is replaced, one that is alive, or no socket,
 * is not. Errors in ERR name the address: -EADDRINUSE, -EADDRNOTAVAIL, -EACCES, -EAFNOSUPPORT,
 * -EBUSY (a stale file's directory is locked by another program), -ENODEV, -EPERM (one interface
 * alone, which needs CAP_NET_RAW before Linux 5.7), ...
 */
int skt_server_listen(struct skt_server *server, const struct skt_endpoint *endpoint,
	const struct skt_addr *addr, uint16_t port, struct skt_err *err);

/* Adds a socket that listens already; FD is the server's then. -EINVAL: it does not listen. */
int skt_server_adopt(struct skt_server *server, int fd, struct skt_err *err);

/*
 * Serves a connection that somebody else has accepted, as if it had come by a listener. FD is the
 * server's then, and handed on, or reset; the guest has no listener.
 */
void skt_server_take(struct skt_server *server, int fd);

/* Whether somebody waits to be accepted, as far as is known now. */
bool skt_server_awaited(const struct skt_server *server);

/*
 * The second stage of a server whose clients tell who they are, once GUEST does. Else than admitted
 * it is counted as refused, and still has to leave.
 */
enum skt_refusal skt_server_admit(struct skt_server *server, struct skt_guest *guest);

/* A client has left: called after its descriptor was closed, so that the next one finds room. */
void skt_server_left(struct skt_server *server, const struct skt_guest *guest);

/* Holds back and goes on: whoever comes waits in the queue. */
void skt_server_hold(struct skt_server *server, bool hold);

/* Closes the listeners, and removes the files of unix sockets that are still ours. Counting goes
 * on. */
void skt_server_stop(struct skt_server *server);

void skt_server_fini(struct skt_server *server);

#endif
