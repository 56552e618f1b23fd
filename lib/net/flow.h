/*
 * The logic of copying one way: what to do next, given what has happened. No descriptor, no buffer
 * and no clock is in here, so every case can be tested by telling it the story.
 *
 * The rule: bytes are taken only while none are held, so that interest follows the buffer; what was
 * taken is given before anything is ended, also where the source broke.
 */
#ifndef SKT_NET_FLOW_H
#define SKT_NET_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum skt_flow_side { SKT_FLOW_NEITHER, SKT_FLOW_SOURCE, SKT_FLOW_SINK };

enum skt_flow_step {
	SKT_FLOW_TAKE,   /* read from the source */
	SKT_FLOW_GIVE,   /* write what is held to the sink */
	SKT_FLOW_FINISH, /* tell the sink that this was all */
	SKT_FLOW_DONE,
};

struct skt_flow {
	uint64_t taken;     /* bytes that the source gave */
	uint64_t delivered; /* bytes that the sink took; a transform makes it differ from taken */
	size_t held;        /* bytes in between, in the form in which the sink gets them */
	bool ended;         /* the source said that this was all */
	bool finished;      /* the sink was told */
	enum skt_flow_side broken;
	int error; /* -errno of the side that broke */
};

enum skt_flow_step skt_flow_next(const struct skt_flow *flow);

/* COUNT bytes came from the source, and HELD go to the sink for them. */
void skt_flow_took(struct skt_flow *flow, size_t count, size_t held);
void skt_flow_gave(struct skt_flow *flow, size_t count);

/* COUNT bytes went from the source to the sink without being held. */
void skt_flow_moved(struct skt_flow *flow, size_t count);
void skt_flow_ended(struct skt_flow *flow);
void skt_flow_finished(struct skt_flow *flow);

/* A side broke with -errno R. The first word counts. */
void skt_flow_broke(struct skt_flow *flow, enum skt_flow_side side, int r);

/* Whether the sink may not have all that the source had for it. True also before the end. */
bool skt_flow_incomplete(const struct skt_flow *flow);

#endif
