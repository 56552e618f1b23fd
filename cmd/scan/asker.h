/* What open ports are asked, for --banner and --service: greetings, or what they are. */
#ifndef SKT_CMD_SCAN_ASKER_H
#define SKT_CMD_SCAN_ASKER_H

#include "cmd/scan/options.h"
#include "cmd/scan/said.h"
#include "scan/banner.h"
#include "service/detect.h"

struct scan_asker {
	/* RESULT is of a port that was asked, SAID what it said. */
	void (*done)(void *ctx, const struct skt_scan_result *result, const struct scan_said *said);
	void *ctx;

	/* its own; both NULL: nothing is asked */
	struct skt_banners *banners;
	struct skt_detections *detections;
};

/* `done` and `ctx` are set; SOURCE as the scan has it. 0 or -ENOMEM. */
int scan_asker_open(struct scan_asker *asker, const struct scan_options *options,
	const struct skt_addr *source);

/* Whether RESULT is asked: an open port, */
bool scan_asker_wants(const struct scan_asker *asker, const struct skt_scan_result *result);

/* or one that may be open, and whose answer would tell. */
bool scan_asker_doubts(const struct scan_asker *asker, const struct skt_scan_result *result);

/* As skt_banners_add(), _step(), _waiting() and _give_up(). */
int scan_asker_add(struct scan_asker *asker, const struct skt_scan_result *result);
int scan_asker_step(struct scan_asker *asker, uint64_t until_ns);
size_t scan_asker_waiting(const struct scan_asker *asker);
void scan_asker_give_up(struct scan_asker *asker);
void scan_asker_close(struct scan_asker *asker);

#endif
