/* How far a session is, for --progress. */
#ifndef SKT_CMD_STREAM_GAUGE_H
#define SKT_CMD_STREAM_GAUGE_H

#include "net/joint.h"
#include "out/progress.h"

/* IN_SIZE: bytes of the file on stdin, 0: not known. */
void skt_gauge_draw(struct skt_progress *progress, const struct skt_joint *joint, uint64_t in_size,
	uint64_t start_ns, uint64_t now_ns);

#endif
