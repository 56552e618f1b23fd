/*
 * What sends probes and sees answers. An engine knows sockets and packets; it decides nothing: when
 * and how often to probe is scan.c's business, what an answer means verdict.c's.
 */
#ifndef SKT_SCAN_ENGINE_H
#define SKT_SCAN_ENGINE_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "scan/evidence.h"
#include "scan/local.h"
#include "scan/plan.h"

enum {
	SKT_SHOTS_MAX = 256,
	SKT_ENGINE_POLLS_MAX = 16, /* descriptors that one engine waits for */
};

/* One probe to send. */
struct skt_shot {
	uint64_t index; /* of the pair */
	uint64_t host;  /* number of the host in the plan */
	struct skt_addr addr;
	struct skt_addr source; /* that the kernel would take; AF_UNSPEC: not known */
	uint32_t ifindex;       /* that it would leave by; 0: not known */
	uint16_t port;
	uint8_t try;      /* 1... */
	uint64_t wait_ns; /* an answer is expected so long; later ones are welcome */
	uint64_t keep_ns; /* so long, if there is room; 0: as long as no other probe comes of it */
};

struct skt_engine_config {
	const struct skt_plan *plan;
	const struct skt_local *local;
	struct skt_addr source4, source6; /* AF_UNSPEC: the kernel chooses */
	const char *interface;            /* to be bound to, or NULL */
	uint64_t seed;
	bool any_port;      /* pairs are hosts: the ports that are probed are none of theirs */
	int wake_fd;        /* collect() ends its wait when this is readable; -1: none */
	uint32_t in_flight; /* no more than so many will be waited for */
	/* Called for each thing that was seen, also from submit(). */
	void (*seen)(void *ctx, const struct skt_evidence *evidence);
	void *ctx;
};

struct skt_engine;

struct skt_engine_ops {
	/* How many shots may be submitted now. */
	uint32_t (*room)(struct skt_engine *engine);

	/* Sends all COUNT shots, no more than room(); a refusal is evidence (LOCAL). */
	void (*submit)(struct skt_engine *engine, const struct skt_shot *shots, size_t count,
		uint64_t now_ns);

	/*
	 * Waits for answers until UNTIL_NS at the longest (0: not at all) and hands on all that are
	 * there. 0 or -errno; a signal ends the wait.
	 */
	int (*collect)(struct skt_engine *engine, uint64_t until_ns);

	/* What collect() waits for, at most SKT_ENGINE_POLLS_MAX at RET; how many. For whoever
	 * waits for several engines. */
	size_t (*polls)(struct skt_engine *engine, struct pollfd *ret);
	void (*free)(struct skt_engine *engine);
};

struct skt_engine {
	const struct skt_engine_ops *ops;
	uint32_t capacity; /* probes in flight at the most */
	uint64_t dropped;  /* answers that the kernel had no room for, as far as it says */
	uint64_t foreign;  /* packets that looked like answers and were not */
};

/* The pair that ADDR and PORT are of, or SKT_PLAN_NONE. */
static inline uint64_t skt_engine_find(
	const struct skt_engine_config *config, const struct skt_addr *addr, uint16_t port)
{
	return skt_plan_find(config->plan, addr, config->any_port ? SKT_PLAN_ANY_PORT : port);
}

int skt_engine_connect_new(
	const struct skt_engine_config *config, struct skt_engine **ret, struct skt_err *err);
/* -EPERM: raw sockets are not allowed. */
int skt_engine_syn_new(
	const struct skt_engine_config *config, struct skt_engine **ret, struct skt_err *err);
int skt_engine_udp_new(
	const struct skt_engine_config *config, struct skt_engine **ret, struct skt_err *err);
int skt_engine_echo_new(
	const struct skt_engine_config *config, struct skt_engine **ret, struct skt_err *err);
/* Pairs are hosts, with SKT_PLAN_ANY_PORT each. */
int skt_engine_hosts_new(
	const struct skt_engine_config *config, struct skt_engine **ret, struct skt_err *err);

#endif
