/* What the files of the pump share: its logic, its ways to move bytes, its pool. */
#ifndef SKT_NET_PUMP_INTERNAL_H
#define SKT_NET_PUMP_INTERNAL_H

#include "net/pump.h"

/* What a try to move bytes came to. */
enum skt_pump_turn {
	SKT_PUMP_ONWARD,
	SKT_PUMP_WAIT_SOURCE,
	SKT_PUMP_WAIT_SINK,
	SKT_PUMP_WAIT_TIME,
};

/* The path to begin with. */
enum skt_pump_path skt_pump_choose(struct skt_pump *pump);

/* One try to take at most LIMIT bytes, or to give what is held; the flow is told. */
enum skt_pump_turn skt_pump_take(struct skt_pump *pump, size_t limit);
enum skt_pump_turn skt_pump_give(struct skt_pump *pump);

/* Moves what lies in the pool's memory to memory of the pump: before anyone else runs. */
void skt_pump_keep(struct skt_pump *pump);

/* Frees what is held, and what it is held in. */
void skt_pump_drop(struct skt_pump *pump);

/*
 * An empty pipe: 0, -EBUSY (as many as there may be are in use), -EMFILE and its kin, or -EPERM:
 * the user's share of memory for pipes is used up (pipe(7)), and a small one is worse than none.
 */
int skt_pump_pool_borrow(struct skt_pump_pool *pool, struct skt_pump_pipe *ret);
void skt_pump_pool_give_back(struct skt_pump_pool *pool, struct skt_pump_pipe *pipe, bool empty);

/* PUMP's pipe holds bytes from now on, or no more. */
void skt_pump_pool_hold(struct skt_pump_pool *pool, struct skt_pump *pump);
void skt_pump_pool_unhold(struct skt_pump_pool *pool, struct skt_pump *pump);

/* Memory that is valid until another pump runs: SKT_PUMP_CHUNK bytes; SIZE bytes. NULL: no memory.
 */
char *skt_pump_pool_scratch(struct skt_pump_pool *pool);
char *skt_pump_pool_changed(struct skt_pump_pool *pool, size_t size);

#endif
