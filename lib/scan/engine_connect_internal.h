/*
 * The engine of engine_connect.c, and its attempts: engine_attempts.c begins them, looks at them,
 * and tells what they come to.
 */
#ifndef SKT_SCAN_ENGINE_CONNECT_INTERNAL_H
#define SKT_SCAN_ENGINE_CONNECT_INTERNAL_H

#include "scan/crew.h"
#include "scan/engine.h"
#include "scan/handshake.h"

enum {
	ATTEMPTS_MAX = 1 << 15,
	BATCH_MAX = 256,
	QUEUES = 4, /* for those that wait longest, and for each try: who waits longer is no plug */
};

/* In place of an attempt. */
#define NONE UINT32_MAX

struct attempt {
	struct skt_addr addr;
	uint64_t index;
	uint64_t begin_ns, end_ns; /* end: given up for the sake of the count of probes */
	uint64_t needed_ns;        /* no other may have the descriptor before */
	uint32_t prev, next;       /* in the order of age, or of the free ones */
	int fd;                    /* -1: none yet */
	uint16_t port;
	uint8_t family; /* of the descriptor */
	uint8_t try;
	uint8_t queue;
	uint8_t self_connects;
	bool busy;
	bool confirming; /* was established to this very host: once more to be sure */
};

struct engine {
	struct skt_engine base;
	struct skt_engine_config config;
	struct attempt *attempts;
	uint32_t count;     /* attempts with a descriptor */
	uint32_t busy;      /* attempts under way */
	uint32_t free_head; /* unused ones, linked by next */
	struct {
		uint32_t oldest, newest;
	} queues[QUEUES]; /* busy ones of one patience, by age */
	int epoll_fd;
	bool no_pwait2;
	struct skt_crew *crew;
	/* The batch: of beginnings, or of what events have told of. */
	uint32_t ids[BATCH_MAX];
	struct skt_handshake_look looks[BATCH_MAX];
};

/* A descriptor of the right family for the attempt ID, unconnected. -errno. */
int skt_attempt_prepare(struct engine *engine, uint32_t id);

/*
 * What the first connect() of an attempt has said, RC; its descriptor is -1 where none was to be
 * had.
 */
void skt_attempt_begun(struct engine *engine, uint32_t id, int rc);

/* Looks at the first COUNT of the batch. */
void skt_attempts_look(struct engine *engine, size_t count);

/*
 * Gives up on at most COUNT attempts: on those that may make room for others, or that have ENDED.
 * They are looked at once more, since an answer may have come that no event has told of yet. How
 * many were given up.
 */
size_t skt_attempts_abandon(struct engine *engine, size_t count, bool ended, uint64_t now_ns);

/* Closes the descriptor, if there is one. */
void skt_attempt_close(struct engine *engine, struct attempt *attempt);

/* It may be another's. */
void skt_attempt_free(struct engine *engine, uint32_t id);

#endif
