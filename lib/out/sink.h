/*
 * Bytes on their way out: one buffer in front of one file descriptor. Interrupted and short writes
 * are finished; a descriptor that would block is waited for. The first failure is kept and what
 * follows is dropped, so that writers look once, at the end.
 */
#ifndef SKT_OUT_SINK_H
#define SKT_OUT_SINK_H

#include <stddef.h>

#include "base/str.h"

enum { SKT_SINK_BUFFER = 64 * 1024 };

/* In place of a descriptor: bytes stay in `pending`, for its owner to take. */
enum { SKT_SINK_MEMORY = -2 };

struct skt_sink {
	int fd;     /* borrowed */
	int failed; /* 0, or the -errno that ended it */
	struct skt_str pending;
};

void skt_sink_init(struct skt_sink *sink, int fd);

/* Flushes when SKT_SINK_BUFFER bytes or more are pending; called once a row. */
void skt_sink_settle(struct skt_sink *sink);

/* Writes all that is pending. 0, or the first failure as -errno (ENOSPC, EBADF, ENOMEM, ...). */
int skt_sink_flush(struct skt_sink *sink);

/* Frees the buffer; does not flush and does not close. */
void skt_sink_fini(struct skt_sink *sink);

#endif
