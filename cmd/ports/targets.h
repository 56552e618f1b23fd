/* Who listens on the ports that were asked for: sockets, and the processes that hold them. */
#ifndef SKT_CMD_PORTS_TARGETS_H
#define SKT_CMD_PORTS_TARGETS_H

#include "base/arena.h"
#include "base/vec.h"
#include "cmd/names.h"
#include "cmd/ports/options.h"

/* What became of a process. */
enum ports_target_action {
	TARGET_SIGNALLED, /* so far; what has not ended until the row is written is RUNNING */
	TARGET_WOULD_END,
	TARGET_ENDED,
	TARGET_KILLED,
	TARGET_RUNNING,
	TARGET_GONE,
	TARGET_REFUSED,
	TARGET_DENIED,
};

struct ports_kill_row {
	uint64_t present;
	uint32_t pid;
	uint8_t action;
	const char *process, *user, *command, *ports, *signal, *reason;
};

/* A socket that somebody listens at. */
struct ports_listener {
	uint64_t inode;
	uint16_t port;
	uint8_t proto;
};

/* A descriptor of it. */
struct ports_hold {
	const struct ports_listener *listener;
	uint32_t pid, fd;
};

struct ports_target {
	struct ports_kill_row row;
	int pidfd; /* -1: nothing to wait for */
};

struct ports_targets {
	const struct ports_options *options;
	const struct skt_context *ctx;
	struct skt_portset wanted;
	SKT_VEC(struct ports_listener) listeners;
	SKT_VEC(struct ports_hold) holds;      /* of this round */
	SKT_VEC(struct ports_target) list;     /* by pid in each round */
	SKT_VEC(struct ports_listener) unseen; /* nobody was seen to hold these */
	struct skt_names names;
	struct skt_arena texts;
	bool supervised; /* somebody may start again what was ended */
	bool trouble;    /* told */
};

/* Appends who listens now. 0, or -errno, told. */
int ports_targets_listen(struct ports_targets *targets);

/*
 * Appends those who hold a listener and were not met before, by ascending pid. 0, or -errno, told.
 */
int ports_targets_find(struct ports_targets *targets);

/* A copy of TEXT that lives as long as TARGETS; NULL for NULL, or when memory is out. */
const char *ports_targets_keep(struct ports_targets *targets, const char *text);

/* Lets go of those from FIRST on, of which only the rows stay. */
void ports_targets_close(struct ports_targets *targets, size_t first);

void ports_targets_fini(struct ports_targets *targets);

#endif
