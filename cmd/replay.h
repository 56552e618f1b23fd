/* A recorded moment in the place of the present: what a command reads of sockets and processes. */
#ifndef SKT_CMD_REPLAY_H
#define SKT_CMD_REPLAY_H

#include "cmd/command.h"
#include "out/column.h"
#include "proc/past.h"
#include "record/answer.h"
#include "record/look.h"

/* Which moment, as users say it (skt_moment_parse()); without bytes: it is not said. */
struct skt_replay_when {
	struct skt_bytes at;       /* else the last one */
	struct skt_bytes from, to; /* of BETWEEN; else the first, the last one */
	bool between;
};

struct skt_replay {
	struct skt_look look;
	struct skt_past past;
	/* Private. */
	struct skt_record_answer answer;
	struct skt_netlink_source source;
	SKT_VEC(struct skt_owner_hit) hits;
	SKT_VEC(struct skt_past_process) processes;
	SKT_VEC(struct skt_past_cgroup) cgroups;
	struct skt_arena texts;
	const char *host;
};

/*
 * Reads the moment WHEN of the recording at PATH into RET, and makes CTX see it, until
 * skt_replay_fini(), which is called in any case. Returns an exit status: SKT_EXIT_YES;
 * SKT_EXIT_NO: nothing was recorded then; SKT_EXIT_TROUBLE; told on stderr, as is damage.
 */
int skt_replay_begin(struct skt_replay *ret, struct skt_context *ctx, const char *path,
	const struct skt_replay_when *when);

/*
 * Says on stderr which of the protocols of QUERY were not recorded in what CTX sees. Whether any
 * was.
 */
bool skt_replay_covers(const struct skt_dump_query *query, const struct skt_context *ctx);

/* The name of the host that it was recorded on; NULL: it is not known. */
const char *skt_replay_host(const struct skt_replay *replay);
void skt_replay_fini(struct skt_replay *replay);

#endif
