/*
 * What is behind open ports: listens to each, asks it what is asked at its number, then what any
 * port may be asked, until something is recognised; many ports at once, bounded in bytes and time.
 * Each question has a connection of its own.
 */
#ifndef SKT_SERVICE_DETECT_H
#define SKT_SERVICE_DETECT_H

#include "scan/greeting.h"
#include "scan/run.h"
#include "service/identity.h"

struct skt_detections_config {
	struct skt_addr source4, source6; /* AF_UNSPEC: the kernel chooses */
	const char *interface;            /* to be bound to, or NULL */
	uint64_t rate;                    /* connections per second; 0: no limit */
	bool udp;                         /* results are of UDP ports */
	bool all;                         /* asks ports, too, that are better not asked */
	/* Called once for each result that was added. END: what came of listening and asking, all
	 * together. */
	void (*done)(void *ctx, const struct skt_scan_result *result,
		const struct skt_identity *identity, enum skt_greeting_end end);
	void *ctx;
};

struct skt_detections;

/* -ENOMEM. CONFIG is copied, but not what it points to. */
int skt_detections_new(const struct skt_detections_config *config, struct skt_detections **ret);

/*
 * Takes a port, a copy of it: one that is open, or, of UDP, that may be. Where very many wait
 * already, it goes on with those first. -ENOMEM, or what skt_detections_step() says.
 */
int skt_detections_add(struct skt_detections *detections, const struct skt_scan_result *result);

/*
 * Goes on, and waits for what is under way until UNTIL_NS at the longest (0: not at all). A signal
 * ends the wait. 0 or -errno of poll(2), or -ENOMEM.
 */
int skt_detections_step(struct skt_detections *detections, uint64_t until_ns);

/* How many are not done yet. */
size_t skt_detections_waiting(const struct skt_detections *detections);

/* Ends all of them: done() says what is known so far. */
void skt_detections_give_up(struct skt_detections *detections);

/* Frees all, NULL too; what is not done is forgotten. */
void skt_detections_free(struct skt_detections *detections);

#endif
