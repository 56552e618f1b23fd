/*
 * Where news of sockets come from. A source covers the opening or the closing of sockets of some
 * protocols when it tells of each, at once. What none covers is found by looking at all sockets
 * again and again: late, and not at all where one came and went between two looks.
 */
#ifndef SKT_CMD_SOCKETS_FOLLOW_SOURCES_H
#define SKT_CMD_SOCKETS_FOLLOW_SOURCES_H

#include "cmd/command.h"
#include "diag/dump.h"
#include "diag/ending.h"
#include "diag/netlink.h"
#include "proc/tcp_events.h"

/* Zero-initialised: there are none, and nothing is covered. */
struct follow_sources {
	struct skt_netlink *destroyed; /* the kernel's multicast of closed sockets; or NULL */
	struct skt_tcp_events *tcp;    /* what BPF tells of TCP; or NULL */
	uint32_t opens, closes;        /* protocols that are covered: bits 1 << SKT_PROTO_* */
	bool busy;                     /* there was news the last time */
};

/* Who takes the news. Negative: stop, and hand this back. */
struct follow_takers {
	int (*destroyed)(const struct skt_ending *ending, void *ctx);
	int (*tcp)(const struct skt_tcp_event *event, void *ctx);
	/* There was more news than there was room for. */
	void (*lost)(void *ctx);
	void *ctx;
};

/* Which sources are wanted. */
struct follow_wish {
	bool bpf;
	uint32_t netns; /* of BPF: inode of the namespace; 0: all */
	bool multicast; /* which is of the namespace of this process only */
};

/*
 * Opens what there is for the sockets of QUERY; of what is wanted and missing there is a line on
 * stderr.
 */
void follow_sources_open(struct follow_sources *sources, const struct skt_dump_query *query,
	const struct follow_wish *wish, const struct skt_context *ctx);

/* Leaves those in PROTOS whose opening or end is not covered. Whether there are any. */
bool follow_sources_uncovered(const struct follow_sources *sources, bool protos[SKT_PROTO_COUNT]);

/* Whether the opening and the end of sockets of PROTO will be told. */
bool follow_sources_cover(const struct follow_sources *sources, uint8_t proto);

/* Whether the end of SOCKET will be told, once a process has held it. */
bool follow_sources_tell_closed(
	const struct follow_sources *sources, const struct skt_socket *socket);

/*
 * Waits for news, but not longer than TIMEOUT_NS nor beyond a signal, and hands those that are
 * there to TAKERS: maybe none. Without sources it only waits. Negative: what a taker returned, or
 * told on stderr.
 */
int follow_sources_take(struct follow_sources *sources, uint64_t timeout_ns,
	const struct follow_takers *takers, const struct skt_context *ctx);

void follow_sources_close(struct follow_sources *sources);

#endif
